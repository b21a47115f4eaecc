"""Links on tape: what a gateway and a hub of one version said to each other, frame by frame.

A tape is made of the programs at hand (`python3 tests/scenario/link_tape.py FILE`) while they speak
that version, and kept for as long as the version must be understood. Later programs hear it from
the other side: a gateway hears the hub of the tape, a hub hears its gateway.
"""

import json
import pathlib
import selectors
import socket
import struct
import sys
import threading

from harness import Cluster, PATIENCE
from stranger import (
    ANSWERED, HEARTBEAT, OPENED, OUTCOME, PROBE, PROBED, ROSTER_END, fields_of,
)

EPOCH_OF_OUTCOME = 5

# Said by the clock, or as often as anybody likes: no answer depends on them.
BESIDES = (HEARTBEAT, PROBE, PROBED, ANSWERED)


def conversation(world):
    """What the clients and the operator of a tape do; each step ends when it was heard."""
    gateway = world.gateway
    ana, ben = gateway.room("Ana"), gateway.room("Ben")
    eve, fay = gateway.native("Eve"), gateway.native("Fay")
    dan, eli = (gateway.connect(f"/ws/{user}?token=t") for user in ("dan", "eli"))
    world.until("gateway", OPENED, 6)
    world.relink()

    ana.say("to all")
    for client in (ana, ben, eve, fay):
        client.hear_until(lambda frame: frame.get("content") == "to all")
    ana.tell(ben.client_id, "to one")
    ben.hear_until(lambda frame: frame.get("content") == "to one")
    world.until("gateway", OUTCOME, 3)
    assert eve.ask("public", content="with an id")["type"] == "ack"
    assert eve.ask("private", to=fay.user, content="to a user")["type"] == "ack"
    kept = fay.hear_until(lambda frame: frame.get("content") == "to a user")
    assert fay.ask("read", inbox=kept["seq"])["type"] == "read"
    assert [m["content"] for m in fay.ask("history")["messages"]] == ["to all", "with an id"]
    assert "lobby" in [room["room"] for room in fay.ask("rooms")["rooms"]]
    assert eve.join("tea")["type"] == "joined"
    assert eve.ask("leave", room="tea")["type"] == "left"
    eve.send({"type": "typing"})
    fay.hear_until(lambda frame: frame["type"] == "typing")
    dan.send({"to_user": "eli", "content": "by id"})
    eli.hear_until(lambda frame: frame.get("content") == "by id")
    world.until("gateway", OUTCOME, 8)
    world.operate("say", "from the operator")
    ben.hear_until(lambda frame: frame.get("content") == "from the operator")
    world.operate("kick", "Ben", "--reason", "enough")
    assert ben.closed() == (1008, "enough")
    ana.close()
    fay.hear_until(lambda frame: frame.get("count") == 2)


class Heard:
    """The frames of both sides so far; anybody may wait for one."""

    def __init__(self):
        self._changed = threading.Condition()
        self.frames = []

    def add(self, to, part):
        with self._changed:
            self.frames.append((to, part))
            self._changed.notify_all()

    def until(self, to, kind, count):
        def is_there():
            return sum(t == to and kind_of(p) == kind for t, p in self.frames) >= count

        with self._changed:
            assert self._changed.wait_for(is_there, PATIENCE), f"no {count} of kind {kind} to the {to}"


def kind_of(part):
    return fields_of(part)[0]


class Pieces:
    """Cuts a stream of bytes into frames."""

    def __init__(self):
        self._bytes = b""

    def add(self, data):
        self._bytes += data
        while len(self._bytes) >= 4:
            length = struct.unpack(">I", self._bytes[:4])[0]
            if len(self._bytes) < 4 + length:
                return
            yield self._bytes[4 : 4 + length]
            self._bytes = self._bytes[4 + length :]


