"""Rooms of the native protocol: who may what, how many, who is there, what was said."""

import json

import pytest

from harness import wait_for

PERMISSIONS = {
    "class.news.rooms": "news*",
    "class.news.write": "operators",
    "class.staff.rooms": "staff*",
    "class.staff.read": "operators",
    "class.quiet.rooms": "quiet*",
    "class.quiet.list": "operators",
    "class.fixed.rooms": "fixed*",
    "class.fixed.create": "operators",
}


@pytest.fixture
def strict(make_cluster):
    return make_cluster(settings=PERMISSIONS)


def names(answer):
    return [room["room"] for room in answer["rooms"]]


def error(answer):
    assert answer["type"] == "error", answer
    return answer["code"]


def test_join_and_leave(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    joined = ana.join("tea")
    assert (joined["type"], joined["seq"], joined["members"]) == ("joined", 0, 1)
    assert error(ben.ask("public", room="tea", content="x")) == "no_such_room"
    assert ben.join("tea")["members"] == 2
    ben.say("hi", room="tea")
    assert ana.hear_message()["room"] == "tea"
    left = ana.ask("leave", room="tea")
    assert (left["type"], left["reason"]) == ("left", "wished")
    assert error(ana.ask("public", room="tea", content="x")) == "no_such_room"
    ben.say("alone", room="tea")
    assert ben.hear_until(lambda f: f.get("content") == "alone")
    assert ana.hears_nothing_more()
    assert error(ana.ask("leave", room="tea")) == "no_such_room"
    assert ana.join("tea")["seq"] == 2


def test_join_with_a_position(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ana.join("tea")
    for number in range(5):
        ana.say(str(number), room="tea")
    ana.skip()
    epoch = ana.positions["tea"][0]
    ben.join("tea", since=[epoch, 3])
    assert [ben.hear_message()["content"] for _ in range(2)] == ["3", "4"]
    assert ben.hears_nothing_more()
    ben.ask("leave", room="tea")
    ben.join("tea", since=[0, 0])
    assert [ben.hear_message()["content"] for _ in range(5)] == ["0", "1", "2", "3", "4"]
    ben.ask("leave", room="tea")
    answer = ben.join("tea", since=[epoch, 9])
    assert answer["type"] == "joined"
    refused = ben.hear_message()
    assert (refused["code"], refused["room"]) == ("bad_seq", "tea")


def test_leaving_while_being_spoken_to(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    for _ in range(10):
        ana.join("tea")
        ben.join("tea")
        for number in range(5):
            ben.say(str(number), room="tea")
        left = ana.ask("leave", room="tea")
        assert left["type"] == "left"
        ben.ask("leave", room="tea")
    assert not any(f.get("room") == "tea" for f in ana.catch_up())


class TestPermissions:
    def test_write(self, strict):
        ana = strict.gateway(0).native("ana")
        assert ana.join("news.today")["type"] == "joined"
        refused = ana.ask("public", room="news.today", content="x")
        assert (refused["code"], refused["room"]) == ("read_only", "news.today")
        listed = {room["room"]: room for room in ana.ask("rooms")["rooms"]}
        assert listed["news.today"]["write"] is False and listed["lobby"]["write"] is True

    def test_read(self, strict):
        ana = strict.gateway(0).native("ana")
        assert error(ana.join("staff")) == "no_such_room"
        assert error(ana.ask("public", room="staff", content="x")) == "no_such_room"
        assert error(ana.ask("history", room="staff")) == "no_such_room"
        assert error(ana.ask("who", room="staff")) == "no_such_room"
        assert names(ana.ask("rooms")) == ["lobby"]

    def test_read_in_hello(self, strict):
        ana = strict.gateway(0).native()
        since = {"rooms": {"staff": None, "lobby": None, "staff2": [5, 5]}}
        ana.send({"type": "hello", "username": "ana", "since": since})
        assert names(ana.hear()) == ["lobby"]
        for room in ("staff", "staff2"):
            refused = ana.hear()
            assert (refused["code"], refused["room"]) == ("no_such_room", room)
        assert ana.hear()["type"] == "presence"

    def test_list(self, strict):
        ana, ben = strict.gateway(0).native("ana"), strict.gateway(1).native("ben")
        assert ana.join("quiet")["type"] == "joined"
        assert names(ben.ask("rooms")) == ["lobby"]
        assert names(ana.ask("rooms")) == ["lobby", "quiet"]

    def test_what_may_not_be_read_is_not_listed(self, strict):
        ana = strict.gateway(0).native("ana")
        strict.hubctl("room", "create", "staff", json_output=False)
        strict.hubctl("room", "create", "tea", json_output=False)
        assert names(ana.ask("rooms")) == ["lobby", "tea"]

    def test_create(self, strict):
        ana = strict.gateway(0).native("ana")
        assert error(ana.join("fixed")) == "no_such_room"
        strict.hubctl("room", "create", "fixed", json_output=False)
        assert ana.join("fixed")["type"] == "joined"

    def test_named_users(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        cluster.hubctl("room", "create", "den", "--read", ana.user, json_output=False)
        assert ana.join("den")["type"] == "joined"
        assert error(ben.join("den")) == "no_such_room"
        assert ana.ask("public", room="den", content="mine")["type"] == "ack"


class TestOperatorsActs:
    def test_close(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ana.join("tea")
        ben.join("tea")
        ana.ask("public", room="tea", content="old")
        ben.skip()
        cluster.hubctl("room", "close", "tea", "--yes", json_output=False)
        for client in (ana, ben):
            left = client.hear_until(lambda f: f["type"] == "left")
            assert left == {"type": "left", "room": "tea", "reason": "closed"}
        assert error(ana.ask("public", room="tea", content="x")) == "no_such_room"
        again = ana.join("tea")
        assert again["seq"] == 0

    def test_rename(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ana.join("tea")
        ben.join("tea")
        ana.ask("public", room="tea", content="old")
        ben.skip()
        place = ben.positions["tea"]
        cluster.hubctl("room", "rename", "tea", "coffee", json_output=False)
        left = ben.hear_until(lambda f: f["type"] == "left")
        assert (left["reason"], left["renamed"]) == ("renamed", "coffee")
        ana.hear_until(lambda f: f["type"] == "left")
        ana.join("coffee")
        ana.ask("public", room="coffee", content="new")
        ben.join("coffee", since=place)
        frame = ben.hear_message()
        assert (frame["content"], frame["epoch"], frame["seq"]) == ("new", place[0], 2)
        assert [m["content"] for m in ben.ask("history", room="coffee")["messages"]] == [
            "old", "new",
        ]  # fmt: skip

    def test_notice_to_all_is_heard_once_in_many_rooms(self, cluster):
        ana = cluster.gateway(0).native("ana")
        for room in ("a", "b", "c"):
            ana.join(room)
        nowhere = cluster.gateway(1).native("ben", since={"rooms": {}})
        cluster.hubctl("say", "hear me", json_output=False)
        assert ana.hear_message()["content"] == "hear me"
        assert ana.hears_nothing_more()
        assert nowhere.hear_message()["content"] == "hear me"


class TestLimits:
    def test_rooms_of_one_client(self, make_cluster):
        cluster = make_cluster(gateways=1, settings={"limits.rooms_per_client": 3})
        ana = cluster.gateway(0).native("ana")
        assert ana.welcomed["limits"]["rooms"] == 3
        assert [ana.join(room)["type"] for room in ("a", "b")] == ["joined", "joined"]
        refused = ana.join("c")
        assert (refused["code"], refused["room"]) == ("too_many_rooms", "c")
        ana.ask("leave", room="a")
        assert ana.join("c")["type"] == "joined"
        ben = cluster.gateway(0).native()
        many = {"rooms": {room: None for room in "abcd"}}
        ben.send({"type": "hello", "username": "ben", "since": many, "id": "h"})
        refused = ben.hear()
        assert (refused["code"], refused["id"]) == ("too_many_rooms", "h")
        ben.hello("ben", since={"rooms": {room: None for room in "abc"}})
        assert names(ben.welcomed) == ["a", "b", "c"]

    def test_connections_of_one_user(self, make_cluster):
        cluster = make_cluster(settings={"limits.connections_per_user": 2})
        ana = cluster.gateway(0).native("ana")
        cluster.gateway(1).native("ana", resume=ana.resume)
        third = cluster.gateway(0).native()
        third.send({"type": "hello", "username": "ana", "resume": ana.resume})
        assert third.error() == "full"
        assert third.closed()[0] == 1013
        assert ana.ask("public", content="still here")["type"] == "ack"

    def test_the_inbox(self, make_cluster):
        cluster = make_cluster(settings={"store.inbox_messages": 5})
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        assert ana.welcomed["limits"]["inbox_messages"] == 5
        for number in range(5):
            assert ben.ask("private", to=ana.user, content=str(number))["type"] == "ack"
        assert error(ben.ask("private", to=ana.user, content="6")) == "mailbox_full"
        assert ana.ask("read", inbox=2)["type"] == "read"
        assert ben.ask("private", to=ana.user, content="6")["type"] == "ack"
        assert [f["seq"] for f in ana.catch_up() if f["type"] == "private"][-1:] == [6]


class TestReading:
    def test_the_mark_only_moves_up(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        for number in range(3):
            ben.ask("private", to=ana.user, content=str(number))
        ana.skip()
        assert ana.ask("read", inbox=2)["inbox"] == 2
        assert ana.ask("read", inbox=1)["type"] == "read"
        assert error(ana.ask("read", inbox=4)) == "bad_seq"
        tab = cluster.gateway(1).native("ana", resume=ana.resume)
        assert tab.welcomed["read"] == 2
        assert [tab.hear_message()["content"]] == ["2"]
        assert tab.hears_nothing_more()

    def test_absence_is_told(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        there = ben.ask("private", to=ana.user, content="x")
        assert "absent" not in there
        ana.send({"type": "bye"})
        ana.closed()
        wait_for(lambda: len(cluster.hubctl("users")) == 1, "ana is still there")
        assert ben.ask("private", to=ana.user, content="y")["absent"] is True


class TestHistory:
    def test_pages(self, cluster):
        ana = cluster.gateway(0).native("ana")
        for number in range(1, 26):
            ana.say(str(number))
        ana.skip()
        pages, before = [], {}
        while True:
            answer = ana.ask("history", limit=10, **before)
            pages.append([int(m["content"]) for m in answer["messages"]])
            assert [m["seq"] for m in answer["messages"]] == pages[-1]
            if not answer["more"]:
                break
            before = {"before": answer["messages"][0]["seq"]}
        assert pages == [list(range(16, 26)), list(range(6, 16)), list(range(1, 6))]
        assert ana.ask("history", before=1)["messages"] == []
        assert ana.ask("history", before=2**53 - 1, limit=1)["messages"][0]["seq"] == 25

    def test_bounded(self, make_cluster):
        cluster = make_cluster(gateways=1, settings={"limits.history_messages": 7})
        ana = cluster.gateway(0).native("ana")
        for number in range(20):
            ana.say(str(number))
        ana.skip()
        answer = ana.ask("history", limit=1000)
        assert len(answer["messages"]) == 7 and answer["more"] is True
        assert len(ana.ask("history")["messages"]) == 7

    def test_long_messages_fit(self, cluster):
        ana = cluster.gateway(0).native("ana")
        for number in range(30):
            ana.say('"' * 16000, id=f"m{number}")
        ana.skip()
        seen, before = [], {}
        while True:
            answer = ana.ask("history", **before)
            assert answer["messages"]
            assert len(json.dumps(answer)) < 262144
            seen = [m["seq"] for m in answer["messages"]] + seen
            if not answer["more"]:
                break
            before = {"before": seen[0]}
        assert seen == list(range(1, 31))

    def test_one_at_a_time(self, cluster):
        ana = cluster.gateway(0).native("ana")
        ana.ask("public", content="x")
        for number in range(5):
            ana.send({"type": "history", "id": f"y{number}"})
        answers = {}
        while len(answers) < 5:
            frame = ana.hear_message()
            if frame.get("id", "").startswith("y"):
                answers[frame["id"]] = frame.get("code", frame["type"])
        assert answers["y0"] == "history" and set(answers.values()) <= {"history", "busy"}


class TestWho:
    def test_pages(self, cluster):
        clients = [cluster.gateway(n % 2).native(f"c{n}") for n in range(7)]
        ana = clients[0]
        wait_for(lambda: ana.ask("who")["count"] == 7, "not all are known")
        found, after = [], {}
        while True:
            answer = ana.ask("who", limit=3, **after)
            found += [user["user"] for user in answer["users"]]
            assert answer["count"] == 7 and len(answer["users"]) <= 3
            if "next" not in answer:
                break
            after = {"after": answer["next"]}
        assert found == [client.user for client in clients]

    def test_any_cursor_is_harmless(self, cluster):
        ana = cluster.gateway(0).native("ana")
        wait_for(lambda: ana.ask("who")["count"] == 1, "ana is not known")
        for after in ("0", "1", "7", "18446744073709551615"):
            answer = ana.ask("who", after=after)
            assert answer["type"] == "who" and len(answer["users"]) <= 1

    def test_a_snapshot_is_bounded_and_its_count_is_not(self, make_cluster):
        cluster = make_cluster(gateways=1, settings={"limits.list_members": 5})
        clients = [cluster.gateway(0).native(f"c{n}") for n in range(9)]
        wait_for(lambda: clients[0].ask("who")["count"] == 9, "not all are known")
        last = cluster.gateway(0).native("last")
        snapshot = last.hear_type("presence")
        assert len(snapshot["joined"]) == 5 and snapshot["count"] == 10
        assert snapshot["joined"][0]["user"] == last.user


class TestManyRooms:
    def test_pages_of_rooms(self, cluster):
        ana = cluster.gateway(0).native("ana")
        rooms = sorted(["lobby"] + [f"r{n}" for n in range(12)])
        for room in rooms:
            if room != "lobby":
                ana.join(room)
        found, after = [], {}
        while True:
            answer = ana.ask("rooms", limit=5, **after)
            found += names(answer)
            if not answer["more"]:
                break
            after = {"after": found[-1]}
        assert found == rooms
        assert all(room["member"] for room in answer["rooms"])

    def test_rooms_do_not_mix(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        for client in (ana, ben):
            for room in ("a", "b"):
                client.join(room)
        for number in range(20):
            ana.say(f"{number}", room="ab"[number % 2])
        heard = [f for f in ben.catch_up() if f["type"] == "public"]
        ben.hear_until(lambda f: ben.positions["b"][1] == 10) if len(heard) < 20 else None
        assert ben.positions["a"][1] == ben.positions["b"][1] == 10
        assert [f["content"] for f in heard if f["room"] == "a"] == [
            str(n) for n in range(0, 20, 2)
        ]


def test_a_room_left_and_joined_while_the_hub_is_away(make_cluster):
    cluster = make_cluster()
    ana = cluster.gateway(0).native("ana")
    ben = cluster.gateway(1).native("ben")
    for member in (ana, ben):
        member.join("tea")
        member.skip()
    cluster.hub.kill()
    ana.send({"type": "leave", "room": "tea", "id": "l"})
    ana.send({"type": "join", "room": "tea", "id": "j"})
    cluster.hub.start()
    left = ana.answer("l")
    assert (left["type"], left["reason"]) == ("left", "wished")
    assert ana.answer("j")["type"] == "joined"
    wait_for(cluster.gateway(1).ready, "ben's gateway is not back")
    ben.say("milk?", room="tea")
    assert ana.hear_until(lambda frame: frame["type"] == "public")["content"] == "milk?"
