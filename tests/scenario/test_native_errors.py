"""Bad input to the native protocol: one error frame with a stable code, and life goes on."""

import json
import signal

import pytest

BIG = 2**53

# (what is sent, the code, the id that comes back)
BEFORE_HELLO = [
    ('{"type":"public","content":"x","id":"1"}', "not_hello", "1"),
    ('{"username":"ana"}', "unknown_type", None),
    ('{"type":"hello","username":7}', "bad_field", None),
    ('{"type":"hello","username":null,"id":"h"}', "bad_field", "h"),
    ('{"type":"hello","token":1}', "bad_field", None),
    ('{"type":"hello","resume":{}}', "bad_field", None),
    ('{"type":"hello","since":7}', "bad_field", None),
    ('{"type":"hello","since":{"rooms":[]}}', "bad_field", None),
    ('{"type":"hello","since":{"rooms":{"lobby":[1,-1]}}}', "bad_seq", None),
    ('{"type":"hello","since":{"rooms":{"lobby":[-1,1]}}}', "bad_seq", None),
    ('{"type":"hello","since":{"rooms":{"lobby":[1,9007199254740992]}}}', "bad_seq", None),
    ('{"type":"hello","since":{"rooms":{"lobby":[1,0.5]}}}', "bad_seq", None),
    ('{"type":"hello","since":{"rooms":{"lobby":["1",1]}}}', "bad_field", None),
    ('{"type":"hello","since":{"rooms":{"lobby":[1]}}}', "bad_field", None),
    ('{"type":"hello","since":{"inbox":[0,1]}}', "bad_seq", None),
    ('{"type":"hello","since":{"inbox":null}}', "bad_field", None),
    ('{"type":"hello","since":{"rooms":{"../etc":null}}}', "bad_room", None),
    ('{"type":"hello","since":{"rooms":{"LOBBY":null}}}', "bad_room", None),
    ('{"type":"hello","since":{"rooms":{"a\\u202eb":null}}}', "bad_room", None),
    ("{}", "unknown_type", None),
]

AFTER_HELLO = [
    ("", "bad_json", None),
    ("hello", "bad_json", None),
    ('{"type":"public"', "bad_json", None),
    ('{"type":"public","content":NaN,"id":"1"}', "bad_json", None),
    ('{"type":"public","content":Infinity}', "bad_json", None),
    ('{"type":"public","content":"\\ud800"}', "bad_json", None),
    ('{"type":"public","content":"\\udc00\\ud800"}', "bad_json", None),
    ('{"type":"public","content":"x"} {}', "bad_json", None),
    ('{"a":' * 16 + "{}" + "}" * 16, "bad_json", None),
    ("[" * 5000 + "]" * 5000, "bad_json", None),
    ('{"a\\u0000":1}', "bad_json", None),
    ("[]", "bad_frame", None),
    ('"hi"', "bad_frame", None),
    ("1e5", "bad_frame", None),
    ("null", "bad_frame", None),
    ('{"id":"1"}', "unknown_type", "1"),
    ('{"type":"","id":"1"}', "unknown_type", "1"),
    ('{"type":["public"],"id":"1"}', "unknown_type", "1"),
    ('{"type":"welcome","id":"1"}', "unknown_type", "1"),
    ('{"type":"public\\u0000","content":"x"}', "unknown_type", None),
    ('{"type":"hello","id":"1"}', "already_hello", "1"),
    ('{"type":"public","id":"1"}', "missing_field", "1"),
    ('{"type":"public","content":["x"],"id":"1"}', "bad_field", "1"),
    ('{"type":"public","content":null}', "bad_field", None),
    ('{"type":"public","content":"x","id":1}', "bad_field", None),
    ('{"type":"public","content":"x","room":5,"id":"1"}', "bad_field", "1"),
    ('{"type":"public","content":"x","room":"No Such","id":"1"}', "bad_room", "1"),
    ('{"type":"public","content":"x","room":"","id":"1"}', "bad_room", "1"),
    ('{"type":"public","content":"x","room":"unknown","id":"1"}', "no_such_room", "1"),
    ('{"type":"public","content":"x","type":"oops","id":"0","id":"1"}', "unknown_type", "1"),
    ('{"type":"private","content":"x","id":"1"}', "missing_field", "1"),
    ('{"type":"private","to":"","content":"x","id":"1"}', "bad_field", "1"),
    ('{"type":"private","to":7,"content":"x","id":"1"}', "bad_field", "1"),
    ('{"type":"private","to":"00000000","content":"x","id":"1"}', "no_such_user", "1"),
    ('{"type":"private","to":"ana","content":"x","id":"1"}', "no_such_user", "1"),
    ('{"type":"private","to":"\\u0000\\n\\u202e","content":"x","id":"1"}', "no_such_user", "1"),
    ('{"type":"private","to":"%s","content":"x","id":"1"}' % ("é" * 128), "no_such_user", "1"),
    ('{"type":"private","to":"%s","content":"x","id":"1"}' % ("x" * 300), "bad_field", "1"),
    ('{"type":"read","id":"1"}', "missing_field", "1"),
    ('{"type":"read","inbox":"1","id":"1"}', "bad_field", "1"),
    ('{"type":"read","inbox":-1,"id":"1"}', "bad_seq", "1"),
    ('{"type":"read","inbox":1.5,"id":"1"}', "bad_seq", "1"),
    ('{"type":"read","inbox":1e300,"id":"1"}', "bad_seq", "1"),
    ('{"type":"read","inbox":%d,"id":"1"}' % BIG, "bad_seq", "1"),
    ('{"type":"read","inbox":%d,"id":"1"}' % (BIG - 1), "bad_seq", "1"),
    ('{"type":"read","inbox":%d,"id":"1"}' % 10**300, "bad_seq", "1"),
    ('{"type":"read","inbox":1000,"id":"1"}', "bad_seq", "1"),
    ('{"type":"join","room":"x/y","id":"1"}', "bad_room", "1"),
    ('{"type":"join","room":"%s","id":"1"}' % ("x" * 65), "bad_room", "1"),
    ('{"type":"join","room":"-x","id":"1"}', "bad_room", "1"),
    ('{"type":"join","room":"lobby","id":"1"}', "already_member", "1"),
    ('{"type":"join","room":"tea","since":[1,-1],"id":"1"}', "bad_seq", "1"),
    ('{"type":"join","room":"tea","since":[[1],1],"id":"1"}', "bad_field", "1"),
    ('{"type":"leave","room":"tea","id":"1"}', "no_such_room", "1"),
    ('{"type":"rooms","limit":0,"id":"1"}', "bad_field", "1"),
    ('{"type":"rooms","limit":-5,"id":"1"}', "bad_field", "1"),
    ('{"type":"rooms","after":7,"id":"1"}', "bad_field", "1"),
    ('{"type":"history","before":0,"id":"1"}', "bad_seq", "1"),
    ('{"type":"history","before":-7,"id":"1"}', "bad_seq", "1"),
    ('{"type":"history","before":%d,"id":"1"}' % BIG, "bad_seq", "1"),
    ('{"type":"history","before":[],"id":"1"}', "bad_field", "1"),
    ('{"type":"history","limit":"all","id":"1"}', "bad_field", "1"),
    ('{"type":"history","room":"secret","id":"1"}', "no_such_room", "1"),
    ('{"type":"who","room":"secret","id":"1"}', "no_such_room", "1"),
    ('{"type":"who","after":"-1","id":"1"}', "bad_field", "1"),
    ('{"type":"who","after":"99999999999999999999","id":"1"}', "bad_field", "1"),
    ('{"type":"typing","room":"tea","id":"1"}', "no_such_room", "1"),
    ('{"type":"typing","room":"lobby","to":"x","id":"1"}', "bad_field", "1"),
]


