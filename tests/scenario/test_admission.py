"""Limits of addresses, users and newcomers: who is refused, how, and that others notice nothing."""

import contextlib

import pytest
import websockets

from client import Client, Closed
from harness import Cluster, wait_for

STRANGER = {"X-Forwarded-For": "203.0.113.5"}
OTHER = {"X-Forwarded-For": "203.0.113.6"}


@pytest.fixture(scope="module")
def limited():
    settings = {
        "hub.clients_max": 8,
        "limits.clients": 9,
        "limits.connections_per_address": 2,
        "limits.messages_per_second_per_address": 1,
        "limits.messages_burst_per_address": 6,
        "limits.messages_per_second_per_user": 1,
        "limits.messages_burst_per_user": 4,
        "limits.errors_per_minute": 3,
        "listener.chat.trusted_proxies": "loopback",
        "listener.demo.proxy_protocol": "yes",
        "listener.demo.trusted_proxies": "loopback",
    }
    with Cluster(gateways=1, settings=settings) as cluster:
        yield cluster


def url(cluster, path="/ws"):
    return f"ws://127.0.0.1:{cluster.gateway(0).port}{path}"


def refusals(cluster, reason):
    return cluster.gateway(0).metric(f'hubbub_gateway_refusals_total{{reason="{reason}"}}')


def knock(url, **options):
    """Status and Retry-After of an upgrade that is refused."""
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        Client.connect(url, **options)
    return refusal.value.status_code, int(refusal.value.headers["Retry-After"])


def test_an_address_has_so_many_connections_and_others_have_theirs(limited):
    first = Client.connect(url(limited), extra_headers=STRANGER)
    second = Client.connect(url(limited), extra_headers=STRANGER)
    status, seconds = knock(url(limited), extra_headers=STRANGER)
    assert status == 429 and 1 <= seconds <= 5
    assert refusals(limited, "address_connections") == 1
    other = Client.connect(url(limited), extra_headers=OTHER)
    other.join("other")
    # Behind a proxy that speaks the other way the same address is the same.
    with limited.gateway(0).raw(demo=True) as stranger:
        stranger.sendall(b"PROXY TCP4 203.0.113.5 192.0.2.1 1234 80\r\nGET / HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionError):
            assert stranger.recv(100) == b""
    assert refusals(limited, "address_connections") == 2
    # This machine itself is not counted.
    own = [limited.gateway(0).connect() for _ in range(4)]
    for client in [first, *own]:
        client.close()
    third = None

    def comes_again():
        nonlocal third
        try:
            third = Client.connect(url(limited), extra_headers=STRANGER)
        except websockets.InvalidStatusCode:
            return False
        return True

    wait_for(comes_again, "a place that was left is not free")
    assert other.hears_nothing_more()
    for client in (second, third, other):
        client.drop()
    wait_for(lambda: limited.hubctl("users") == [], "somebody is still online")


def test_an_address_and_a_user_say_so_much(limited):
    address, other_address = ({"X-Forwarded-For": f"203.0.113.{n}"} for n in (7, 8))
    room = [Client.connect(url(limited), extra_headers=address).join(name) for name in "ab"]
    other = Client.connect(url(limited), extra_headers=other_address).join("other")
    for client in room:
        client.say("x")
    room[1].send_while_open(['{"type": "public", "content": "too much"}'] * 30)
    assert room[1].closed()[0] == 1008
    assert any('"rate_limited"' in frame for frame in room[1].heard)
    assert refusals(limited, "address_messages") >= 1
    # Whoever is elsewhere has lost nothing: its user may say four things at once, not five.
    other.hear_until(lambda frame: frame.get("content") == "b 已离开")
    before = refusals(limited, "user_messages")
    other.send_while_open(['{"type": "public", "content": "y"}'] * 5)
    assert other.hear_type("error")["code"] == "rate_limited"
    while sum('"y"' in frame for frame in other.heard) < 4:
        other.hear()
    assert refusals(limited, "user_messages") == before + 1
    for client in (room[0], other):
        client.drop()
    wait_for(lambda: limited.hubctl("users") == [], "somebody is still online")


def test_a_hub_that_is_full_says_when_to_come_again(limited):
    gateway = limited.gateway(0)
    there = [gateway.room(as_=f"n{i}") for i in range(8)]
    late = gateway.native()
    late.send({"type": "hello", "username": "late"})
    frames = []
    with pytest.raises(Closed) as end:
        while True:
            frames.append(late.hear())
    assert end.value.code == 1013
    assert [frame["type"] for frame in frames] == ["error", "bye"]
    assert frames[1]["code"] == 1013 and frames[1]["retry_after_ms"] > 0
    assert refusals(limited, "hub_full") == 1
    # The gateway has place for one more, who has no name yet, and then none either.
    wait_for(lambda: gateway.metric("hubbub_gateway_clients") == 8, "it is not gone")
    gateway.connect()
    assert knock(url(limited))[0] == 503
    assert refusals(limited, "clients") == 1
    there[0].say("we are here")
    there[7].hear_until(lambda frame: frame.get("content") == "we are here")


def test_a_storm_is_let_in_at_a_rate(make_cluster):
    cluster = make_cluster(
        gateways=1, settings={"limits.logins_per_second": 1, "limits.logins_burst": 3}
    )
    ana = cluster.gateway(0).room(as_="ana")
    answers = []
    for _ in range(12):
        try:
            cluster.gateway(0).connect()
        except websockets.InvalidStatusCode as refusal:
            answers.append((refusal.status_code, int(refusal.headers["Retry-After"])))
    assert answers and {status for status, _ in answers} == {503}
    assert all(1 <= seconds <= 65 for _, seconds in answers)
    assert refusals(cluster, "logins") == len(answers)
    ana.say("still here")
    assert ana.hear()["content"] == "still here"

    def is_let_in():
        try:
            cluster.gateway(0).connect()
        except websockets.InvalidStatusCode:
            return False
        return True

    wait_for(is_let_in, "nobody else is let in as time goes on")
