"""A WebSocket client that forgives nothing and reads only when it is told to.

Its own parser holds every byte from the server against RFC 6455: a frame that is masked, torn,
longer than it says, in the wrong place or written in more bytes than needed fails the test that
reads it. One call reads once from the kernel, so a test decides how slow a reader is.
"""

import contextlib
import json
import os
import select
import socket
import struct
import time

from harness import PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
CONTROL_MAX = 125


class Frames:
    """Bytes of a server in, whole messages out: (opcode, payload)."""

    def __init__(self):
        self._bytes = bytearray()
        self._message = None  # (opcode, bytes) of one whose last fragment is still to come
        self.closed = False

    def feed(self, data):
        self._bytes += data
        heard = []
        while (frame := self._next()) is not None:
            message = self._take(*frame)
            if message is not None:
                heard.append(message)
        return heard

    def is_between_frames(self):
        return not self._bytes and self._message is None

    def _next(self):
        """(final, opcode, payload) of the first frame if all of it is here."""
        have = self._bytes
        if len(have) < 2:
            return None
        first, second = have[0], have[1]
        assert first & 0x70 == 0, f"reserved bits in {first:#04x}"
        assert first & 0x0F in OPCODES, f"no such opcode: {first & 0x0F}"
        assert second & 0x80 == 0, "a server masks nothing"
        length, start = second, 2
        if second > CONTROL_MAX:
            form, width, least = (">H", 2, 126) if second == 126 else (">Q", 8, 65536)
            start += width
            if len(have) < start:
                return None
            length = struct.unpack_from(form, have, 2)[0]
            assert least <= length < 1 << 63, f"a length of {length} in {width} bytes"
        if len(have) < start + length:
            return None
        payload = bytes(have[start : start + length])
        del have[: start + length]
        return bool(first & 0x80), first & 0x0F, payload

    def _take(self, final, opcode, payload):
        """The message that this frame ends, if it does."""
        assert not self.closed, f"a frame behind CLOSE: {opcode} {payload[:40]}"
        if opcode >= CLOSE:
            assert final and len(payload) <= CONTROL_MAX, f"no control frame: {opcode} {payload}"
            if opcode == CLOSE:
                self.closed = True
                assert len(payload) != 1, "half a code"
                payload[2:].decode()
            return opcode, payload
        assert (opcode == CONTINUATION) == (self._message is not None), "fragments out of order"
        kind, before = self._message or (opcode, b"")
        self._message = None if final else (kind, before + payload)
        if not final:
            return None
        if kind == TEXT:
            (before + payload).decode()
        return kind, before + payload


