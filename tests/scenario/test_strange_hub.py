"""A hub that is none, or has lost its mind: the gateway lives, and so do its clients."""

import socket

import pytest

from client import Closed
from harness import Cluster, PATIENCE, wait_for
from stranger import (
    CLOSE, DELIVER, ENTERED, EXITED, GOODBYE, HEARTBEAT, HELLO, JOINED, LINK_VERSION, NOTICE, OPEN, OPENED,
    OUTCOME, REFUSED, ROSTER_END, Stranger, U32_MAX, U64_MAX, WELCOME, WHISPER, envelope, framed,
)

WELCOMED = envelope(WELCOME, LINK_VERSION, 5, "hub", 0, 1 << 20, 100)
KNOWN = envelope(ROSTER_END, 1, 1)


class StrangeHub:
    """Listens in the hub's place."""

    def __init__(self, path):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(8)
        self._listener.settimeout(PATIENCE)

    def link(self):
        """The gateway's next link, its HELLO heard."""
        link = Stranger(self._listener.accept()[0])
        link.until(HELLO)
        return link

    def close(self):
        self._listener.close()


@pytest.fixture
def gateway_and_hub():
    with Cluster(gateways=1, start=False) as cluster:
        hub = StrangeHub(cluster.hub_socket)
        gateway = cluster.gateways[0].start()
        wait_for(gateway.healthy, "the gateway is there")
        yield gateway, hub
        assert gateway.healthy()
        hub.close()


@pytest.mark.parametrize(
    "said, why",
    [
        (envelope(WELCOME, 0, 5, "hub", 0, 1, 1), "bad_version"),
        (envelope(WELCOME, 99, 5, "hub", 0, 1, 1), "bad_version"),
        (WELCOMED + WELCOMED, "out_of_order"),
        (KNOWN, "out_of_order"),
        (WELCOMED + envelope(OPEN, 1, 0, "a", "b", "c", "d", 0), "wrong_sender"),
        (WELCOMED + b"\0\0\0\0", "bad_frame"),
        (WELCOMED + framed(b"\x94\x23\xdd\xff\xff\xff\xff"), "bad_frame"),
        (WELCOMED + envelope(GOODBYE, "\x1b[31mx\n"), "said_goodbye"),
        (WELCOMED + KNOWN + b"\0\0\0\x20\x98", "silent"),
        (b"", "silent"),
    ],
)
def test_nonsense_ends_the_link_and_a_new_one_is_tried(gateway_and_hub, said, why):
    gateway, hub = gateway_and_hub
    link = hub.link()
    link.send(said)
    assert link.is_ended()
    wait_for(lambda: f"reason={why}" in gateway.log(), f"the log says {why}")
    hub.link().send(WELCOMED + KNOWN)
    assert "\x1b" not in gateway.log()


def test_what_concerns_nobody_here_is_passed_over(gateway_and_hub):
    gateway, hub = gateway_and_hub
    link = hub.link()
    link.send(WELCOMED + KNOWN * 3)
    link.say(OPENED, U64_MAX, 1, "x")
    link.say(JOINED, U64_MAX, "lobby", U64_MAX, U64_MAX, U64_MAX)
    link.say(REFUSED, U64_MAX, "lobby", U32_MAX)
    link.say(CLOSE, U64_MAX, 1, 1008, "x")
    link.say(OUTCOME, U64_MAX, 99, 1, "lobby", U64_MAX, U64_MAX, U64_MAX)
    link.say(WHISPER, U64_MAX, 1, 1, "x", U64_MAX, "x")
    link.say(DELIVER, "nowhere", U64_MAX, U64_MAX, 1, "x", U64_MAX, "x")
    link.say(NOTICE, "nowhere", U64_MAX, "x")
    link.say(EXITED, "nowhere", 1, 0)
    for _ in range(3):
        link.say(ENTERED, "lobby", 1, "x", 1, 1)
    link.say(ENTERED, "lobby", 2, "n" * 1000000, U64_MAX, U64_MAX)
    ana = gateway.connect()
    ana.send({"username": "ana"})
    _, conn, *_ = link.until(OPEN)
    link.say(OPENED, conn, 7, "ana")
    link.say(JOINED, conn, "lobby", 9, 1, 0)
    link.say(ENTERED, "lobby", 7, "ana", 9, 1)
    assert ana.hear_until(lambda frame: frame.get("content") == "ana 进入聊天室")
    link.say(HEARTBEAT, 1)
    ana.ping()


@pytest.mark.parametrize("code", [0, 1, 999, 1005, 1006, 1015, 3000, 65535, U32_MAX])
def test_any_close_code_closes(gateway_and_hub, code):
    gateway, hub = gateway_and_hub
    link = hub.link()
    link.send(WELCOMED + KNOWN)
    ana = gateway.connect()
    ana.send({"username": "ana"})
    _, conn, *_ = link.until(OPEN)
    link.say(OPENED, conn, 7, "ana")
    link.say(CLOSE, conn, 7, code, "r" * 5000)
    with pytest.raises(Closed):
        while True:
            ana.hear_text()
