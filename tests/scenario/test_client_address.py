"""Whose address a client has: its own, or what a trusted load balancer says that it is."""

import re

import pytest

from harness import Cluster, wait_for
from native_client import SUBPROTOCOL, NativeClient

# All of loopback are addresses of this machine: balancers at some of them, strangers at others.
BALANCER, ANOTHER, STRANGER = "127.0.0.7", "127.0.1.1", "127.0.0.8"


@pytest.fixture(scope="module")
def cluster():
    settings = {"listener.chat.trusted_proxies": f"{BALANCER} 127.0.1.0/24"}
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
    assert shown(cluster) == wanted


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