def framed(payload, opcode=TEXT):
    """A client's frame of a dict, text or bytes."""
    if isinstance(payload, dict):
        payload = json.dumps(payload, ensure_ascii=False)
    if isinstance(payload, str):
        payload = payload.encode()
    length = len(payload)
    head = bytes([0x80 | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += struct.pack(">BH", 0x80 | 126, length)
    else:
        head += struct.pack(">BQ", 0x80 | 127, length)
    mask = os.urandom(4)
    key = (mask * (length // 4 + 1))[:length]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return head + mask + mixed.to_bytes(length, "big")


def public(content):
    return {"type": "public", "content": content}


class StrictClient:
    """One connection. `heard` has the texts in order, parsed, `publics` the public ones' contents,
    `pongs` what answered our PINGs."""

    def __init__(self, port, path="/ws", receive_buffer=None, send_buffer=None, headers=()):
        self._socket = socket.socket()
        if send_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        if receive_buffer:
            # Small segments, as over a long way: the kernel takes little for this client.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", port))
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._frames = Frames()
        self.heard, self.publics, self.pongs = [], [], []
        self.pings, self.pinged_at = 0, []  # how many texts had been heard at each PING
        self._passed = 0  # of `heard`, by read_until()
        self.close_code = None
        self.ended = False
        self.client_id = None
        self.answers_pings = True
        self._waiting_pings = []
        self._upgrade(port, path, headers)

    def _upgrade(self, port, path, headers):
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self._socket.recv(4096)
            assert more, f"hung up on the upgrade: {answer}"
            answer += more
        head, rest = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"s3pplmbitxaq9kygzzhzrbk+xoo=" in head.lower(), "the key's answer"
        self._handle(self._frames.feed(rest))

    def fileno(self):
        return self._socket.fileno()

    def send(self, *payloads, opcode=TEXT):
        """All in one write."""
        self._socket.sendall(b"".join(framed(payload, opcode) for payload in payloads))

    def join(self, name):
        """In as a `room` client that has heard its own notice."""
        self.send({"username": name})
        self.read_until(lambda frame: frame["type"] == "system")
        listed = next(frame for frame in self.heard if frame["type"] == "user_list")
        self.client_id = listed["users"][-1]["client_id"]
        return self

    def say(self, content):
        self.send(public(content))

    def tell(self, to, content):
        self.send({"type": "private", "to": to, "content": content})

    def ping(self, payload):
        self.send(payload, opcode=PING)

    def read(self, most=1 << 16):
        """One recv(); the texts that it completed. Waits if there is nothing at all."""
        try:
            data = self._socket.recv(most)
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
            return []
        before = len(self.heard)
        self._handle(self._frames.feed(data))
        return self.heard[before:]

    def has_input(self):
        return not self.ended and bool(self._poll.poll(0))

    def read_all(self):
        """What is there now, without waiting; the texts."""
        before = len(self.heard)
        while self.has_input():
            self.read()
        return self.heard[before:]

    def read_until(self, condition, patience=PATIENCE):
        """The first text that satisfies the condition, of those that no such call has passed."""
        deadline = time.monotonic() + patience
        while True:
            while self._passed < len(self.heard):
                self._passed += 1
                if condition(self.heard[self._passed - 1]):
                    return self.heard[self._passed - 1]
            assert not self.ended, f"the connection ended with {self.close_code}"
            assert time.monotonic() < deadline, f"waited {patience} s in vain"
            self.read()

    def read_while(self, condition, most=lambda: 1 << 16, patience=PATIENCE):
        """Reads, so much at a time, as long as the condition holds; it must not for ever."""
        deadline = time.monotonic() + patience
        while condition():
            assert not self.ended, f"the connection ended with {self.close_code}"
            assert time.monotonic() < deadline, f"waited {patience} s in vain"
            self.read(most())

    def read_to_the_end(self, patience=PATIENCE):
        """Answers CLOSE; the server's code, None without one."""
        deadline = time.monotonic() + patience
        while not self.ended:
            assert time.monotonic() < deadline, f"not closed in {patience} s"
            self.read()
            if self.close_code is not None:
                with contextlib.suppress(OSError):
                    self.send(struct.pack(">H", self.close_code), opcode=CLOSE)
        return self.close_code

    def _handle(self, messages):
        for opcode, payload in messages:
            if opcode == TEXT:
                self.heard.append(json.loads(payload))
                if self.heard[-1]["type"] == "public":
                    self.publics.append(self.heard[-1]["content"])
            elif opcode == PING:
                assert payload, "an empty PING"
                self.pings += 1
                self.pinged_at.append(len(self.heard))
                self._waiting_pings.append(payload)
                if self.answers_pings:
                    self.answer_pings()
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                self.close_code = struct.unpack(">H", payload[:2])[0] if payload else 1005
            else:
                raise AssertionError(f"no room says this: {opcode} {payload[:40]}")

    def owes_pong(self):
        return bool(self._waiting_pings)

    def answer_pings(self):
        """The PONGs that are owed."""
        while self._waiting_pings:
            self.send(self._waiting_pings.pop(0), opcode=PONG)

    def is_whole(self):
        """All that came was whole frames."""
        return self._frames.is_between_frames()

    def drop(self):
        """Ends the TCP connection without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
