"""What every storey that is written in Python shares."""

import pathlib
import signal
import sys

# Puts the scenario harness on the path.
sys.path.insert(0, str(pathlib.Path(__file__).parent / "scenario"))

# tests/run has these storeys in the background, where a shell lets them ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