def assert_error(client, sent, code, identity):
    client.send_raw(sent)
    frame = client.hear_message()
    assert (frame["type"], frame.get("code")) == ("error", code), (sent[:200], frame)
    assert frame.get("id") == identity, (sent[:200], frame)
    return frame


@pytest.fixture
def patient(make_cluster):
    return make_cluster(gateways=1, settings={"limits.errors_per_minute": 1000})


def test_before_hello(patient):
    client = patient.gateway(0).native()
    for sent, code, identity in BEFORE_HELLO:
        assert_error(client, sent, code, identity)
    client.hello("ana")
    assert client.hears_nothing_more()


def test_after_hello(patient):
    other = patient.gateway(0).native("ben")
    client = patient.gateway(0).native("ana")
    for sent, code, identity in AFTER_HELLO:
        assert_error(client, sent, code, identity)
    client.say("still here")
    frame = other.hear_message()
    assert (frame["content"], frame["seq"]) == ("still here", 1), "something bad was published"
    client.hear_message()
    assert client.hears_nothing_more()


def test_what_is_odd_and_right(patient):
    client = patient.gateway(0).native()
    client.send_raw(
        ' {"x":{"y":[1,2,{}]},"type":"shout","username":"eve","type":"hello","username":"ana",'
        '"since":{"rooms":{"lobby":[1,1],"lobby":null},"more":1}} '
    )
    assert client.hear()["username"] == "ana"
    for sent, content in (
        ('{"type":"public","content":"a","content":"b"}', "b"),
        ('{"type":"public","content":"\\u0000"}', "\0"),
        ('{"type":"public","content":"\\ud83d\\ude00"}', "😀"),
        ('{"\\u0074ype":"public","content":"c","n":12345678901234567890123}', "c"),
        ('{"type":"public","content":"' + "x" * 16384 + '"}', "x" * 16384),
        ('{"a":' * 15 + "{}" + "}" * 15, None),
    ):
        client.send_raw(sent)
        frame = client.hear_message()
        if content is None:
            assert frame["code"] == "unknown_type"
        else:
            assert frame["content"] == content
    client.send_raw('{"type":"read","inbox":-0.0,"id":"r"}')
    assert client.hear_message()["id"] == "r"


