"""A run as its logs tell it: clients with their connections, what was said and heard, faults and
quiet moments.

Nothing here knows how a run is made: the checker sees the logs alone.
"""

import collections
import json

from soak import journal

FOREVER = float("inf")
HUB_FAULTS = ("hub_kill", "hub_stop", "hub_restart")


class Said:
    """One message, however often its client said it."""

    __slots__ = ("t", "client", "n", "mark", "room", "to", "to_n", "to_id", "index", "answer",
                 "put_off", "is_echo")

    def __init__(self, event, index):
        self.t, self.client, self.n, self.mark = event["t"], event["c"], event["n"], event["m"]
        self.room, self.to, self.to_n = event.get("room"), event.get("to"), event.get("to_n")
        self.to_id = event.get("to_id")
        self.index = index      # of its sender's messages
        self.answer = None      # the first, as an Answer
        self.put_off = False    # was refused for the time being, and said again later
        self.is_echo = event.get("echo", False)

    def is_kept(self):
        """Whether the sender was told that it is stored."""
        return self.answer is not None and self.answer.how in ("ack", "echo", "copy", "reply")


Answer = collections.namedtuple("Answer", "t how n e s code")
Heard = collections.namedtuple("Heard", "t n mark room e s by")   # room is None for the inbox
Gap = collections.namedtuple("Gap", "t n room e frm to why")


class Connection:
    def __init__(self, client, n, event):
        self.client, self.n, self.opened = client, n, event["t"]
        self.gateway, self.relayed = event.get("g"), event.get("relay", False)
        self.came = FOREVER     # when it was in
        self.ended = FOREVER
        self.end = None         # the event
        self.id, self.rooms, self.places, self.lost_self = None, (), {}, False
        self.shown = client.name    # as others see it
        self.errors = []        # (t, code) of those that do not say what they are about
        self.not_here = collections.Counter()
        self.settled = []       # times of quiet moments at which it had heard all
        self.lists = []         # (t, quiet, names by room)
        self.users = []         # (t, plus, minus): changes of its list

    def is_in(self, t):
        return self.came <= t < self.ended

    def settles_after(self, t):
        """The first moment behind t at which it had heard all; None if it ended before."""
        return next((moment for moment in self.settled if moment > t), None)


class Client:
    def __init__(self, name):
        self.name, self.dialect, self.slow = name, None, False
        self.connections = {}
        self.heard, self.gaps = [], []
        self.settled = []

    def connection(self, n, event):
        if n not in self.connections:
            self.connections[n] = Connection(self, n, event)
        return self.connections[n]


class Fault:
    def __init__(self, event):
        self.id, self.kind, self.target = event["id"], event["kind"], event["target"]
        self.t, self.over, self.started = event["t"], FOREVER, None
        self.censuses = []      # (t, names)

    def on_gateway(self, number):
        return self.kind.startswith("gateway_") and self.target == number

    def covers(self, begin, end):
        """Whether it lasted at any moment of these."""
        return self.t <= end and begin <= self.over


