"""Whose address a client has: its own, or what a trusted load balancer says that it is."""

import re
import signal
import socket
import struct

import pytest

from harness import PATIENCE, Cluster, http_get, wait_for
from native_client import SUBPROTOCOL, NativeClient
from raw_client import RawClient

# All of loopback are addresses of this machine: balancers at some of them, strangers at others.
BALANCER, ANOTHER, STRANGER = "127.0.0.7", "127.0.1.1", "127.0.0.8"


@pytest.fixture(scope="module")
def cluster():
    settings = {
        "listener.chat.trusted_proxies": f"{BALANCER} 127.0.1.0/24",
        "listener.demo.profile": "chat",
        "listener.demo.proxy_protocol": "yes",
        "listener.demo.trusted_proxies": f"{BALANCER} 127.0.1.0/24",
        "limits.handshake_seconds": 1,
    }
    with Cluster(gateways=1, settings=settings) as one:
        yield one


# Who connects, its X-Forwarded-For headers, and whose address that makes it.
BELIEFS = [
    (BALANCER, ["203.0.113.5"], "203.0.113.5"),
    (BALANCER, ["2001:DB8::5"], "2001:db8::5"),
    (BALANCER, [f"198.51.100.1, 203.0.113.6, {ANOTHER}"], "203.0.113.6"),
    (BALANCER, ["198.51.100.1", "203.0.113.7", ANOTHER], "203.0.113.7"),
    (ANOTHER, ["203.0.113.8:4711"], "203.0.113.8"),
    (BALANCER, ["203.0.113.9, nobody"], BALANCER),
    (BALANCER, [], BALANCER),
    (STRANGER, ["203.0.113.9"], STRANGER),
    (STRANGER, [BALANCER], STRANGER),
]


def shown(cluster):
    """The address of each who is online, by name, as operators see it."""
    return {row["name"]: row["address"] for row in cluster.hubctl("users")}


def come(gateway, name, peer, **options):
    client = gateway.connect(
        kind=NativeClient, subprotocols=[SUBPROTOCOL], local_addr=(peer, 0), **options
    )
    return client.hello(name)


def test_forwarded_for_is_believed_of_trusted_proxies_only(cluster):
    for number, (peer, headers, _) in enumerate(BELIEFS):
        given = [("X-Forwarded-For", header) for header in headers]
        come(cluster.gateway(0), f"client {number}", peer, extra_headers=given)
    wanted = {f"client {number}": client for number, (_, _, client) in enumerate(BELIEFS)}
    assert wanted.items() <= shown(cluster).items()


def test_a_refusal_is_logged_with_the_clients_address(cluster):
    gateway = cluster.gateway(0)
    with pytest.raises(Exception, match="404"):
        gateway.connect(
            "/nowhere",
            local_addr=(BALANCER, 0),
            extra_headers={"X-Forwarded-For": "203.0.113.77"},
        )
    wait_for(
        lambda: re.search(r"a request is refused.*status=404.*address=203\.0\.113\.77", gateway.log()),
        "the refusal is not logged",
    )


def exchange(port, peer, bytes_):
    """What a connection from `peer` that begins with these bytes is answered, up to its end."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE, (peer, 0)) as stranger:
        try:
            stranger.sendall(bytes_)
            return stranger.recv(1 << 16)
        except ConnectionError:
            return b""


def proxied(gateway, name, header, peer=BALANCER, **options):
    """A client of the listener that expects PROXY headers; the header is sent byte by byte."""
    connection = socket.create_connection(("127.0.0.1", gateway.demo_port), PATIENCE, (peer, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in header:
        connection.sendall(bytes([byte]))
    client = gateway.connect(
        demo=True, kind=NativeClient, subprotocols=[SUBPROTOCOL], sock=connection, **options
    )
    return client.hello(name)


def version_2(command, family, addresses):
    return (
        b"\r\n\r\n\0\r\nQUIT\n"
        + bytes([0x20 | command, family])
        + struct.pack(">H", len(addresses))
        + addresses
    )


V4 = socket.inet_aton("203.0.113.12") + socket.inet_aton("192.0.2.1") + bytes([0xD0, 0, 1, 0xBB])
CHAIN = f"TCP4 {ANOTHER} 192.0.2.1 51234 443"


def test_a_proxy_header_says_who_it_is(cluster):
    gateway = cluster.gateway(0)
    hops = {"extra_headers": {"X-Forwarded-For": "203.0.113.13"}}
    proxied(gateway, "one", b"PROXY TCP4 203.0.113.11 192.0.2.1 51234 443\r\n")
    proxied(gateway, "two", version_2(1, 0x11, V4 + b"\x05\0\x02hi"))
    proxied(gateway, "itself", version_2(0, 0, b""), ANOTHER)
    # Behind a balancer may stand a proxy that is trusted as well, or a client that is not.
    proxied(gateway, "chain", f"PROXY {CHAIN}\r\n".encode(), **hops)
    proxied(gateway, "spoof", version_2(1, 0x11, V4), **hops)
    addresses = shown(cluster)
    assert {name: addresses[name] for name in ("one", "two", "itself", "chain", "spoof")} == {
        "one": "203.0.113.11",
        "two": "203.0.113.12",
        "itself": ANOTHER,
        "chain": "203.0.113.13",
        "spoof": "203.0.113.12",
    }


REQUEST = b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n"


def test_what_is_no_header_of_a_balancer_costs_the_connection(cluster):
    gateway = cluster.gateway(0)
    line = b"PROXY TCP4 203.0.113.11 192.0.2.1 51234 443\r\n"
    wrong = [
        (STRANGER, line + REQUEST, "untrusted"),
        (BALANCER, REQUEST, "missing"),
        (BALANCER, b"PROXY TCP4 203.0.113.11 nowhere 51234 443\r\n" + REQUEST, "malformed"),
        (BALANCER, b"PROXY TCP4 " + b"1" * 200, "too_long"),
        (BALANCER, version_2(1, 0x12, V4) + REQUEST, "unsupported"),
        # Not in time: the rest never comes.
        (BALANCER, line[:20], "late"),
    ]
    for peer, bytes_, reason in wrong:
        assert exchange(gateway.demo_port, peer, bytes_) == b"", reason
        series = f'hubbub_gateway_proxy_headers_refused_total{{reason="{reason}"}}'
        assert gateway.metric(series) == 1, reason
        assert re.search(f"PROXY header.*reason={reason} peer={peer}", gateway.log())
    assert b"200 OK" in exchange(gateway.demo_port, BALANCER, line + REQUEST)
    # Where none is expected it is no request, whoever sends it.
    assert b"200 OK" not in exchange(gateway.port, BALANCER, line + REQUEST)


def test_a_drain_waits_for_headers_that_are_on_the_way(make_cluster):
    settings = {
        "listener.chat.proxy_protocol": "yes",
        "listener.chat.trusted_proxies": "loopback",
        "gateway.drain_seconds": 600,
    }
    gateway = make_cluster(gateways=1, settings=settings).gateway(0)
    with gateway.raw() as client, gateway.raw() as waiting:
        client.sendall(b"PROXY UNKNOWN\r\n")
        RawClient(gateway.port, "/ws", connection=client)
        waiting.sendall(b"PROXY UNK")
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: http_get(gateway.status_path, "/readyz")[0] == 503, "it is still ready")
        waiting.sendall(b"NOWN\r\n" + REQUEST)
        assert b"200 OK" in waiting.recv(1 << 16)
        assert gateway.stop() == 0
