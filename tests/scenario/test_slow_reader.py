"""A client that stops reading costs itself its connection and nobody else anything."""

import socket

from harness import PATIENCE
from native_client import SUBPROTOCOL, NativeClient

QUICK = {
    "limits.messages_per_second": 100000,
    "limits.messages_burst": 100000,
    "limits.queue_bytes": 262144,
}
BODY = "x" * 16000


def slow_client(gateway, name):
    """A room client with small kernel buffers."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    plain.connect(("127.0.0.1", gateway.port))
    return gateway.room(as_=name, sock=plain)


def test_a_slow_reader_is_cut_with_1013_and_nobody_else_notices(make_cluster):
    cluster = make_cluster(settings=QUICK)
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    slow = slow_client(cluster.gateway(0), "slow")
    neighbour = cluster.gateway(0).room(as_="neighbour")
    for member in (ana, ben, slow, neighbour):
        member.skip()
    slow.pause_reading()

    sent = 0
    left = False
    while not left:
        assert sent < 4000, "the slow reader was never cut"
        ana.say(f"{sent} {BODY}")
        sent += 1
        expected = sent - 1
        while True:
            frame = ana.hear()
            if frame["type"] == "public":
                assert frame["content"].startswith(f"{expected} ")
                break
            left = left or frame.get("content") == "slow 已离开"

    for member in (ben, neighbour):
        expected = 0
        while expected < sent:
            frame = member.hear()
            if frame["type"] == "public":
                assert frame["content"].startswith(f"{expected} "), "order or loss"
                expected += 1

    assert cluster.gateway(0).metric("hubbub_gateway_slow_readers_total") == 1
    slow.resume_reading()
    assert slow.closed(PATIENCE)[0] in (1013, 1006)
    heard = [frame for frame in slow.heard if '"public"' in frame]
    for number, frame in enumerate(heard):
        assert f'"content": "{number} ' in frame, "what a slow reader got is still in order"


def test_a_slow_but_reading_client_loses_nothing(make_cluster):
    cluster = make_cluster(
        gateways=1, settings={**QUICK, "limits.queue_bytes": 16777216, "limits.ping_seconds": 1}
    )
    ana = cluster.gateway(0).room(as_="ana")
    slow = slow_client(cluster.gateway(0), "slow")
    ana.skip()
    slow.pause_reading()
    total = 600
    for number in range(total):
        ana.say(f"{number} {BODY[: 1 + number * 23 % 16000]}")
    for number in range(total):
        assert ana.hear()["content"].startswith(f"{number} ")
    slow.resume_reading()
    for number in range(total):
        assert slow.hear_type("public")["content"].startswith(f"{number} ")
    slow.ping()
    assert slow.hears_nothing_more()


def far_away(gateway):
    """A socket with small segments and buffers, as over a long way: the kernel takes little."""
    plain = socket.socket()
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    plain.connect(("127.0.0.1", gateway.port))
    return plain


def test_what_was_missed_is_handed_over_as_fast_as_it_is_read(make_cluster):
    """Control characters are six bytes each once they are written."""
    gateway = make_cluster(gateways=1, settings=QUICK).gateway(0)
    content = "\u0001" * 10500
    ana = gateway.native("ana")
    for number in range(30):
        ana.say(content, id=str(number))
        ana.answer(str(number))
    sender = gateway.connect("/ws/al?token=x")
    for _ in range(30):
        sender.send({"content": content, "to_user": "bo"})
        assert sender.hear()["type"] == "info"

    ben = gateway.connect(
        kind=NativeClient, subprotocols=[SUBPROTOCOL], sock=far_away(gateway)
    ).hello("ben", since={"rooms": {"lobby": [0, 0]}})
    assert len(ben.missed()) == 30
    bo = gateway.connect("/ws/bo?token=x", sock=far_away(gateway))
    for _ in range(30):
        assert bo.hear()["content"] == content
    assert gateway.metric("hubbub_gateway_slow_readers_total") == 0
