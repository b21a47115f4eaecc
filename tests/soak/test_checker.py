#!/usr/bin/python3
"""Logs are falsified, each in one way: the checker must find that, and nothing in true ones."""

import pathlib
import sys
import tempfile
import unittest
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "bench")]

import tale  # noqa: E402
from soak import check_presence, check_resources, checker, plots, report, tell  # noqa: E402


class Case(unittest.TestCase):
    def setUp(self):
        self.tale = tale.faithful()
        place = tempfile.TemporaryDirectory(prefix="hubbub-soak-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def verdict(self):
        self.tale.write(self.folder)
        return checker.check(self.folder)

    def finds(self, *kinds):
        """Exactly these kinds."""
        findings = self.verdict().findings
        self.assertEqual({one.kind for one in findings.all}, set(kinds),
                         "\n".join(map(str, findings.all)))

    def one(self, kind, name=None, **members):
        found = self.tale.find(kind, name, **members)
        self.assertTrue(found, f"the tale has no {kind} of {name} {members}")
        return found[0]

    def event(self, kind, **members):
        return next(one for one in self.tale.events if one["k"] == kind
                    and all(one.get(key) == value for key, value in members.items()))


class Truth(Case):
    def test_nothing_is_found_in_a_faithful_run(self):
        verdict = self.verdict()
        self.assertEqual(verdict.findings.all, [])
        self.assertEqual(verdict.counts["said"], 33)
        self.assertEqual(verdict.counts["acknowledged"], 27)
        self.assertAlmostEqual(verdict.kill_times[2], 0.04)
        self.assertAlmostEqual(verdict.hub_times[1], 0.2)
        by_kind = {row.kind.name: row for row in verdict.kinds}
        self.assertEqual(by_kind["gateway_kill"].ended, 5)
        self.assertEqual(by_kind["hub_kill"].ended, 0)

    def test_report_and_picture(self):
        verdict = self.verdict()
        drawn = plots.draw(verdict, "one & only")
        xml.dom.minidom.parseString(drawn)
        text = "\n".join(report.summary(verdict, "one & only"))
        self.assertIn("| gateway killed (SIGKILL) | 1 | 5 |", text)
        self.assertIn("Nothing was found.", list(tell.found(verdict)))


class Rooms(Case):
    def test_acknowledged_and_not_kept(self):
        self.tale.say(21, "said", "r1", m="r1 99", room="lobby")
        self.tale.say(21.1, "answered", "r1", m="r1 99", how="echo")
        self.finds("lost")

    def test_a_hole_for_a_native_client(self):
        self.tale.drop([self.one("heard", "n2", m="r1 20")])
        self.finds("lost")

    def test_a_gap_that_nobody_explains(self):
        event = self.one("heard", "n2", m="r1 20")
        self.tale.drop([event])
        self.tale.say(event["t"], "gap", "n2", room="lobby", e=event["e"], frm=event["s"],
                      to=event["s"], why="expired")
        self.finds("lost")

    def test_a_hole_for_a_room_client(self):
        self.tale.drop([self.one("heard", "r2", m="n1 20")])
        self.finds("lost")

    def test_the_end_is_not_in_the_store(self):
        last = self.tale.streams["lobby"]
        self.tale.drop([self.one("heard", "auditor", room="lobby", s=last)])
        self.finds("lost")

    def test_nobody_asked_the_store(self):
        self.tale.drop([one for one in self.tale.clients if one["c"] == "auditor"])
        self.finds("store", "lost")

    def test_whom_the_hub_did_not_know_yet_may_have_missed_it(self):
        self.tale.drop([self.one("heard", "5002", m="5001 11 >5002")])
        came = self.one("in", "5002")["t"]
        self.tale.happen(came - 0.5, "fault", id=3, kind="hub_stop", target=0, seconds=5)
        self.tale.happen(29, "over", id=3)
        self.finds()
        self.event("fault", id=3)["t"] = came + 0.5
        self.finds("lost")

    def test_heard_twice(self):
        for name in ("n1", "r1", "l1"):
            with self.subTest(name):
                self.tale = tale.faithful()
                again = dict(self.one("heard", name, m="l1 20" if name == "l1" else "r1 20"))
                again["t"] += 0.3
                self.tale.clients.append(again)
                self.finds("duplicated")

    def test_one_message_at_two_places(self):
        self.one("answered", "n1", m="n1 20")["s"] = 999
        self.assertIn("duplicated", {one.kind for one in self.verdict().findings.all})

    def test_another_order_for_one(self):
        first, second = self.one("heard", "r2", m="r1 20"), self.one("heard", "r2", m="n1 20")
        first["m"], second["m"] = second["m"], first["m"]
        self.assertIn("misordered", {one.kind for one in self.verdict().findings.all})

    def test_a_sender_s_messages_turned_round(self):
        for one in self.tale.clients:
            if one.get("room") == "lobby" and one.get("m") in ("n1 10", "n1 20") and (
                    one["k"] == "heard"):
                one["m"] = {"n1 10": "n1 20", "n1 20": "n1 10"}[one["m"]]
        for one in self.tale.find("answered", "n1"):
            if one["m"] in ("n1 10", "n1 20"):
                one["s"] = {"n1 10": self.one("heard", "n2", m="n1 10"),
                            "n1 20": self.one("heard", "n2", m="n1 20")}[one["m"]]["s"]
        self.finds("misordered")

    def test_another_epoch(self):
        for one in self.tale.clients:
            if one.get("m") == "n1 30" and "e" in one:
                one["e"] = 9
        self.assertIn("misordered", {one.kind for one in self.verdict().findings.all})

    def test_what_was_said_before_a_client_came(self):
        for event in self.tale.clients:
            if event["c"] == "r2" and event["n"] == 2 and event["t"] < 60:
                event["t"] += 12
        self.assertIn("wrongly delivered", {one.kind for one in self.verdict().findings.all})

    def test_what_nobody_said(self):
        self.tale.say(22, "heard", "r1", m="nobody 1", room="lobby")
        self.finds("wrongly delivered")

    def test_a_room_where_it_is_not(self):
        self.tale.say(22, "heard", "r1", m="l1 10", room="demo")
        self.finds("wrongly delivered")


class Mail(Case):
    def test_acknowledged_and_never_heard(self):
        for mark, name in (("r1 11 >r2", "r2"), ("n1 11 >r2", "r2"), ("d1 11 >d2", "d2"),
                           ("5001 11 >5002", "5002"), ("n1 31 >n2", "n2")):
            with self.subTest(mark):
                self.tale = tale.faithful()
                self.tale.drop([self.one("heard", name, m=mark)])
                self.finds("lost")

    def test_refused_is_not_lost(self):
        self.tale.drop([self.one("heard", "d2", m="d1 11 >d2")])
        self.tale.say(26, "error", "d1", code="unavailable")
        self.tale.drop([self.one("heard", "5002", m="5001 11 >5002")])
        self.tale.say(26, "not_here", "5001", to="5002")
        self.finds()

    def test_who_went_may_have_missed_it(self):
        # Nothing of the pair's connection outlives it: what was said just before the kill is gone.
        self.tale.drop([self.one("heard", "5002", m="5001 21 >5002")])
        self.finds()

    def test_whose_gateway_hung_may_have_missed_it(self):
        lacking = [self.one("heard", name, m=mark) for mark, name in
                   (("r1 11 >r2", "r2"), ("5001 11 >5002", "5002"))]
        self.tale.drop(lacking)
        self.tale.happen(24, "fault", id=3, kind="gateway_stop", target=1, seconds=5)
        self.tale.happen(29, "over", id=3)
        self.finds()
        self.event("fault", id=3)["target"] = 0
        self.finds("lost")

    def test_heard_twice(self):
        for mark, name in (("r1 11 >r2", "r2"), ("d1 11 >d2", "d2"), ("n1 11 >n2", "n2")):
            with self.subTest(mark):
                self.tale = tale.faithful()
                again = dict(self.one("heard", name, m=mark))
                again["t"] += 0.001
                self.tale.clients.append(again)
                self.finds("duplicated")

    def test_somebody_else_hears_it(self):
        self.tale.say(26, "heard", "r1", m="n1 11 >r2", private=True)
        self.finds("wrongly delivered")

    def test_turned_round(self):
        first, second = (self.one("heard", "d2", m=mark) for mark in ("d1 11 >d2", "d1 21 >d2"))
        first["m"], second["m"] = second["m"], first["m"]
        self.finds("misordered")

    def test_acknowledged_as_another_place(self):
        self.one("answered", "n1", m="n1 11 >n2")["s"] = 5
        self.finds("misordered")


class Life(Case):
    def test_an_end_without_a_reason(self):
        self.one("out", "r1").update(code=None, why=None)
        self.finds("disconnected")

    def test_an_end_by_the_hub_is_named(self):
        self.one("out", "r1").update(t=40, code=None, why=None)
        texts = [one.text for one in self.verdict().findings.all if one.kind == "disconnected"]
        self.assertEqual(len(texts), 1)
        self.assertIn("in trouble of the hub", texts[0])

    def test_no_answer(self):
        for mark, name in (("r1 10", "r1"), ("n1 10", "n1"), ("l1 10", "l1")):
            with self.subTest(mark):
                self.tale = tale.faithful()
                self.tale.drop([self.one("answered", name, m=mark)])
                self.finds("unanswered")

    def test_an_error_is_an_answer(self):
        self.tale.drop([self.one("answered", "r1", m="r1 10")])
        self.tale.say(26, "error", "r1", code="unavailable")
        self.finds()

    def test_another_user_after_a_resume(self):
        self.one("in", "n2", n=2)["lost_self"] = True
        self.finds("not resumed")

    def test_a_bad_frame(self):
        self.tale.say(26, "bad_frame", "r1", text="a masked frame")
        self.finds("bad frame")

    def test_a_quiet_moment_that_was_never_quiet(self):
        self.tale.happen(70, "unsettled", q=2, at="marks are heard", who=["r1"])
        self.finds("unsettled")


class Presence(Case):
    def test_a_ghost(self):
        self.one("list", "r1", q=2)["rooms"]["lobby"].append("nobody")
        self.finds("ghost")

    def test_one_is_missing(self):
        for name in ("r1", "n1"):
            with self.subTest(name):
                self.tale = tale.faithful()
                self.one("list", name, q=2)["rooms"]["lobby"].remove("r2")
                self.finds("missing")

    def test_lobby_misses_only_who_came_behind_it(self):
        self.one("list", "l2", q=2)["rooms"]["demo"].remove("l1.1")
        self.finds()
        self.one("list", "l1", q=2)["rooms"]["demo"].remove("l2.2")
        self.finds("missing")

    def test_the_hub_has_a_ghost(self):
        self.event("quiet_census", q=2)["names"].append("nobody")
        self.finds("ghost")

    def test_gone_too_late(self):
        last = self.tale.find("users", "watcher0", minus=["n2-1"])[0]
        last["t"] += check_presence.BOUND_SECONDS
        # Its successor is told of in the end, as it was.
        self.finds("late")

    def test_while_the_hub_is_away_no_time_is_promised(self):
        self.event("over", id=1)["t"] = 46
        self.tale.find("users", "watcher0", minus=["n2-1"])[0]["t"] += 20
        verdict = self.verdict()
        self.assertEqual(verdict.findings.all, [])
        self.assertIsNone(verdict.kill_times[2])

    def test_a_census_that_is_not_exact_does_not_count(self):
        self.event("census", id=1)["names"].remove("r2")
        self.assertIsNone(self.verdict().hub_times[1])


class Processes(Case):
    def test_one_dies_by_itself(self):
        self.tale.happen(60, "died", process="gw-1", status=-6)
        self.finds("process")

    def test_one_does_not_end_well(self):
        self.tale.happen(31.05, "ended", id=1, process="hub", status=99)
        self.finds("process")

    def test_a_sanitizer_has_something_to_say(self):
        self.event("stopped")["problems"] = "hub: sanitizer report"
        self.finds("process")

    def test_the_file_is_broken(self):
        self.event("store_check")["answer"] = None
        self.finds("store")

    def test_what_does_not_go_back(self):
        for change in ({"fds": 40}, {"gauges": {"hubbub_hub_clients": 1,
                                                "hubbub_hub_gateways": 2}}):
            with self.subTest(change):
                self.tale = tale.faithful()
                line = next(one for one in self.tale.samples
                            if one["phase"] == "end" and one["process"] == "hub")
                line.update(change)
                self.finds("resources")

    def test_a_room_that_stays(self):
        self.event("hub_status", phase="end")["status"] = {"rooms": 1}
        self.finds("resources")

    def climb(self, mib_per_hour, hours):
        for step in range(101):
            t = hours * 3600 * step / 100
            self.tale.samples.append({
                "t": t, "k": "sample", "phase": "load", "process": "hub", "pid": 10, "online": 5,
                "rss": 0, "fds": 20, "gauges": None,
                "allocated": int((30 + mib_per_hour * t / 3600 + step % 3) * 2**20)})
        self.event("load_over")["t"] = hours * 3600 + 1

    def test_memory_that_climbs(self):
        self.climb(1.2, 2)
        self.finds("resources")

    def test_memory_that_does_not(self):
        self.climb(0.8, 2)
        self.finds()

    def test_a_short_run_says_nothing_of_memory(self):
        self.climb(50, 0.3)
        self.finds()
        self.assertGreater(check_resources.LEAST_HOURS, 0.3 * 0.75)


if __name__ == "__main__":
    unittest.main()
