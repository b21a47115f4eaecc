"""Hostile handshakes and frames: what is refused, how, and that nobody else notices."""

import os
import struct
import time

import pytest
from websockets.exceptions import WebSocketException

from client import refused
from harness import PATIENCE, wait_for

KEY = b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"


def request(target=b"/ws", method=b"GET", upgrade=b"websocket", version=b"13", extra=b"", key=KEY,
            host=b"Host: x\r\n", connection=b"Upgrade"):
    return (
        method + b" " + target + b" HTTP/1.1\r\n" + host
        + (b"Upgrade: " + upgrade + b"\r\n" if upgrade else b"")
        + (b"Connection: " + connection + b"\r\n" if connection else b"")
        + key
        + (b"Sec-WebSocket-Version: " + version + b"\r\n" if version else b"")
        + extra + b"\r\n"
    )


def exchange(gateway, bytes_, patience=PATIENCE):
    """Everything the server says until it hangs up, or until a 101 has come."""
    with gateway.raw() as raw:
        raw.settimeout(patience)
        answer = b""
        try:
            raw.sendall(bytes_)
            while True:
                more = raw.recv(65536)
                if not more:
                    return answer
                answer += more
                if answer.startswith(b"HTTP/1.1 101") and b"\r\n\r\n" in answer:
                    return answer
        except (ConnectionResetError, BrokenPipeError):
            return answer


def upgraded(gateway, early=b""):
    """A raw socket past the handshake; `early` bytes go out with the request."""
    raw = gateway.raw()
    raw.settimeout(PATIENCE)
    raw.sendall(request() + early)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(1)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return raw


def frame(opcode, payload=b"", fin=True, rsv=0, mask=b"\x01\x02\x03\x04", length=None):
    length = len(payload) if length is None else length  # a claim may exceed what is sent
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def exactly(raw, count):
    data = b""
    while len(data) < count:
        more = raw.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_frame(raw):
    first, second = exactly(raw, 2)
    length = second & 0x7F
    if length == 126:
        length = struct.unpack(">H", exactly(raw, 2))[0]
    elif length == 127:
        length = struct.unpack(">Q", exactly(raw, 8))[0]
    return first, exactly(raw, length)


def close_code(raw):
    """Reads up to the CLOSE frame; its code, 1006 if the server just hung up."""
    try:
        while True:
            first, payload = read_frame(raw)
            if first & 0x0F == 8:
                return struct.unpack(">H", payload[:2])[0]
    except (EOFError, ConnectionResetError):
        return 1006


