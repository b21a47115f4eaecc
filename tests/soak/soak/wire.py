"""One WebSocket connection of a client, on asyncio's streams.

The bytes of the server go through the parser that forgives nothing
(tests/scenario/strict_client.py). A pace makes a slow reader of it: so many bytes a second are
taken from a small receive buffer.
"""

import asyncio
import contextlib
import socket
import struct

from strict_client import CLOSE, PING, PONG, TEXT, Frames, framed

UPGRADE_SECONDS = 6
READ_BYTES = 1 << 16
SLOW_READ_BYTES = 2048
SMALL_BUFFER = 8192
BROKEN = None  # the code of a connection that ended without CLOSE


class Refused(Exception):
    """No connection, or no WebSocket; the text says why."""


class BadFrame(Exception):
    """The server said what no server may say."""


class Wire:
    def __init__(self, reader, writer, pace):
        self._reader, self._writer = reader, writer
        self._frames = Frames()
        self._ready = []
        self.pace = pace

    @classmethod
    async def open(cls, port, path, subprotocol=None, pace=None):
        try:
            return await asyncio.wait_for(
                cls._open(port, path, subprotocol, pace), UPGRADE_SECONDS
            )
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            raise Refused(type(error).__name__) from None

    @classmethod
    async def _open(cls, port, path, subprotocol, pace):
        plain = socket.socket()
        plain.setblocking(False)
        try:
            if pace:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
            limit = SMALL_BUFFER if pace else READ_BYTES
            reader, writer = await asyncio.open_connection(sock=plain, limit=limit)
        except BaseException:
            plain.close()
            raise
        wire = cls(reader, writer, pace)
        try:
            await wire._upgrade(port, path, subprotocol)
        except BaseException:
            wire.abort()
            raise
        return wire

    async def _upgrade(self, port, path, subprotocol):
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ]
        if subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Refused(head.split(b"\r\n")[0].decode(errors="replace"))

    def send(self, payload, opcode=TEXT):
        if not self._writer.is_closing():
            self._writer.write(framed(payload, opcode))

    async def texts(self):
        """All texts to the end; answers PINGs. Returns by raising Ended."""
        while True:
            data = await self._read()
            if not data:
                raise Ended(BROKEN)
            try:
                messages = self._frames.feed(data)
            except (AssertionError, UnicodeDecodeError) as error:
                raise BadFrame(str(error)) from None
            for opcode, payload in messages:
                if opcode == TEXT:
                    yield payload.decode()
                elif opcode == PING:
                    self.send(payload, PONG)
                elif opcode == CLOSE:
                    self._end(payload)

    async def _read(self):
        try:
            if not self.pace:
                return await self._reader.read(READ_BYTES)
            data = await self._reader.read(SLOW_READ_BYTES)
            await asyncio.sleep(len(data) / self.pace if self.pace else 0)
            return data
        except OSError:
            return b""

    def _end(self, payload):
        code = struct.unpack(">H", payload[:2])[0] if payload else 1005
        with contextlib.suppress(OSError):
            self.send(payload[:2], CLOSE)
        raise Ended(code)

    def say_goodbye(self):
        self.send(struct.pack(">H", 1000), CLOSE)

    def abort(self):
        """Ends the TCP connection without a word."""
        self._writer.transport.abort()

    def close(self):
        self._writer.close()


class Ended(Exception):
    """The connection is over; `code` is the server's, BROKEN without one."""

    def __init__(self, code):
        super().__init__(f"ended with {code}")
        self.code = code
