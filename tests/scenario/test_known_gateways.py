"""A hub that starts again waits for the gateways that the one before it knew, and for no other."""

import re
import signal

import pytest
from harness import wait_for


@pytest.fixture
def three(make_cluster):
    """Three gateways, and ana, ben and cleo on one each; whoever is last has heard of all."""
    cluster = make_cluster(gateways=3)
    clients = [
        cluster.gateway(number).room(as_=name) for number, name in enumerate(["ana", "ben", "cleo"])
    ]
    for client in clients[:2]:
        client.hear_until(lambda f: f.get("content") == "cleo 进入聊天室")
    return cluster, clients


def kill_hub(cluster):
    cluster.hub.kill()
    for gateway in cluster.gateways:
        wait_for(lambda g=gateway: not g.ready(), "the gateway has not noticed")
    return len(cluster.hub.log())


def line_of(cluster, since, words):
    """The hub's line with these words, said behind that place of its log."""
    return wait_for(
        lambda: next((li for li in cluster.hub.log()[since:].splitlines() if words in li), None),
        f"the hub does not say: {words}",
    )


def hears_leave_once(client, name, left):
    frame = client.hear()
    assert frame["type"] == "user_list", frame
    assert [user["username"] for user in frame["users"]] == left
    assert client.hear()["content"] == f"{name} 已离开"
    assert client.hears_nothing_more()


def test_who_died_while_the_hub_was_away_leaves_once_and_is_not_waited_for(three):
    cluster, (ana, ben, _) = three
    since = kill_hub(cluster)
    cluster.gateway(2).kill()
    cluster.hub.start()
    hears_leave_once(ana, "cleo", ["ana", "ben"])
    hears_leave_once(ben, "cleo", ["ana", "ben"])
    assert "gateway=gw-3" in line_of(cluster, since, "has ended meanwhile")
    assert 'names="gw-1 gw-2"' in line_of(cluster, since, "waiting for known gateways")
    # Nobody was given up: it was not time that ended it.
    assert re.search(r' gateways=2 .*given_up=("")?$', line_of(cluster, since, "settled"))
    assert cluster.hubctl("status")["awaited"] == []

    # Whoever says goodbye is known no more.
    for gateway in cluster.gateways[:2]:
        assert gateway.stop() == 0
    wait_for(lambda: cluster.hubctl("gateways") == [], "they are gone")
    cluster.hub.kill()
    since = len(cluster.hub.log())
    cluster.hub.start()
    line_of(cluster, since, "hub listens")
    assert "waiting for" not in cluster.hub.log()[since:]


def test_who_hangs_is_waited_for_and_then_given_up(three):
    cluster, (ana, ben, _) = three
    since = kill_hub(cluster)
    cluster.gateway(2).signal(signal.SIGSTOP)
    cluster.hub.start()
    hears_leave_once(ana, "cleo", ["ana", "ben"])
    hears_leave_once(ben, "cleo", ["ana", "ben"])
    assert 'names="gw-1 gw-2 gw-3"' in line_of(cluster, since, "waiting for known gateways")
    assert "given_up=gw-3" in line_of(cluster, since, "settled")
    cluster.gateway(2).signal(signal.SIGCONT)
    for client in (ana, ben):
        assert client.hear()["type"] == "user_list"
        assert client.hear()["content"] == "cleo 进入聊天室"
        assert client.hears_nothing_more()
