"""Rooms: one order for all, everything that was acknowledged is in it, and everybody hears a piece
of it without a hole.
"""

import collections

KEPT = 10000  # messages of a room that the store keeps by default


class Order:
    """One room's stream, as native clients were told of it."""

    def __init__(self, room):
        self.room = room
        self.epoch = None
        self.marks = {}       # by seq
        self.places = {}      # by mark
        self.last = 0


def check(run, findings):
    orders = {}
    for client in run.by_dialect("native"):
        for heard in client.heard:
            if heard.room is not None:
                _note(orders, heard.room, heard.e, heard.s, heard.mark, heard.t, findings)
    for said in run.said.values():
        if said.room is not None and said.answer is not None and said.answer.how == "ack":
            _note(orders, said.room, said.answer.e, said.answer.s, said.mark, said.answer.t,
                  findings)
    for client in run.by_dialect("native"):
        check_streams(client, findings, kept=KEPT,
                      last={room: order.last for room, order in orders.items()})
    for client in run.by_dialect("room", "lobby"):
        for connection in client.connections.values():
            _check_listener(run, client, connection, orders, findings)
    _check_kept(run, orders, findings)
    _check_senders(run, orders, findings)
    _check_audit(run, orders, findings)
    return orders


def _note(orders, room, epoch, seq, mark, t, findings):
    """Somebody was told that this message has this place."""
    order = orders.setdefault(room, Order(room))
    order.epoch = order.epoch or epoch
    where = f"{room} {seq}"
    if order.epoch != epoch:
        findings.add("misordered", t, f"{where}: the epoch changed, {mark!r} is in {epoch}")
    elif order.marks.setdefault(seq, mark) != mark:
        findings.add("misordered", t, f"{where} is {order.marks[seq]!r} and {mark!r}")
    elif order.places.setdefault(mark, seq) != seq:
        findings.add("duplicated", t, f"{mark!r} is {room} {order.places[mark]} and {seq}")
    order.last = max(order.last, seq)


def check_streams(client, findings, kept, last, inbox=False):
    """What a native client hears of its rooms, or of its inbox: all that is numbered, once."""
    place, had = {}, collections.defaultdict(set)
    first = min(client.connections.values(), key=lambda one: one.opened, default=None)
    if first is None:
        return
    starts = next((one.places for one in client.connections.values() if one.places), {})
    for room, start in starts.items():
        if (room == "") == inbox:
            place[room or None] = start[1]
    gaps = [gap for gap in client.gaps if (gap.room is None) == inbox]
    heard = [one for one in client.heard if (one.room is None) == inbox]
    for event in sorted(heard + gaps, key=lambda one: one.t):
        before = place.get(event.room, 0)
        name = f"{client.name}, {event.room or 'inbox'}"
        if hasattr(event, "why"):
            if event.why != "expired" or last.get(event.room, 0) - event.to < kept:
                findings.add("lost", event.t,
                             f"{name}: gap {event.frm} to {event.to}, {event.why}")
            place[event.room] = event.to
            continue
        if event.s in had[event.room]:
            findings.add("duplicated", event.t, f"{name}: {event.s} {event.mark!r} again")
        elif event.s <= before:
            findings.add("misordered", event.t, f"{name}: {event.s} behind {before}")
        elif event.s > before + 1:
            findings.add("lost", event.t, f"{name}: {before + 1} to {event.s - 1} were never heard")
        had[event.room].add(event.s)
        place[event.room] = max(before, event.s)


def _check_listener(run, client, connection, orders, findings):
    """A client that has no numbers hears a piece of the order, from when it came."""
    before, had = {}, collections.defaultdict(set)
    for heard in client.heard:
        if heard.n != connection.n or heard.room is None:
            continue
        name = f"{client.name}#{heard.n}, {heard.room}"
        said = run.said.get(heard.mark)
        if said is None or heard.room not in connection.rooms or said.room != heard.room:
            findings.add("wrongly delivered", heard.t, f"{name}: {heard.mark!r}")
            continue
        if said.answer is not None and said.answer.t < connection.opened:
            # A gateway that was away catches up, and who came in that moment hears it, too.
            if run.gateway_was_hung(connection.gateway, said.answer.t, connection.came):
                run.heard_from_before += 1
            else:
                findings.add("wrongly delivered", heard.t,
                             f"{name}: {heard.mark!r} was said before it came")
        order = orders.get(heard.room)
        place = order.places.get(heard.mark) if order else None
        if place is None:
            findings.add("lost", heard.t, f"{name}: {heard.mark!r} was heard and is not kept")
            continue
        last = before.get(heard.room)
        if place in had[heard.room]:
            findings.add("duplicated", heard.t, f"{name}: {heard.mark!r} again")
        elif last is not None and place < last:
            findings.add("misordered", heard.t, f"{name}: {place} {heard.mark!r} behind {last}")
        elif last is not None and place > last + 1:
            findings.add("lost", heard.t, f"{name}: {last + 1} to {place - 1} were never heard")
        had[heard.room].add(place)
        before[heard.room] = max(place, last or 0)


def _check_kept(run, orders, findings):
    """Whatever was acknowledged has a place; whoever heard something that nobody said is told."""
    for said in run.said.values():
        if said.room is None or not said.is_kept():
            continue
        order = orders.get(said.room)
        if order is None or said.mark not in order.places:
            findings.add("lost", said.t, f"{said.room}: {said.mark!r} was acknowledged "
                         f"({said.answer.how}) and is not kept")
    for order in orders.values():
        for seq, mark in order.marks.items():
            said = run.said.get(mark)
            if said is None or said.room != order.room:
                findings.add("wrongly delivered", 0, f"{order.room} {seq}: {mark!r}")


def _check_senders(run, orders, findings):
    """In a room the messages of one sender have its order; of legacy clients those of one
    connection.
    """
    for order in orders.values():
        last = {}
        for seq in sorted(order.marks):
            said = run.said.get(order.marks[seq])
            if said is None or said.put_off:
                continue
            native = run.clients[said.client].dialect == "native"
            key = said.client if native else (said.client, said.n)
            if said.index < last.get(key, 0):
                findings.add("misordered", said.t,
                             f"{order.room}: {said.mark!r} behind a later one of its sender")
            last[key] = max(said.index, last.get(key, 0))


def _check_audit(run, orders, findings):
    """A newcomer that asked for everything at the end has the end of every room."""
    auditor = run.clients.get("auditor")
    if auditor is None:
        findings.add("store", 0, "nobody asked for what is kept at the end")
        return
    last = {}
    for heard in auditor.heard:
        if heard.room is not None:
            last[heard.room] = heard.s
    for room, order in orders.items():
        if last.get(room, 0) < order.last:
            findings.add("lost", auditor.connections[1].opened,
                         f"{room}: kept up to {last.get(room, 0)}, {order.last} was acknowledged")