def test_content_too_long(patient):
    client = patient.gateway(0).native("ana")
    limit = client.welcomed["limits"]["content_bytes"]
    client.say("x" * (limit + 1), id="long")
    frame = client.hear_message()
    assert (frame["code"], frame["id"]) == ("too_long", "long")
    client.say("é" * (limit // 2 + 1), id="wide")
    assert client.hear_message()["id"] == "wide"
    client.tell(client.user, "x" * (limit + 1), id="mail")
    assert client.hear_message()["code"] == "too_long"
    client.say("x" * limit, id="fits")
    assert client.hear_message()["type"] == "ack"


def test_a_message_over_the_limit_closes(patient):
    client = patient.gateway(0).native("ana")
    client.send_raw('{"type":"public","content":"' + "x" * 65536 + '"}')
    assert client.closed()[0] == 1009


def test_bytes_that_are_not_text_close(patient):
    client = patient.gateway(0).native("ana")
    client._socket.transport.write(b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc")
    assert client.closed()[0] == 1007


def test_a_flood_of_errors_closes(make_cluster):
    cluster = make_cluster(gateways=1)
    client = cluster.gateway(0).native("ana")
    allowed = client.welcomed["limits"]["errors_per_minute"]
    client.send_while_open("oops" for _ in range(allowed + 10))
    assert client.closed()[0] == 1008
    errors = [json.loads(text) for text in client.heard if '"bad_json"' in text]
    assert len(errors) in (allowed, allowed + 1)


def test_too_fast_is_told_by_id(make_cluster):
    cluster = make_cluster(
        gateways=1, settings={"limits.messages_burst": 10, "limits.messages_per_second": 1}
    )
    client = cluster.gateway(0).native("ana")
    for number in range(20):
        client.say("x", id=f"m{number}")
    answers = {}
    while len(answers) < 20:
        frame = client.hear_message()
        if "id" in frame:
            answers[frame["id"]] = frame
    refused = [name for name, frame in answers.items() if frame["type"] == "error"]
    assert 8 <= len(refused) <= 11 and "m19" in refused
    assert {answers[name]["code"] for name in refused} == {"rate_limited"}


def test_login_takes_no_longer_than_allowed(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.login_seconds": 1})
    client = cluster.gateway(0).native()
    client.send_raw('{"type":"hello","username":7}')
    assert client.hear()["code"] == "bad_field"
    assert client.closed()[0] == 1008


def test_a_seq_that_never_was(patient):
    first = patient.gateway(0).native("ana")
    first.say("one")
    first.catch_up()
    epoch = first.positions["lobby"][0]
    client = patient.gateway(0).native()
    client.send(
        {"type": "hello", "username": "eve", "since": {"rooms": {"lobby": [epoch, 5], "tea": None}}}
    )
    welcome = client.hear()
    assert [place["room"] for place in welcome["rooms"]] == ["lobby", "tea"]
    error = client.hear_message()
    assert (error["code"], error["room"]) == ("bad_seq", "lobby")
    client.positions["lobby"] = [epoch, 1]
    first.say("two")
    assert client.hear_message()["content"] == "two"


def test_while_the_hub_is_away(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.hold_seconds": 1})
    client = cluster.gateway(0).native("ana")
    client.skip()
    cluster.hub.kill()
    client.say("x", id="p")
    client.tell(client.user, "x", id="t")
    client.send({"type": "history", "id": "h"})
    client.send({"type": "rooms", "id": "r"})
    heard = [client.hear_until(lambda frame: frame["type"] != "presence") for _ in range(5)]
    assert {"type": "hub_degraded"} in heard
    answers = {frame["id"]: frame["code"] for frame in heard if frame["type"] == "error"}
    assert answers == dict.fromkeys("pthr", "unavailable")
    assert client.ask("who")["count"] == 1
    late = cluster.gateway(0).native()
    late.send({"type": "hello", "username": "late"})
    assert late.hear() == {"type": "hub_degraded"}
    cluster.hub.start()
    cluster.wait_ready()
    kinds = set()
    while not {"welcome", "hub_back"} <= kinds:
        kinds.add(late.hear()["type"])
    client.hear_until(lambda frame: frame["type"] == "hub_back")
    assert client.ask("public", content="again")["type"] == "ack"


def test_questions_die_with_the_hub(make_cluster):
    cluster = make_cluster(gateways=1)
    client = cluster.gateway(0).native("ana")
    client.skip()
    cluster.hub.signal(signal.SIGSTOP)
    client.send({"type": "history", "id": "h"})
    client.send({"type": "rooms", "id": "r"})
    # Answered here: what was sent before it has been taken up.
    assert client.ask("who")["count"] == 1
    cluster.hub.kill()
    answers = {frame["id"]: frame["code"] for frame in (client.hear_message() for _ in "hr")}
    assert answers == {"h": "unavailable", "r": "unavailable"}
    cluster.hub.start()
    cluster.wait_ready()
    assert client.ask("rooms")["rooms"][0]["room"] == "lobby"
    assert client.ask("history")["messages"] == []
