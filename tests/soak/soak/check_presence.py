"""Who is there: at quiet moments all lists are exact, and after a gateway's death its users are
gone at once.

How fast is measured by watchers, room clients in a process of their own: from the kill to the list
without the last of those that died.
"""

import statistics

PROMISED_SECONDS = 0.1
BOUND_SECONDS = 10       # what fails a run: generous, for the machine may be busy
NORMAL = 1000            # the code with which a gateway answers a goodbye
UNSURE_SECONDS = 3       # around a change nobody can say who must be in the hub's list
HUB_ENDS = ("hub_kill", "hub_restart", "hub_stop")


def check(run, findings):
    around = {}  # by quiet moment, the connections that there were then
    for client in run.clients.values():
        for connection in client.connections.values():
            for t, quiet, rooms in connection.lists:
                if quiet not in around:
                    around[quiet] = [one for one in run.connections() if one.opened <= t + 1
                                     and one.ended >= t - 1 - UNSURE_SECONDS]
                for room, names in rooms.items():
                    _compare(findings, t, f"quiet moment {quiet}, {client.name}, {room}",
                             set(names), *_expected(around[quiet], connection, room, t))
    for t, quiet, names in run.quiets:
        there = {one.shown for one in run.connections()
                 if one.is_in(t) and one.client.dialect not in ("echo", "auditor")
                 and not one.client.name.startswith("watcher")}
        _compare(findings, t, f"quiet moment {quiet}, the hub", set(names), there, there)
    kills = {fault.id: after_kill(run, fault) for fault in run.faults
             if fault.kind == "gateway_kill"}
    for fault in run.faults:
        if fault.id in kills and kills[fault.id] is not None and kills[fault.id] > BOUND_SECONDS:
            findings.add("late", fault.t, f"gateway {fault.target} was killed, its users were gone "
                         f"{kills[fault.id]:.2f} s later")
    restarts = {fault.id: after_hub(run, fault) for fault in run.faults
                if fault.kind in HUB_ENDS}
    return kills, restarts


def _expected(around, connection, room, t):
    """(who may be in its list, who must be): for lobby only those who came behind it must.

    The watchers' process takes no part in quiet moments: they may be there in any case.
    """
    may = {one.shown for one in around if one.is_in(t) and room in one.rooms}
    unsure = {one.shown for one in around if one.client.name.startswith("watcher")}
    if connection.client.dialect != "lobby":
        return may | unsure, may - unsure
    must = {one.shown for one in around
            if one.is_in(t) and room in one.rooms and one.opened > connection.came
            and not _was_never_away(one)}
    return may, must | {connection.shown}


def _was_never_away(connection):
    """Of a native client that came again soon after its connection broke nobody hears, nor if its
    gateway hung and did not hear it say goodbye.
    """
    before = connection.client.connections.get(connection.n - 1)
    return (connection.client.dialect == "native" and before is not None
            and (before.end is None or before.end["code"] != NORMAL))


def _compare(findings, t, where, names, may, must):
    for name in sorted(names - may):
        findings.add("ghost", t, f"{where}: {name} is not there")
    for name in sorted(must - names):
        findings.add("missing", t, f"{where}: {name} is there")


def after_kill(run, fault):
    """Seconds until the last watcher's list was without the dead; None where that says nothing.

    Nothing is said if the hub was in trouble, nor by watchers whose own gateway was.
    """
    dead = {one.id for one in run.connections()
            if one.gateway == fault.target and one.id and one.came <= fault.t <= one.ended + 0.5}
    took = []
    for watcher in _watchers(run):
        for connection in watcher.connections.values():
            if connection.gateway == fault.target or not connection.is_in(fault.t):
                continue
            last = _last_gone(connection, dead, fault.t)
            if last is None or _is_troubled(run, fault, connection.gateway, last):
                continue
            took.append(last - fault.t)
    return max(took, default=None)


def _watchers(run):
    return [one for one in run.clients.values() if one.name.startswith("watcher")]


def _last_gone(connection, dead, t):
    """When the last of the dead left its list; None if none was in it, or it was cut off before."""
    listed = set()
    last = None
    for when, plus, minus in connection.users:
        if when > t and not listed & dead:
            break
        if when > t and set(minus) & dead:
            last = when
        listed |= set(plus)
        listed -= set(minus)
    return None if listed & dead else last


def _is_troubled(run, fault, gateway, until):
    for other in run.faults:
        if other is fault or not other.covers(fault.t - 1, until):
            continue
        if other.kind in HUB_ENDS or other.on_gateway(gateway):
            return True
    return False


def after_hub(run, fault):
    """Seconds from the hub's start, or its going on, to the first census that is exact."""
    if fault.started is None:
        return None
    for t, names in fault.censuses:
        if t >= fault.started and _is_exact(run, set(names), t):
            return t - fault.started
    return None


def _is_exact(run, names, t):
    sure, unsure = set(), set()
    for one in run.connections():
        if one.client.dialect == "echo" or one.client.name.startswith("watcher"):
            continue
        if one.is_in(t - UNSURE_SECONDS) and one.is_in(t + 0.5):
            sure.add(one.shown)
        elif one.opened < t + 0.5 and one.ended > t - UNSURE_SECONDS:
            unsure.add(one.shown)
    return sure - unsure <= names <= sure | unsure


def figures(times):
    """Of seconds, some of them None: how many, the middle, the longest, and how many within the
    promise.
    """
    known = [one for one in times if one is not None]
    return {
        "measured": len(known),
        "median_s": statistics.median(known) if known else None,
        "longest_s": max(known, default=None),
        "within_promise": sum(one <= PROMISED_SECONDS for one in known),
    }
