"""Clients of different dialects in one room: each hears the others in the way it speaks."""

import contextlib

import pytest

from client import Closed, without_time


@pytest.fixture
def mixed(make_cluster):
    return make_cluster(
        gateways=2,
        settings={"listener.demo.mounts": "/ws echo, /ws/{client_id} lobby room=lobby"},
    )


def test_one_room_two_languages(mixed):
    ana = mixed.gateway(0).room(as_="ana")
    ben = mixed.gateway(1).connect("/ws/ben", demo=True)
    assert ben.hear_text() == "ben 进入了聊天室"
    listed = ana.hear()
    assert [user["username"] for user in listed["users"]] == ["ana", "ben"]
    assert ana.hear()["content"] == "ben 进入聊天室"
    ben_id = listed["users"][1]["client_id"]

    ben.send("hello")
    assert ben.hear_text() == "ben 发送消息:hello"
    assert ben.hear_text() == "服务端回复ben:你发送的信息是:hello"
    assert without_time(ana.hear_text()) == (
        '{"type": "public", "from": "%s", "sender_name": "ben", '
        '"content": "hello", "timestamp": "T"}' % ben_id
    )
    ana.say("hi\n")
    assert ben.hear_text() == "ana 发送消息:hi\n"
    assert ana.hear()["content"] == "hi\n"

    ana.close()
    assert ben.hear_text() == "ana 离开了聊天室"


def test_private_messages_cross(mixed):
    ana = mixed.gateway(0).room(as_="ana")
    ben = mixed.gateway(1).connect("/ws/ben", demo=True)
    assert ben.hear_text() == "ben 进入了聊天室"
    ben_id = ana.hear()["users"][1]["client_id"]
    ana.hear_type("system")
    for to in (ben_id, "ben"):
        ana.tell(to, "psst")
        assert ben.hear_text() == "ana 私信:psst"
        assert without_time(ana.hear_text()) == (
            '{"type": "private", "from": "%s", "to": "%s", "sender_name": "ana", '
            '"content": "psst", "timestamp": "T"}' % (ana.client_id, ben_id)
        )


def three(mixed):
    """A room, a lobby and a native client, all of whose coming has been heard."""
    ana = mixed.gateway(0).room(as_="ana")
    ben = mixed.gateway(1).connect("/ws/ben", demo=True)
    assert ben.hear_text() == "ben 进入了聊天室"
    cleo = mixed.gateway(1).native("cleo")
    assert ben.hear_text() == "cleo 进入了聊天室"
    listed = ana.hear_until(lambda frame: len(frame.get("users", [])) == 3)
    assert [user["username"] for user in listed["users"]] == ["ana", "ben", "cleo"]
    assert listed["users"][2]["client_id"] == cleo.client_id
    ben.client_id = listed["users"][1]["client_id"]
    assert ana.hear()["content"] == "cleo 进入聊天室"
    cleo.skip()
    return ana, ben, cleo


def test_three_dialects_in_one_room(mixed):
    ana, ben, cleo = three(mixed)
    ana.say("from ana")
    assert cleo.hear_message()["content"] == "from ana"
    ben.hear_text()
    ana.hear()

    ben.send("小")
    assert ben.hear_text() == "ben 发送消息:小"
    assert ben.hear_text() == "服务端回复ben:你发送的信息是:小"
    heard = cleo.hear_message()
    assert (heard["from"], heard["user"], heard["sender_name"]) == (ben.client_id,) * 2 + ("ben",)
    assert heard["content"] == "小"
    assert without_time(ana.hear_text()) == (
        '{"type": "public", "from": "%s", "sender_name": "ben", '
        '"content": "\\u5c0f", "timestamp": "T"}' % ben.client_id
    )

    cleo.say("from cleo", id="m1")
    assert cleo.hear_message()["type"] == "ack"
    assert cleo.hear_message()["content"] == "from cleo"
    assert ben.hear_text() == "cleo 发送消息:from cleo"
    assert without_time(ana.hear_text()) == (
        '{"type": "public", "from": "%s", "sender_name": "cleo", '
        '"content": "from cleo", "timestamp": "T"}' % cleo.client_id
    )

    cleo.send({"type": "bye"})
    assert ben.hear_text() == "cleo 离开了聊天室"
    assert [user["username"] for user in ana.hear_type("user_list")["users"]] == ["ana", "ben"]
    assert ana.hear()["content"] == "cleo 已离开"


def test_private_messages_among_three(mixed):
    ana, ben, cleo = three(mixed)
    cleo.tell(ana.client_id, "to ana", id="p1")
    assert cleo.hear_message()["to"] == ana.client_id
    assert without_time(ana.hear_text()) == (
        '{"type": "private", "from": "%s", "to": "%s", "sender_name": "cleo", '
        '"content": "to ana", "timestamp": "T"}' % (cleo.client_id, ana.client_id)
    )
    cleo.tell(ben.client_id, "to ben")
    assert ben.hear_text() == "cleo 私信:to ben"
    ana.tell("cleo", "to cleo")
    heard = cleo.hear_message()
    assert (heard["type"], heard["from"], heard["to"]) == ("private", ana.client_id, cleo.user)
    assert without_time(ana.hear_text()) == (
        '{"type": "private", "from": "%s", "to": "%s", "sender_name": "ana", '
        '"content": "to cleo", "timestamp": "T"}' % (ana.client_id, cleo.client_id)
    )


