"""Mounts: which dialect a request gets, at the usual paths and at others, and what is refused when."""

import json
import subprocess

import pytest

from client import refused
from harness import BIN, Cluster, as_settings

V1 = "hubbub.v1"


def url(gateway, path):
    return f"ws://127.0.0.1:{gateway.port}{path}"


@pytest.fixture(scope="module")
def usual():
    with Cluster(gateways=1) as cluster:
        yield cluster.gateway(0)


@pytest.mark.parametrize("offered", [[], ["chat"], ["hubbub.v2", "xhubbub.v1"], ["HUBBUB.V1"]])
def test_without_the_subprotocol_it_is_the_room(usual, offered):
    client = usual.connect(subprotocols=offered or None)
    assert client.subprotocol is None
    client.join("ana")
    client.say("hello")
    assert client.hear_type("public")["content"] == "hello"


@pytest.mark.parametrize("offered", [[V1], ["chat", V1], [V1, "chat"]])
def test_the_subprotocol_selects_and_is_echoed(usual, offered):
    client = usual.connect("/ws?token=t", subprotocols=offered)
    assert client.subprotocol == V1


def is_direct(client, user):
    client.send(json.dumps({"content": "x", "to_user": user, "timestamp": None}))
    return json.loads(client.hear_text()) == {"type": "error", "content": "不能发送消息给自己"}


@pytest.mark.parametrize(
    "path, user",
    [
        ("/ws/ana?token=t", "ana"),
        ("/ws/7?token=t", "7"),
        ("/ws/h%C3%A9?x=1&token=t", "hé"),
        ("/ws/1234567890123456789?token=t", "1234567890123456789"),
    ],
)
def test_a_token_selects_direct(usual, path, user):
    assert is_direct(usual.connect(path), user)


@pytest.mark.parametrize("path", ["/ws/7", "/ws/007", "/ws/7?token=", "/ws/7?q=token=t"])
def test_a_number_without_token_selects_pair(usual, path):
    client = usual.connect(path)
    client.send("9:hi")
    assert client.hear_text() == "Client #9 is not here"


@pytest.mark.parametrize("path", ["/ws/ana", "/ws/ana?token=", "/ws/-7", "/ws/1234567890123456789", "/ws/7%20"])
def test_no_token_is_401_before_the_upgrade(usual, path):
    assert refused(url(usual, path)) == 401


@pytest.mark.parametrize("path", ["/ws/", "/ws/a/b?token=t", "/ws/7/", "/wss", "/WS", "/"])
def test_other_paths_are_404_before_the_upgrade(usual, path):
    assert refused(url(usual, path)) == 404


@pytest.mark.parametrize(
    "path, status", [("/ws", 426), ("/ws/7", 426), ("/ws/ana", 426), ("/ws/", 404), ("/nowhere", 404)]
)
def test_who_does_not_ask_for_an_upgrade_is_told_to(usual, path, status):
    with usual.raw() as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert raw.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())


def test_any_pattern_can_be_remapped(make_cluster):
    gateway = make_cluster(
        gateways=1,
        settings={
            "listener.chat.mounts": "/chat/v2 native, /old/{id:int}/x pair realm=old, /old/{who}/x direct realm=people,"
            " /old/0/x echo, /v1 room, /tea room room=tea, /also lobby room=tea"
        },
    ).gateway(0)
    assert gateway.connect("/chat/v2", subprotocols=[V1]).subprotocol == V1
    assert refused(url(gateway, "/chat/v2")) == 400
    assert refused(url(gateway, "/ws")) == 404
    number = gateway.connect("/old/12/x")
    number.send("9:hi")
    assert number.hear_text() == "Client #9 is not here"
    assert is_direct(gateway.connect("/old/12/x?token=t"), "12")
    assert is_direct(gateway.connect("/old/ana/x?token=t"), "ana")
    assert refused(url(gateway, "/old/ana/x")) == 401
    zero = gateway.connect("/old/0/x")
    zero.send("hi")
    assert zero.hear_text() == "小菠萝收到的消息是: hi"


def test_mounts_say_which_room_is_entered(make_cluster):
    gateway = make_cluster(
        gateways=1,
        settings={"listener.chat.mounts": "/tea room room=tea, /also-tea room room=tea, /lobby room"},
    ).gateway(0)
    tea, also, lobby = (gateway.connect(path) for path in ("/tea", "/also-tea", "/lobby"))
    tea.join("ana")
    lobby.join("ben")
    also.join("eve")
    tea.say("with milk")
    assert also.hear_type("public")["content"] == "with milk"
    lobby.say("anybody?")
    assert lobby.hear_type("public")["content"] == "anybody?"
    assert [frame["content"] for frame in map(json.loads, lobby.heard) if frame["type"] == "public"] == ["anybody?"]


def check(**settings):
    """(exit status, what it says) of --check-config."""
    values = {key.replace("__", "."): value for key, value in settings.items()}
    done = subprocess.run(
        [BIN / "hubbub-gateway", *as_settings(values), "--check-config"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "mounts, sentence",
    [
        ("/ws room, /ws echo", "'/ws echo' takes the same requests as '/ws room'; remove one of them"),
        ("/{a} lobby, /x echo, /{b} room", "'/{b} room' takes the same requests as '/{a} lobby'"),
        ("/{a:int} pair, /{b:int} lobby", "'/{b:int} lobby' takes the same requests"),
        ("/ws native, /ws native room=tea", "'/ws native' takes the same requests"),
        ("/ws rom", "no dialect is called 'rom' (after '/ws')"),
        ("/{id:float} pair", "'/{id:float}' is not a path"),
        ("/ws room room=A", "'A' (of '/ws') is no name"),
        ("/a room, /b pair realm=open", "realm 'open' is shared by '/a room', which takes anybody, and '/b pair'"),
    ],
)
def test_conflicts_are_refused(mounts, sentence):
    status, said = check(listener__chat__mounts=mounts)
    assert status == 2 and "listener.chat.mounts: " in said and sentence in said


def test_realms_are_held_against_each_other_across_listeners():
    other = {"listener__other__address": "127.0.0.1:1", "listener__other__mounts": "/b direct realm=open"}
    status, said = check(listener__chat__mounts="/a room", **other)
    assert status == 2 and "listener.other.mounts: realm 'open' is shared by '/b direct', which demands a token" in said
    assert check(listener__chat__mounts="/a direct realm=open", **other) == (0, "configuration is good\n")


def test_the_usual_mounts_are_good():
    assert check(listener__demo__profile="demo", listener__demo__address="127.0.0.1:1")[0] == 0
