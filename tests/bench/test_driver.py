#!/usr/bin/python3
"""The parts of tests/bench/run that judge and write: medians, bars, the search, page and picture."""

import json
import pathlib
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from driver import chart, measure, report, restart, table
from driver.cases import CASES

MACHINE = {
    "processor": "one & only", "processors": 2, "cores": [0, 1], "memory_gib": 4.0,
    "kernel": "6.1", "system": "Debian", "file_system": "ext4", "commit_ms": 0.5,
    "load_before": 0.0, "when": "2025-03-14", "versions": {"hubbub": "0.1.0"},
}


def bench_with(**cost):
    """A bench that has seen broadcasts at these costs per delivery."""
    bench = measure.Bench(None, None, 1, quick=False)
    for server, values in cost.items():
        for value in values:
            figures = {"cpu_us_per_delivery": value, "latency_p50_ms": 1, "latency_p99_ms": 2}
            bench.runs.setdefault("broadcast", {}).setdefault(server, []).append(figures)
    return bench


def row_of(bench):
    return next(line for line in table.compared(bench, 0.5) if "CPU us per delivery" in line)


def restarts_with(**other):
    """What two restarts have shown, all of it as promised but for `other`."""
    run = {"gap_ms": 400.0, "silence_ms": 380.0, "ended": 50.0, "hub_mib": 40.0,
           "gateways_mib": 60.0, "hub_cpu_ms": 200.0, "gateways_cpu_ms": 90.0,
           **{phase: 100.0 for phase in restart.PHASES}}
    total = {"expected": 1000, "heard": 1000, "gone": 0, "refused": 0, "duplicates": 0,
             "repeated": 0, "skipped": 0, "misordered": 0, "notices": 0}
    last = {**run, "kind": "kill -9", **{k: v for k, v in other.items() if k in run}}
    return {
        "clients": 10000, "gateways": 4, "store_bytes": 5e9,
        "quiet": {"seconds": 8, "said": 2000, "heard": 240000, "latency_max_ms": 20,
                  "latency_p50_ms": 2},
        "memory_before": {"hub": 40.0, "gateways": 60.0},
        "runs": [{**run, "kind": "upgrade"}, last],
        "total": {**total, **{k: v for k, v in other.items() if k in total}},
    }