def test_every_connection_of_a_user_hears_what_others_write(mixed):
    ana, _, cleo = three(mixed)
    second = mixed.gateway(0).native("cleo", resume=cleo.resume)
    assert second.user == cleo.user and second.client_id != cleo.client_id
    ana.skip()
    for to in (cleo.client_id, second.client_id):
        ana.tell(to, f"by {to}")
        for tab in (cleo, second):
            heard = tab.hear_message()
            assert (heard["content"], heard["to"]) == (f"by {to}", cleo.user)
        assert ana.hear()["to"] == to


def test_a_native_user_who_is_away_finds_what_a_room_client_wrote(mixed):
    ana, _, cleo = three(mixed)
    cleo.send({"type": "bye"})
    assert ana.hear_type("system")["content"] == "cleo 已离开"
    ana.tell(cleo.user, "later")
    assert without_time(ana.hear_text()) == (
        '{"type": "private", "from": "%s", "to": "%s", "sender_name": "ana", '
        '"content": "later", "timestamp": "T"}' % (ana.client_id, cleo.user)
    )
    again = mixed.gateway(0).native("cleo", resume=cleo.resume, since={"rooms": {}})
    assert again.hear_message()["content"] == "later"


def test_rooms_of_other_mounts_are_other_rooms(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(0).connect("/ws/ben", demo=True)
    assert ben.hear_text() == "ben 进入了聊天室"
    ben.send("x")
    assert ben.hear_text() == "ben 发送消息:x"
    assert ana.hears_nothing_more()


def test_direct_over_two_mounts_of_one_realm(make_cluster):
    cluster = make_cluster(
        gateways=2,
        settings={"listener.demo.mounts": "/other/{user} direct"},
    )
    ana = cluster.gateway(0).connect("/ws/ana?token=t")
    ben = cluster.gateway(1).connect("/other/ben?token=t", demo=True)
    ana.send('{"content": "hi", "to_user": "ben"}')
    assert ben.hear_text() == (
        '{"from": "ana", "content": "hi", "timestamp": null, "type": "message"}'
    )


def test_a_hub_that_keeps_dying_loses_and_doubles_nothing(make_cluster):
    quick = {"limits.messages_per_second": 10000, "limits.messages_burst": 10000}
    cluster = make_cluster(gateways=2, settings=quick)
    ana = cluster.gateway(0).connect("/ws/ana?token=t")
    ben = cluster.gateway(1).connect("/ws/ben?token=t")
    one, two = cluster.gateway(0).connect("/ws/1"), cluster.gateway(1).connect("/ws/2")
    # Both are online before anything is said to them.
    ben.send('{"content": "x", "to_user": "ana"}')
    ana.hear()
    two.send("2:here")
    assert two.hear_text() == "Client #2 says: here"
    here = cluster.gateway(0).connect("/ws/here", demo=True)
    assert here.hear_text() == "here 进入了聊天室"
    there = cluster.gateway(1).connect("/ws/there", demo=True)
    for member in (here, there):
        assert member.hear_text() == "there 进入了聊天室"

    count = 150
    for number in range(count):
        ana.send('{"content": "n%d", "to_user": "ben"}' % number)
        one.send(f"2:n{number}")
        here.send(f"n{number}")
        if number % 50 == 25:
            cluster.hub.kill()
            cluster.hub.start()
    for number in range(count):
        assert ben.hear()["content"] == f"n{number}"
        assert two.hear_text() == f"Client #1 says: n{number}"
        assert there.hear_text() == f"here 发送消息:n{number}"
        assert here.hear_text() == f"here 发送消息:n{number}"
        assert here.hear_text() == f"服务端回复here:你发送的信息是:n{number}"


def test_a_gateway_that_dies_loses_nothing_of_a_mailbox(make_cluster):
    quick = {"limits.messages_per_second": 10000, "limits.messages_burst": 10000}
    cluster = make_cluster(gateways=2, settings=quick)
    ana = cluster.gateway(0).connect("/ws/ana?token=t")
    ben = cluster.gateway(1).connect("/ws/ben?token=t")
    count = 120
    for number in range(count):
        ana.send('{"content": "n%d", "to_user": "ben"}' % number)
        if number == count // 2:
            cluster.gateway(1).kill()
    heard = []
    with contextlib.suppress(Closed):
        while True:
            heard.append(ben.hear()["content"])
    ben = cluster.gateway(0).connect("/ws/ben?token=t")
    again = [ben.hear()["content"]]
    while again[-1] != f"n{count - 1}":
        again.append(ben.hear()["content"])
    first = int(again[0][1:])
    assert heard == [f"n{number}" for number in range(len(heard))]
    assert first <= len(heard), "between the two connections something is lost"
    assert again == [f"n{number}" for number in range(first, count)]
