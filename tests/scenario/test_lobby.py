"""The lobby dialect over two gateways, frame by frame."""

import urllib.parse

import pytest

from client import refused


def come(cluster, name, gateway=0):
    """A member that has heard its own notice."""
    client = cluster.gateway(gateway).connect(f"/ws/{urllib.parse.quote(name)}", demo=True)
    client.name = name
    assert client.hear_text() == f"{name} 进入了聊天室"
    return client


def says(client, text, name=None):
    """Says something and hears the echo and the server's answer, next and in this order."""
    name = name or client.name
    client.send(text)
    assert client.hear_text() == f"{name} 发送消息:{text}"
    assert client.hear_text() == f"服务端回复{name}:你发送的信息是:{text}"
    return True


def test_a_conversation(cluster):
    ana = come(cluster, "ana", 0)
    ben = come(cluster, "小明", 1)
    assert ana.hear_text() == "小明 进入了聊天室"
    assert says(ana, "hello")
    assert ben.hear_text() == "ana 发送消息:hello"
    assert says(ben, "a:b\n😀")
    assert ana.hear_text() == "小明 发送消息:a:b\n😀"
    assert says(ana, "")
    assert ben.hear_text() == "ana 发送消息:"
    assert says(ana, '{"type": "private"}')
    assert ben.hear_text() == 'ana 发送消息:{"type": "private"}'
    ana.close()
    assert ben.hear_text() == "ana 离开了聊天室"
    assert says(ben, "alone")


def test_many_at_once_keep_their_order(cluster):
    ana, ben = come(cluster, "ana", 0), come(cluster, "ben", 1)
    assert ana.hear_text() == "ben 进入了聊天室"
    for number in range(50):
        ana.send(f"n{number}")
    for number in range(50):
        assert ana.hear_text() == f"ana 发送消息:n{number}"
        assert ana.hear_text() == f"服务端回复ana:你发送的信息是:n{number}"
        assert ben.hear_text() == f"ana 发送消息:n{number}"


def test_one_id_twice_is_two_members(cluster):
    first = come(cluster, "7", 0)
    second = come(cluster, "7", 0)
    assert first.hear_text() == "7 进入了聊天室"
    assert says(second, "x")
    assert first.hear_text() == "7 发送消息:x"
    second.close()
    assert first.hear_text() == "7 离开了聊天室"
    assert says(first, "y")


def test_a_binary_frame_ends_it(cluster):
    ana, ben = come(cluster, "ana", 0), come(cluster, "ben", 1)
    assert ana.hear_text() == "ben 进入了聊天室"
    ben.send(b"x")
    assert ben.closed()[0] == 1003
    assert ana.hear_text() == "ben 离开了聊天室"


@pytest.mark.parametrize(
    "segment, name",
    [
        ("a%20b%2Bc", "a b+c"),
        ("%2541", "%41"),
        ("a%01b%07", "ab"),
        ("%E2%80%AEana%E2%80%8B", "ana"),
        ("e%CC%81", "é"),
        ("x" * 100, "x" * 64),
        ("%3Cimg%20onerror%3E", "<img onerror>"),
    ],
)
def test_names_are_made_fit_to_be_shown(cluster, segment, name):
    client = cluster.gateway(0).connect(f"/ws/{segment}", demo=True)
    assert client.hear_text() == f"{name} 进入了聊天室"
    assert says(client, "x", name)


def test_a_name_of_nothing_gets_one(cluster):
    client = cluster.gateway(0).connect("/ws/%E2%80%8B", demo=True)
    notice = client.hear_text()
    name = notice.split(" ")[0]
    assert name.startswith("用户") and len(name) == 10 and notice == f"{name} 进入了聊天室"
    assert says(client, "x", name)


@pytest.mark.parametrize("segment, status", [("%FF", 400), ("a%0Ab", 400), ("a%2Fb", 404), ("", 404)])
def test_names_that_cannot_be(cluster, segment, status):
    assert refused(f"ws://127.0.0.1:{cluster.gateway(0).demo_port}/ws/{segment}") == status


def test_what_is_wrong_is_said(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.content_bytes": 100})
    ana = come(cluster, "ana")
    ana.send("x" * 101)
    assert "long" in ana.hear_text()
    assert says(ana, "x" * 100)


def test_a_gateway_and_the_hub_die(cluster):
    ana, ben = come(cluster, "ana", 0), come(cluster, "ben", 1)
    assert ana.hear_text() == "ben 进入了聊天室"
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    assert says(ana, "still here")
    assert ben.hear_text() == "ana 发送消息:still here"
    cluster.gateway(1).kill()
    assert ana.hear_text() == "ben 离开了聊天室"
    assert says(ana, "alone")


def test_the_operator_is_heard(cluster):
    ana = come(cluster, "ana")
    cluster.hubctl("say", "back at nine")
    assert ana.hear_text() == "back at nine"
