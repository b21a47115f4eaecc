"""Private messages: the addressee hears them once, nobody else does, and every sender's are in
order.

What each dialect promises differs. native and direct: whoever comes again hears what waited. room
and pair: what waits ends with the connection, so only who stayed must have heard. direct and pair
answer with silence: what was said on a connection that lived until a quiet moment was taken then,
or refused by an error.
"""

import collections

from soak.check_rooms import check_streams
from soak.model import HUB_FAULTS

MAILBOX = ("native", "direct")


def addressee_of(mark):
    return mark.rsplit(">", 1)[1] if ">" in mark else None


def check(run, findings):
    heard = _hearings(run, findings)
    for client in run.by_dialect("native"):
        check_streams(client, findings, kept=0, last={}, inbox=True)
    for said in run.said.values():
        if said.to is None or run.clients.get(said.to) is None:
            continue
        if run.clients[said.client].dialect in ("room", "native"):
            _check_acknowledged(run, said, heard, findings)
    _check_silent(run, heard, findings)


def _hearings(run, findings):
    """By mark, all Heard of private messages; who hears what is not his, twice or in disorder is
    found.
    """
    hearings = collections.defaultdict(list)
    for client in run.clients.values():
        seen, last = set(), {}
        for one in client.heard:
            if one.room is not None:
                continue
            name = f"{client.name}#{one.n}"
            said = run.said.get(one.mark)
            if said is None or addressee_of(one.mark) != client.name:
                findings.add("wrongly delivered", one.t, f"{name}: {one.mark!r}")
                continue
            hearings[one.mark].append(one)
            if client.dialect != "native" and (one.n, one.mark) in seen:
                findings.add("duplicated", one.t, f"{name}: {one.mark!r} again")
            elif not said.put_off:
                _check_order(run, client, one, said, last, findings)
            seen.add((one.n, one.mark))
    return hearings


def _check_order(run, client, one, said, last, findings):
    native = run.clients[said.client].dialect == "native" == client.dialect
    key = said.client if native else (said.client, said.n, one.n)
    if said.index < last.get(key, 0):
        findings.add("misordered", one.t, f"{client.name}#{one.n}: {one.mark!r} behind a later one")
    last[key] = max(said.index, last.get(key, 0))


def _check_acknowledged(run, said, heard, findings):
    """A message whose sender was told that it is stored."""
    if not said.is_kept():
        return
    addressee = run.clients[said.to]
    if addressee.dialect == "native":
        must = any(moment > said.answer.t for moment in addressee.settled)
        had = bool(heard[said.mark])
    else:
        connection = addressee.connections.get(said.to_n)
        must = (connection is not None and connection.settles_after(said.answer.t) is not None
                and not _was_given_up(run, connection, said))
        had = any(one.n == said.to_n for one in heard[said.mark])
        for one in heard[said.mark]:
            if one.n != said.to_n:
                findings.add("wrongly delivered", one.t,
                             f"{said.to}#{one.n}: {said.mark!r} was for connection {said.to_n}")
    if must and not had:
        findings.add("lost", said.t, f"{said.mark!r} was acknowledged and {said.to} never heard it")
    for one in heard[said.mark]:
        if said.answer.s is not None and one.s is not None and one.s != said.answer.s:
            findings.add("misordered", one.t,
                         f"{said.mark!r} was acknowledged as {said.answer.s}, heard as {one.s}")


def _check_silent(run, heard, findings):
    """direct and pair: by connection of the sender, what is missing must have been refused."""
    missing = collections.defaultdict(list)
    for said in run.said.values():
        if said.to is None or run.clients[said.client].dialect not in ("direct", "pair"):
            continue
        connection = run.clients[said.client].connections[said.n]
        moment = connection.settles_after(said.t)
        if moment is not None and _must_hear(run, said, moment) and not heard[said.mark]:
            missing[connection, said.to].append(said)
    for (connection, to), lacking in missing.items():
        refused = len(connection.errors) if connection.client.dialect == "direct" else (
            connection.not_here[to] + sum(code != "not here" for _, code in connection.errors))
        for said in lacking[refused:]:
            findings.add("lost", said.t, f"{said.mark!r} was taken and {to} never heard it")


def _must_hear(run, said, moment):
    """Whether nothing but a refusal explains that the addressee did not hear it."""
    addressee = run.clients.get(said.to)
    if addressee is None:
        return False
    if addressee.dialect in MAILBOX:
        return any(later >= moment - 1 for later in addressee.settled)
    connection = addressee.connections.get(said.to_n)
    return (connection is not None and connection.is_in(said.t)
            and connection.settles_after(said.t) is not None
            and not _was_given_up(run, connection, said))


def _was_given_up(run, connection, said):
    """Clients of a gateway that hangs have left for the hub after some seconds, and what waited for
    them ends with that.
    """
    return _was_unknown(run, connection, said) or any(
        fault.kind == "gateway_stop" and fault.target == connection.gateway
        and fault.t - 1 <= said.t <= fault.over for fault in run.faults)


def _was_unknown(run, connection, said):
    """A pair client that came while the hub was away is the one before for it until it is back:
    what was said to its name meanwhile was for that one, and ends with its leave.
    """
    return connection.client.dialect == "pair" and any(
        fault.kind in HUB_FAULTS and fault.t <= connection.came and said.t <= fault.over
        for fault in run.faults)
