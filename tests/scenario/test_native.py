"""The native protocol, frame by frame, between clients of two gateways."""

import json
import re

from client import run
from native_client import SUBPROTOCOL

TIME = "2025-03-14T05:05:41.007Z"


def blanked(frame, names):
    """A frame with what differs from run to run replaced by words."""
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    for value, word in names.items():
        text = text.replace(json.dumps(value), json.dumps(word))
    text = re.sub(r'"durability":"(disk|normal|memory)"', '"durability":"D"', text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", TIME, text)


def test_a_recorded_conversation(cluster):
    ana = cluster.gateway(0).native("ana", id="h1")
    names = {ana.client_id: "ANA", ana.resume: "SECRET"}
    welcome = dict(ana.welcomed)
    assert set(welcome.pop("limits").values()) != {0}
    assert blanked(welcome, names) == (
        '{"type":"welcome","client_id":"ANA","user":"ANA","username":"ana","resume":"SECRET",'
        '"rooms":[{"room":"lobby","epoch":0,"seq":0,"members":1}],"inbox":[0,0],"read":0,'
        '"resumed":false,"id":"h1"}'
    )
    assert blanked(ana.hear(), names) == (
        '{"type":"presence","room":"lobby","snapshot":true,'
        '"joined":[{"user":"ANA","username":"ana"}],"left":[],"count":1}'
    )

    assert blanked(ana.hear(), names) == (
        '{"type":"presence","room":"lobby","joined":[{"user":"ANA","username":"ana"}],'
        '"left":[],"count":1}'
    )

    ben = cluster.gateway(1).native("ben")
    names[ben.client_id] = "BEN"
    assert blanked(ben.hear(), names) == (
        '{"type":"presence","room":"lobby","snapshot":true,"joined":[{"user":"BEN","username":"ben"},'
        '{"user":"ANA","username":"ana"}],"left":[],"count":2}'
    )

    assert blanked(ana.hear(), names) == (
        '{"type":"presence","room":"lobby","joined":[{"user":"BEN","username":"ben"}],'
        '"left":[],"count":2}'
    )

    ben.send({"type": "public", "content": "你好 </ 😀\n", "id": "m1"})
    ack = ben.hear_message()
    # The first message gives a room its epoch.
    names[ack["epoch"]] = "EPOCH"
    assert blanked(ack, names) == (
        '{"type":"ack","id":"m1","room":"lobby","epoch":"EPOCH","seq":1,'
        f'"timestamp":"{TIME}","durability":"D"}}'
    )
    said = (
        '{"type":"public","room":"lobby","epoch":"EPOCH","seq":1,"from":"BEN","user":"BEN",'
        f'"sender_name":"ben","content":"你好 </ 😀\\n","timestamp":"{TIME}"}}'
    )
    assert blanked(ben.hear_message(), names) == said
    assert blanked(ana.hear_message(), names) == said

    ana.send({"type": "private", "to": ben.client_id, "content": "psst", "id": "m2"})
    ack = ana.hear_message()
    names[ack["epoch"]] = "INBOX"
    assert blanked(ack, names) == (
        '{"type":"ack","id":"m2","to":"BEN","epoch":"INBOX","seq":1,'
        f'"timestamp":"{TIME}","durability":"D"}}'
    )
    assert blanked(ben.hear_message(), names) == (
        '{"type":"private","epoch":"INBOX","seq":1,"from":"ANA","user":"ANA","to":"BEN",'
        f'"sender_name":"ana","content":"psst","timestamp":"{TIME}"}}'
    )
    ben.send({"type": "read", "inbox": 1, "id": "r1"})
    assert blanked(ben.hear_message(), names) == '{"type":"read","inbox":1,"id":"r1"}'

    ana.send({"type": "typing", "to": ben.user})
    assert blanked(ben.hear_message(), names) == (
        '{"type":"typing","from":"ANA","user":"ANA","sender_name":"ana"}'
    )
    cluster.hubctl("say", "tea?", json_output=False)
    notice = f'{{"type":"system","content":"tea?","timestamp":"{TIME}"}}'
    assert blanked(ana.hear_message(), names) == notice
    assert blanked(ben.hear_message(), names) == notice

    ben.send({"type": "bye"})
    assert ben.closed() == (1000, "bye")
    left = ana.hear_until(lambda frame: frame["type"] == "presence" and frame["left"])
    assert blanked(left, names) == (
        '{"type":"presence","room":"lobby","joined":[],'
        '"left":[{"user":"BEN","username":"ben"}],"count":1}'
    )


def test_the_ack_comes_before_the_echo(cluster):
    ana = cluster.gateway(0).native("ana")
    for number in range(50):
        ana.say(f"message {number}", id=f"m{number}")
    frames = ana.catch_up()
    for number in range(50):
        ack, echo = frames[2 * number : 2 * number + 2]
        assert (ack["type"], ack["id"], echo["type"]) == ("ack", f"m{number}", "public")
        assert (ack["epoch"], ack["seq"]) == (echo["epoch"], echo["seq"])
    assert len(frames) == 100


def test_an_ack_says_what_the_message_survives(make_cluster):
    classes = {"fast": "memory", "safe": "normal"}
    settings = {f"class.{name}.rooms": name for name in classes}
    settings |= {f"class.{name}.durability": kind for name, kind in classes.items()}
    cluster = make_cluster(gateways=1, settings=settings)
    ana = cluster.gateway(0).native("ana", since={"rooms": {"fast": None, "safe": None, "x": None}})
    for room, kind in (*classes.items(), ("x", "disk")):
        assert ana.ask("public", room=room, content="x")["durability"] == kind
    assert ana.ask("private", to=ana.user, content="x")["durability"] == "disk"


def test_without_the_subprotocol_it_is_room(cluster):
    old = cluster.gateway(0).room("old")
    assert old.subprotocol is None
    new = cluster.gateway(1).native("new")
    old.hear_type("system")
    new.say("from new")
    assert old.hear_type("public")["content"] == "from new"
    old.say("from old")
    frame = new.hear_until(lambda f: f["type"] == "public" and f["content"] == "from old")
    assert frame["from"] == old.client_id
    old.tell(new.client_id, "psst")
    assert new.hear_until(lambda f: f["type"] == "private")["content"] == "psst"
    answer = new.ask("private", to=old.client_id, content="heard")
    assert answer["type"] == "ack"
    assert old.hear_until(lambda f: f.get("content") == "heard")["type"] == "private"


def test_an_unknown_subprotocol_changes_nothing(cluster):
    client = cluster.gateway(0).connect(subprotocols=["chat.v9", "soap"])
    assert client.subprotocol is None
    client.join("ana")
    both = cluster.gateway(0).connect(subprotocols=["chat.v9", SUBPROTOCOL])
    assert both.subprotocol == SUBPROTOCOL


def test_a_gateway_says_bye_before_it_stops(cluster):
    ana = cluster.gateway(0).native("ana")
    old = cluster.gateway(0).room("old")
    assert cluster.gateway(0).stop() == 0
    bye = ana.hear_until(lambda frame: frame["type"] == "bye")
    assert bye["code"] == 1012 and 0 < bye["retry_after_ms"] <= 60_000
    assert ana.closed()[0] == 1012
    assert old.closed()[0] == 1012
    assert not any('"bye"' in text for text in old.heard)


def test_a_bye_before_hello_is_fine(cluster):
    ana = cluster.gateway(0).native()
    ana.send({"type": "bye"})
    assert ana.closed() == (1000, "bye")


def test_names_are_cleaned(cluster):
    for raw, shown in (
        ("  ana\u202e\u0007 \u200b", "ana"),
        ("e\u0301", "é"),
        ("x" * 100, "x" * 64),
    ):
        assert cluster.gateway(0).native(raw).name == shown
    nobody = cluster.gateway(0).native("\u200b\u202e")
    assert nobody.name == "用户" + nobody.client_id
    silent = cluster.gateway(0).native()
    silent.send({"type": "hello"})
    assert silent.hear()["username"] == "用户" + silent.client_id


def test_own_private_message_is_heard_once(cluster):
    ana = cluster.gateway(0).native("ana")
    tab = cluster.gateway(1).native("ana", resume=ana.resume)
    assert tab.user == ana.user and tab.client_id != ana.client_id
    ana.tell(ana.user, "note", id="n")
    kinds = [frame["type"] for frame in ana.catch_up()]
    assert sorted(kinds) == ["ack", "private"]
    assert [frame["content"] for frame in tab.catch_up()] == ["note"]


def test_control_characters_travel_escaped(cluster):
    ana = cluster.gateway(0).native("ana")
    content = "".join(map(chr, range(32))) + '"\\\x7f\u2028\ufffe😀'
    ana.say(content)
    assert ana.hear_message()["content"] == content


def test_typing_is_slowed_down_and_never_stored(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    for _ in range(20):
        ana.send({"type": "typing"})
    ana.say("done")
    heard = ben.hear_until(lambda frame: frame["type"] == "public") and ben.heard
    typed = [text for text in heard if '"type":"typing"' in text]
    assert len(typed) == 1, typed
    assert json.loads(typed[0])["user"] == ana.user
    assert all(m["type"] == "public" for m in ben.ask("history")["messages"])


def test_fragments_and_pings_between_them(cluster):
    ana = cluster.gateway(0).native()

    async def speak():
        await ana._socket.send(['{"type":"hel', 'lo","username":', '"ana"}'])
        await (await ana._socket.ping())

    run(speak())
    assert ana.hear()["username"] == "ana"


def test_a_binary_frame_closes(cluster):
    ana = cluster.gateway(0).native("ana")
    ana.send_raw(b"\x00")
    assert ana.closed()[0] == 1003


def test_everybody_hears_everything_in_one_order(cluster):
    clients = [cluster.gateway(n % 2).native(f"c{n}") for n in range(40)]
    for client in clients:
        client.say(f"from {client.name}")
    heard = []
    for client in clients:
        client.hear_until(lambda _, c=client: c.positions["lobby"][1] == len(clients))
        frames = [json.loads(text) for text in client.heard]
        first = client.welcomed["rooms"][0]["seq"]
        heard.append([f["content"] for f in frames if f["type"] == "public"][-40 + first :])
    assert all(one == heard[0] for one in heard)