class Run:
    def __init__(self, folder):
        self.about = {}
        if (folder / "run.json").exists():
            self.about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        self.clients, self.said, self.bad_frames, self.errors = {}, {}, [], []
        self.faults, self.cuts, self.others = [], [], []
        self.quiets, self.unsettled = [], []
        self.load_over = FOREVER
        self.statuses, self.samples = {}, []
        self.heard_from_before = 0  # see check_rooms
        self._indices = collections.Counter()
        for name in ("clients.jsonl", "watchers.jsonl"):
            for event in journal.read(folder / name):
                self._client_event(event)
        for event in journal.read(folder / "events.jsonl"):
            self._event(event)
        self.samples = list(journal.read(folder / "samples.jsonl"))

    def by_dialect(self, *dialects):
        return [one for one in self.clients.values() if one.dialect in dialects]

    def connections(self):
        return [one for client in self.clients.values() for one in client.connections.values()]

    def hub_was_up(self, begin, end):
        """Whether no trouble of the hub touched this time."""
        return not any(fault.kind in HUB_FAULTS and fault.covers(begin, end)
                       for fault in self.faults)

    def gateway_was_hung(self, number, begin, end):
        """Whether this gateway, or the hub, was stopped at any moment of this time."""
        return any(fault.covers(begin, end) and (
            fault.kind in HUB_FAULTS or fault.kind == "gateway_stop" and fault.target == number)
            for fault in self.faults)

    def latest_fault(self, t):
        """The one that began last before t."""
        before = [fault for fault in self.faults if fault.t <= t]
        return before[-1] if before else None

    # Events of clients.

    def _client_event(self, event):
        kind = event["k"]
        if kind == "cut":
            self.cuts.append((event["t"], event["g"]))
            return
        client = self.clients.setdefault(event["c"], Client(event["c"]))
        if kind == "client":
            client.dialect, client.slow = event["dialect"], event.get("slow", False)
            return
        connection = client.connection(event["n"], event)
        handler = getattr(self, f"_on_{kind}", None)
        if handler:
            handler(event, client, connection)

    def _on_in(self, event, client, connection):
        connection.came = event["t"]
        connection.id, connection.rooms = event.get("id"), event.get("rooms", ())
        connection.places = event.get("places", {})
        connection.shown = event.get("shown", client.name)
        connection.lost_self = event.get("lost_self", False)

    def _on_out(self, event, client, connection):
        connection.ended, connection.end = event["t"], event

    def _on_leaving(self, event, client, connection):
        # From here on others may miss it, whenever its socket says that it ended.
        connection.ended = min(connection.ended, event["t"])

    def _on_said(self, event, client, connection):
        self._indices[client.name] += 1
        self.said[event["m"]] = Said(event, self._indices[client.name])

    def _on_answered(self, event, client, connection):
        said = self.said.get(event["m"])
        if said is not None and said.answer is None:
            said.answer = Answer(event["t"], event["how"], event["n"], event.get("e"),
                                 event.get("s"), event.get("code"))

    def _on_put_off(self, event, client, connection):
        if event["m"] in self.said:
            self.said[event["m"]].put_off = True

    def _on_heard(self, event, client, connection):
        client.heard.append(Heard(event["t"], event["n"], event["m"], event.get("room"),
                                  event.get("e"), event.get("s"), event.get("by")))

    def _on_gap(self, event, client, connection):
        client.gaps.append(Gap(event["t"], event["n"], event.get("room"), event["e"],
                               event["frm"], event["to"], event["why"]))

    def _on_error(self, event, client, connection):
        connection.errors.append((event["t"], event["code"]))
        if client.dialect == "native":
            self.errors.append(event)

    def _on_not_here(self, event, client, connection):
        connection.not_here[event["to"]] += 1

    def _on_settled(self, event, client, connection):
        connection.settled.append(event["t"])
        client.settled.append(event["t"])

    def _on_list(self, event, client, connection):
        connection.lists.append((event["t"], event["q"], event["rooms"]))

    def _on_users(self, event, client, connection):
        connection.users.append((event["t"], event["plus"], event["minus"]))

    def _on_bad_frame(self, event, client, connection):
        self.bad_frames.append(event)

    # Events of the run.

    def _event(self, event):
        kind = event["k"]
        if kind == "fault":
            self.faults.append(Fault(event))
        elif kind in ("over", "started", "census", "ended"):
            self._of_fault(kind, event)
        elif kind == "quiet_census":
            self.quiets.append((event["t"], event["q"], event["names"]))
        elif kind == "unsettled":
            self.unsettled.append(event)
        elif kind == "load_over":
            self.load_over = event["t"]
        elif kind == "hub_status":
            self.statuses[event["phase"]] = event["status"]
        elif kind in ("died", "never_ready", "audit_failed", "store_check", "stopped"):
            self.others.append(event)

    def _of_fault(self, kind, event):
        fault = next(one for one in self.faults if one.id == event["id"])
        if kind == "over":
            fault.over = event["t"]
        elif kind == "started":
            fault.started = event["t"]
        elif kind == "census":
            fault.censuses.append((event["t"], event["names"]))
        elif event["status"] not in (0, -9) or (event["status"] == -9) != (
                fault.kind.endswith("_kill")):
            self.others.append(event)
