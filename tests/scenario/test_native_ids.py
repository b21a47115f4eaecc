"""The same id again: the same answer, stored and heard once, whatever died in between."""

import json

import pytest

from client import Closed


def again(client, frame):
    """Says a frame with an id and returns its answer, with what was heard before it dropped."""
    client.send(frame)
    return client.answer(frame["id"])


PUBLIC = {"type": "public", "room": "lobby", "content": "once", "id": "m1"}


def place(answer):
    assert answer["type"] == "ack", answer
    return answer["epoch"], answer["seq"], answer["timestamp"]


def come_again(cluster, client, how):
    if how == "hub restart":
        cluster.hub.kill()
        cluster.hub.start()
        cluster.wait_ready()
        return client
    if how == "gateway killed":
        cluster.gateway(0).kill()
        cluster.gateway(0).start()
        cluster.wait_ready()
    else:
        client.drop()
    number = 1 if how == "another gateway" else 0
    back = cluster.gateway(number).native(client.name, resume=client.resume, since=client.since())
    assert back.user == client.user
    return back


HOW = ["reconnect", "another gateway", "hub restart", "gateway killed"]


@pytest.mark.parametrize("how", HOW)
def test_public(cluster, how):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    first = again(ana, PUBLIC)
    assert "repeated" not in first
    ana.skip()
    ana = come_again(cluster, ana, how)
    second = again(ana, PUBLIC)
    assert place(second) == place(first) and second["repeated"] is True
    ana.say("twice")
    heard = [ben.hear_until(lambda f: f["type"] == "public")["content"] for _ in range(2)]
    assert heard == ["once", "twice"]
    other = again(ana, {**PUBLIC, "content": "other"})
    assert (other["type"], other["code"]) == ("error", "id_reused")
    assert ben.hears_nothing_more()


@pytest.mark.parametrize("how", HOW)
def test_private(cluster, how):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    frame = {"type": "private", "to": ben.user, "content": "once", "id": "p1"}
    first = again(ana, frame)
    ana = come_again(cluster, ana, how)
    second = again(ana, frame)
    assert place(second) == place(first) and second["to"] == first["to"] == ben.user
    assert [f["content"] for f in ben.catch_up() if f["type"] == "private"] == ["once"]


def test_an_id_names_room_and_kind_too(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ana.join("tea")
    assert again(ana, PUBLIC)["type"] == "ack"
    for other in (
        {**PUBLIC, "room": "tea"},
        {**PUBLIC, "content": ""},
        {"type": "private", "to": ben.user, "content": "once", "id": "m1"},
    ):
        assert again(ana, other)["code"] == "id_reused"


def test_ids_belong_to_the_user(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    first = again(ana, PUBLIC)
    second = again(ben, PUBLIC)
    assert second["seq"] == first["seq"] + 1 and "repeated" not in second
    tab = cluster.gateway(1).native("ana", resume=ana.resume)
    assert place(again(tab, PUBLIC)) == place(first)


def test_a_refused_message_may_be_tried_again(cluster):
    ana = cluster.gateway(0).native("ana")
    frame = {"type": "public", "room": "tea", "content": "let me in", "id": "t"}
    assert again(ana, frame)["code"] == "no_such_room"
    ana.join("tea")
    assert again(ana, frame)["type"] == "ack"


@pytest.mark.parametrize("text", ["x", "x" * 64, "é" * 32, "😀" * 16, "a\u0000b", '"\\\n', " "])
def test_any_text_is_an_id(cluster, text):
    ana = cluster.gateway(0).native("ana")
    first = again(ana, {**PUBLIC, "id": text})
    assert place(again(ana, {**PUBLIC, "id": text})) == place(first)


@pytest.mark.parametrize("bad", ["", "x" * 65, "é" * 33, 7, None, [], {}, True])
def test_what_is_no_id(cluster, bad):
    ana = cluster.gateway(0).native("ana")
    ana.send_raw({"type": "public", "content": "x", "id": bad})
    frame = ana.hear_message()
    assert (frame["code"], frame["field"]) == ("bad_field", "id") and "id" not in frame


def test_the_same_id_twice_in_one_breath(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    for _ in range(5):
        ana.send(PUBLIC)
    frames = ana.catch_up()
    acks = [frame for frame in frames if frame["type"] == "ack"]
    assert len(acks) == 5 and len({place(ack) for ack in acks}) == 1
    assert [frame["type"] for frame in frames].count("public") == 1
    assert [frame["type"] for frame in ben.catch_up()] == ["public"]


class Stubborn:
    """Says numbered messages until each has its ack, whatever happens to its connection."""

    def __init__(self, cluster, name, count):
        self.cluster = cluster
        self.client = cluster.gateway(0).native(name)
        self.waiting = {f"n{number}": str(number) for number in range(count)}
        self.places = {}

    def say_all(self):
        for identity, content in self.waiting.items():
            self.client.say(content, id=identity)

    def come_again(self):
        old = self.client
        self.client = self.cluster.gateway(1).native(
            old.name, resume=old.resume, since=old.since()
        )
        assert self.client.user == old.user

    def hear_acks(self):
        """Until all are there; False if the connection ended before."""
        try:
            while self.waiting:
                frame = self.client.hear()
                identity = frame.get("id")
                if frame["type"] == "ack":
                    self.places.setdefault(identity, place(frame))
                    assert self.places[identity] == place(frame)
                    self.waiting.pop(identity, None)
                elif frame["type"] == "error":
                    assert frame["code"] in ("unavailable", "not_stored"), frame
                    self.client.say(self.waiting[identity], id=identity)
        except Closed:
            return False
        return True


@pytest.mark.parametrize("victim", ["hub", "gateway"])
def test_nothing_is_lost_or_doubled_while_things_die(make_cluster, victim):
    cluster = make_cluster(
        settings={"limits.messages_burst": 10000, "limits.messages_per_second": 10000}
    )
    count = 300
    ben = cluster.gateway(1).native("ben")
    ana = Stubborn(cluster, "ana", count)
    ana.say_all()
    if victim == "hub":
        for _ in range(3):
            cluster.hub.kill()
            cluster.hub.start()
            cluster.wait_ready()
            ana.say_all()
        assert ana.hear_acks()
    else:
        cluster.gateway(0).kill()
        assert not ana.hear_acks() or not ana.waiting
        ana.come_again()
        ana.say_all()
        assert ana.hear_acks()
    ben.hear_until(lambda _: ben.positions["lobby"][1] >= count)
    assert ben.hears_nothing_more()
    told = [json.loads(text) for text in ben.heard]
    told = {m["content"]: m["seq"] for m in told if m["type"] == "public"}
    assert told == {str(n): ana.places[f"n{n}"][1] for n in range(count)}
    if victim == "hub":
        assert list(told) == [str(n) for n in range(count)], "not in the order they were said"
