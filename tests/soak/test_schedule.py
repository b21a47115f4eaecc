#!/usr/bin/python3
"""A seed's plan of faults: the same each time, of every kind, gentle where that is wished."""

import collections
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from soak.schedule import GENTLE, KILLS, KINDS, Schedule  # noqa: E402


def faults_of(schedule, count):
    return [schedule.next() for _ in range(count)]


class Plan(unittest.TestCase):
    def test_a_seed_is_a_plan(self):
        first, again, other = (faults_of(Schedule(seed, 3), 50) for seed in (5, 5, 6))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_a_deck_has_every_kind(self):
        deck = faults_of(Schedule(1, 3), sum(kind.weight for kind in KINDS))
        self.assertEqual(collections.Counter(fault.kind.name for fault in deck),
                         {kind.name: kind.weight for kind in KINDS})
        self.assertTrue(any(fault.overlaps for fault in deck))

    def test_a_run_that_counts_kills_has_many_and_yet_every_kind(self):
        counts = collections.Counter(
            fault.kind.name for fault in faults_of(Schedule(1, 3, kills=True), 300))
        self.assertEqual(set(counts), {kind.name for kind in KINDS})
        for kind in KILLS:
            self.assertGreater(counts[kind], 80)

    def test_gentle_faults_end_no_process(self):
        schedule = Schedule(1, 3)
        schedule.gentle = True
        self.assertLessEqual({fault.kind.name for fault in faults_of(schedule, 50)}, set(GENTLE))

    def test_what_hangs_hangs_for_seconds(self):
        for fault in faults_of(Schedule(2, 3), 200):
            self.assertIn(fault.target, range(3))
            if fault.kind.name.endswith("_stop"):
                self.assertTrue(5 <= fault.seconds <= 12)
            self.assertLessEqual(fault.seconds, 12)


if __name__ == "__main__":
    unittest.main()
