"""Bans: on all gateways at once, whatever a client speaks, over restarts and until they are lifted."""

import re

import pytest

from client import Closed
from harness import wait_for

BANNED = (1008, "banned")
THERE = ("127.0.0.9", 0)


def is_let_in(connect):
    """Whether somebody who comes is online in the end; the other end is to be told why not."""
    try:
        connect()
    except Closed as end:
        assert (end.code, end.reason) == BANNED
        return False
    return True


def test_a_user_is_kept_out_everywhere_until_it_may_come_again(cluster):
    ben = cluster.gateway(1).room(as_="ben")
    ana = cluster.gateway(0).native("ana")
    other = cluster.gateway(1).native("ana", resume=ana.resume)
    assert other.user == ana.user
    ben.skip()
    answer = cluster.hubctl("ban", "user", ana.user, "--reason", "spam, again", "--for", "2h")
    assert answer["value"] == f"open/{ana.user}" and answer["was_banned"] is False
    assert answer["connections"] == 2
    assert ana.closed() == BANNED and other.closed() == BANNED
    ben.hear_until(lambda frame: frame.get("content") == "ana 已离开")
    ben.skip()
    for gateway in (0, 1):
        assert not is_let_in(lambda: cluster.gateway(gateway).native("ana", resume=ana.resume))

    # Another hub knows it, and the clients of the one before stay.
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    assert not is_let_in(lambda: cluster.gateway(1).native("ana", resume=ana.resume))
    assert ben.hears_nothing_more()
    rows = cluster.hubctl("bans")
    assert [(row["kind"], row["value"], row["reason"]) for row in rows] == [
        ("user", f"open/{ana.user}", "spam, again")
    ]
    assert rows[0]["by"] and rows[0]["since"] < rows[0]["until"]
    assert cluster.hubctl("unban", "user", ana.user)["was_banned"] is True
    assert cluster.hubctl("unban", "user", ana.user)["was_banned"] is False
    back = cluster.gateway(0).native("ana", resume=ana.resume)
    assert back.user == ana.user and cluster.hubctl("bans") == []
    assert re.search(r'audit.*command="ban user".*result=done affected=2', cluster.hub.log())


def test_an_address_is_kept_out_of_every_dialect(cluster):
    paths = {
        "room": ("/ws", False),
        "direct": ("/ws/dora?token=t", False),
        "pair": ("/ws/7", False),
        "lobby": ("/ws/lea", True),
    }

    def come(dialect):
        """One that is online, from another address than the others."""
        path, demo = paths[dialect]
        client = cluster.gateway(1).connect(path, demo, local_addr=THERE)
        if dialect == "room":
            client.join("eve")
        elif dialect == "lobby":
            client.hear_text()
        elif dialect == "pair":
            client.send_while_open(["7:me"])
            client.hear_text()
        else:
            client.send_while_open(['{"content": "x", "to_user": "nobody"}'])
            client.hear_text()
        return client

    ana = cluster.gateway(0).room(as_="ana")
    there = [come(dialect) for dialect in paths]
    answer = cluster.hubctl("ban", "address", "127.0.0.8/30", check=False)
    assert answer.returncode == 0
    for client in there:
        assert client.closed() == BANNED
    wait_for(lambda: len(cluster.hubctl("users")) == 1, "the banned are online")
    for dialect in paths:
        with pytest.raises(Closed) as end:
            come(dialect)
        assert (end.value.code, end.value.reason) == BANNED, dialect
    assert cluster.hub.metric("hubbub_hub_banned_total") == 8
    # The user stays, from elsewhere, and its mailbox with it.
    dora = cluster.gateway(0).connect("/ws/dora?token=t")
    wait_for(lambda: len(cluster.hubctl("users")) == 2, "dora is not online")
    cluster.hubctl("ban", "user", "dora")
    assert dora.closed() == BANNED
    pen = cluster.gateway(0).connect("/ws/pen?token=t")
    pen.send('{"content": "for later", "to_user": "dora"}')
    assert "dora" in pen.hear()["content"]
    cluster.hubctl("unban", "user", "direct/dora")
    dora = cluster.gateway(1).connect("/ws/dora?token=t")
    assert dora.hear()["content"] == "for later"
    cluster.hubctl("unban", "address", "127.0.0.8/30")
    come("room")
    ana.hear_until(lambda frame: frame.get("content") == "eve 进入聊天室")


def test_what_is_no_ban_is_refused(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    for words, status, said in (
        (("ban", "user", "ana"), 1, f"open/{ana.client_id}"),
        (("ban", "user", "nobody"), 1, "REALM/ID"),
        (("ban", "client", "ana"), 2, "a client_id"),
        (("ban", "address", "127.0.0.1/8"), 2, "no bit set behind it"),
        (("ban", "address", "localhost"), 2, "an IP address"),
        (("ban", "address", "127.0.0.1", "--for", "soon"), 2, "12h"),
        (("ban", "nothing"), 2, "possibilities are"),
        (("kick", "--id", "ana"), 1, "with the id"),
    ):
        done = cluster.hubctl(*words, check=False)
        assert done.returncode == status and said in done.stderr, (words, done.stderr)
    assert cluster.hubctl("bans") == []
    impostor = cluster.gateway(1).room(as_=ana.client_id)
    done = cluster.hubctl("kick", ana.client_id, check=False)
    assert done.returncode == 1 and "say --id" in done.stderr
    cluster.hubctl("kick", impostor.client_id)
    assert impostor.closed()[0] == 1008
    assert cluster.hubctl("ban", "client", ana.client_id)["connections"] == 1
    assert ana.closed() == BANNED
