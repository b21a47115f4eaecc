"""What was said to somebody who is not there outlives whatever happens until that user comes."""

import pytest
from harness import wait_for
from raw_client import PING, TEXT
from test_direct import Users, kept_for, message, say

WORDS = [f"word {number}" for number in range(1, 6)]


def restart(*processes):
    """Each is asked to stop, then all come back."""
    for process in processes:
        assert process.stop() == 0
    for process in processes:
        process.start()


def kill(*processes):
    """kill -9 of all before one is waited for, as when the machine goes."""
    for process in processes:
        process.signal(9)
    for process in processes:
        process.child.wait()
    for process in processes:
        process.start()


DISASTERS = {
    "nothing": lambda cluster: None,
    "hub restarted": lambda cluster: restart(cluster.hub),
    "hub killed": lambda cluster: kill(cluster.hub),
    "gateways restarted": lambda cluster: restart(*cluster.gateways),
    "gateways killed": lambda cluster: kill(*cluster.gateways),
    "everything stopped": lambda cluster: restart(*cluster.gateways, cluster.hub),
    "everything killed": lambda cluster: kill(cluster.hub, *cluster.gateways),
}


@pytest.fixture(params=DISASTERS)
def disaster(request):
    return DISASTERS[request.param]


def strike(disaster, cluster):
    disaster(cluster)
    cluster.wait_ready()


def leave_words(users, sender="ana", to="ben"):
    client = users.come(sender)
    for word in WORDS:
        say(client, to, word)
        assert client.hear_text() == kept_for(to)
    client.close()
    users.is_gone(sender)


def test_words_for_an_absent_user_outlive_everything(cluster, disaster):
    users = Users(cluster)
    leave_words(users)
    strike(disaster, cluster)
    ben = users.come("ben", gateway=1)
    assert [ben.hear_text() for _ in WORDS] == [message("ana", word) for word in WORDS]
    assert users.done(ben)
    ben.close()
    users.is_gone("ben")
    # Received: neither another connection nor another disaster brings them back.
    users.has_received("ben")
    strike(disaster, cluster)
    ben = users.come("ben")
    assert users.done(ben)


def hear_words_and_ping(client):
    """All words in their order; the PINGs between and behind them, the last one covers all."""
    heard, pings = [], []
    while len(heard) < len(WORDS) or not pings or int(pings[-1].split(b".")[0]) < len(WORDS):
        opcode, payload = client.frame()
        assert opcode in (TEXT, PING)
        (heard if opcode == TEXT else pings).append(payload)
        if opcode == PING and int(payload.split(b".")[0]) < len(WORDS):
            client.pong(payload)
    assert [text.decode() for text in heard] == [message("ana", word) for word in WORDS]
    return pings[-1]


def test_words_come_again_to_who_was_cut_off_before_the_receipt(cluster, disaster):
    users = Users(cluster)
    leave_words(users)
    # Reads everything, answers no PING: nobody knows that it has.
    first = users.come_raw("ben")
    heard = [first.frame() for _ in WORDS]
    assert [text.decode() for opcode, text in heard if opcode == TEXT][0] == message("ana", WORDS[0])
    first.drop()
    strike(disaster, cluster)
    users.is_gone("ben")

    second = users.come_raw("ben", gateway=1)
    second.pong(hear_words_and_ping(second))
    # What it said last has been heard once a later command of it has its answer.
    mark = '{"content": "mark", "to_user": "nobody", "timestamp": null}'
    second.send(mark)
    assert second.text() == kept_for("nobody")
    second.drop()
    users.is_gone("ben")
    strike(disaster, cluster)
    users.has_received("ben")


def test_words_said_while_the_hub_is_away_are_kept_when_it_is_back(cluster):
    users = Users(cluster)
    ana = users.come("ana")
    assert users.done(ana)
    cluster.hub.kill()
    wait_for(lambda: not cluster.gateway(0).ready(), "the gateway has not noticed")
    for word in WORDS:
        say(ana, "ben", word)
    cluster.hub.start()
    assert [ana.hear_text() for _ in WORDS] == [kept_for("ben")] * len(WORDS)
    kill(cluster.hub, *cluster.gateways)
    cluster.wait_ready()
    ben = users.come("ben", gateway=1)
    assert [ben.hear_text() for _ in WORDS] == [message("ana", word) for word in WORDS]
    assert users.done(ben)


def test_a_native_user_comes_back_to_its_mail_and_its_place_in_the_room(cluster, disaster):
    ana = cluster.gateway(0).native("ana")
    ben = cluster.gateway(1).native("ben")
    assert ana.ask("public", content="seen")["type"] == "ack"
    ben.hear_until(lambda frame: frame["type"] == "public")
    since, resume, user = ben.since(), ben.resume, ben.user
    ben.drop()
    wait_for(lambda: len(cluster.hubctl("users")) == 1, "ben is still online")
    assert ana.ask("public", content="missed")["type"] == "ack"
    assert ana.ask("private", to=user, content="mail")["type"] == "ack"
    ana.drop()
    strike(disaster, cluster)

    ben = cluster.gateway(0).native("ben", resume=resume, since=since)
    assert ben.user == user and ben.welcomed["resumed"]
    heard = [ben.hear_message(), ben.hear_message()]
    assert sorted(frame["content"] for frame in heard) == ["mail", "missed"]
    assert ben.hears_nothing_more()
