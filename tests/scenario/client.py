"""Chat clients for scenarios: strict about the protocol, plain to read.

All sockets live in one asyncio loop on a thread of its own, so that a scenario is straight-line
code and pings are answered while it thinks.
"""

import asyncio
import collections
import json
import os
import re
import threading

import websockets

PATIENCE = float(os.environ.get("HUBBUB_TEST_PATIENCE", "20"))
TIMESTAMP = re.compile(r'"timestamp": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"')

_loop = asyncio.new_event_loop()
threading.Thread(target=_loop.run_forever, daemon=True).start()


def run(coroutine, patience=PATIENCE):
    """Runs a coroutine on the clients' loop and waits for its result."""
    future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, patience), _loop)
    return future.result(patience + 5)


def refused(url, **options):
    """The HTTP status with which an upgrade was refused."""
    try:
        Client.connect(url, **options).drop()
    except websockets.InvalidStatusCode as error:
        return error.status_code
    raise AssertionError(f"{url} was not refused")


class Closed(Exception):
    """The connection ended while something was awaited."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class Client:
    """One WebSocket. `heard` keeps every frame in order of arrival."""

    def __init__(self, socket):
        self._socket = socket
        self._marks = 0
        self._arrived = collections.deque()
        self.client_id = None
        self.name = None
        self.heard = []

    @classmethod
    def connect(cls, url, **options):
        options.setdefault("ping_interval", None)
        options.setdefault("compression", None)
        options.setdefault("max_size", None)
        options.setdefault("max_queue", None)
        options.setdefault("close_timeout", 2)

        async def connect():
            return await websockets.connect(url, **options)

        return cls(run(connect()))

    @classmethod
    def connect_all(cls, urls):
        """One for each, all at once."""
        options = {"ping_interval": None, "compression": None, "max_size": None, "max_queue": None,
                   "close_timeout": 2, "open_timeout": 3 * PATIENCE}

        async def connect():
            return await asyncio.gather(*(websockets.connect(url, **options) for url in urls))

        return [cls(socket) for socket in run(connect(), 3 * PATIENCE)]

    @staticmethod
    def send_all(messages):
        """Sends (client, dict) all at once, in this order."""

        async def send():
            await asyncio.gather(*(client._socket.send(json.dumps(message)) for client, message in messages))

        run(send(), 3 * PATIENCE)

    @property
    def subprotocol(self):
        return self._socket.subprotocol

    @property
    def response_headers(self):
        return self._socket.response_headers

    def send(self, message):
        """Sends a dict as JSON, a text or bytes as they are."""
        if isinstance(message, dict):
            message = json.dumps(message)
        run(self._socket.send(message))

    def send_while_open(self, messages):
        """Sends until done or until the server has closed."""
        for message in messages:
            try:
                self.send(message)
            except websockets.ConnectionClosed:
                return

    def send_fragments(self, fragments):
        run(self._socket.send(fragments))

    def ping(self):
        """Returns once the server answered a PING."""

        async def exchange():
            await (await self._socket.ping())

        run(exchange())

    def hear_text(self, patience=PATIENCE):
        """The next frame as it is; raises Closed at the end of the connection."""
        if not self._arrived:
            self._take(patience)
        frame = self._arrived.popleft()
        self.heard.append(frame)
        return frame

    def _take(self, patience):
        """Waits for a frame, and takes all that have come with it: the way to the loop is long."""

        async def take():
            self._arrived.append(await self._socket.recv())
            while self._socket.messages:
                self._arrived.append(await self._socket.recv())

        try:
            run(take(), patience)
        except websockets.ConnectionClosed as error:
            # 1006 is what the library calls a connection that ended without CLOSE.
            code = error.rcvd.code if error.rcvd else 1006
            raise Closed(code, error.rcvd.reason if error.rcvd else "") from None

    def hear(self, patience=PATIENCE):
        """The next frame, parsed."""
        return json.loads(self.hear_text(patience))

    def hear_until(self, condition, patience=PATIENCE):
        """The first frame that satisfies condition; the frames before it are in `heard`."""
        while True:
            frame = self.hear(patience)
            if condition(frame):
                return frame

    def hear_type(self, kind):
        return self.hear_until(lambda frame: frame.get("type") == kind)

    def hears_nothing_more(self):
        """True if nothing is under way to a room client: a private note to itself comes next."""
        self._marks += 1
        mark = f"mark {self.client_id} {self._marks}"
        self.send({"type": "private", "to": self.client_id, "content": mark})
        frame = self.hear()
        assert frame.get("content") == mark, f"heard more: {frame}"
        return True

    def skip(self):
        """Forgets all that is under way to a room client."""
        self._marks += 1
        mark = f"mark {self.client_id} {self._marks}"
        self.send({"type": "private", "to": self.client_id, "content": mark})
        self.hear_until(lambda frame: frame.get("content") == mark)

    def join(self, name):
        """Says its name as a room client and learns its id from the first list."""
        self.send({"username": name})
        listed = self.hear()
        assert listed["type"] == "user_list", listed
        own = listed["users"][-1]
        self.client_id, self.name = own["client_id"], own["username"]
        notice = self.hear_type("system")
        assert notice["content"] == f"{self.name} 进入聊天室", notice
        return self

    def say(self, content):
        self.send({"type": "public", "content": content})

    def tell(self, to, content):
        self.send({"type": "private", "to": to, "content": content})

    def error(self):
        """The next frame, which must be an error; its code."""
        frame = self.hear()
        assert frame["type"] == "error" and frame["content"], frame
        return frame["code"]

    def close(self):
        """A normal close from our side."""
        run(self._socket.close())

    def drop(self):
        """Ends the TCP connection without a word."""

        async def abort():
            if self._socket.transport is not None:
                self._socket.transport.abort()

        run(abort())

    def closed(self, patience=PATIENCE):
        """Reads to the end; (code, reason) of the server's CLOSE, 1006 without one."""
        try:
            while True:
                self.hear_text(patience)
        except Closed as end:
            return end.code, end.reason

    def pause_reading(self):
        """Stops taking bytes from the kernel, as a client that hangs."""
        _loop.call_soon_threadsafe(self._socket.transport.pause_reading)

    def resume_reading(self):
        _loop.call_soon_threadsafe(self._socket.transport.resume_reading)


def without_time(frame):
    """A frame's text with its timestamp checked and blanked."""
    assert TIMESTAMP.search(frame), f"no timestamp of the right form in {frame}"
    return TIMESTAMP.sub('"timestamp": "T"', frame)
