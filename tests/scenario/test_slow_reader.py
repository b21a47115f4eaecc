"""A client that stops reading costs itself its connection and nobody else anything."""

import socket

from harness import PATIENCE

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
