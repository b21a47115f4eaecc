"""What clients of all dialects have in common: they come, log what happens to them, and come
again.

A dialect says how one comes in, speaks and understands; it is a subclass in a file of its own.
Nothing is judged here: the journal has it all, the checker judges.

Every content is "SENDER NUMBER" or "SENDER NUMBER >ADDRESSEE" and then padding, so that whoever
hears it can say what it is.
"""

import asyncio
import contextlib
import json

from soak.wire import BadFrame, Ended, Refused, Wire

COME_IN_SECONDS = 30
LONGEST_WAIT = 1.0


def mark_of(content):
    """The part of a content that tells it from all others."""
    return content.split(" |", 1)[0]


class Client:
    dialect = None
    is_private = True   # whether it speaks to one other client at a time
    demo = False        # which listener of a gateway it connects to
    subprotocol = None

    def __init__(self, name, world, rng, slow=None, relayed=False):
        self.name, self.world, self.rng = name, world, rng
        self.slow, self.relayed = slow, relayed
        self.journal = world.journal
        self.wire = None
        self.number = 0          # of the connection
        self.count = 0           # of messages said
        self.pending = {}        # marks that were said and have no answer yet, with what was said
        self.refusals = 0        # on this connection, by errors that do not say of what
        self.wanted = True
        self.is_in = asyncio.Event()
        self.retry_after = 0
        self.quiet_marks = set()  # marks of quiet moments that were heard
        self.gateway = None
        self.finished = False

    # What a dialect must say.

    def path(self):
        raise NotImplementedError

    def greet(self):
        """What the client says first."""

    def understand(self, text):
        raise NotImplementedError

    def speak_to(self, other, content, mark):
        """One private message."""
        raise NotImplementedError

    def presence(self):
        """By room, the names that this client believes to be there; nothing if it is not told."""
        return {}

    def shown_name(self):
        """What others see of this connection."""
        return self.name

    # The life of a client.

    def log(self, kind, **members):
        self.journal.write(kind, c=self.name, n=self.number, **members)

    async def live(self):
        self.log("client", dialect=self.dialect, slow=bool(self.slow), relayed=self.relayed)
        tries = 0
        while not self.finished:
            if not self.wanted:
                await asyncio.sleep(0.05)
                continue
            if await self.stay_once():
                tries = 0
            tries += 1
            wait = min(LONGEST_WAIT, 0.05 * 2 ** min(tries, 5)) * self.rng.uniform(0.5, 1)
            await asyncio.sleep(max(wait, self.retry_after))
            self.retry_after = 0

    async def stay_once(self):
        """One connection from its opening to its end; whether the client was in."""
        self.gateway, port = self.world.door(self)
        self.number += 1
        self.refusals = 0
        self.log("open", g=self.gateway, relay=self.relayed)
        try:
            self.wire = await Wire.open(port, self.path(), self.subprotocol, self.slow)
        except Refused as error:
            self.log("refused", why=str(error))
            return False
        was_in = False
        self.why = None
        guard = asyncio.get_running_loop().call_later(COME_IN_SECONDS, self._give_up)
        try:
            self.greet()
            async for text in self.wire.texts():
                self.understand(text)
        except Ended as end:
            self._gone(end.code)
        except BadFrame as error:
            self.log("bad_frame", text=str(error))
            self._gone(None)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            self.log("bad_frame", text=f"{type(error).__name__} {error}")
            self._gone(None)
        finally:
            guard.cancel()
            was_in = self.is_in.is_set()
            self.is_in.clear()
            self.wire.abort() if self.why == "dropped" else self.wire.close()
            self.wire = None
        return was_in

    def came_in(self, **members):
        if not self.is_in.is_set():
            self.is_in.set()
            self.log("in", g=self.gateway, shown=self.shown_name(), **members)

    def _give_up(self):
        if self.wire and not self.is_in.is_set():
            self.why = "gave up"
            self.wire.abort()

    def _gone(self, code):
        self.log("out", code=code, why=self.why, was_in=self.is_in.is_set())
        self.forget()

    def forget(self):
        """The connection has ended, and with it what only it knew."""
        self.pending.clear()

    def leave(self, orderly=True):
        """Goes until `wanted` again."""
        self.wanted = False
        if self.wire is None:
            return
        self.why = "left" if orderly else "dropped"
        self.log("leaving", orderly=orderly)
        if orderly:
            self.say_goodbye()
            asyncio.get_running_loop().call_later(3, self._drop, self.wire)
        else:
            self.wire.abort()

    def say_goodbye(self):
        self.wire.say_goodbye()

    def _drop(self, wire):
        if wire is self.wire:
            wire.abort()

    # Speaking and hearing.

    def new_mark(self, other=None, mark=None):
        if mark is None:
            self.count += 1
            mark = f"{self.name} {self.count}"
        return f"{mark} >{other.name}" if other else mark

    def padded(self, mark):
        return f"{mark} |" + "x" * self.rng.choice((0, 20, 60, 200, 900))

    def speak(self, others):
        """Something to somebody, as this dialect can."""
        raise NotImplementedError

    def said(self, mark, **where):
        self.pending[mark] = where
        self.log("said", m=mark, **where)

    def answered(self, mark, how, **members):
        if self.pending.pop(mark, None) is not None:
            self.log("answered", m=mark, how=how, **members)

    def refused(self, code):
        """An error that does not say what it is about."""
        self.refusals += 1
        self.log("error", code=code)

    def heard(self, content, **where):
        mark = mark_of(content)
        self.log("heard", m=mark, **where)
        if " q" in mark:
            self.quiet_marks.add(mark)

    async def hears(self, marks):
        """Waits until it has heard all these marks of a quiet moment."""
        while not self.quiet_marks.issuperset(marks):
            await asyncio.sleep(0.02)

    async def is_answered(self):
        """Waits until nothing that it said is open."""
        while len(self.pending) > self.refusals or not self.is_in.is_set():
            await asyncio.sleep(0.02)

    def say_presence(self, quiet):
        self.log("list", q=quiet, rooms={room: sorted(names)
                                          for room, names in self.presence().items()})


@contextlib.contextmanager
def unpaced(clients):
    """Slow readers read as others do for a while."""
    for client in clients:
        if client.wire:
            client.wire.pace = None
    try:
        yield
    finally:
        for client in clients:
            if client.wire:
                client.wire.pace = client.slow


def json_text(frame):
    return json.dumps(frame, ensure_ascii=False)
