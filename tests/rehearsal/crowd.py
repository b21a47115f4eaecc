"""Thousands of native clients in one loop that talk, come again when they are let go, and keep books.

They do what docs/dialects/native.md tells clients to do: keep `resume` and the place in every stream, say
again what was not answered, and come back when the server's bye says so.
"""

import asyncio
import asyncio.sslproto
import collections
import gc
import json
import os
import random
import ssl
import threading
import time

ROOM_SIZE = 25
COMING_IN = 64
VISITORS = 10  # a second, who come, are welcome and go
PATIENCE = 40
PUBLIC, PRIVATE = 30, 10  # messages a second, all together
UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: chat.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: hubbub.v1\r\n\r\n"
).encode()
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

# Of each connection; asyncio's own choice, 256 KiB, takes a gigabyte, and a millisecond to make one.
asyncio.sslproto.SSLProtocol.max_size = 16384


def frame_of(opcode, payload):
    """One masked frame; nothing of ours is longer than 64 KiB."""
    size, key = len(payload), os.urandom(4)
    head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else \
        bytes([0x80 | opcode, 0x80 | 126]) + size.to_bytes(2, "big")
    masks = (key * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(masks, "big")
    return head + key + masked.to_bytes(size, "big")


class Window:
    """What was seen since it began."""

    def __init__(self):
        self.began = self.last_heard = time.monotonic()
        self.silence = self.lag = 0.0
        self.heard = self.degraded = 0
        self.visitors = []  # seconds from the first try to the welcome
        self.answers = []  # seconds from said to acknowledged
        self.ends = collections.Counter()  # of connections, by close code
        self.refused = collections.Counter()  # attempts to come in, by what became of them
        self.errors = collections.Counter()  # frames, by code
        self.away = []  # seconds from the end of a connection to the next welcome
        self.beyond = []  # of them, beyond the time that the server had asked for

    def hear(self, now):
        self.silence = max(self.silence, now - self.last_heard)
        self.last_heard = now
        self.heard += 1


class Peer(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, client):
        self.client = client
        self.transport = None
        self._bytes = bytearray()
        self._upgraded = False
        self._parts = bytearray()
        self.code = None

    def connection_made(self, transport):
        self.transport = transport
        transport.write(UPGRADE)

    def data_received(self, data):
        self._bytes += data
        if not self._upgraded:
            end = self._bytes.find(b"\r\n\r\n")
            if end < 0:
                return
            status = bytes(self._bytes[9:12]).decode()
            if status != "101":
                self.client.on_refused(self, f"HTTP {status}")
                return
            del self._bytes[: end + 4]
            self._upgraded = True
            self.client.on_open(self)
        while self._take():
            pass

    def _take(self):
        data = self._bytes
        if len(data) < 2:
            return False
        size, begin = data[1] & 0x7F, 2
        if size >= 126:
            begin = 4 if size == 126 else 10
            if len(data) < begin:
                return False
            size = int.from_bytes(data[2:begin], "big")
        if len(data) < begin + size:
            return False
        first, payload = data[0], bytes(data[begin : begin + size])
        del data[: begin + size]
        self._on_frame(first & 0x0F, first & 0x80, payload)
        return True

    def _on_frame(self, opcode, is_last, payload):
        if opcode == PING:
            self.transport.write(frame_of(PONG, payload))
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2], "big")
            self.transport.write(frame_of(CLOSE, payload[:2]))
            self.transport.close()
        elif opcode in (0, TEXT):
            self._parts += payload
            if is_last:
                text, self._parts = bytes(self._parts), bytearray()
                # Who comes and goes is the most of it in a drain, and nothing that is counted.
                if not text.startswith(b'{"type":"presence"'):
                    self.client.on_heard(self, json.loads(text))

    def say(self, message):
        self.transport.write(frame_of(TEXT, json.dumps(message).encode()))

    def connection_lost(self, _error):
        self.client.on_lost(self)


