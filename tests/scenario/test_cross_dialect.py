"""Clients of different dialects in one room: each hears the others in the way it speaks."""

import pytest

from client import without_time


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
