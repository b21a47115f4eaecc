"""Many hostile clients at once: floods, ends in the middle of anything, ears that are shut."""

import contextlib
import socket
import struct
import time

import pytest

from harness import PATIENCE, wait_for
from test_hardening import KEY, cpu_seconds, exchange, frame, request, upgraded

LOGIN = frame(0x1, b'{"username": "stranger"}')
RESET = struct.pack("ii", 1, 0)


def megabytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def small_ears(gateway):
    """An upgraded connection that takes little in and is never read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect(("127.0.0.1", gateway.port))
    raw.sendall(request())
    return raw


def pour(sockets, data, seconds):
    """Writes `data` to all again and again, reading nothing; what is left of them."""
    until = time.monotonic() + seconds
    open_ = list(sockets)
    for raw in open_:
        raw.setblocking(False)
    while open_ and time.monotonic() < until:
        for raw in list(open_):
            try:
                raw.send(data)
            except BlockingIOError:
                pass
            except OSError:
                open_.remove(raw)
    return open_


def pour_until_closed(sockets, data):
    """The same until the other end has closed all of them."""
    left = list(sockets)

    def all_closed():
        left[:] = pour(left, data, 0.1)
        return not left

    wait_for(all_closed, "some are still open", 6 * PATIENCE)


def rests(process):
    """True once the process spends less than a fifth of its time."""
    before, started = cpu_seconds(process.pid), time.monotonic()
    wait_for(lambda: time.monotonic() - started > 0.5, "half a second")
    return cpu_seconds(process.pid) - before < 0.2 * (time.monotonic() - started)


@pytest.mark.parametrize(
    "bytes_",
    [
        request(host=b"Host : x\r\n"),
        request(host=b"Host: x\r\nHost: y\r\n"),
        request(host=b""),
        request(target=b"http://x/ws"),
        request(target=b"*"),
        request(target=b"ws"),
        request(extra=b"Upgrade: websocket\r\n"),
        request(extra=b"Upgrade: h2c\r\n"),
        request(upgrade=b"h2c, websocket"),
        request(extra=KEY),
        request(extra=b"Sec-WebSocket-Version: 8\r\n"),
        request(extra=b"Content-Length: 0\r\nContent-Length: 5\r\n"),
        request(extra=b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        request(extra=b"Content-Length: +0\r\n"),
        request(extra=b"Content-Length: -1\r\n"),
        request(extra=b"Transfer-Encoding:\txchunked\r\n"),
        request(extra=b"Origin: a\r\nOrigin: b\r\n"),
        request().replace(b"HTTP/1.1", b"HTTP/1.0"),
        request().replace(b" HTTP/1.1", b""),
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + request(),
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + request(),
    ],
    ids=lambda value: value.replace(request()[:14], b"")[:60].hex(),
)
def test_what_two_servers_may_read_differently_is_refused(cluster, bytes_):
    answer = exchange(cluster.gateway(0), bytes_)
    assert not answer.startswith(b"HTTP/1.1 101")
    assert answer.count(b"HTTP/1.1") <= 1, "nothing behind a refusal is answered"


def test_ends_at_every_moment(cluster):
    gateway = cluster.gateway(0)
    watcher = gateway.room(as_="watcher")
    first = frame(0x1, b'{"type": "public", "content": "x"}')
    stages = [
        b"", b"G", request()[:30], request()[:-2], request(), request() + b"\x81",
        request() + frame(0x1, b"abc")[:4], request() + LOGIN, request() + LOGIN + first[:9],
        request() + frame(0x8, b"\x03\xe8"), request() + frame(0x1, b"x" * 60000)[:30000],
        request() + LOGIN + frame(0x1, b"abc", fin=False), request() + LOGIN + frame(0x9)[:1],
    ]
    before = megabytes(gateway)
    for number in range(2000):
        raw = gateway.raw()
        with contextlib.suppress(OSError):
            raw.sendall(stages[number % len(stages)])
        if number % 2:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        raw.close()
    watcher.skip()
    crowd = [gateway.raw() for _ in range(1000)]
    for number, raw in enumerate(crowd):
        raw.sendall(stages[number % len(stages)])
    watcher.skip()
    for raw in crowd:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        raw.close()
    watcher.skip()
    wait_for(lambda: cluster.hubctl("status")["clients"] == 1, "only the watcher is left")
    wait_for(lambda: gateway.metric("hubbub_gateway_connections") == 1, "one connection is left")
    wait_for(lambda: rests(gateway), "the gateway rests")
    assert megabytes(gateway) - before < 64
    assert len(gateway.log()) < 100000


def test_pings_of_those_who_do_not_read(cluster):
    gateway = cluster.gateway(0)
    watcher = gateway.room(as_="watcher")
    crowd = [upgraded(gateway) for _ in range(20)]
    before = megabytes(gateway)
    pour(crowd, frame(0x9, b"p" * 125) * 500, 2)
    assert megabytes(gateway) - before < 32
    watcher.skip()
    for raw in crowd:
        raw.close()
    wait_for(lambda: rests(gateway), "the gateway rests")


def test_messages_of_fifty_without_a_pause(make_cluster):
    """Each gets its burst through and is closed; nobody who listens is held up."""
    burst = 100
    # Few in the long run: else a machine that is busy otherwise is no faster than they may be.
    # What all say fits into each one's queue, for none of them reads: they go for their floods alone.
    limits = {"messages_per_second": 1, "messages_burst": burst, "queue_bytes": 1 << 22}
    cluster = make_cluster(settings={f"limits.{name}": value for name, value in limits.items()})
    gateway = cluster.gateway(0)
    watcher = cluster.gateway(1).room(as_="watcher")
    began = time.monotonic()
    crowd = [upgraded(gateway, early=LOGIN) for _ in range(50)]
    before = megabytes(gateway)
    pour_until_closed(crowd, frame(0x1, b'{"type": "public", "content": "%s"}' % (b"x" * 100)) * 100)
    wait_for(lambda: cluster.hubctl("status")["clients"] == 1, "all who flood are gone")
    # One more for each second that it lasted.
    most = burst + 1 + time.monotonic() - began
    watcher.skip()
    public = sum('"public"' in heard for heard in watcher.heard)
    # The login was one as well.
    assert 50 * (burst - 1) <= public <= 50 * most
    assert megabytes(gateway) - before < 64
    wait_for(lambda: rests(gateway), "the gateway rests")
    for raw in crowd:
        raw.close()


def test_kicks_reach_those_whose_queue_is_full(cluster):
    gateway = cluster.gateway(0)
    deaf = [small_ears(gateway) for _ in range(30)]
    for number, raw in enumerate(deaf):
        raw.sendall(frame(0x1, b'{"username": "deaf-%d"}' % number))
    wait_for(lambda: cluster.hubctl("status")["clients"] == 30, "all are in")
    talker = cluster.gateway(1).room(as_="talker")
    for number in range(30):
        talker.say(str(number) * 4000)
    for number in range(30):
        cluster.hubctl("kick", f"deaf-{number}", check=False)
    wait_for(lambda: cluster.hubctl("status")["clients"] == 1, "all are gone")
    wait_for(lambda: gateway.metric("hubbub_gateway_connections") == 0, "no connection is left")
    talker.ping()
    for raw in deaf:
        raw.close()


def test_a_close_that_is_never_read_ends_all_the_same(cluster):
    gateway = cluster.gateway(0)
    deaf = [small_ears(gateway) for _ in range(100)]
    for raw in deaf:
        raw.sendall(frame(0x3))
    wait_for(lambda: gateway.metric("hubbub_gateway_connections") == 0, "no connection is left")
    for raw in deaf:
        raw.close()


def test_pages_asked_for_and_never_read(make_cluster):
    cluster = make_cluster(gateways=1)
    gateway = cluster.gateway(0)
    before = megabytes(gateway)
    crowd = []
    for _ in range(300):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.connect(("127.0.0.1", gateway.port))
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        crowd.append(raw)
    gateway.room(as_="ana").skip()
    assert megabytes(gateway) - before < 64
    wait_for(lambda: gateway.metric("hubbub_gateway_connections") <= 1, "all were ended")
    for raw in crowd:
        raw.close()


def test_a_drip_reader_is_cut_when_its_queue_is_too_old(make_cluster):
    cluster = make_cluster(
        gateways=1,
        settings={
            "limits.queue_seconds": 2,
            "limits.queue_bytes": 67108864,
            "limits.messages_per_second": 100000,
            "limits.messages_burst": 100000,
        },
    )
    gateway = cluster.gateway(0)
    slow = small_ears(gateway)
    slow.sendall(frame(0x1, b'{"username": "slow"}'))
    wait_for(lambda: cluster.hubctl("status")["clients"] == 1, "it is in")
    talker = gateway.room(as_="talker")
    for _ in range(400):
        talker.say("y" * 16000)
    slow.setblocking(False)

    def drip():
        with contextlib.suppress(OSError):
            slow.recv(1)
        return cluster.hubctl("status")["clients"] == 1

    wait_for(drip, "the slow reader is gone")
    talker.skip()
    assert any('"slow \\u5df2' in heard for heard in talker.heard)
    assert "limit=queue_seconds" in gateway.log()
    slow.close()
