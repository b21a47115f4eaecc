"""A client of the native dialect, as docs/dialects/native.md says how to write one.

It keeps its secret and its places, has an id on every message, says again what has no answer, and
reads its inbox.
"""

import asyncio
import json

from soak.client import Client, json_text

PASSING = ("unavailable", "not_stored", "busy", "rate_limited", "full")
AGAIN_SECONDS = 0.5
READ_EVERY = 20
SILENT = ("read", "left", "hub_degraded", "hub_back", "typing", "system", "history", "who")


class NativeClient(Client):
    dialect = "native"
    subprotocol = "hubbub.v1"

    def __init__(self, *arguments, rooms=("lobby",), since=None, **options):
        super().__init__(*arguments, **options)
        self.rooms = rooms
        self.places = {room: since for room in rooms}  # by room, None for the inbox
        self.places[None] = None
        self.user = self.client_id = self.resume = None
        self.welcome_places = {}
        self.there = {}
        self.unread = 0

    def path(self):
        return "/ws"

    def greet(self):
        since = {"rooms": {room: self.places[room] for room in self.rooms}}
        if self.places[None]:
            since["inbox"] = self.places[None]
        hello = {"type": "hello", "username": self.name, "since": since}
        if self.resume:
            hello["resume"] = self.resume
        self.there = {}
        self.wire.send(json_text(hello))

    def understand(self, text):
        frame = json.loads(text)
        kind = frame["type"]
        hear = getattr(self, f"_on_{kind}", None)
        if hear:
            hear(frame)
        elif kind not in SILENT:
            raise ValueError(f"no such type: {kind}")

    def _on_welcome(self, frame):
        had_resume = self.resume is not None
        self.user, self.client_id = frame["user"], frame["client_id"]
        self.resume = frame["resume"]
        ends = {place["room"]: [place["epoch"], place["seq"]] for place in frame["rooms"]}
        self.welcome_places = {**ends, None: frame["inbox"]}
        for room, end in ends.items():
            self.places[room] = self.places[room] or end
        self.places[None] = self.places[None] or [frame["inbox"][0], frame["read"]]
        self.came_in(
            id=self.client_id, user=self.user, rooms=self.rooms,
            lost_self=had_resume and not frame["resumed"],
            places={room or "": place for room, place in self.places.items()},
        )
        for mark, where in list(self.pending.items()):
            self._say(mark, where)

    def _on_presence(self, frame):
        room = frame["room"]
        names = {} if frame.get("snapshot") else self.there.setdefault(room, {})
        for gone in frame["left"]:
            names.pop(gone["user"], None)
        for come in frame["joined"]:
            names[come["user"]] = come["username"]
        self.there[room] = names

    def _on_public(self, frame):
        place = [frame["epoch"], frame["seq"]]
        self.places[frame["room"]] = place
        self.heard(frame["content"], room=frame["room"], e=place[0], s=place[1])

    def _on_private(self, frame):
        place = [frame["epoch"], frame["seq"]]
        self.places[None] = place
        self.heard(frame["content"], private=True, e=place[0], s=place[1])
        self.unread += 1
        if self.unread >= READ_EVERY:
            self.read_inbox()

    def read_inbox(self):
        if self.places[None] and self.places[None][1] and self.unread:
            self.unread = 0
            self.wire.send(json_text({"type": "read", "inbox": self.places[None][1]}))

    def _on_gap(self, frame):
        is_new = frame["reason"] == "epoch"
        place = [0, 0] if is_new else [frame["epoch"], frame["to"]]
        self.places[frame.get("room")] = place
        self.log("gap", room=frame.get("room"), e=frame["epoch"], frm=frame["from"],
                 to=frame["to"], why=frame["reason"])

    def _on_ack(self, frame):
        self.answered(frame["id"], "ack", e=frame["epoch"], s=frame["seq"],
                      again=frame.get("repeated", False), absent=frame.get("absent", False))

    def _on_bye(self, frame):
        self.retry_after = frame.get("retry_after_ms", 0) / 1000

    def _on_error(self, frame):
        mark = frame.get("id")
        if mark in self.pending and frame["code"] in PASSING:
            self.log("put_off", m=mark, code=frame["code"])
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._say_again, mark)
        elif mark in self.pending:
            self.answered(mark, "error", code=frame["code"])
        else:
            self.log("error", code=frame["code"], room=frame.get("room"))

    def _say_again(self, mark):
        if mark in self.pending and self.is_in.is_set():
            self._say(mark, self.pending[mark])

    def forget(self):
        """What has no answer is said again on the next connection."""

    def presence(self):
        return {room: names.values() for room, names in self.there.items()}

    def speak(self, others):
        if self.rng.random() < 0.4 and others:
            other = self.rng.choice(others)
            self.speak_to(other, self.new_mark(other))
        else:
            self.speak_in(self.rng.choice(self.rooms), self.new_mark())

    def speak_in(self, room, mark):
        self._say_first(mark, room=room)

    def speak_to(self, other, mark):
        self._say_first(mark, to=other.name, to_n=other.number,
                        to_id=getattr(other, "user", None) or other.client_id)

    def _say_first(self, mark, **where):
        self.said(mark, **where)
        self.pending[mark] = {**where, "content": self.padded(mark)}
        self._say(mark, self.pending[mark])

    def _say(self, mark, where):
        frame = {"content": where["content"], "id": mark}
        if "room" in where:
            frame.update(type="public", room=where["room"])
        else:
            frame.update(type="private", to=where["to_id"])
        self.wire.send(json_text(frame))

    def say_goodbye(self):
        self.read_inbox()
        self.wire.send(json_text({"type": "bye"}))

    async def has_caught_up(self):
        """Waits until it is where its welcome said that the streams stand."""
        while not self.is_in.is_set() or any(
            self._is_behind(self.places.get(room), end)
            for room, end in self.welcome_places.items()
        ):
            await asyncio.sleep(0.02)

    @staticmethod
    def _is_behind(place, end):
        if place is None or place[0] != end[0]:
            return end[1] > 0
        return place[1] < end[1]


