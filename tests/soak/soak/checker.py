"""All checks over the logs of one run, and what they say in figures."""

import dataclasses

from soak import (check_life, check_mail, check_presence, check_resources, check_rooms,
                  schedule)
from soak.findings import Findings
from soak.model import Run


@dataclasses.dataclass
class Verdict:
    run: Run
    findings: Findings
    counts: dict        # of messages and connections
    life: dict          # longest waits and reconnects
    kinds: list         # one Row for each kind of fault
    kill_times: dict    # seconds to exact presence by fault, after a gateway's kill
    hub_times: dict     # likewise after a hub's trouble
    slopes: dict


@dataclasses.dataclass
class Row:
    kind: schedule.Kind
    count: int
    ended: int
    wait_s: float
    back_s: float
    found: dict
    presence: dict


def check(folder):
    """The Verdict on a run's folder."""
    run = Run(folder)
    findings = Findings()
    check_rooms.check(run, findings)
    check_mail.check(run, findings)
    ended = check_life.check(run, findings)
    kills, hubs = check_presence.check(run, findings)
    slopes = check_resources.check(run, findings)
    _check_processes(run, findings)
    findings.all.sort(key=lambda one: one.t)
    of_faults = check_life.of_faults(run, ended)
    rows = [_row(kind, run, findings, of_faults, {**kills, **hubs}) for kind in schedule.KINDS]
    return Verdict(run, findings, _counts(run), check_life.figures(run, ended),
                   [row for row in rows if row.count], kills, hubs, slopes)


def _check_processes(run, findings):
    for event in run.others:
        kind, t = event["k"], event["t"]
        if kind == "stopped":
            if event["problems"]:
                findings.add("process", t, event["problems"])
        elif kind == "store_check":
            if "whole" not in (event["answer"] or {}).get("result", ""):
                findings.add("store", t, f"the check of the store says {event['answer']}")
        elif kind == "audit_failed":
            findings.add("store", t, "what is kept could not be read to its end")
        else:
            findings.add("process", t, f"{event['process']}: {kind} {event.get('status', '')}")


def _counts(run):
    said = [one for one in run.said.values() if not one.is_echo]
    connections = [one for one in run.connections() if one.came < float("inf")]
    return {
        "clients": len(run.clients),
        "connections": len(connections),
        "said": len(said),
        "acknowledged": sum(one.is_kept() for one in said),
        "refused": sum(len(one.errors) for one in run.connections())
        + sum(one.answer is not None and one.answer.how == "error" for one in said),
        "heard": sum(len(one.heard) for one in run.clients.values()),
        "quiet_moments": len(run.quiets),
    }


def _row(kind, run, findings, of_faults, presence):
    faults = [fault for fault in run.faults if fault.kind == kind.name]
    found = {}
    for one in findings.all:
        fault = run.latest_fault(one.t)
        if fault is not None and fault.kind == kind.name:
            found[one.kind] = found.get(one.kind, 0) + 1
    figures = [of_faults[fault.id] for fault in faults]
    return Row(kind, len(faults), sum(one[0] for one in figures),
               max((one[1] for one in figures), default=0),
               max((one[2] for one in figures), default=0), found,
               check_presence.figures([presence.get(fault.id) for fault in faults]))