class Client:
    def __init__(self, crowd, number):
        self.crowd = crowd
        self.name = f"{type(self).__name__.lower()}{number}"
        self.room = f"room{number // ROOM_SIZE}"
        self.peer = None  # once welcome
        self.user = self.resume = None
        self.places = {self.room: None}  # [epoch, seq] by room; None: the inbox
        self.heard = {self.room: {}, None: {}}  # content by place
        self.waiting = {}  # what is not answered yet, by id
        self.said_at = {}
        self._retry = None
        self._lost_at = None
        self._welcome = None

    async def come(self, delay=0.0):
        """Tries until it is in."""
        loop = asyncio.get_running_loop()
        while not self.crowd.ended:
            await asyncio.sleep(delay)
            self._welcome = loop.create_future()
            try:
                _, peer = await asyncio.wait_for(
                    loop.create_connection(lambda: Peer(self), "127.0.0.1", self.crowd.port, ssl=self.crowd.tls,
                                           ssl_handshake_timeout=PATIENCE), PATIENCE)
            except (OSError, asyncio.TimeoutError) as error:
                self.crowd.window.refused[type(error).__name__] += 1
                delay = random.uniform(0.5, 1.5)
                continue
            del peer
            try:
                await asyncio.wait_for(self._welcome, PATIENCE)
                return
            except ConnectionError:
                pass  # counted where it was seen
            except asyncio.TimeoutError:
                self.crowd.window.refused["no welcome"] += 1
            delay = random.uniform(0.5, 1.5)

    def on_open(self, peer):
        rooms = {self.room: self.places[self.room]}
        hello = {"type": "hello", "username": self.name, "since": {"rooms": rooms}}
        if self.resume is not None:
            hello["resume"] = self.resume
            hello["since"]["inbox"] = self.places[None]
        peer.say(hello)

    def on_refused(self, peer, why):
        self.crowd.window.refused[why] += 1
        peer.transport.abort()
        self._fail()

    def _fail(self):
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(ConnectionError())

    def on_lost(self, peer):
        if self.peer is not peer:
            if self._welcome is not None and not self._welcome.done():
                self.crowd.window.refused["ended before welcome"] += 1
            self._fail()
            return
        self.peer = None
        self._lost_at = time.monotonic()
        if self.crowd.ended:
            return
        self.crowd.window.ends[peer.code or "without a word"] += 1
        delay = (self._retry or 1000) / 1000
        self.crowd.keep(self.come(delay))

    def on_heard(self, peer, frame):
        kind = frame["type"]
        if kind in ("public", "private"):
            self._on_message(frame)
        elif kind == "ack":
            self._on_ack(frame)
        elif kind == "welcome":
            self._on_welcome(peer, frame)
        elif kind == "bye":
            self._retry = frame["retry_after_ms"]
        elif kind == "error":
            self.crowd.window.errors[frame["code"]] += 1
            self.waiting.pop(frame.get("id"), None)
        elif kind == "gap":
            self.crowd.gaps += 1
            place = self.places[frame.get("room")]
            place[:] = [0, 0] if frame["reason"] == "epoch" else [frame["epoch"], frame["to"]]
        elif kind == "hub_degraded":
            self.crowd.window.degraded += 1

    def _on_welcome(self, peer, frame):
        window = self.crowd.window
        if self.resume is None:
            row = frame["rooms"][0]
            self.places = {self.room: [row["epoch"], row["seq"]], None: frame["inbox"]}
        elif frame["user"] != self.user:
            self.crowd.strangers += 1
        else:
            away = time.monotonic() - self._lost_at
            window.away.append(away)
            window.beyond.append(away - (self._retry or 1000) / 1000)
        self.user, self.resume, self.peer, self._retry = frame["user"], frame["resume"], peer, None
        for message in self.waiting.values():
            peer.say(message)
        if not self._welcome.done():
            self._welcome.set_result(None)

    def _on_message(self, frame):
        crowd, room = self.crowd, frame.get("room")
        place, seq = self.places[room], frame["seq"]
        if frame["epoch"] == place[0] and seq <= place[1]:
            crowd.repeated += 1
            return
        if seq != place[1] + 1 or place[0] not in (0, frame["epoch"]):
            crowd.skipped += 1
        place[:] = [frame["epoch"], seq]
        self.heard[room][(frame["epoch"], seq)] = frame["content"]
        now = time.monotonic()
        crowd.window.hear(now)

    def _on_ack(self, frame):
        message = self.waiting.pop(frame["id"], None)
        if message is None:
            return
        self.crowd.window.answers.append(time.monotonic() - self.said_at.pop(frame["id"]))
        stream = message.get("room") or message["to"]
        self.crowd.acknowledged[stream][(frame["epoch"], frame["seq"])] = message["content"]

    def say(self, mark, **where):
        now = time.monotonic()
        message = {"id": mark, "content": f"{mark} {now:.6f}", **where}
        self.waiting[mark], self.said_at[mark] = message, now
        self.peer.say(message)


