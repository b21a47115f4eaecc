"""Words said just before a connection ends, while the hub is away."""

import pytest

from harness import wait_for


def kill_hub(cluster):
    cluster.hub.kill()
    for gateway in cluster.gateways:
        wait_for(lambda g=gateway: not g.ready(), "the gateway has not noticed")


def start_hub(cluster):
    cluster.hub.start()
    cluster.wait_ready()


def closing(cluster, gateway):
    return cluster.gateway(gateway).metric("hubbub_gateway_clients_closing")


def lines(client, last):
    """What a room client hears, up to the line `last`."""
    heard = []
    while last not in heard:
        frame = client.hear()
        if frame["type"] in ("public", "system"):
            heard.append(frame["content"])
    return heard


def test_what_is_said_just_before_leaving_is_heard_before_the_leave(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    cleo = cluster.gateway(0).native("cleo")
    dora = cluster.gateway(1).native("dora")
    eve = cluster.gateway(1).room(as_="eve")
    for client in (ana, eve):
        client.skip()
    kill_hub(cluster)
    ben.say("ben goes")
    ben.say("ben is gone")
    ben.close()
    cleo.say("cleo goes")
    cleo.tell(dora.user, "cleo is gone")
    cleo.send({"type": "bye"})
    cleo.closed()
    assert closing(cluster, 0) == closing(cluster, 1) == 1
    start_hub(cluster)
    said = ["ben goes", "ben is gone", "ben 已离开"], ["cleo goes", "cleo 已离开"]
    for client in (ana, eve):
        heard = []
        while len(heard) < 5:
            heard += lines(client, next(w[-1] for w in said if w[-1] not in heard))
        for words in said:
            assert [line for line in heard if line in words] == words
        assert client.hears_nothing_more()
    dora.hear_until(lambda f: f.get("content") == "cleo is gone")
    assert {user["name"] for user in cluster.hubctl("users")} == {"ana", "dora", "eve"}
    for gateway in (0, 1):
        wait_for(lambda g=gateway: closing(cluster, g) == 0, "somebody is still closing")


@pytest.mark.parametrize("again", [0, 1], ids=["same gateway", "another gateway"])
def test_who_comes_again_before_its_words_were_taken_was_never_away(cluster, again):
    ana = cluster.gateway(0).room(as_="ana")
    cleo = cluster.gateway(0).native("cleo")
    ana.hear_until(lambda f: f.get("content") == "cleo 进入聊天室")
    cleo.skip()
    kill_hub(cluster)
    cleo.say("one", id="1")
    cleo.say("two", id="2")
    # Answered behind what was said: the gateway has it.
    cleo.ping()
    cleo.drop()
    wait_for(lambda: closing(cluster, 0) == 1, "the gateway has not noticed")
    back = cluster.gateway(again).native()
    back.send({"type": "hello", "username": "cleo", "resume": cleo.resume})
    start_hub(cluster)
    assert back.hear_type("welcome")["client_id"] == cleo.client_id
    # It says again what had no answer, and goes on.
    back.say("two", id="2")
    back.say("three", id="3")
    assert [back.answer(mark)["type"] for mark in ("2", "3")] == ["ack", "ack"]
    assert lines(ana, "three") == ["one", "two", "three"]
    wait_for(lambda: closing(cluster, 0) == 0, "somebody is still closing")
    assert ana.hears_nothing_more()
    assert [user["name"] for user in cluster.hubctl("users")] == ["ana", "cleo"]
