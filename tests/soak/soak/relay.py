"""The way of some clients to their gateway: a TCP relay that can hold everything back, or cut all
connections.
"""

import asyncio
import contextlib

CHUNK = 1 << 14


class Relay:
    """Listens on a port of its own and forwards to one gateway's ports, chosen by the port that
    was reached.
    """

    def __init__(self, journal, number):
        self.journal, self.number = journal, number
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers = set()
        self._servers = []

    async def listen(self, target):
        """Forwards to `target`; the port to connect to instead."""

        async def forward(reader, writer):
            await self._forward(reader, writer, target)

        server = await asyncio.start_server(forward, "127.0.0.1", 0)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _forward(self, reader, writer, target):
        try:
            await self._flows.wait()
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pump(reader, back_writer), self._pump(back_reader, writer))
        finally:
            self._writers -= both
            for one in both:
                one.transport.abort()

    async def _pump(self, reader, writer):
        """One direction to its end; a lost connection ends the other direction, too."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.transport.abort()

    async def hold(self, seconds):
        """Nothing passes for a while; then all of it does."""
        self._flows.clear()
        await asyncio.sleep(seconds)
        self._flows.set()

    def cut(self):
        """Ends every connection on both sides without a word."""
        self.journal.write("cut", g=self.number, connections=len(self._writers) // 2)
        for writer in list(self._writers):
            writer.transport.abort()

    def close(self):
        self._flows.set()
        for server in self._servers:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()
