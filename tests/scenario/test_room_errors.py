"""The bug column of the room dialect: every kind of bad input, and nobody else notices."""

import json

import pytest

SENTENCE_MAX = 200


@pytest.mark.parametrize("first", ["", "hello", "[]", "7", '{"username": NaN}', '{"username": "a"'])
def test_a_first_frame_that_is_no_object_ends_it(cluster, first):
    watcher = cluster.gateway(1).room(as_="watcher")
    client = cluster.gateway(0).connect()
    client.send(first)
    assert client.error() == "bad_message"
    assert client.closed()[0] == 1008
    assert watcher.hears_nothing_more()


BAD_MESSAGES = [
    "hello",
    "[]",
    "null",
    "{}",
    '{"type": "public"}',
    '{"content": "hi"}',
    '{"type": 1, "content": "hi"}',
    '{"type": "public", "content": 1}',
    '{"type": "public", "content": NaN}',
    '{"type": "public", "content": "\\ud800"}',
    '{"type": "private", "content": "hi"}',
    '{"type": "private", "content": "hi", "to": 7}',
    '{"type": "public", "content": "hi"} trailing',
    "[" * 1000,
    '{"a":' * 17 + "1" + "}" * 17,
]


def test_bad_messages_get_an_error_and_the_connection_stays(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    for message in BAD_MESSAGES:
        ana.send(message)
        assert ana.error() == "bad_message", message
    ana.say("still here")
    assert ana.hear()["content"] == "still here"
    assert ben.hear()["content"] == "still here"


def test_odd_but_valid_json_is_taken(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    for message in [
        ' {"content" : "hi","type":"public"} ',
        '{"type": "public", "content": "no", "content": "hi"}',
        '{"type": "public", "content": "hi", "n": 123456789012345678901234567890}',
        '{"type": "public", "content": "hi", "deep": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}',
    ]:
        ana.send(message)
        assert ana.hear()["content"] == "hi", message


def test_repeated_abuse_is_a_flood(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.errors_per_minute": 10})
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(0).room(as_="ben")
    ana.send_while_open("nonsense" for _ in range(20))
    code, reason = ana.closed()
    assert code == 1008 and reason
    errors = [json.loads(frame) for frame in ana.heard if '"error"' in frame]
    assert 10 <= len(errors) <= 12
    assert ben.hear_until(lambda f: f.get("content") == "ana 已离开")


def test_a_message_flood_is_limited(make_cluster):
    cluster = make_cluster(
        gateways=1,
        settings={
            "limits.messages_per_second": 5,
            "limits.messages_burst": 10,
            "limits.errors_per_minute": 10,
        },
    )
    ana = cluster.gateway(0).room(as_="ana")
    ana.send_while_open({"type": "public", "content": f"n{number}"} for number in range(60))
    assert ana.closed()[0] == 1008
    frames = [json.loads(frame) for frame in ana.heard]
    assert "rate_limited" in {frame.get("code") for frame in frames}
    assert sum(frame["type"] == "public" for frame in frames) < 30


def test_binary_is_1003_and_a_normal_leave(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.send(b"\x00\x01")
    assert ana.closed()[0] == 1003
    assert [u["username"] for u in ben.hear()["users"]] == ["ben"]
    assert ben.hear()["content"] == "ana 已离开"


def test_content_over_the_limit_is_too_long(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    for send in (ana.say, lambda text: ana.tell(ana.client_id, text)):
        send("x" * 16385)
        frame = ana.hear()
        assert frame["code"] == "too_long" and len(frame["content"]) < SENTENCE_MAX
    ana.say("x" * 16384)
    assert len(ana.hear()["content"]) == 16384
    ana.say("é" * 8193)
    assert ana.error() == "too_long"


def test_message_over_the_limit_is_1009(cluster):
    ben = cluster.gateway(1).room(as_="ben")
    for fragments in (1, 10):
        ana = cluster.gateway(0).room(as_="ana")
        ben.skip()
        if fragments == 1:
            ana.send("x" * 65537)
        else:
            ana.send_fragments(["x" * 6554] * fragments)
        assert ana.closed()[0] == 1009
        ben.hear_until(lambda f: f.get("content") == "ana 已离开")


def test_bad_utf8_is_1007(cluster):
    ana = cluster.gateway(0).connect()
    with cluster.gateway(0).raw() as raw:
        raw.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += raw.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        raw.sendall(b"\x81\x82\x00\x00\x00\x00\xc3\x28")
        frame = raw.recv(4096)
    assert frame[:1] == b"\x88" and frame[2:4] == (1007).to_bytes(2, "big")
    assert ana.join("ana")