class Recorder:
    """Stands between one gateway and the hub, and remembers what passes."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.gateway = cluster.gateway(0)
        self.heard = Heard()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(cluster.folder / "tape.sock"))
        self._listener.listen()
        threading.Thread(target=self._relay_all, daemon=True).start()

    def until(self, to, kind, count):
        self.heard.until(to, kind, count)

    def operate(self, *words):
        self.heard.add("operator", list(words))
        self._cluster.hubctl(*words)

    def relink(self):
        """The hub dies and comes again."""
        self._cluster.hub.kill()
        self.heard.add("link", None)
        self._cluster.hub.start()
        self.until("gateway", ROSTER_END, 2)

    def _relay_all(self):
        while True:
            link = self._listener.accept()[0]
            hub = socket.socket(socket.AF_UNIX)
            try:
                hub.connect(str(self._cluster.hub_socket))
                self._relay({link: (hub, "hub", Pieces()), hub: (link, "gateway", Pieces())})
            except OSError:
                pass
            link.close()
            hub.close()

    def _relay(self, ways):
        with selectors.DefaultSelector() as selector:
            for end in ways:
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    other, to, pieces = ways[key.fileobj]
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    # First remembered: an answer must not stand before its question.
                    for part in pieces.add(data):
                        self.heard.add(to, part)
                    other.sendall(data)


def record(path):
    with Cluster(gateways=1, start=False) as cluster:
        gateway = cluster.gateway(0)
        gateway.arguments = [
            word.replace(str(cluster.hub_socket), str(cluster.folder / "tape.sock"))
            for word in gateway.arguments
        ]
        recorder = Recorder(cluster)
        cluster.start()
        conversation(recorder)
        rows = [
            [to, part.hex() if isinstance(part, bytes) else part]
            for to, part in recorder.heard.frames
        ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    pathlib.Path(path).write_text(f"[\n{lines}\n]\n")


class Tape:
    def __init__(self, path):
        rows = json.loads(pathlib.Path(path).read_text())
        self.rows = [
            (to, bytes.fromhex(part) if to in ("hub", "gateway") else part) for to, part in rows
        ]

    @property
    def version(self):
        """What both sides of it spoke."""
        return fields_of(next(part for to, part in self.rows if to == "hub"))[1]

    def links(self):
        """The rows of each link."""
        links = [[]]
        for row in self.rows:
            if row[0] == "link":
                links.append([])
            else:
                links[-1].append(row)
        return links


def as_u64(number):
    """As msgpack writes what needs eight bytes."""
    return b"\xcf" + struct.pack(">Q", number)


class Player:
    """Plays one side of a tape to a program that is the other side."""

    def __init__(self, as_, operate):
        self._as = as_
        self._operate = operate
        self._epochs = {}
        self.heard = Heard()

    def play(self, link, rows):
        """
        Says what that side said on tape, each frame after as much of the other side as it had
        heard then. Returns what it heard on tape and what it heard now: as many frames each.
        """
        was, now = [], []
        for to, part in rows:
            if to == "operator":
                self._operate(*part)
            elif to != self._as:
                link.send(struct.pack(">I", len(part)) + self._of_today(part))
                self.heard.add(to, part)
            elif kind_of(part) not in BESIDES:
                was.append(fields_of(part))
                now.append(self._hear(link))
                self._learn_epoch(was[-1], now[-1])
        return was, now

    def _learn_epoch(self, was, now):
        """Epochs of streams are drawn by the hub: a gateway on tape cannot know today's."""
        if was[0] == now[0] == OUTCOME:
            self._epochs[as_u64(was[EPOCH_OF_OUTCOME])] = as_u64(now[EPOCH_OF_OUTCOME])

    def _of_today(self, part):
        for was, now in self._epochs.items():
            part = part.replace(was, now)
        return part

    def _hear(self, link):
        while True:
            part = link.hear_part()
            self.heard.add(self._as, part)
            if kind_of(part) not in BESIDES:
                return fields_of(part)


if __name__ == "__main__":
    record(sys.argv[1])
