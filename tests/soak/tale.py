"""The logs of a small run in which everything was as it should be, for tests to falsify.

Two gateways; room, native, lobby, direct and pair clients; a hub and a gateway that are killed; two
quiet moments.
"""

import json

ROOMS = {"r": ["lobby"], "n": ["lobby"], "l": ["demo"], "d": [], "5": [], "w": ["lobby"],
         "a": ["lobby", "demo"]}
DIALECTS = {"r": "room", "n": "native", "l": "lobby", "d": "direct", "5": "pair", "w": "room",
            "a": "native"}
EPOCH, INBOX = 7, 8
GAUGES = {"hub": {"hubbub_hub_clients": 0, "hubbub_hub_gateways": 2},
          "gw-1": {"hubbub_gateway_clients": 0, "hubbub_gateway_queue_bytes": 0}}


class Tale:
    def __init__(self):
        self.clients, self.events, self.samples = [], [], []
        self.streams = {"lobby": 0, "demo": 0}
        self.inboxes = {}
        self.there = {}     # (n, gateway, id) by name

    def say(self, t, kind, name, /, **members):
        n = members.pop("n", self.there.get(name, (1,))[0])
        self.clients.append({"t": t, "k": kind, "c": name, "n": n, **members})

    def happen(self, t, kind, /, **members):
        self.events.append({"t": t, "k": kind, **members})

    def come(self, t, name, gateway, n=1):
        """In, and told to everybody who keeps a list."""
        client_id = f"{name}-{n}"
        self.there[name] = (n, gateway, client_id)
        if n == 1:
            self.say(t, "client", name, n=0, dialect=DIALECTS[name[0]])
        self.say(t, "open", name, g=gateway, relay=False)
        places = {room: [EPOCH, self.streams[room]] for room in ROOMS[name[0]]}
        self.say(t + 0.01, "in", name, g=gateway, id=client_id, rooms=ROOMS[name[0]],
                 places={**places, "": [INBOX, self.inboxes.get(name, 0)]},
                 shown=self.shown(name))
        if name.startswith("watcher"):
            self.say(t + 0.01, "users", name,
                     plus=[one[2] for who, one in self.there.items() if who[0] in "rnw"], minus=[])
        elif name[0] in "rn":
            for who in self.there:
                if who.startswith("watcher") and who != name:
                    self.say(t + 0.02, "users", who, plus=[client_id], minus=[])

    def shown(self, name):
        return f"{name}.{self.there[name][0]}" if name[0] == "l" else name

    def go(self, t, name, code, why=None):
        self.say(t, "out", name, code=code, why=why, was_in=True)
        return self.there.pop(name)

    def public(self, t, name, room, mark):
        self.streams[room] += 1
        seq = self.streams[room]
        self.say(t, "said", name, m=mark, room=room)
        for who in self.there:
            if room in ROOMS[who[0]]:
                place = {"e": EPOCH, "s": seq} if who[0] in "na" else {}
                self.say(t + 0.01, "heard", who, m=mark, room=room, **place)
        how = {"n": "ack", "r": "echo", "l": "reply"}[name[0]]
        place = {"e": EPOCH, "s": seq} if name[0] == "n" else {}
        self.say(t + 0.02, "answered", name, m=mark, how=how, **place)

    def private(self, t, name, to, number):
        mark = f"{name} {number} >{to}"
        self.say(t, "said", name, m=mark, to=to, to_n=self.there[to][0], to_id=self.there[to][2])
        place = {}
        if to[0] == "n":
            self.inboxes[to] = self.inboxes.get(to, 0) + 1
            place = {"e": INBOX, "s": self.inboxes[to]}
        self.say(t + 0.01, "heard", to, m=mark, private=True, **place)
        if name[0] in "rn":
            self.say(t + 0.02, "answered", name, m=mark,
                     how="ack" if name[0] == "n" else "copy", **place)

    def quiet(self, t, number):
        self.happen(t, "quiet", q=number)
        for name in self.there:
            rooms = {}
            if name[0] in "rnl":
                for room in ROOMS[name[0]]:
                    rooms[room] = sorted(self.shown(who) for who in self.there
                                         if room in ROOMS[who[0]])
            if not name.startswith("watcher"):
                self.say(t + 0.1, "list", name, q=number, rooms=rooms)
                self.say(t + 0.1, "settled", name, q=number)
        names = [self.shown(who) for who in self.there if not who.startswith("watcher")]
        self.happen(t + 0.2, "quiet_census", q=number, names=sorted(names))

    def sample(self, t, phase, **changes):
        for name, gauges in GAUGES.items():
            self.samples.append({"t": t, "k": "sample", "phase": phase, "process": name, "pid": 9,
                                 "online": 0, "rss": 1 << 20, "allocated": 1 << 20, "fds": 20,
                                 "gauges": dict(gauges)})

    def find(self, kind, name=None, **members):
        """The events of clients of this kind with these members."""
        return [one for one in self.clients if one["k"] == kind and name in (None, one["c"])
                and all(one.get(key) == value for key, value in members.items())]

    def drop(self, events):
        self.clients = [one for one in self.clients if one not in events]

    def write(self, folder):
        for name, events in (("clients", self.clients), ("events", self.events),
                             ("samples", self.samples)):
            with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
                for event in sorted(events, key=lambda one: one["t"]):
                    file.write(json.dumps(event) + "\n")
        about = {"began": 0, "ended": 100, "hours": 1, "seed": 1, "command": "a test"}
        (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")


def faithful():
    """A run without a fault of the server's: nothing may be found."""
    tale = Tale()
    tale.sample(0, "baseline")
    tale.happen(0, "hub_status", phase="baseline", status={"rooms": 0})
    for number, name in enumerate(("watcher0", "r1", "n1", "l1", "d1", "5001")):
        tale.come(1 + number, name, 0)
    for number, name in enumerate(("r2", "n2", "l2", "d2", "5002")):
        tale.come(10 + number, name, 1)
    _talk(tale, 20, 1)
    tale.quiet(30, 1)
    tale.happen(31, "fault", id=1, kind="hub_kill", target=0, seconds=0)
    tale.happen(31.1, "started", id=1, process="hub", pid=10)
    tale.happen(31.2, "over", id=1)
    tale.happen(31.3, "census", id=1,
                names=[tale.shown(who) for who in tale.there if who != "watcher0"])
    _talk(tale, 35, 2)
    _kill_gateway(tale, 45)
    _talk(tale, 55, 3)
    tale.quiet(70, 2)
    _end(tale, 80)
    return tale


def _talk(tale, t, turn):
    for number, (name, room) in enumerate((("r1", "lobby"), ("n1", "lobby"), ("l1", "demo"),
                                           ("r2", "lobby"), ("n2", "lobby"))):
        tale.public(t + number * 0.5, name, room, f"{name} {turn}0")
    for number, (name, to) in enumerate((("r1", "r2"), ("n1", "n2"), ("r1", "n2"), ("n1", "r2"),
                                         ("d1", "d2"), ("5001", "5002"))):
        tale.private(t + 5 + number * 0.5, name, to, f"{turn}1")


def _kill_gateway(tale, t):
    tale.happen(t, "fault", id=2, kind="gateway_kill", target=1, seconds=0)
    gone = [tale.go(t + 0.02, name, None) for name in ("r2", "n2", "l2", "d2", "5002")]
    for number, one in enumerate(gone[:2]):
        tale.say(t + 0.03 + number * 0.01, "users", "watcher0", plus=[], minus=[one[2]])
    tale.happen(t + 0.3, "over", id=2)
    for name in ("r2", "n2", "l2", "d2", "5002"):
        tale.come(t + 1, name, 1, n=2)


def _end(tale, t):
    tale.happen(t, "load_over")
    tale.say(t, "client", "auditor", n=0, dialect="native")
    tale.say(t, "open", "auditor", g=0)
    tale.say(t, "in", "auditor", g=0, rooms=["lobby", "demo"], shown="auditor",
             places={"lobby": [0, 0], "demo": [0, 0], "": [0, 0]})
    for one in tale.find("heard", "n1") + tale.find("heard", "l1"):
        if "room" in one:
            seq = one.get("s") or int(one["m"].split(" ")[1]) // 10
            tale.say(t + 1 + one["t"] / 100, "heard", "auditor", m=one["m"], room=one["room"],
                     e=EPOCH, s=seq)
    tale.say(t + 2, "out", "auditor", code=1000, why="left", was_in=True)
    for name in list(tale.there):
        tale.go(t + 3, name, 1000, "left")
    tale.sample(t + 5, "end")
    tale.happen(t + 5, "hub_status", phase="end", status={"rooms": 0})
    tale.happen(t + 5, "store_check", answer={"result": "the file is whole"})
    tale.happen(t + 6, "stopped", problems=None)
