"""A client of the room dialect: JSON, names in lists, everybody in the lobby."""

import json

from soak.client import Client, json_text, mark_of

ROOM = "lobby"


class RoomClient(Client):
    dialect = "room"
    rooms = (ROOM,)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.client_id = None
        self.listed = {}  # names by client_id, as the last list has them

    def path(self):
        return "/ws"

    def greet(self):
        self.client_id, self.listed = None, {}
        self.wire.send(json_text({"username": self.name}))

    def understand(self, text):
        frame = json.loads(text)
        kind = frame["type"]
        if kind == "user_list":
            self._list(frame["users"])
        elif kind == "public":
            self.heard(frame["content"], room=ROOM, by=frame["from"])
            if frame["from"] == self.client_id:
                self.answered(mark_of(frame["content"]), "echo")
        elif kind == "private":
            self._private(frame)
        elif kind == "error":
            self.refused(frame["code"])
        elif kind != "system":
            raise ValueError(f"no such type: {kind}")

    def _list(self, users):
        names = {user["client_id"]: user["username"] for user in users}
        if self.client_id is None:
            self._find_itself(users)
        plus = [client_id for client_id in names if client_id not in self.listed]
        minus = [client_id for client_id in self.listed if client_id not in names]
        if plus or minus:
            self.log("users", plus=plus, minus=minus)
        self.listed = names

    def _find_itself(self, users):
        """A client finds itself as the last of the first list; ours have names that nobody else
        has.
        """
        last = users[-1]
        own = [user for user in users if user["username"] == self.name]
        if last not in own:
            self.log("bad_frame", text=f"its first list ends with {last['username']}")
        if own:
            self.client_id = own[-1]["client_id"]
            self.came_in(id=self.client_id, rooms=self.rooms)

    def _private(self, frame):
        mark = mark_of(frame["content"])
        if frame["from"] == self.client_id:
            self.answered(mark, "copy")
        if frame["from"] != self.client_id or frame["to"] == self.client_id:
            self.heard(frame["content"], private=True)

    def presence(self):
        return {ROOM: self.listed.values()}

    def speak(self, others):
        if self.rng.random() < 0.25 and others:
            other = self.rng.choice(others)
            self.speak_to(other, self.new_mark(other))
        else:
            self.speak_in(ROOM, self.new_mark())

    def speak_in(self, room, mark):
        self.said(mark, room=room)
        self.wire.send(json_text({"type": "public", "content": self.padded(mark)}))

    def speak_to(self, other, mark):
        self.said(mark, to=other.name, to_id=other.client_id, to_n=other.number)
        frame = {"type": "private", "to": other.client_id, "content": self.padded(mark)}
        self.wire.send(json_text(frame))
