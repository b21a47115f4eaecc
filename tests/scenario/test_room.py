"""The room dialect over two gateways, frame by frame."""

import pytest

from client import without_time


def test_a_recorded_conversation(cluster):
    ana, ben = cluster.gateway(0).connect(), cluster.gateway(1).connect()
    names = {}

    def hears(client, *frames):
        for frame in frames:
            heard = without_time(client.hear_text()) if "TIME" in frame else client.hear_text()
            for identity, name in names.items():
                heard = heard.replace(identity, name)
            assert heard == frame.replace("TIME", "T")

    ana.send('{"username": "ana"}')
    listed = ana.hear()
    names[listed["users"][0]["client_id"]] = "ANA"
    assert list(listed) == ["type", "users"] and len(listed["users"]) == 1
    system = '{"type": "system", "content": "%s", "timestamp": "TIME"}'
    hears(ana, system % "ana \\u8fdb\\u5165\\u804a\\u5929\\u5ba4")

    ben.send('{"username":"b\u00e9n \\ud83d\\ude00"}')
    names[ben.hear()["users"][1]["client_id"]] = "BEN"
    hears(ben, system % "b\\u00e9n \\ud83d\\ude00 \\u8fdb\\u5165\\u804a\\u5929\\u5ba4")
    hears(
        ana,
        '{"type": "user_list", "users": [{"client_id": "ANA", "username": "ana"}, '
        '{"client_id": "BEN", "username": "b\\u00e9n \\ud83d\\ude00"}]}',
        system % "b\\u00e9n \\ud83d\\ude00 \\u8fdb\\u5165\\u804a\\u5929\\u5ba4",
    )

    ana.send('{"content":"</ \\u4f60","type":"anything"}')
    said = (
        '{"type": "public", "from": "ANA", "sender_name": "ana", '
        '"content": "</ \\u4f60", "timestamp": "TIME"}'
    )
    hears(ana, said)
    hears(ben, said)

    ids = {name: identity for identity, name in names.items()}
    ben.send('{"type": "private", "to": "%s", "content": "psst"}' % ids["ANA"])
    told = (
        '{"type": "private", "from": "BEN", "to": "ANA", '
        '"sender_name": "b\\u00e9n \\ud83d\\ude00", "content": "psst", "timestamp": "TIME"}'
    )
    hears(ana, told)
    hears(ben, told)

    ben.close()
    hears(
        ana,
        '{"type": "user_list", "users": [{"client_id": "ANA", "username": "ana"}]}',
        system % "b\\u00e9n \\ud83d\\ude00 \\u5df2\\u79bb\\u5f00",
    )


def test_a_newcomer_hears_the_list_and_its_own_notice(cluster):
    ana = cluster.gateway(0).connect()
    ana.send({"username": "ana"})
    listed = ana.hear_text()
    own = listed.split('"client_id": "')[1][:8]
    assert len(own) == 8 and set(own) <= set("0123456789abcdef")
    assert listed == (
        '{"type": "user_list", "users": [{"client_id": "%s", "username": "ana"}]}' % own
    )
    assert without_time(ana.hear_text()) == (
        '{"type": "system", "content": "ana \\u8fdb\\u5165\\u804a\\u5929\\u5ba4", "timestamp": "T"}'
    )


