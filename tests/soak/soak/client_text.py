"""Clients of the dialects of plain text: lobby, pair and echo."""

import collections
import re

from soak.client import Client, mark_of

LOBBY_ROOM = "demo"
CAME, LEFT, SAID = " 进入了聊天室", " 离开了聊天室", " 发送消息:"
ANSWER = "服务端回复{}:你发送的信息是:"
ECHO = "小菠萝收到的消息是: "
PAIR = re.compile(r"Client #(\d+) (?:says: (.*)|(is not here)|(left the chat))$", re.DOTALL)


class LobbyClient(Client):
    """Hears who comes and goes by name, and everything said in the room `demo`."""

    dialect = "lobby"
    is_private = False
    demo = True
    rooms = (LOBBY_ROOM,)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.seen = collections.Counter()

    def shown_name(self):
        # Whoever comes again may be there before its last connection has gone: two of one name.
        return f"{self.name}.{self.number}"

    def path(self):
        return f"/ws/{self.shown_name()}"

    def greet(self):
        self.seen.clear()

    def understand(self, text):
        answer = ANSWER.format(self.shown_name())
        if text.startswith(answer):
            self.answered(mark_of(text[len(answer):]), "reply")
        elif SAID in text:
            self.heard(text.split(SAID, 1)[1], room=LOBBY_ROOM)
        elif text.endswith(CAME):
            name = text[: -len(CAME)]
            self.seen[name] += 1
            if name == self.shown_name():
                self.came_in(rooms=self.rooms)
        elif text.endswith(LEFT):
            # Who was there before this client came is not counted. One that came while the hub hung
            # may be told of twice, and then once that it left.
            name = text[: -len(LEFT)]
            self.seen[name] = max(self.seen[name] - 1, 0)
        else:
            self.refused(text)

    def presence(self):
        return {LOBBY_ROOM: {name for name, count in self.seen.items() if count > 0}}

    def speak(self, others):
        self.speak_in(LOBBY_ROOM, self.new_mark())

    def speak_in(self, room, mark):
        self.said(mark, room=room)
        self.wire.send(self.padded(mark))


class PairClient(Client):
    """Its name is its number."""

    dialect = "pair"
    rooms = ()

    def path(self):
        return f"/ws/{self.name}"

    def greet(self):
        self.came_in(rooms=self.rooms)

    def understand(self, text):
        found = PAIR.match(text)
        if found is None:
            self.refused(text)
            return
        number, content, absent, _ = found.groups()
        if content is not None:
            self.heard(content, private=True)
        elif absent:
            # Which of the messages to that number it was is not said: the oldest that is open.
            self.refused("not here")
            self.log("not_here", to=number)

    def speak(self, others):
        if others:
            other = self.rng.choice(others)
            self.speak_to(other, self.new_mark(other))

    def speak_to(self, other, mark):
        # Silence is the answer: `said` without a pending one.
        self.log("said", m=mark, to=other.name, to_n=other.number)
        self.wire.send(f"{other.name}:{self.padded(mark)}")


class EchoClient(Client):
    """Never reaches the hub: whether its gateway goes on."""

    dialect = "echo"
    is_private = False
    demo = True
    rooms = ()

    def path(self):
        return "/ws"

    def greet(self):
        self.came_in(rooms=self.rooms)

    def understand(self, text):
        if not text.startswith(ECHO):
            self.refused(text)
            return
        self.answered(mark_of(text[len(ECHO):]), "echo")

    def speak(self, others):
        mark = self.new_mark()
        self.said(mark, echo=True)
        self.wire.send(self.padded(mark))