class Visitor(Client):
    """Comes for a moment: is anybody refused?"""

    def on_open(self, peer):
        peer.say({"type": "hello", "username": self.name, "since": {"rooms": {}}})

    def on_heard(self, peer, frame):
        if frame["type"] == "welcome":
            self._welcome.set_result(None)
            peer.say({"type": "bye"})
        elif frame["type"] == "error":
            self.crowd.window.errors[frame["code"]] += 1

    def on_lost(self, peer):
        if not self._welcome.done():
            self.crowd.window.refused["ended before welcome"] += 1
        self._fail()

    async def visit(self):
        began = time.monotonic()
        await self.come()
        self.crowd.window.visitors.append(time.monotonic() - began)


class Crowd:
    """All of them, on a thread of their own."""

    def __init__(self, count, port, certificate):
        self.port = port
        self.tls = ssl.create_default_context(cafile=certificate)
        self.tls.check_hostname = False
        self.window = Window()
        self.acknowledged = collections.defaultdict(dict)
        self.gaps = self.repeated = self.skipped = self.strangers = self.said = 0
        self.talking = self.ended = False
        self.clients = [Client(self, number) for number in range(count)]
        self._tasks = set()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def _run(self, coroutine, patience):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(patience)

    def keep(self, coroutine):
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task):
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    def come(self, patience=600):
        async def everybody():
            places = asyncio.Semaphore(COMING_IN)

            async def one(client):
                async with places:
                    await client.come()

            await asyncio.gather(*(one(client) for client in self.clients))

        self._run(everybody(), patience)
        # All of them live to the end: to look through them again and again for garbage would take a second each time.
        gc.freeze()
        gc.disable()

    def present(self):
        return sum(client.peer is not None for client in self.clients)

    def talk(self):
        self.talking = True
        self.loop.call_soon_threadsafe(lambda: (self.keep(self._talk()), self.keep(self._visits())))

    async def _visits(self):
        number = 0
        while self.talking:
            number += 1
            self.keep(Visitor(self, number).visit())
            await asyncio.sleep(1 / VISITORS)

    async def _talk(self):
        """At a fixed rate, whatever becomes of the server: those who are in speak."""
        due = time.monotonic()
        while self.talking:
            self.window.lag = max(self.window.lag, time.monotonic() - due)
            speaker, other = random.sample(self.clients, 2)
            if speaker.peer is not None:
                self.said += 1
                if random.random() * (PUBLIC + PRIVATE) < PUBLIC:
                    speaker.say(f"m{self.said}", type="public", room=speaker.room)
                else:
                    speaker.say(f"m{self.said}", type="private", to=other.user)
            due += 1 / (PUBLIC + PRIVATE)
            await asyncio.sleep(max(0, due - time.monotonic()))

    def look(self):
        """The window up to now; a new one begins."""
        async def swap():
            window, self.window = self.window, Window()
            now = time.monotonic()
            window.silence = max(window.silence, now - window.last_heard)
            window.seconds = now - window.began
            return window

        return self._run(swap(), 60)

    def hush(self):
        """Nobody speaks any more; how many messages are not answered."""
        self.talking = False
        return sum(len(client.waiting) for client in self.clients)

    def account(self):
        """What the books say: every acknowledged message, in every place where it belongs."""
        expected = lost = unacknowledged = 0
        doubled = self.repeated
        by_user = {client.user: client for client in self.clients}
        by_room = collections.defaultdict(list)
        for client in self.clients:
            by_room[client.room].append(client)
        for stream, messages in self.acknowledged.items():
            room = stream if stream in by_room else None
            for client in by_room[stream] if room else [by_user[stream]]:
                expected += len(messages)
                lost += sum(client.heard[room].get(place) != text for place, text in messages.items())
        for client in self.clients:
            for room, heard in client.heard.items():
                marks = [text.split()[0] for text in heard.values()]
                doubled += len(marks) - len(set(marks))
                acknowledged = self.acknowledged[room or client.user]
                unacknowledged += sum(place not in acknowledged for place in heard)
        return {"said": self.said, "expected": expected, "lost": lost, "doubled": doubled,
                "skipped": self.skipped, "gaps": self.gaps, "not resumed": self.strangers,
                "heard, not acknowledged": unacknowledged,
                "not answered": sum(len(client.waiting) for client in self.clients)}

    def end(self):
        self.ended = True
        self.loop.call_soon_threadsafe(
            lambda: [client.peer.transport.abort() for client in self.clients if client.peer is not None])
