"""Connections and answers: nobody is disconnected without a reason, nothing said stays without an
answer.

Reasons that count: the client's own wish, a cut of its network, the end of its gateway, and 1013
for one that reads slowly. The hub's troubles are none.
"""

import collections
import statistics

AFTER = 5         # seconds for which a client may notice its reason late
AFTER_SLOW = 40   # for one that first reads what its socket holds
TRY_LATER = 1013
OWN = ("left", "dropped", "gave up")
ENDS = ("gateway_kill", "gateway_drain")


def check(run, findings):
    """By fault, the connections that it ended; and how long it took to be in again."""
    ended = collections.defaultdict(list)
    for connection in run.connections():
        if connection.end is None or connection.end["why"] in OWN:
            continue
        fault, reason = _reason(run, connection)
        if fault is not None:
            ended[fault.id].append(connection)
        elif reason is None:
            end, who = connection.end, f"{connection.client.name}#{connection.n}"
            findings.add("disconnected", end["t"], f"{who} on gateway {connection.gateway}: "
                         f"{end['code'] or 'no CLOSE'}{_hub_then(run, end['t'])}")
    for client in run.by_dialect("native"):
        for connection in client.connections.values():
            if connection.lost_self:
                findings.add("not resumed", connection.came, f"{client.name}#{connection.n}")
    for event in run.bad_frames:
        findings.add("bad frame", event["t"], f"{event['c']}: {event['text']}")
    for event in run.errors:
        findings.add("bad frame", event["t"], f"{event['c']} heard the error {event['code']}")
    for event in run.unsettled:
        findings.add("unsettled", event["t"],
                     f"quiet moment {event['q']}, {event['at']}: {event['who'][:8]}")
    _check_answers(run, findings)
    return ended


def _hub_then(run, t):
    return "" if run.hub_was_up(t - 20, t) else ", in trouble of the hub"


def _reason(run, connection):
    """(the fault that ended it, or None; what else did, or None)."""
    t, slow = connection.end["t"], connection.client.slow
    after = AFTER_SLOW if slow else AFTER
    for fault in run.faults:
        ending = fault.kind in ENDS and fault.on_gateway(connection.gateway)
        cutting = (fault.kind == "network_cut" and connection.relayed
                   and fault.target == connection.gateway)
        if (ending or cutting) and fault.t - 0.1 <= t <= fault.over + after:
            return fault, None
    if slow and connection.end["code"] == TRY_LATER:
        return None, "slow"
    return None, None


def _check_answers(run, findings):
    """What is still open where a quiet moment was reached behind it."""
    open_ones = collections.defaultdict(list)
    for said in run.said.values():
        client = run.clients[said.client]
        if said.answer is not None or client.dialect in ("direct", "pair"):
            continue
        if client.dialect == "native":
            if any(moment > said.t for moment in client.settled):
                findings.add("unanswered", said.t, f"{said.mark!r} of {said.client}")
        elif client.connections[said.n].settles_after(said.t):
            open_ones[client.connections[said.n]].append(said)
    for connection, lacking in open_ones.items():
        for said in lacking[len(connection.errors):]:
            findings.add("unanswered", said.t, f"{said.mark!r} of {said.client}")


def back_after(connection):
    """Seconds until the client was in again; None if it did not come again, or wanted to stay
    away.
    """
    later = [one for one in connection.client.connections.values()
             if one.n > connection.n and one.came < float("inf")]
    if not later:
        return None
    return min(one.came for one in later) - connection.ended


def waits(run):
    """(begin, end) of every wait for an answer; who left before it came did not wait."""
    return [(said.t, said.answer.t) for said in run.said.values()
            if said.answer is not None and not _left_meanwhile(run, said)]


def _left_meanwhile(run, said):
    connections = run.clients[said.client].connections
    return any(n in connections and connections[n].end is not None
               and connections[n].end["why"] in OWN for n in range(said.n, said.answer.n))


def figures(run, ended):
    """What those who use it saw, over the whole run."""
    lasted = [end - begin for begin, end in waits(run)]
    again = [seconds for connections in ended.values() for one in connections
             if (seconds := back_after(one)) is not None]
    return {
        "longest_wait_s": max(lasted, default=0),
        "median_wait_s": statistics.median(lasted) if lasted else 0,
        "reconnects": len(again),
        "median_reconnect_s": statistics.median(again) if again else 0,
        "longest_reconnect_s": max(again, default=0),
    }


def of_faults(run, ended):
    """By fault: (connections that it ended, longest wait for an answer, longest until in again).

    A wait that began or lasted during several faults counts for each of them.
    """
    spans = sorted(waits(run))
    table = {}
    for fault in run.faults:
        during = [end - begin for begin, end in spans if fault.covers(begin, end)]
        again = [seconds for one in ended.get(fault.id, ())
                 if (seconds := back_after(one)) is not None]
        table[fault.id] = (len(ended.get(fault.id, ())), max(during, default=0),
                           max(again, default=0))
    return table
