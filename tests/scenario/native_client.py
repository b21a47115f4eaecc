"""A client of the native protocol that believes nothing.

Every frame that it says or hears is held against the schema, and every stream's numbers against
each other: a message out of order, heard twice or silently skipped fails the test that hears it.
"""

import json

from client import Client
from native_schema import check

SUBPROTOCOL = "hubbub.v1"

# What comes at any time, beside what a client said and asked for.
BESIDES = ("presence", "hub_degraded", "hub_back")


class NativeClient(Client):
    def __init__(self, socket):
        super().__init__(socket)
        self.user = None
        self.resume = None
        self.welcomed = None
        # By room, None for the inbox: the last message that is known, as [epoch, seq].
        self.positions = {}
        self._since = {}

    def send(self, message):
        """A dict must be a frame of the protocol; send_raw says anything."""
        if isinstance(message, dict):
            check("client", message)
        super().send(message)

    def send_raw(self, message):
        super().send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def hear(self, *patience):
        text = self.hear_text(*patience)
        frame = json.loads(text)
        compact = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        assert text == compact, f"not as it should be written: {text}"
        self._follow(check("server", frame))
        return frame

    def _follow(self, frame):
        room = frame.get("room")
        kind = frame["type"]
        if kind == "welcome":
            self._start(frame)
        elif kind == "joined":
            self.positions[room] = self._since.pop(room, None) or [frame["epoch"], frame["seq"]]
        elif kind == "left":
            self.positions.pop(room, None)
        elif kind == "gap":
            epoch, seq = self.positions[room]
            assert [epoch, seq + 1] == [frame["epoch"], frame["from"]] or epoch == 0, frame
            is_new = frame["reason"] == "epoch"
            self.positions[room] = [0, 0] if is_new else [frame["epoch"], frame["to"]]
        elif kind in ("public", "private"):
            epoch, seq = self.positions[room]
            assert frame["seq"] == seq + 1, f"after {epoch, seq}: {frame}"
            assert epoch in (0, frame["epoch"]), f"after {epoch, seq}: {frame}"
            self.positions[room] = [frame["epoch"], frame["seq"]]

    def _start(self, frame):
        self.welcomed = frame
        self.client_id, self.user = frame["client_id"], frame["user"]
        self.name, self.resume = frame["username"], frame["resume"]
        self.positions = {
            place["room"]: self._since.get(place["room"]) or [place["epoch"], place["seq"]]
            for place in frame["rooms"]
        }
        self.positions[None] = self._since.get(None) or [frame["inbox"][0], frame["read"]]
        self._since = {}

    def hello(self, username, **members):
        """Says hello and hears welcome; `hear` what follows."""
        since = members.get("since", {})
        self._since = {**since.get("rooms", {}), None: since.get("inbox")}
        self.send({"type": "hello", "username": username, **members})
        frame = self.hear()
        assert frame["type"] == "welcome", frame
        return self

    def since(self):
        """Where it stands, for the hello of its successor."""
        rooms = {room: place for room, place in self.positions.items() if room is not None}
        return {"rooms": rooms, "inbox": self.positions[None]}

    def say(self, content, room=None, **members):
        where = {"room": room} if room else {}
        self.send({"type": "public", "content": content, **where, **members})

    def tell(self, to, content, **members):
        self.send({"type": "private", "to": to, "content": content, **members})

    def ask(self, kind, **members):
        """Asks with an id of its own; the answer or error, whatever comes before it is in `seen`."""
        self._marks += 1
        mark = f"ask {self._marks}"
        self.send({"type": kind, "id": mark, **members})
        return self.answer(mark)

    def answer(self, mark):
        """The frame with this id; what comes before it is in `seen`."""
        self.seen = []
        while True:
            frame = self.hear()
            if frame.get("id") == mark:
                return frame
            self.seen.append(frame)

    def join(self, room, since=None):
        members = {"since": since} if since else {}
        if since:
            self._since[room] = since
        return self.ask("join", room=room, **members)

    def catch_up(self):
        """All that is under way but BESIDES; a read of nothing goes through all that a message does."""
        answer = self.ask("read", inbox=0)
        assert answer["type"] in ("read", "error"), answer
        return [frame for frame in self.seen if frame["type"] not in BESIDES]

    def missed(self):
        """All but presence until it stands where its welcome said that the streams stand."""
        ends = {place["room"]: [place["epoch"], place["seq"]] for place in self.welcomed["rooms"]}
        ends[None] = self.welcomed["inbox"]
        heard = []
        while any(self._is_before(self.positions[room], end) for room, end in ends.items()):
            heard.append(self.hear_message())
        return heard

    @staticmethod
    def _is_before(position, end):
        return position[1] < end[1] if position[0] == end[0] else end[1] > 0

    def hears_nothing_more(self):
        heard = self.catch_up()
        assert heard == [], f"heard more: {heard}"
        return True

    def skip(self):
        self.catch_up()

    def hear_message(self):
        """The next frame that is not one of BESIDES."""
        return self.hear_until(lambda frame: frame["type"] not in BESIDES)

    def error(self):
        frame = self.hear_message()
        assert frame["type"] == "error", frame
        return frame["code"]
