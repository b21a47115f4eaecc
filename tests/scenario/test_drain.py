"""A gateway that lets its clients go: at which pace, what they are told, what is lost: nothing."""

import signal
import socket
import time

import pytest

from client import Closed
from harness import PATIENCE, http_get, wait_for
from raw_client import RawClient
from test_direct import path

WINDOW = 3
CLIENTS = 60
QUICK = {"limits.messages_per_second": 10000, "limits.messages_burst": 10000}


def state(cluster, name):
    return next(row for row in cluster.hubctl("gateways") if row["name"] == name)


def come(gateway, number):
    """Clients of several dialects in turn; the native ones are the first of every three."""
    if number % 3 == 0:
        return gateway.native(f"native {number}", rooms=["lobby"])
    if number % 3 == 1:
        return gateway.room(f"room {number}")
    return gateway.connect(path(f"direct{number}"))


def goodbye(client):
    """What a native client hears up to its end: the messages, and when it is to come back."""
    heard, bye = [], None
    try:
        while True:
            frame = client.hear()
            if frame["type"] == "public":
                heard.append(frame["content"])
            elif frame["type"] == "bye":
                bye = frame
    except Closed as end:
        assert end.code == 1012
    assert bye is not None and bye["retry_after_ms"] >= 500, bye
    return heard


def test_clients_go_evenly_and_native_ones_lose_nothing(make_cluster):
    cluster = make_cluster(settings={"gateway.drain_seconds": WINDOW, **QUICK})
    old, new = cluster.gateways
    clients = [come(old, number) for number in range(CLIENTS)]
    natives = clients[::3]
    for client in natives:
        client.skip()
    speaker = new.native("speaker", rooms=["lobby"])
    # Slowly at first, to look at it; a signal then has it done within the window.
    cluster.hubctl("drain", old.gateway_name, "--over", "60m")
    assert http_get(old.status_path, "/readyz")[0] == 503
    assert state(cluster, old.gateway_name)["state"] == "draining"
    assert state(cluster, new.gateway_name)["state"] == "attached"
    assert old.metric("hubbub_gateway_draining") == 1
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", old.port)) != 0
    began = time.monotonic()
    old.signal(signal.SIGTERM)

    said, left = [], []
    while old.alive():
        said.append(f"word {len(said)}")
        speaker.say(said[-1], "lobby", id=said[-1])
        assert speaker.answer(said[-1])["type"] == "ack"
        count = old.metric("hubbub_gateway_clients")
        passed = time.monotonic() - began
        # Nobody goes before the time; a slow machine may only let them go later.
        assert count >= CLIENTS * (1 - passed / WINDOW) - 1 or not old.alive(), (count, passed)
        left.append(count)
    assert old.child.wait(PATIENCE) == 0
    steps = sorted(set(left), reverse=True)
    assert [count for count in left if count] == sorted((c for c in left if c), reverse=True)
    assert len(steps) >= 4, f"they went at once: {steps}"

    for client in clients:
        if client not in natives:
            assert client.closed()[0] == 1012
    for client in natives:
        heard = goodbye(client)
        again = new.native(client.name, resume=client.resume, since=client.since())
        assert again.client_id == client.client_id
        heard += [frame["content"] for frame in again.missed() if frame["type"] == "public"]
        assert heard == said


def test_what_was_asked_is_answered_before_the_close(cluster):
    gateway = cluster.gateway(0)
    ana = gateway.native("ana", rooms=["lobby"])
    words = [f"word {number}" for number in range(100)]
    cluster.hub.signal(signal.SIGSTOP)
    for word in words:
        ana.say(word, "lobby", id=word)
    ana.ping()
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: http_get(gateway.status_path, "/readyz")[0] == 503, "it is still ready")
    cluster.hub.signal(signal.SIGCONT)
    acknowledged = []
    with pytest.raises(Closed) as end:
        while True:
            frame = ana.hear()
            if frame["type"] == "ack":
                acknowledged.append(frame["id"])
    assert end.value.code == 1012 and acknowledged == words
    assert gateway.child.wait(PATIENCE) == 0


def test_who_has_connected_may_still_ask_and_is_answered(make_cluster):
    cluster = make_cluster(gateways=1, settings={"gateway.drain_seconds": 1})
    gateway = cluster.gateway(0)
    waiting = [gateway.raw() for _ in range(20)]
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: http_get(gateway.status_path, "/readyz")[0] == 503, "it is still ready")
    late = [RawClient(gateway.port, "/ws", connection=one) for one in waiting[:10]]
    assert {client.status for client in late} <= {101, 503}
    for client in late:
        if client.status == 101:
            assert client.close_code() == 1012
    assert gateway.child.wait(PATIENCE) == 0
    for one in waiting[10:]:
        assert one.recv(1) == b""


def test_an_operator_drains_one_gateway(cluster):
    gateway = cluster.gateway(0)
    ana = gateway.room("ana")
    done = cluster.hubctl("drain", gateway.gateway_name, "--over", "600s")
    assert done == {"gateway": gateway.gateway_name, "clients": 1, "over_ms": 600000}
    assert state(cluster, gateway.gateway_name)["state"] == "draining"
    assert gateway.alive() and http_get(gateway.status_path, "/readyz")[1].startswith("draining")
    # Another hub is told as well.
    cluster.hub.kill()
    cluster.hub.start()
    wait_for(cluster.hub.ready, "the hub is not back")
    wait_for(
        lambda: any(row["state"] == "draining" for row in cluster.hubctl("gateways")),
        "the new hub does not know",
    )
    ana.say("still here")
    assert ana.hear_type("public")["content"] == "still here"
    assert cluster.hubctl("drain", gateway.gateway_name, "--over", "0")["over_ms"] == 0
    assert ana.closed()[0] == 1012
    assert gateway.child.wait(PATIENCE) == 0
    gone = cluster.hubctl("drain", gateway.gateway_name, check=False)
    assert gone.returncode == 1 and "no gateway of that name" in gone.stderr
    wrong = cluster.hubctl("drain", "gw-2", "--over", "soon", check=False)
    assert wrong.returncode == 2 and "seconds" in wrong.stderr


def test_a_second_signal_ends_a_drain(make_cluster):
    cluster = make_cluster(gateways=1, settings={"gateway.drain_seconds": 3600})
    gateway = cluster.gateway(0)
    ana = gateway.room("ana")
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: http_get(gateway.status_path, "/readyz")[0] == 503, "it is still ready")
    assert gateway.alive()
    assert gateway.stop() == 0
    assert ana.closed()[0] == 1012
