"""The other end of a link, played by somebody who does as they please: frames by hand."""

import socket
import struct
import threading

from harness import PATIENCE

LINK_VERSION = 4
HELLO, WELCOME, ROSTER_END, HEARTBEAT, GOODBYE, PROBE = 1, 2, 3, 4, 5, 6
PROBED, ANSWERED = 7, 8
OPEN, OPENED, CLOSED, JOIN, JOINED, REFUSED, CLOSE = 10, 11, 12, 13, 14, 15, 16
ENTERED, EXITED = 20, 21
PUBLISH, TELL, OUTCOME, DELIVER, WHISPER, NOTICE = 30, 31, 32, 33, 34, 35
READ, ITEM = 38, 41

U32_MAX = (1 << 32) - 1
U64_MAX = (1 << 64) - 1


def packed(field):
    """A number or a text as msgpack; numbers as wide as can be, which is allowed."""
    if isinstance(field, int):
        return b"\xcf" + struct.pack(">Q", field)
    data = field.encode("utf-8", "surrogateescape") if isinstance(field, str) else field
    return b"\xdb" + struct.pack(">I", len(data)) + data


# Fields that most tests leave out: how many stand before them, and what they are then.
LEFT_OUT = {
    OPEN: (7, ("", "", 0)), OPENED: (3, ("", "", 0, 0, 0, 0)), CLOSED: (1, (0,)), JOINED: (5, (0,)),
    ENTERED: (5, ("",)), PUBLISH: (5, ("",)), TELL: (5, ("", "", 0)), OUTCOME: (7, ("", 0, 0)),
    DELIVER: (7, ("",)), WHISPER: (6, ("", 0, 0, "")),
}


def framed(part):
    return struct.pack(">I", len(part)) + part


def envelope(kind, *fields):
    least, rest = LEFT_OUT.get(kind, (None, ()))
    if len(fields) == least:
        fields += rest
    head = b"\xdc" + struct.pack(">H", len(fields) + 1)
    return framed(head + packed(kind) + b"".join(packed(field) for field in fields))


class Stranger:
    """One end of a link. Texts that it hears are bytes."""

    def __init__(self, connected):
        self._socket = connected
        self._socket.settimeout(PATIENCE)
        self._heard = b""

    @classmethod
    def gateway(cls, cluster, name="stranger", epoch=1, hub_epoch=0, known=0, attach=True):
        """A gateway on the hub's socket; attached unless told otherwise."""
        self = cls.connected(cluster.hub_socket)
        self.say(HELLO, LINK_VERSION, name, epoch, "made by hand", 0, 0, hub_epoch, known)
        if attach:
            self.until(WELCOME)
            self.say(ROSTER_END, 0, 0)
        return self

    @classmethod
    def connected(cls, path):
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(str(path))
        return cls(connected)

    def say(self, *fields):
        self.send(envelope(*fields))

    def send(self, data):
        """Whether it went out: the other side may end the link at any moment."""
        try:
            self._socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def open(self, conn, name="somebody", client=0, room="lobby", ordinal=0):
        self.say(OPEN, conn, client, "room", "open", name, "192.0.2.1", 0)
        self.say(JOIN, conn, room, ordinal)

    def _exactly(self, count):
        while len(self._heard) < count:
            more = self._socket.recv(1 << 16)
            if not more:
                raise EOFError
            self._heard += more
        data, self._heard = self._heard[:count], self._heard[count:]
        return data

    def hear_part(self):
        """The next frame's msgpack part."""
        return self._exactly(struct.unpack(">I", self._exactly(4))[0])

    def hear(self):
        """The next envelope as a list."""
        return fields_of(self.hear_part())

    def until(self, kind):
        while True:
            heard = self.hear()
            if heard[0] == kind:
                return heard

    def read_all(self):
        """Reads and forgets from now on, on a thread of its own."""

        def read():
            try:
                while self._socket.recv(1 << 20):
                    pass
            except OSError:
                pass

        threading.Thread(target=read, daemon=True).start()

    def is_ended(self):
        """Waits for the other side to end the link."""
        try:
            while self._socket.recv(1 << 16):
                pass
            return True
        except (ConnectionResetError, BrokenPipeError):
            return True
        except TimeoutError:
            return False

    def leave(self):
        self._socket.close()


def fields_of(part):
    """A frame's kind and fields; numbers as they are, texts as bytes."""
    fields, at = [], 1
    while at < len(part):
        field, at = _unpacked(part, at)
        fields.append(field)
    return fields


def _unpacked(part, at):
    head = part[at]
    if head < 0x80:
        return head, at + 1
    if 0xCC <= head <= 0xCF:
        width = 1 << (head - 0xCC)
        return int.from_bytes(part[at + 1 : at + 1 + width], "big"), at + 1 + width
    if 0xA0 <= head < 0xC0:
        width, length = 0, head - 0xA0
    else:
        width = 1 << (head - 0xD9)
        length = int.from_bytes(part[at + 1 : at + 1 + width], "big")
    begin = at + 1 + width
    return part[begin : begin + length], begin + length
