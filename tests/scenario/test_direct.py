"""The direct dialect over two gateways, frame by frame."""

import json
import re
import unicodedata
import urllib.parse

import pytest

from client import refused
from harness import wait_for
from raw_client import CLOSE, PING, RawClient

RECEIPT = re.compile(rb"[1-9][0-9]*\.[0-9a-f]{8}\Z")
TO_SELF = '{"type": "error", "content": "\\u4e0d\\u80fd\\u53d1\\u9001\\u6d88\\u606f\\u7ed9\\u81ea\\u5df1"}'


def path(user, token="t"):
    return f"/ws/{urllib.parse.quote(user)}?token={token}"


def kept_for(user):
    """What the sender hears of a message for somebody who is not there."""
    return json.dumps({"type": "info", "content": f"消息已保存,将在用户 {user} 上线时送达"})


def message(sender, content, timestamp="null"):
    return '{"from": %s, "content": %s, "timestamp": %s, "type": "message"}' % (
        json.dumps(sender),
        json.dumps(content),
        timestamp,
    )


def nfc(user):
    """As names are shown."""
    return unicodedata.normalize("NFC", user)


class Users:
    """The direct clients of a cluster."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.marks = 0

    def come(self, user, gateway=0):
        client = self.cluster.gateway(gateway).connect(path(user))
        client.name = user
        self.is_there(user, gateway)
        return client

    def come_raw(self, user, gateway=0):
        client = RawClient(self.cluster.gateway(gateway).port, path(user))
        assert client.status == 101
        self.is_there(user, gateway)
        return client

    def is_there(self, user, gateway):
        """What is said through another gateway may be at the hub before the word of a newcomer is."""
        if self.cluster.hub.alive() and self.cluster.gateway(gateway).ready():
            wait_for(
                lambda: any(row.get("name") == nfc(user) for row in online(self.cluster)),
                f"{user} is not online",
            )

    def mark(self, client):
        """A message to nobody: when its answer is here, all that was said before is on its way."""
        self.marks += 1
        nobody = f"nobody {self.marks}"
        say(client, nobody, "mark")
        return kept_for(nobody)

    def done(self, client):
        """Returns when the hub has taken all that this client has said; it must hear no more."""
        mark = self.mark(client)
        assert client.hear_text() == mark
        return True

    def is_gone(self, user):
        """Waits until nobody is online as that user."""
        wait_for(
            lambda: all(row.get("name") != user for row in online(self.cluster)),
            f"{user} is still online",
        )

    def has_received(self, user):
        """Waits until nothing waits for the user, who has no connection."""

        def comes_and_hears_nothing():
            client = self.come(user)
            mark = self.mark(client)
            heard = client.hear_text()
            client.close()
            self.is_gone(user)
            return heard == mark

        wait_for(comes_and_hears_nothing, f"something is still waiting for {user}")


def online(cluster):
    listed = cluster.hubctl("users")
    return listed if isinstance(listed, list) else listed["users"]


def say(client, to, content, **more):
    client.send(json.dumps({"content": content, "to_user": to, **more}))


@pytest.fixture
def users(cluster):
    return Users(cluster)


def test_a_conversation(users):
    ana, ben = users.come("ana", 0), users.come("小明 😀", 1)
    say(ana, "小明 😀", 'a"b\\/<é😀\n', timestamp="2025-03-14 05:05:40")
    assert ben.hear_text() == (
        '{"from": "ana", "content": "a\\"b\\\\/<\\u00e9\\ud83d\\ude00\\n", '
        '"timestamp": "2025-03-14 05:05:40", "type": "message"}'
    )
    say(ben, "ana", "")
    assert ana.hear_text() == (
        '{"from": "\\u5c0f\\u660e \\ud83d\\ude00", "content": "", '
        '"timestamp": null, "type": "message"}'
    )
    assert users.done(ana) and users.done(ben)


@pytest.mark.parametrize(
    "sent, heard",
    [
        ("1741928740123", "1741928740123"),
        ("1.50e3", "1.50e3"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("null", "null"),
        ('"\\u65f6\\/"', '"\\u65f6/"'),
        ('{"a":[1,2 ,{"b":"x,:y"}]}', '{"a": [1, 2, {"b": "x,:y"}]}'),
        ('"%s"' % ("x" * 254), '"%s"' % ("x" * 254)),
        ('"%s"' % ("x" * 255), "null"),
    ],
)
def test_a_timestamp_comes_back_as_it_was_sent(users, sent, heard):
    ana, ben = users.come("ana", 0), users.come("ben", 1)
    ana.send('{"content":"hi","to_user":"ben","more":{},"timestamp":%s}' % sent)
    assert ben.hear_text() == message("ana", "hi", heard)


def test_nobody_writes_to_oneself(users):
    ana = users.come("ana")
    say(ana, "ana", "hi")
    assert ana.hear_text() == TO_SELF
    assert users.done(ana)


def test_what_is_said_to_the_absent_waits_for_them(users):
    ana, cleo = users.come("ana", 0), users.come("cleo", 1)
    for sender, content in ((ana, "one"), (cleo, "two"), (ana, "three")):
        say(sender, "ben", content, timestamp=content)
        assert sender.hear_text() == kept_for("ben")
    ben = users.come("ben", 1)
    assert ben.hear_text() == message("ana", "one", '"one"')
    assert ben.hear_text() == message("cleo", "two", '"two"')
    assert ben.hear_text() == message("ana", "three", '"three"')
    say(ana, "ben", "four")
    assert ben.hear_text() == message("ana", "four")
    ben.close()
    users.is_gone("ben")
    users.has_received("ben")


def test_only_a_pong_is_a_receipt(users):
    ana = users.come("ana")
    for content in ("one", "two"):
        say(ana, "ben", content)
        assert ana.hear_text() == kept_for("ben")

    # No PONG: everything again.
    for _ in range(2):
        ben = users.come_raw("ben", 1)
        assert [ben.text(), ben.text()] == [message("ana", "one"), message("ana", "two")]
        assert RECEIPT.match(ben.ping())
        ben.drop()
        users.is_gone("ben")

    # Others' PONGs are no receipt.
    ben = users.come_raw("ben", 1)
    assert [ben.text(), ben.text()] == [message("ana", "one"), message("ana", "two")]
    payload = ben.ping()
    ben.pong(b"")
    ben.pong(payload[:-1])
    ben.pong(payload.split(b".")[0])
    ben.send(json.dumps({"content": "x", "to_user": "nobody"}))
    assert ben.text() == kept_for("nobody")
    ben.drop()
    users.is_gone("ben")

    # The right one is, for everything up to there and for nothing behind.
    ben = users.come_raw("ben", 1)
    assert [ben.text(), ben.text()] == [message("ana", "one"), message("ana", "two")]
    first = ben.ping()
    say(ana, "ben", "three")
    say(ana, "ben", "four")
    assert users.done(ana)
    assert [ben.text(), ben.text()] == [message("ana", "three"), message("ana", "four")]
    ben.pong(first)
    second = ben.ping()
    assert RECEIPT.match(second)
    assert int(second.split(b".")[0]) == int(first.split(b".")[0]) + 2
    ben.drop()
    users.is_gone("ben")
    ben = users.come_raw("ben")
    assert [ben.text(), ben.text()] == [message("ana", "three"), message("ana", "four")]
    ben.pong(ben.ping())
    ben.drop()
    users.is_gone("ben")
    users.has_received("ben")


def test_a_message_to_a_dead_connection_is_not_lost(users):
    ana, ben = users.come("ana"), users.come_raw("ben", 1)
    say(ana, "ben", "hi")
    assert ben.text() == message("ana", "hi")
    ben.drop()
    users.is_gone("ben")
    assert users.come("ben").hear_text() == message("ana", "hi")


def test_every_connection_of_a_user_hears(users):
    ana, first, second = users.come("ana"), users.come("ben", 0), users.come("ben", 1)
    say(ana, "ben", "to both")
    for ben in (first, second):
        assert ben.hear_text() == message("ana", "to both")
    say(second, "ben", "hi")
    assert second.hear_text() == TO_SELF
    first.close()
    wait_for(
        lambda: sum(row.get("name") == "ben" for row in online(users.cluster)) == 1, "one left"
    )
    say(ana, "ben", "to one")
    assert users.done(ana), "the user is not offline"
    assert second.hear_text() == message("ana", "to one")
    second.close()
    users.is_gone("ben")
    say(ana, "ben", "to none")
    assert ana.hear_text() == kept_for("ben")


def test_two_connections_and_one_receipt(users):
    ana, silent, ben = users.come("ana"), users.come_raw("ben", 0), users.come("ben", 1)
    say(ana, "ben", "hi")
    assert silent.text() == message("ana", "hi")
    assert ben.hear_text() == message("ana", "hi")
    assert RECEIPT.match(silent.ping())
    silent.drop()
    ben.close()
    users.is_gone("ben")
    users.has_received("ben")


def test_a_full_mailbox(make_cluster):
    users = Users(make_cluster(gateways=2, settings={"store.inbox_messages": 3}))
    ana = users.come("ana")
    for number in range(3):
        say(ana, "ben", f"n{number}")
        assert ana.hear_text() == kept_for("ben")
    say(ana, "ben", "n3")
    refusal = ana.hear()
    assert list(refusal) == ["type", "code", "content"]
    assert (refusal["type"], refusal["code"]) == ("error", "mailbox_full")
    ben = users.come("ben", 1)
    for number in range(3):
        assert ben.hear_text() == message("ana", f"n{number}")

    def taken_again():
        say(ana, "ben", "n4")
        mark = users.mark(ana)
        return ana.hear_text() == mark or (ana.hear_text() == mark and False)

    wait_for(taken_again, "the receipt makes room")
    assert ben.hear_text() == message("ana", "n4")


def test_messages_survive_the_hub(users):
    cluster = users.cluster
    ana = users.come("ana")
    say(ana, "ben", "before")
    assert ana.hear_text() == kept_for("ben")
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    say(ana, "ben", "after")
    assert ana.hear_text() == kept_for("ben")
    ben = users.come("ben", 1)
    assert ben.hear_text() == message("ana", "before")
    assert ben.hear_text() == message("ana", "after")


def test_messages_survive_a_gateway(users):
    cluster = users.cluster
    ana, ben = users.come("ana", 0), users.come_raw("ben", 1)
    say(ana, "ben", "hi")
    assert ben.text() == message("ana", "hi")
    cluster.gateway(1).kill()
    users.is_gone("ben")
    say(ana, "ben", "more")
    assert ana.hear_text() == kept_for("ben")
    cluster.gateway(1).start()
    cluster.wait_ready()
    ben = users.come("ben", 1)
    assert ben.hear_text() == message("ana", "hi")
    assert ben.hear_text() == message("ana", "more")


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "hi",
        "[]",
        "7",
        '"x"',
        "{}",
        '{"content": "hi"}',
        '{"to_user": "ben"}',
        '{"content": 1, "to_user": "ben"}',
        '{"content": "hi", "to_user": null}',
        '{"content": "hi", "to_user": ["ben"]}',
        '{"content": "hi", "to_user": "ben", "timestamp": NaN}',
        '{"content": "hi", "to_user": "ben", "timestamp": -Infinity}',
        '{"content": "\\ud800", "to_user": "ben"}',
        '{"content": "hi", "to_user": "ben", "timestamp": 1e999}',
        '{"content": "hi", "to_user": "ben"',
        '{"content": "hi", "to_user": "ben"} x',
        '{"content": "hi", "to_user": "ben", "x": %s1%s}' % ("[" * 16, "]" * 16),
        "[" * 30000,
    ],
)
def test_malformed_messages_cost_an_error_frame(users, sent):
    ana = users.come("ana")
    ana.send(sent)
    error = ana.hear()
    assert list(error) == ["type", "code", "content"]
    assert (error["type"], error["code"]) == ("error", "bad_message") and error["content"]
    assert users.done(ana)


def test_the_last_of_two_keys_counts(users):
    ana, ben = users.come("ana"), users.come("ben", 1)
    ana.send('{"content":"no","to_user":"x","timestamp":1,"content":"hi","to_user":"ben","timestamp":2}')
    assert ben.hear_text() == message("ana", "hi", "2")


def test_refusals(make_cluster):
    users = Users(make_cluster(gateways=2, settings={"limits.content_bytes": 100}))
    ana = users.come("ana")
    say(ana, "ben", "x" * 101)
    assert ana.error() == "too_long"
    for nobody in ("", "b\x00", "b\u202e", "b\u200b", " ben", "x" * 65):
        say(ana, nobody, "hi")
        assert ana.error() == "no_such_user"
    say(ana, "ben", "x" * 100)
    assert ana.hear_text() == kept_for("ben")


def test_a_binary_frame_ends_it(users):
    ana = users.come("ana")
    ana.send(b"{}")
    assert ana.closed()[0] == 1003
    users.is_gone("ana")


@pytest.mark.parametrize("target", ["/ws/ana", "/ws/ana?token=", "/ws/ana?Token=x", "/ws/7?token="])
def test_a_token_is_wanted(cluster, target):
    gateway = cluster.gateway(0)
    if target.startswith("/ws/7"):
        # An empty token is none, and numbers have another dialect for that.
        client = gateway.connect(target)
        client.send("7:hi")
        assert client.hear_text() == "Client #7 says: hi"
    else:
        assert refused(f"ws://127.0.0.1:{gateway.port}{target}") == 401


@pytest.mark.parametrize(
    "segment, status",
    [
        ("a%0Ab", 400),
        ("a%7F", 400),
        ("%E2%80%AEana", 400),
        ("ana%E2%80%8B", 400),
        ("%FF", 400),
        ("%20", 400),
        ("x" * 65, 400),
        ("a%2Fb", 404),
        ("", 404),
    ],
)
def test_users_that_cannot_be(cluster, segment, status):
    target = f"ws://127.0.0.1:{cluster.gateway(0).port}/ws/{segment}?token=t"
    assert refused(target) == status


def test_a_path_longer_than_any_header(cluster):
    gateway = cluster.gateway(0)
    sock = gateway.raw()
    sock.sendall(b"GET /ws/" + b"a" * 100000 + b"?token=t HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        assert not sock.recv(1).startswith(b"HTTP/1.1 101")
    except ConnectionResetError:
        pass
    assert gateway.alive()


def test_two_ways_to_write_one_name_are_one_user(users):
    ana, ben = users.come("ana"), users.come("e\u0301")
    say(ana, "\u00e9", "composed")
    say(ana, "e\u0301", "not composed")
    assert ben.hear_text() == message("ana", "composed")
    assert ben.hear_text() == message("ana", "not composed")
    say(ben, "ana", "hi")
    assert ana.hear_text() == message("\u00e9", "hi")


def test_the_token_is_in_no_log(cluster):
    token = "Zq7SecretToken"
    client = cluster.gateway(0).connect(f"/ws/ana?token={token}")
    client.send("{}")
    client.hear()
    assert refused(f"ws://127.0.0.1:{cluster.gateway(0).port}/ws/%FF?token={token}") == 400
    assert refused(f"ws://127.0.0.1:{cluster.gateway(0).port}/no/where?token={token}") == 404
    wait_for(lambda: "/no/where" in cluster.gateway(0).log(), "the refusal is logged")
    for process in cluster.processes():
        assert token not in process.log()


def test_a_client_that_never_pongs_is_given_up(make_cluster):
    users = Users(make_cluster(gateways=2, settings={"limits.pong_seconds": 1}))
    ana, ben = users.come("ana"), users.come_raw("ben", 1)
    say(ana, "ben", "hi")
    assert ben.text() == message("ana", "hi")
    assert ben.frame()[0] == PING
    users.is_gone("ben")
    assert users.come("ben").hear_text() == message("ana", "hi")


def test_what_is_said_while_the_hub_is_away_comes_once(users):
    cluster = users.cluster
    ana, ben = users.come("ana", 0), users.come_raw("ben", 1)
    say(ana, "ben", "before")
    assert ben.text() == message("ana", "before")
    first = ben.ping()
    cluster.hub.kill()
    for number in range(5):
        say(ana, "ben", f"n{number}")
        say(ana, "cleo", f"n{number}")
    cluster.hub.start()
    cluster.wait_ready()
    # What was sent before is not sent again on the same connection, received or not.
    for number in range(5):
        assert ben.text() == message("ana", f"n{number}")
        assert ana.hear_text() == kept_for("cleo")
    assert users.done(ana)
    ben.pong(first)
    assert RECEIPT.match(ben.ping())
    ben.drop()
    users.is_gone("ben")
    ben = users.come_raw("ben")
    for number in range(5):
        assert ben.text() == message("ana", f"n{number}")
    cleo = users.come("cleo", 1)
    for number in range(5):
        assert cleo.hear_text() == message("ana", f"n{number}")
    assert users.done(cleo)


def test_a_receipt_given_while_the_hub_is_away_counts(users):
    cluster = users.cluster
    ana, ben = users.come("ana", 0), users.come_raw("ben", 1)
    say(ana, "ben", "hi")
    assert ben.text() == message("ana", "hi")
    payload = ben.ping()
    cluster.hub.kill()
    ben.pong(payload)
    ben.send("{}")
    assert "bad_message" in ben.text(), "the PONG before it has been read"
    cluster.hub.start()
    cluster.wait_ready()
    say(ana, "ben", "more")
    assert ben.text() == message("ana", "more")
    ben.drop()
    users.is_gone("ben")
    ben = users.come_raw("ben")
    assert ben.text() == message("ana", "more")


def test_a_hub_that_stays_away(make_cluster):
    users = Users(make_cluster(gateways=1, settings={"limits.hold_seconds": 1}))
    ana = users.come("ana")
    users.cluster.hub.kill()
    say(ana, "ben", "hi")
    assert ana.error() == "unavailable"
    users.cluster.hub.start()
    users.cluster.wait_ready()
    say(ana, "ben", "again")
    assert ana.hear_text() == kept_for("ben")
    assert users.come("ben").hear_text() == message("ana", "again")


def test_a_large_mailbox_comes_in_order_and_whole(make_cluster):
    quick = {"limits.messages_per_second": 10000, "limits.messages_burst": 10000}
    users = Users(make_cluster(gateways=2, settings=quick))
    count = 700
    ana = users.come("ana", 0)
    for number in range(count):
        say(ana, "ben", f"{number} " + "x" * 500)
        if number % 50 == 49:
            for _ in range(50):
                assert ana.hear_text() == kept_for("ben")
    ben = users.come("ben", 1)
    for number in range(count):
        assert ben.hear()["content"].startswith(f"{number} ")
    assert users.done(ben)


def test_connections_of_one_user_are_bounded(make_cluster):
    users = Users(make_cluster(gateways=2, settings={"limits.connections_per_user": 2}))
    ana = users.come("ana")
    mine = [users.come("ben", 0), users.come("ben", 1)]
    assert all(users.done(ben) for ben in mine)
    third = users.come("ben", 0)
    assert third.error() == "full"
    assert third.closed()[0] == 1013
    say(ana, "ben", "hi")
    for ben in mine:
        assert ben.hear_text() == message("ana", "hi")


def test_a_kick_ends_a_connection_and_keeps_the_mail(users):
    ana, ben = users.come("ana"), users.come_raw("ben", 1)
    say(ana, "ben", "hi")
    assert ben.text() == message("ana", "hi")
    users.cluster.hubctl("kick", "ben", "--reason", "enough")
    while (frame := ben.frame())[0] != CLOSE:
        pass
    assert frame[1] == b"\x03\xf0enough"
    ben.drop()
    users.is_gone("ben")
    say(ana, "ben", "more")
    assert ana.hear_text() == kept_for("ben")
    ben = users.come("ben")
    assert [ben.hear_text(), ben.hear_text()] == [message("ana", "hi"), message("ana", "more")]
