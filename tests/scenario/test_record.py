"""A hub that records itself: what it did can be done again from one file, contents or not."""

import re
import subprocess

from harness import BIN, PATIENCE, wait_for

SAID = ["words-for-all", "words-for-ben", "words-with-an-id", "words-of-a-stranger"]
OPERATORS = ["words-of-an-operator", "words-of-farewell"]


def replay(path, *options):
    """The finished hubbub-replay."""
    return subprocess.run(
        [str(BIN / "hubbub-replay"), *options, str(path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def assert_identical(path, *options):
    """What it printed: turns, envelopes, frames and the rest of its last line."""
    done = replay(path, *options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    line = done.stdout.splitlines()[-1]
    found = re.match(r"(\d+) turns, (\d+) envelopes in, (\d+) frames out, identical(.*)", line)
    assert found, line
    return [int(number) for number in found.groups()[:3]] + [found.group(4)]


def converse(cluster):
    """Several dialects talk, operators look and act, a gateway is lost; everything is answered."""
    ana = cluster.gateway(0).native("ana")
    ben = cluster.gateway(1).native("ben")
    eve = cluster.gateway(1).room(as_="eve")
    assert ana.ask("public", content=SAID[0])["type"] == "ack"
    assert ana.ask("private", to=ben.user, content=SAID[1])["type"] == "ack"
    said = {"type": "public", "room": "lobby", "content": SAID[2], "id": "m1"}
    for content, expected in ((SAID[2], "ack"), (SAID[2], "ack"), (SAID[2] + "!", "error")):
        ana.send({**said, "content": content})
        assert ana.answer("m1")["type"] == expected
    eve.say(SAID[3])
    ana.hear_until(lambda frame: frame.get("content") == SAID[3])
    assert ben.ask("history", room="lobby")["messages"]
    cluster.hubctl("say", OPERATORS[0])
    cluster.hubctl("room", "create", "tea")
    assert ben.join("tea")["type"] != "error"
    for words in (("history", "lobby"), ("users",), ("rooms",), ("inbox", ben.user), ("gateways",)):
        assert cluster.hubctl(*words)
    cluster.hubctl("show", "ben")
    cluster.hubctl("store", "stats")
    cluster.hubctl("room", "close", "tea", "--yes")
    mallory = cluster.gateway(1).room(as_="mallory", local_addr=("127.0.0.9", 0))
    cluster.hubctl("ban", "address", "127.0.0.8/31", "--reason", OPERATORS[1])
    assert mallory.closed() == (1008, "banned")
    cluster.hubctl("kick", "eve", "--reason", OPERATORS[1])
    wait_for(lambda: len(cluster.hubctl("users")) == 2, "eve is still online")
    return ana, ben


def changed(path, phrase, occurrence):
    """A copy of the record in which one byte of that occurrence of a phrase is another one."""
    held = bytearray(path.read_bytes())
    at = -1
    for _ in range(occurrence):
        at = held.index(phrase.encode(), at + 1)
    held[at] ^= 1
    copy = path.with_suffix(".changed")
    copy.write_bytes(held)
    return copy


def test_a_record_replays_and_every_change_is_found(make_cluster):
    cluster = make_cluster(start=False)
    path = cluster.folder / "record"
    cluster.hub.arguments += ["--set", f"hub.record={path}", "--set", "hub.record_contents=yes"]
    cluster.start()
    ana, _ = converse(cluster)
    # Its link breaks, and the rest of what is said goes without it.
    cluster.gateway(1).kill()
    wait_for(lambda: len(cluster.hubctl("users")) == 1, "the dead gateway's users are online")
    assert ana.ask("public", content="last words")["type"] == "ack"
    assert path.stat().st_mode & 0o7777 == 0o600
    # While it is being written it can be replayed up to here.
    assert "cut off" in assert_identical(path)[3]
    assert cluster.hub.stop() == 0
    turns, envelopes, frames, rest = assert_identical(path)
    assert turns > 10 and envelopes > 10 and frames > 10 and rest == ""
    assert assert_identical(path, "--until", "5")[0] == 5
    printed = replay(path, "--print").stdout
    assert re.search(rf'PUBLISH number=\d+ .* room="lobby" content="{SAID[0]}"', printed)
    assert "store: append" in printed and "DELIVER" in printed

    # What a gateway said, and what the store answered when it was read again.
    for occurrence in (1, 2):
        done = replay(changed(path, SAID[0], occurrence))
        assert done.returncode == 1, (occurrence, done.stdout, done.stderr)
        assert "recorded was" in done.stdout
    (cluster.folder / "short").write_bytes(path.read_bytes()[:3000])
    assert "cut off" in assert_identical(cluster.folder / "short")[3]
    other = path.read_bytes().replace(b"\x050.1.0", b"\x050.0.9", 1)
    (cluster.folder / "other").write_bytes(other)
    done = replay(cluster.folder / "other")
    assert done.returncode == 2 and "version 0.0.9" in done.stderr
    done = replay(cluster.folder / "other", "--any-version")
    assert done.returncode == 0 and "differences are likely" in done.stderr
    (cluster.folder / "none").write_bytes(b"hubbub record 1\n")
    assert replay(cluster.folder / "none").returncode == 2
    assert replay(cluster.folder / "nowhere").returncode == 2


def test_without_contents_it_replays_too_and_holds_none(make_cluster):
    cluster = make_cluster(start=False)
    path = cluster.folder / "record"
    cluster.hub.arguments += ["--set", f"hub.record={path}"]
    cluster.start()
    ana, ben = converse(cluster)
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    old = cluster.folder / "record.old"
    assert "cut off here (contents redacted)" in assert_identical(old)[3]

    # The store has what was said before: it comes back through the next record.
    ana.send({"type": "public", "room": "lobby", "content": SAID[2], "id": "m1"})
    assert ana.answer("m1").get("repeated") is True
    assert [m for m in ben.ask("history", room="lobby")["messages"] if m["content"] == SAID[0]]
    ben.drop()
    back = cluster.gateway(0).native("ben", resume=ben.resume, since=ben.since())
    assert back.user == ben.user
    assert cluster.hub.stop() == 0
    assert assert_identical(path)[3] == " (contents redacted)"
    held = old.read_bytes() + path.read_bytes()
    for secret in [*SAID, *OPERATORS]:
        assert secret.encode() not in held, secret
    for client in (ana, ben, back):
        # Behind the user's id; as it is sent, and as it was drawn.
        chance = client.resume[8:]
        assert chance.encode() not in held and bytes.fromhex(chance) not in held
    assert b"127.0.0.1" not in held
    assert b"ana" in held and b"lobby" in held


def test_a_record_that_cannot_be_written_ends_and_nothing_else(make_cluster):
    cluster = make_cluster(start=False, gateways=1)
    folder = cluster.folder / "a folder"
    cluster.hub.arguments += ["--set", f"hub.record={folder}/record"]
    cluster.hub.start()
    wait_for(lambda: not cluster.hub.alive(), "a hub runs that cannot record")
    assert cluster.hub.child.returncode == 1 and "hub.record: " in cluster.hub.log()
    folder.mkdir()
    path = folder / "record"
    cluster.hub.arguments += ["--set", "hub.record_megabytes=1"]
    cluster.hub.child = None
    cluster.start()
    ana = cluster.gateway(0).native("ana")
    while "the recording ends" not in cluster.hub.log():
        assert ana.ask("public", content="x" * 16000)["type"] == "ack"
    assert ana.ask("public", content="goes on")["type"] == "ack"
    assert path.stat().st_size <= 1 << 20
    assert assert_identical(path)[0] > 10
