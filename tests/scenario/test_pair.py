"""The pair dialect over two gateways, frame by frame."""

import pytest

from client import refused
from harness import wait_for
from raw_client import RawClient

HELP = "Write NUMBER:text to send text to client NUMBER, for example 7:hello"


class Pairs:
    """The pair clients of a cluster."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.marks = 0

    def come(self, number, gateway=0):
        client = self.cluster.gateway(gateway).connect(f"/ws/{number}")
        client.name = str(int(number))
        assert self.done(client)
        return client

    def done(self, client):
        """
        Returns when the hub has taken all that this client has said; it must hear no more. A word
        to oneself goes the way of all others.
        """
        self.marks += 1
        client.send(f"{client.name}:mark {self.marks}")
        assert client.hear_text() == f"Client #{client.name} says: mark {self.marks}"
        return True


@pytest.fixture
def pairs(cluster):
    return Pairs(cluster)


def test_a_conversation(pairs):
    three, seven = pairs.come(3, 0), pairs.come("007", 1)
    three.send("7:hello")
    assert seven.hear_text() == "Client #3 says: hello"
    seven.send(" 03 : a:b\n小 ")
    assert three.hear_text() == "Client #7 says:  a:b\n小 "
    three.send("7:")
    assert seven.hear_text() == "Client #3 says: "
    assert pairs.done(three) and pairs.done(seven)
    seven.close()
    assert three.hear_text() == "Client #7 left the chat"
    three.send("7:still there?")
    assert three.hear_text() == "Client #7 is not here"
    assert pairs.done(three)


@pytest.mark.parametrize(
    "sent", ["", "hello", ":x", " :x", "x:y", "7.0:x", "0x7:x", "7 8:x", "1" * 65 + ":x", "{}"]
)
def test_who_cannot_write_is_told_how(pairs, sent):
    three = pairs.come(3)
    three.send(sent)
    assert three.hear_text() == HELP
    assert pairs.done(three)


@pytest.mark.parametrize(
    "target, named",
    [
        ("8", "8"),
        ("0", "0"),
        ("-3", "-3"),
        ("+0009", "9"),
        ("999999999999999999", "999999999999999999"),
        ("99999999999999999999999", "99999999999999999999999"),
    ],
)
def test_who_is_not_here(pairs, target, named):
    three = pairs.come(3)
    three.send(f"{target}:hi")
    assert three.hear_text() == f"Client #{named} is not here"
    assert pairs.done(three)


def test_only_partners_are_told_of_a_leave(pairs):
    one, two, three = pairs.come(1, 0), pairs.come(2, 1), pairs.come(3, 0)
    two.send("1:hi")
    assert one.hear_text() == "Client #2 says: hi"
    two.close()
    assert one.hear_text() == "Client #2 left the chat"
    assert pairs.done(one) and pairs.done(three)

    # They are partners no more: coming and going alone is not told.
    two = pairs.come(2, 1)
    two.close()
    gone(pairs, 2)
    assert pairs.done(one)


def gone(pairs, number):
    """Waits until nobody is online as that number."""

    def is_gone():
        listed = pairs.cluster.hubctl("users")
        rows = listed if isinstance(listed, list) else listed["users"]
        return all(row.get("name") != str(number) for row in rows)

    wait_for(is_gone, f"{number} is still online")


def test_every_connection_of_a_number_hears(pairs):
    one, first = pairs.come(1, 0), pairs.come(2, 0)
    wait_for(
        lambda: pairs.cluster.hubctl("show", "pair/2")[0]["inbox"] == 0, "the mark is received"
    )
    second = pairs.come(2, 1)
    # The newcomer's mark reached its sibling as well.
    assert first.hear_text().startswith("Client #2 says: mark")
    one.send("2:to both")
    for two in (first, second):
        assert two.hear_text() == "Client #1 says: to both"
    first.close()
    wait_for(lambda: pairs.cluster.gateway(0).metric("hubbub_gateway_clients") == 1, "the first is gone")
    assert pairs.done(one), "nobody is told while another connection is there"
    one.send("2:to one")
    assert second.hear_text() == "Client #1 says: to one"
    second.close()
    assert one.hear_text() == "Client #2 left the chat"


def test_a_word_and_a_leave_at_once(pairs):
    one = pairs.come(1, 0)
    for number in range(20):
        two = pairs.cluster.gateway(1).connect("/ws/2")
        two.send(f"1:bye {number}")
        two.close()
        assert one.hear_text() == f"Client #2 says: bye {number}"
        assert one.hear_text() == "Client #2 left the chat"


def test_a_gateway_that_dies_takes_its_clients(pairs):
    one, two = pairs.come(1, 0), pairs.come(2, 1)
    two.send("1:hi")
    assert one.hear_text() == "Client #2 says: hi"
    pairs.cluster.gateway(1).kill()
    assert one.hear_text() == "Client #2 left the chat"
    assert pairs.done(one)


def test_a_hub_that_dies_is_not_noticed(pairs):
    one, two = pairs.come(1, 0), pairs.come(2, 1)
    two.send("1:before")
    assert one.hear_text() == "Client #2 says: before"
    pairs.cluster.hub.kill()
    pairs.cluster.hub.start()
    pairs.cluster.wait_ready()
    two.send("1:after")
    assert one.hear_text() == "Client #2 says: after"
    two.close()
    assert one.hear_text() == "Client #2 left the chat"


def test_nothing_waits_for_who_comes_again(pairs):
    one = pairs.come(1)
    two = RawClient(pairs.cluster.gateway(1).port, "/ws/2")
    wait_for(lambda: pairs.cluster.hubctl("status")["clients"] == 2, "the hub knows both")
    one.send("2:hi")
    assert two.text() == "Client #1 says: hi"
    two.drop()
    assert one.hear_text() == "Client #2 left the chat"
    pairs.come(2, 1)


def test_what_is_wrong_is_said(make_cluster):
    pairs = Pairs(make_cluster(gateways=1, settings={"limits.content_bytes": 100}))
    one = pairs.come(1)
    one.send("1:" + "x" * 101)
    assert "long" in one.hear_text()
    assert pairs.done(one)


def test_a_binary_frame_ends_it(pairs):
    one, two = pairs.come(1, 0), pairs.come(2, 1)
    two.send("1:hi")
    assert one.hear_text() == "Client #2 says: hi"
    two.send(b"1:hi")
    assert two.closed()[0] == 1003
    assert one.hear_text() == "Client #2 left the chat"


def test_the_operator_is_heard(pairs):
    one = pairs.come(1)
    pairs.cluster.hubctl("say", "back at nine")
    assert one.hear_text() == "back at nine"


def test_a_number_with_a_token_is_somebody_else(pairs):
    one = pairs.come(1)
    direct = pairs.cluster.gateway(1).connect("/ws/7?token=t")
    direct.send('{"content": "x", "to_user": "7"}')
    assert direct.hear()["type"] == "error"
    one.send("7:hi")
    assert one.hear_text() == "Client #7 is not here"


@pytest.mark.parametrize("segment", ["abc", "-7", "7a", "%EF%BC%97", "1" * 19])
def test_who_is_no_number_needs_a_token(cluster, segment):
    assert refused(f"ws://127.0.0.1:{cluster.gateway(0).port}/ws/{segment}") == 401