class Restarting(unittest.TestCase):
    def test_all_clients_are_somewhere(self):
        for clients in (100, 1000, 10000):
            counts = [int(group.split(",")[2]) for group in restart.groups_of(clients)]
            self.assertEqual(sum(counts), clients)
            self.assertTrue(all(count >= 2 and count % 2 == 0 for count in counts))

    def test_a_listener_takes_the_mounts(self):
        rows = list(restart.mounts())
        self.assertLessEqual(len(rows), 16)
        self.assertLessEqual(len(", ".join(rows)), 900)
        self.assertEqual(len(set(rows)), len(rows))

    def test_whatever_was_not_as_promised_is_said(self):
        self.assertTrue(restart.is_reached(restarts_with()))
        for other in ({"gap_ms": 1000.0}, {"gone": 1}, {"heard": 999}, {"refused": 1},
                      {"duplicates": 1}, {"repeated": 1}, {"skipped": 1}, {"misordered": 1},
                      {"notices": 1}, {"hub_mib": 44.1}, {"gateways_mib": 66.1}):
            measured = restarts_with(**other)
            self.assertFalse(restart.is_reached(measured), other)
            said = "\n".join(restart.markdown(measured))
            self.assertEqual(said.count("**no**"), 1, other)

    def test_phases_are_told_by_the_log(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write("hub[1] info gateway knows the roster gateway=of-before\n")
            log.flush()
            watch = restart.LogWatch(log.name, gateways=2)
            watch.expect()
            log.write("info store opened milliseconds=3\ninfo gateway knows the roster ga")
            log.flush()
            self.assertFalse(watch.known.wait(0.05))
            log.write("teway=a\ninfo gateway knows the roster gateway=b\n")
            log.flush()
            self.assertTrue(watch.known.wait(10))
            phases = watch.phases(since=0)
            watch.close()
        self.assertEqual(set(phases), {"store opened", "roster told"})
        self.assertLessEqual(phases["store opened"], phases["roster told"])


class Judging(unittest.TestCase):
    def test_a_bar_is_held_against_medians(self):
        row = row_of(bench_with(floor=[9, 4, 3], hubbub=[4.2, 1, 99]))
        self.assertIn("| 4.00 |", row)
        self.assertIn("| 4.20 |", row)
        self.assertIn("≤ 1.05 x floor: 1.05, yes", row)
        self.assertIn("1.06, **no**", row_of(bench_with(floor=[4], hubbub=[4.24])))

    def test_what_failed_is_not_hidden(self):
        bench = bench_with(floor=[4], hubbub=[4])
        bench.failures["broadcast", "hubbub"] = "2 lost"
        row = row_of(bench)
        self.assertIn("| failed |", row)
        self.assertIn("not measured", row)

    def test_at_least_and_commits(self):
        figures = {"hubbub": 5.9, "floor": 1.0, "nats": 1.5}
        self.assertEqual(table.Bar(6, "floor", least=True).judge(figures, 0), (5.9, False))
        self.assertEqual(table.Bar(5, "floor", least=True).judge(figures, 0), (5.9, True))
        self.assertFalse(table.Bar(3, "nats").judge(figures, 0.9)[1])
        self.assertTrue(table.Bar(3, "nats", commits=2).judge(figures, 0.9)[1])

    def test_gateways_are_within_a_spread(self):
        bench = bench_with()
        for server, value in (("hubbub", 4.0), ("hubbub-2", 4.1), ("hubbub-4", 4.3)):
            bench.runs.setdefault("gateways", {})[server] = [{"cpu_us_per_delivery": value}]
        self.assertIn("1.07, **no**", next(table.gateways(bench)))

    def test_every_row_belongs_to_a_case(self):
        cases = {case.key: case for case in CASES}
        for row in table.COMPARED:
            self.assertIn(row.case, cases)
            for bar in row.bars:
                self.assertIn(bar.ours, cases[row.case].servers)
                self.assertIn(bar.other or "hubbub", cases[row.case].servers)
        for row in table.OWN:
            self.assertIn(row.server, cases[row.case].servers)


class Searching(unittest.TestCase):
    def searched(self, limit, near=None):
        """What a search finds of a server that keeps up to `limit`, and how often it tried."""
        tries = []

        class Server(measure.Bench):
            def load(self, running, mode, options, hub_only=False):
                tries.append(options["rate"])
                good = options["rate"] <= limit
                return {"clean": True, "latency_p99_ms": 5 if good else 500,
                        "deliveries_per_s": options["rate"] * 1000, "load_cpu_percent": 1}

        bench = Server(None, None, 1, quick=False)
        case = next(case for case in CASES if case.search)
        running = type("Running", (), {"pids": []})
        return bench.search(running, case, {}, near)["rate"], len(tries)

    def test_it_comes_close_from_below(self):
        self.addCleanup(setattr, measure, "time", measure.time)
        measure.time = type("Clock", (), {"monotonic": staticmethod(lambda: 0.0),
                                          "sleep": staticmethod(lambda seconds: None)})
        for limit in (60, 199, 200, 201, 1234, 9999):
            rate, tries = self.searched(limit)
            self.assertLessEqual(rate, limit)
            self.assertGreater(rate, limit / 1.09)
            self.assertLess(tries, 14)
        rate, tries = self.searched(1000, near=980)
        self.assertGreater(rate, 1000 / 1.09)
        self.assertLessEqual(tries, 3)
        with self.assertRaises(measure.ServerFailed):
            self.searched(1)


class Writing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hubbub-bench-")
        self.addCleanup(self.folder.cleanup)
        self.page = pathlib.Path(self.folder.name) / "page.md"
        self.picture = pathlib.Path(self.folder.name) / "picture.svg"
        self.bench = bench_with(floor=[4], hubbub=[5])

    def test_only_what_is_between_the_markers_changes(self):
        self.page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
        report.write_documentation(self.page, self.picture, self.bench, MACHINE, 3)
        text = self.page.read_text()
        self.assertTrue(text.startswith(f"before\n{report.BEGIN}\n2025-03-14: one & only"))
        self.assertTrue(text.endswith(f"|\n{report.END}\nafter\n"))
        self.assertNotIn("old", text)
        self.assertIn("1.25x", self.picture.read_text())
        self.assertEqual(len(list(self.page.parent.iterdir())), 2)

    def test_a_page_without_a_place_is_left_alone(self):
        self.page.write_text(f"{report.BEGIN}\nno end\n")
        with self.assertRaises(ValueError):
            report.write_documentation(self.page, self.picture, self.bench, MACHINE, 3)
        self.assertEqual(self.page.read_text(), f"{report.BEGIN}\nno end\n")
        self.assertFalse(self.picture.exists())

    def test_the_picture_is_xml_and_inside_its_frame(self):
        document = xml.dom.minidom.parseString(chart.draw(self.bench, MACHINE))
        for bar in document.getElementsByTagName("rect"):
            right = float(bar.getAttribute("x")) + float(bar.getAttribute("width"))
            self.assertLess(right, chart.WIDTH)
        self.assertIsNone(chart.draw(bench_with(), MACHINE))

    def test_all_runs_are_in_the_file(self):
        file = pathlib.Path(self.folder.name) / "results.json"
        self.bench.failures["most", "nats"] = "not installed"
        report.write_json(file, self.bench, MACHINE, 3)
        results = json.loads(file.read_text())
        self.assertEqual(results["runs"]["broadcast"]["hubbub"][0]["cpu_us_per_delivery"], 5)
        self.assertEqual(results["failures"][0]["reason"], "not installed")

    def test_the_real_page_has_the_place(self):
        page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance.md"
        text = page.read_text(encoding="utf-8")
        self.assertEqual((text.count(report.BEGIN), text.count(report.END)), (1, 1))


if __name__ == "__main__":
    unittest.main()
