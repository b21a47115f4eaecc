"""What happened, one JSON object a line: "t" is monotonic time in seconds, "k" the kind of event.

A run writes clients.jsonl, events.jsonl and samples.jsonl, the watcher watchers.jsonl. The
monotonic clock is the machine's, so lines of different processes compare.
"""

import json
import time


class Journal:
    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8", buffering=1 << 16)

    def write(self, kind, /, **members):
        line = {"t": round(time.monotonic(), 5), "k": kind, **members}
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self):
        self._file.close()


def read(path):
    """The events of one file in order; nothing if there is no such file."""
    if not path.exists():
        return
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
