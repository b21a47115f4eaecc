"""Puts the scenario harness on the path for every storey that is written in Python."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "scenario"))
