"""A WebSocket client that shows every frame and answers none by itself.

For what a well-behaved library hides: the PINGs, and what becomes of a client whose PONGs
are late, wrong or missing.
"""

import os
import socket
import struct

from harness import PATIENCE

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawClient:
    def __init__(self, port, path, headers=(), connection=None):
        """`connection` is one that was made before."""
        self._socket = connection or socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
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
        self._heard = b""
        while b"\r\n\r\n" not in self._heard:
            self._heard += self._more()
        head, self._heard = self._heard.split(b"\r\n\r\n", 1)
        self.status = int(head.split(b" ")[1])

    def _more(self):
        more = self._socket.recv(1 << 16)
        if not more:
            raise EOFError
        return more

    def _exactly(self, count):
        while len(self._heard) < count:
            self._heard += self._more()
        data, self._heard = self._heard[:count], self._heard[count:]
        return data

    def frame(self):
        """The next frame: (opcode, payload)."""
        first, second = self._exactly(2)
        assert first & 0x80 and not second & 0x80, "fragmented or masked"
        length = second
        if length == 126:
            length = struct.unpack(">H", self._exactly(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._exactly(8))[0]
        return first & 0x0F, self._exactly(length)

    def text(self):
        """The next frame, which must be a text."""
        opcode, payload = self.frame()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    def close_code(self):
        """Reads to the CLOSE, answers it and returns its code."""
        opcode, payload = self.frame()
        while opcode != CLOSE:
            opcode, payload = self.frame()
        self.send(payload[:2], CLOSE)
        return struct.unpack(">H", payload[:2])[0]

    def ping(self):
        """The payload of the next frame, which must be a PING."""
        opcode, payload = self.frame()
        assert opcode == PING, (opcode, payload)
        return payload

    def send(self, payload, opcode=TEXT):
        if isinstance(payload, str):
            payload = payload.encode()
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | length)
        else:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, length)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def pong(self, payload):
        self.send(payload, PONG)

    def drop(self):
        """Ends the TCP connection without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