def test_everybody_hears_joins_and_leaves_in_joining_order(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    cleo = cluster.gateway(0).room(as_="cleo")

    def ids(frame):
        return [user["client_id"] for user in frame["users"]]

    assert ids(ana.hear()) == [ana.client_id, ben.client_id]
    assert ana.hear()["content"] == "ben 进入聊天室"
    everyone = [ana.client_id, ben.client_id, cleo.client_id]
    for member in (ana, ben):
        assert ids(member.hear()) == everyone
        assert member.hear()["content"] == "cleo 进入聊天室"

    ben.close()
    for member in (ana, cleo):
        assert ids(member.hear()) == [ana.client_id, cleo.client_id]
        assert without_time(member.hear_text()) == (
            '{"type": "system", "content": "ben \\u5df2\\u79bb\\u5f00", "timestamp": "T"}'
        )
        assert member.hears_nothing_more()


def test_public_messages_reach_everybody_in_order(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    for number in range(20):
        ana.say(f"n{number}")
    for member in (ana, ben):
        for number in range(20):
            assert without_time(member.hear_text()) == (
                '{"type": "public", "from": "%s", "sender_name": "ana", '
                '"content": "n%d", "timestamp": "T"}' % (ana.client_id, number)
            )


def test_content_comes_back_as_it_was_said(cluster):
    ana = cluster.gateway(0).room(as_="小鹏")
    for content in ["", "a/b <i>&amp;", "é 😀 \u2028", 'q"\\ \t\n', "\x7f", "x" * 16000]:
        ana.say(content)
        assert ana.hear()["content"] == content


def test_a_type_that_is_not_private_is_public(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ana.send({"type": "shout", "content": "hey", "to": "someone"})
    assert ana.hear()["type"] == "public"


@pytest.mark.parametrize("where", [0, 1])
def test_private_goes_to_recipient_and_sender(cluster, where):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(where).room(as_="ben")
    cleo = cluster.gateway(1).room(as_="cleo")
    ana.skip()
    ben.skip()
    ana.tell(ben.client_id, "psst")
    expected = (
        '{"type": "private", "from": "%s", "to": "%s", "sender_name": "ana", '
        '"content": "psst", "timestamp": "T"}' % (ana.client_id, ben.client_id)
    )
    assert without_time(ben.hear_text()) == expected
    assert without_time(ana.hear_text()) == expected
    for member in (ana, ben, cleo):
        assert member.hears_nothing_more()


def test_private_to_oneself_comes_once(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ana.tell(ana.client_id, "note")
    assert ana.hear()["content"] == "note"
    assert ana.hears_nothing_more()


def test_private_by_name_needs_exactly_one(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    ana.tell("ben", "psst")
    assert ben.hear()["content"] == "psst"
    assert ana.hear()["to"] == ben.client_id

    second = cluster.gateway(0).room(as_="ben")
    ana.skip()
    ana.tell("ben", "which one")
    assert ana.error() == "no_such_user"
    second.close()
    ana.hear_until(lambda frame: frame.get("content") == "ben 已离开")
    ana.tell("ben", "you again")
    assert ana.hear()["to"] == ben.client_id


def test_private_to_nobody_is_an_error(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    for to in ["00000000", "deadbeef", "nobody", "", "x" * 500]:
        ana.tell(to, "hello?")
        assert ana.error() == "no_such_user"


def test_a_name_that_looks_like_an_id_inherits_no_mail(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    gone = ben.client_id
    ben.close()
    ana.hear_until(lambda frame: frame.get("content") == "ben 已离开")
    impostor = cluster.gateway(0).room(as_=gone)
    ana.skip()
    ana.tell(gone, "for ben only")
    assert ana.error() == "no_such_user"
    assert impostor.hears_nothing_more()


@pytest.mark.parametrize("first", [{}, {"username": ""}, {"username": None}, {"username": "\u200b"}])
def test_without_a_name_there_is_a_fallback(cluster, first):
    client = cluster.gateway(0).connect()
    client.send(first)
    user = client.hear()["users"][0]
    assert user["username"] == "用户" + user["client_id"]


def test_names_are_cleaned_and_bounded(cluster):
    client = cluster.gateway(0).connect()
    client.send({"username": " a\u202eb\u0000c\n" + "d" * 100})
    name = client.hear()["users"][0]["username"]
    assert name == "abc" + "d" * 61


def test_two_of_one_name_are_two(cluster):
    one = cluster.gateway(0).room(as_="ana")
    two = cluster.gateway(1).room(as_="ana")
    assert one.client_id != two.client_id


def test_requests_of_existing_clients_are_taken(cluster):
    for options in (
        {"extra_headers": {"Content-Length": "0"}},
        {"compression": "deflate"},
        {"origin": "http://example.org"},
        {"subprotocols": ["chat", "superchat"]},
    ):
        client = cluster.gateway(0).connect(**options)
        assert "Sec-WebSocket-Extensions" not in client.response_headers
        assert client.subprotocol is None
        client.join("ana")
        client.close()
