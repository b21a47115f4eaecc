"""What the checker has found, by kind."""

import collections

# In the order of the report. All of them make a run fail.
KINDS = ("lost", "duplicated", "misordered", "wrongly delivered", "ghost", "missing", "unanswered",
         "disconnected", "not resumed", "bad frame", "unsettled", "late", "process", "store",
         "resources")
Finding = collections.namedtuple("Finding", "kind t text")


class Findings:
    def __init__(self):
        self.all = []

    def add(self, kind, t, text):
        assert kind in KINDS
        self.all.append(Finding(kind, t, text))

    def count(self, kind):
        return sum(one.kind == kind for one in self.all)

    def counts(self):
        return {kind: self.count(kind) for kind in KINDS}