def short(value):
    """A test's name must not be the whole attack."""
    return value[:24].hex() if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    "bytes_",
    [
        request(upgrade=b"h2c", extra=b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
        request(upgrade=b"foo"),
        request(upgrade=b"", connection=b""),
        request(version=b"8"),
        request(version=b""),
        request(key=b""),
        request(method=b"POST"),
        request(method=b"CONNECT"),
        request(method=b"DELETE"),
        request(extra=b"Content-Length: 5\r\n") + b"hello",
        request(extra=b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + request(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        bytes(range(256)) + b"\r\n\r\n",
        request(target=b"/ws%"),
        request(target=b"/ws%00"),
        request(target=b"/../ws/../etc/passwd"),
        request(extra=b"X: " + b"a" * 20000 + b"\r\n"),
        request(extra=b"".join(b"X-%d: 1\r\n" % n for n in range(2000))),
    ],
    ids=short,
)
def test_what_is_no_upgrade_is_never_101(cluster, bytes_):
    gateway = cluster.gateway(0)
    answer = exchange(gateway, bytes_)
    assert not answer.startswith(b"HTTP/1.1 101")
    assert b"HTTP/2" not in answer
    assert gateway.room(as_="ana").hears_nothing_more()


def test_a_second_foreign_upgrade_on_one_connection(cluster):
    """Two requests on one keep-alive connection, the second asking for an unknown protocol."""
    gateway = cluster.gateway(0)
    page = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    for first in (page, request(upgrade=b"foo")):
        exchange(gateway, first + request(upgrade=b"foo") + request(upgrade=b"foo"))
    assert gateway.room(as_="ana").hears_nothing_more()


def test_a_refusal_ends_the_connection(cluster):
    answer = exchange(cluster.gateway(0), request(target=b"/nowhere") + request())
    assert answer.startswith(b"HTTP/1.1 404") and b"101" not in answer.split(b"\r\n")[0]
    assert answer.count(b"HTTP/1.1") == 1


def test_headers_are_as_long_as_the_setting_says(cluster, make_cluster):
    def has_room(gateway, length):
        answer = exchange(gateway, request(extra=b"Cookie: a=" + b"b" * length + b"\r\n"))
        return answer.startswith(b"HTTP/1.1 101")

    assert has_room(cluster.gateway(0), 7000)
    assert not has_room(cluster.gateway(0), 9000)
    roomy = make_cluster(gateways=1, settings={"limits.header_bytes": 16384})
    assert has_room(roomy.gateway(0), 15000)
    assert not has_room(roomy.gateway(0), 17000)


def test_origins_can_be_limited(make_cluster):
    cluster = make_cluster(
        gateways=1,
        settings={"listener.chat.origins": "https://chat.example http://localhost:8000"},
    )
    gateway = cluster.gateway(0)
    url = f"ws://127.0.0.1:{gateway.port}/ws"
    for origin in ("https://chat.example.evil", "http://chat.example", "null",
                   "https://evil.chat.example", "https://chat.example:444"):
        assert refused(url, origin=origin) == 403, origin
    assert gateway.room(as_="ana", origin="https://chat.example").hears_nothing_more()


def test_compression_is_never_negotiated(cluster):
    answer = exchange(
        cluster.gateway(0),
        request(extra=b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"),
    )
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"extensions" not in answer.lower()


@pytest.mark.parametrize(
    "bytes_, codes",
    [
        (frame(0x3), {1002}),
        (frame(0xB), {1002}),
        (frame(0x1, b"hi", rsv=4), {1002}),
        (frame(0x1, b"hi", rsv=1), {1002}),
        (frame(0x0, b"hi"), {1002}),
        (frame(0x1, b"h", fin=False) + frame(0x1, b"i"), {1002}),
        (frame(0x9, b"x" * 126), {1002, 1006}),
        (frame(0x9, b"x", fin=False), {1002}),
        (frame(0x8, struct.pack(">H", 999)), {1002}),
        (frame(0x1, b"\xff\xff"), {1007}),
        (frame(0x1, b"\xe2\x82", fin=False) + frame(0x0, b"\x28"), {1007}),
        (frame(0x1, b"x", length=1 << 30), {1009}),
        (frame(0x1, b"x", length=(1 << 63) - 1), {1009}),
        (frame(0x1, b"x" * 40000, fin=False) + frame(0x0, b"x" * 40000), {1009}),
        (frame(0x1, b"", fin=False) + frame(0x0, b"", fin=False) * 2000, {1008}),
        (frame(0x2, b"x"), {1003}),
    ],
    ids=short,
)
def test_bad_frames_are_closed_with_the_right_code(cluster, bytes_, codes):
    gateway = cluster.gateway(0)
    watcher = gateway.room(as_="watcher")
    with upgraded(gateway) as raw:
        raw.sendall(bytes_)
        assert close_code(raw) in codes
    assert watcher.hears_nothing_more()


def test_split_characters_and_fragments_make_one_message(cluster):
    gateway = cluster.gateway(0)
    name = frame(0x1, '{"username": "é😀"}'.encode())
    with upgraded(gateway) as raw:
        for byte in name:
            raw.sendall(bytes([byte]))
        assert b"\\u00e9\\ud83d\\ude00" in read_frame(raw)[1]
    body = '{"username": "é😀"}'.encode()
    pieces = [body[i : i + 1] for i in range(len(body))]
    fragments = frame(0x1, pieces[0], fin=False)
    for piece in pieces[1:]:
        fragments += frame(0x0, piece, fin=False)
    for between in (b"", frame(0x9, b"between") * 5):
        with upgraded(gateway, early=fragments + between + frame(0x0, b"")) as raw:
            first = 0
            while first & 0x0F != 1:
                first, payload = read_frame(raw)
            assert b"\\u00e9\\ud83d\\ude00" in payload


def test_pings_are_answered_and_unasked_pongs_bounded(cluster):
    gateway = cluster.gateway(0)
    with upgraded(gateway) as raw:
        raw.sendall(frame(0x9, b"are you there"))
        assert read_frame(raw) == (0x8A, b"are you there")
        raw.sendall(frame(0xA, b"never asked"))
        raw.sendall(frame(0x9, b"still"))
        assert read_frame(raw) == (0x8A, b"still")
        raw.sendall(frame(0xA, b"never asked") * 200)
        assert close_code(raw) == 1008


def test_a_client_that_answers_pings_stays(make_cluster):
    """Our tokens behind a text message: the library checks a PONG's bytes as if they were text."""
    cluster = make_cluster(
        gateways=1, settings={"limits.ping_seconds": 1, "limits.pong_seconds": 2}
    )
    with upgraded(cluster.gateway(0)) as raw:
        raw.sendall(frame(0x1, b'{"username": "ana"}'))
        pings = 0
        while pings < 4:
            first, payload = read_frame(raw)
            assert first in (0x81, 0x89), (first, payload)
            if first == 0x89:
                assert payload
                pings += 1
                raw.sendall(frame(0xA, payload))
        raw.sendall(frame(0x9, b"still here"))
        assert read_frame(raw) == (0x8A, b"still here")


def test_a_message_that_never_ends_has_a_deadline(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.message_seconds": 1})
    with upgraded(cluster.gateway(0)) as raw:
        raw.sendall(frame(0x1, b"and then", fin=False))
        assert close_code(raw) == 1008


def test_slow_handshakes_are_ended_and_hold_up_nobody(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.handshake_seconds": 2})
    gateway = cluster.gateway(0)
    slow = []
    for number in range(1000):
        raw = gateway.raw()
        raw.sendall([b"", b"G", request()[:40], request()[:-2]][number % 4])
        slow.append(raw)
    ana = gateway.room(as_="ana")
    assert ana.hears_nothing_more()
    for raw in slow:
        raw.settimeout(PATIENCE)
        try:
            while raw.recv(4096):
                pass
        except ConnectionResetError:
            pass
        raw.close()
    assert ana.hears_nothing_more()


def test_the_page_and_its_headers(cluster):
    gateway = cluster.gateway(0)

    def get(target, method=b"GET", extra=b""):
        return exchange(
            gateway,
            method + b" " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + extra + b"\r\n",
        )

    answer = get(b"/")
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200") and b"<!doctype html>" in body[:20].lower()
    head = head.lower()
    assert b"x-content-type-options: nosniff" in head
    policy = [line for line in head.split(b"\r\n") if line.startswith(b"content-security-policy")][0]
    assert b"unsafe" not in policy and b"default-src" in policy
    assert b"\nserver:" not in head
    tag = [line for line in head.split(b"\r\n") if line.startswith(b"etag:")][0].split(b" ", 1)[1]
    assert get(b"/", extra=b"If-None-Match: " + tag + b"\r\n").startswith(b"HTTP/1.1 304")
    assert get(b"/", method=b"HEAD").split(b"\r\n\r\n", 1)[1] == b""
    assert get(b"/", method=b"POST", extra=b"Content-Length: 0\r\n").startswith(b"HTTP/1.1 405")
    for target in (b"/..", b"/%2e%2e/etc/passwd", b"/../../etc/passwd", b"/index.html%00.js",
                   b"/\\..\\x", b"/.git/config", b"/" + b"a" * 3000):
        assert not get(target).startswith(b"HTTP/1.1 200 OK\r\n") or get(target).endswith(body)


def test_running_out_of_descriptors_is_survived(make_cluster):
    cluster = make_cluster(gateways=1, wrapper=["prlimit", "--nofile=64:64"])
    gateway = cluster.gateway(0)
    ana = gateway.room(as_="ana")
    crowd = [gateway.raw() for _ in range(100)]
    before = cpu_seconds(gateway.pid)
    started = time.monotonic()
    assert ana.hears_nothing_more()
    wait_for(lambda: time.monotonic() - started > 1, "a second of it")
    assert cpu_seconds(gateway.pid) - before < 0.5
    assert len(gateway.log()) < 20000
    for raw in crowd:
        raw.close()
    wait_for(lambda: _can_join(gateway), "newcomers get in again")


def _can_join(gateway):
    try:
        return gateway.room(as_="late")
    except (OSError, TimeoutError, EOFError, WebSocketException):
        return None


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_too_many_clients_are_turned_away(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.clients": 3})
    gateway = cluster.gateway(0)
    inside = [gateway.room(as_=f"n{number}") for number in range(3)]
    assert exchange(gateway, request())[:12] in (b"", b"HTTP/1.1 503")
    inside[2].close()
    wait_for(lambda: _can_join(gateway), "a place is free again")
    inside[0].skip()
    assert inside[0].hears_nothing_more()


def test_idle_costs_nothing_worth_mentioning(make_cluster):
    cluster = make_cluster(gateways=1)
    gateway = cluster.gateway(0)
    clients = [gateway.room(as_=f"n{number}") for number in range(20)]
    before = {p.name: cpu_seconds(p.pid) for p in cluster.processes()}
    turns = gateway.metric("hubbub_gateway_turn_seconds_count")
    started = time.monotonic()
    wait_for(lambda: time.monotonic() - started > 2, "two seconds")
    # A probe, its answer and a heartbeat each second, and no clock of any client.
    assert gateway.metric("hubbub_gateway_turn_seconds_count") - turns < 30
    for process in cluster.processes():
        assert cpu_seconds(process.pid) - before[process.name] < 0.3, process.name
    assert clients[0].client_id
