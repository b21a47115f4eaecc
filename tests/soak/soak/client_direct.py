"""A client of the direct dialect: from user to user, with a mailbox for who is not there."""

import json
import re

from soak.client import Client, json_text

KEPT = re.compile(r"消息已保存,将在用户 (.*) 上线时送达$")


class DirectClient(Client):
    dialect = "direct"
    rooms = ()

    def path(self):
        return f"/ws/{self.name}?token=soak"

    def greet(self):
        self.came_in(rooms=self.rooms)

    def understand(self, text):
        frame = json.loads(text)
        kind = frame["type"]
        if kind == "message":
            self.heard(frame["content"], private=True)
        elif kind == "info":
            self.log("kept", to=KEPT.match(frame["content"]).group(1))
        elif kind == "error":
            self.refused(frame["code"])
        else:
            raise ValueError(f"no such type: {kind}")

    def speak(self, others):
        if others:
            other = self.rng.choice(others)
            self.speak_to(other, self.new_mark(other))

    def speak_to(self, other, mark):
        # Silence is the answer while the other is there: `said` without a pending one.
        self.log("said", m=mark, to=other.name, to_n=other.number)
        frame = {"content": self.padded(mark), "to_user": other.name, "timestamp": None}
        self.wire.send(json_text(frame))
