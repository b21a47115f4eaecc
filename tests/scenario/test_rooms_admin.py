"""What operators see of rooms and users with hubctl, and what they do to rooms."""

import contextlib
import json
import re
import sqlite3
import subprocess

import pytest

from harness import BIN, wait_for

RULES = {
    "class.news.rooms": "news*",
    "class.news.write": "operators",
    "class.shut.rooms": "shut*",
    "class.shut.create": "operators",
    "limits.messages_per_second": 1000,
    "limits.messages_burst": 1000,
}


@pytest.fixture
def cluster(make_cluster):
    return make_cluster(settings=RULES)


def audit(cluster, command):
    """The audit lines of a command, once there is one."""
    pattern = re.compile(rf'audit .*command="?{command}"? .*')
    wait_for(lambda: pattern.search(cluster.hub.log()), f"no audit line for {command}")
    return pattern.findall(cluster.hub.log())


def test_rooms_by_name_with_their_classes(cluster):
    ana = cluster.gateway(0).native("ana")
    assert ana.join("tea")["type"] == "joined"
    assert ana.join("news-today")["type"] == "joined"
    assert ana.ask("public", room="tea", content="one")["seq"] == 1
    cluster.hubctl("room", "create", "quiet")
    rows = {row["room"]: row for row in cluster.hubctl("rooms")}
    assert list(rows) == ["lobby", "news-today", "quiet", "tea"]
    assert rows["tea"]["members"] == 1 and rows["tea"]["seq"] == 1
    assert rows["tea"]["class"] == "default" and rows["news-today"]["class"] == "news"
    assert rows["quiet"]["made"] and not rows["tea"]["made"]
    assert rows["quiet"]["created"] > "2025" and rows["tea"]["created"] is None
    assert rows["quiet"]["members"] == 0 and rows["tea"]["durability"] == "disk"


def test_history_shows_what_was_said_and_harms_no_terminal(cluster):
    ana = cluster.gateway(0).native("ana")
    for content in ("one", "two\x1b[2J", "three\nlines"):
        assert ana.ask("public", content=content)["type"] == "ack"
    rows = cluster.hubctl("history", "lobby")
    assert [row["content"] for row in rows] == ["one", "two\x1b[2J", "three\nlines"]
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert {row["name"] for row in rows} == {"ana"} and rows[0]["user"] == ana.user
    assert [row["seq"] for row in cluster.hubctl("history", "lobby", "-n", "2")] == [2, 3]
    assert [row["seq"] for row in cluster.hubctl("history", "--number=1", "lobby")] == [3]
    table = cluster.hubctl("history", "lobby", json_output=False)
    assert "\x1b" not in table and "two\\x1b[2J" in table and "three\\nlines" in table
    unknown = cluster.hubctl("history", "nowhere", check=False)
    assert unknown.returncode == 1 and "nowhere" in unknown.stderr
    assert cluster.hubctl("history", "lobby", "-n", "1001", check=False).returncode == 2
    # That somebody looked is written down, what was seen is not.
    assert all("three" not in line for line in audit(cluster, "history"))


def test_a_user_with_two_connections_and_mail(cluster):
    ana = cluster.gateway(0).native("ana")
    again = cluster.gateway(1).native("ana", resume=ana.resume)
    ben = cluster.gateway(1).native("ben")
    assert ben.ask("private", to=ana.user, content="psst")["type"] == "ack"
    rows = cluster.hubctl("show", ana.user)
    assert {row["gateway"] for row in rows} == {"gw-1", "gw-2"}
    assert {row["client_id"] for row in rows} == {ana.client_id, again.client_id}
    for row in rows:
        assert row["user"] == f"open/{ana.user}" and row["dialect"] == "native"
        assert row["address"].startswith("127.0.0.1") and row["rooms"] == ["lobby"]
        assert row["queue_bytes"] is None or row["queue_bytes"] >= 0
        assert row["inbox"] == 1 and row["inbox_bytes"] == 4
    assert any(row["queue_bytes"] is not None for row in rows)
    for who in (ben.client_id, f"open/{ben.user}", "ben"):
        assert [row["client_id"] for row in cluster.hubctl("show", who)] == [ben.client_id]
    inbox = cluster.hubctl("inbox", ana.client_id)
    assert [(row["content"], row["received"], row["name"]) for row in inbox] == [
        ("psst", False, "ben")
    ]
    assert again.ask("read", inbox=1)["type"] == "read"
    assert cluster.hubctl("inbox", ana.user)[0]["received"] is True
    assert cluster.hubctl("show", ana.user)[0]["inbox"] == 0
    nobody = cluster.hubctl("show", "nobody", check=False)
    assert nobody.returncode == 1 and "nobody" in nobody.stderr
    assert all("psst" not in line for line in audit(cluster, "inbox"))


def test_mail_of_somebody_who_never_came(cluster):
    ana = cluster.gateway(0).connect("/ws/ana?token=x")
    ana.send(json.dumps({"content": "for you", "to_user": "eva", "timestamp": "now"}))
    assert ana.hear()["type"] == "info"
    assert cluster.hubctl("show", "direct/eva") == [
        {"user": "direct/eva", "inbox": 1, "inbox_bytes": 7, "inbox_seq": 1}
    ]
    assert cluster.hubctl("inbox", "eva")[0]["content"] == "for you"
    # Having been looked at, it is kept by the same rule.
    ana.send(json.dumps({"content": "more", "to_user": "eva", "timestamp": "now"}))
    assert ana.hear()["type"] == "info"
    with contextlib.closing(sqlite3.connect(cluster.folder / "hubbub.db")) as store:
        rule = "SELECT keep_ms FROM streams WHERE CAST(name AS TEXT) = 'inbox/direct/eva'"
        assert store.execute(rule).fetchall() == [(24 * 3600 * 1000,)]


def test_a_room_with_its_own_rules(cluster):
    ana = cluster.gateway(0).native("ana")
    ben = cluster.gateway(1).native("ben")
    assert ana.join("shut")["code"] == "no_such_room"
    cluster.hubctl("room", "create", "shut", "--read", ana.user, "--write", "operators")
    again = cluster.hubctl("room", "create", "shut", check=False)
    assert again.returncode == 1 and "shut" in again.stderr
    assert cluster.hubctl("room", "create", "x", "--class", "none", check=False).returncode == 1
    assert ana.join("shut")["type"] == "joined"
    assert ana.ask("public", room="shut", content="hm")["code"] == "read_only"
    assert ben.join("shut")["code"] == "no_such_room"
    assert audit(cluster, "room create")
    # An operator's rooms outlive the hub.
    cluster.hub.stop()
    cluster.hub.start()
    cluster.wait_ready()
    wait_for(lambda: len(cluster.hubctl("users")) == 2, "not everybody is back")
    assert [row["room"] for row in cluster.hubctl("rooms") if row["made"]] == ["shut"]
    assert ben.join("shut")["code"] == "no_such_room"


def test_closing_a_room_empties_it(cluster):
    ana = cluster.gateway(0).native("ana")
    ana.join("tea")
    epoch = ana.ask("public", room="tea", content="old")["epoch"]
    unsure = cluster.hubctl("room", "close", "tea", check=False)
    assert unsure.returncode == 2 and "--yes" in unsure.stderr
    assert cluster.hubctl("room", "close", "tea", "--yes") == {"room": "tea", "members_removed": 1}
    left = ana.hear_type("left")
    assert left["room"] == "tea" and left["reason"] != "wished"
    assert cluster.hubctl("room", "close", "tea", "--yes", check=False).returncode == 1
    assert cluster.hubctl("history", "tea", check=False).returncode == 1
    joined = ana.join("tea")
    assert [joined["epoch"], joined["seq"]] == [0, 0]
    assert ana.ask("public", room="tea", content="new")["epoch"] != epoch
    assert audit(cluster, "room close")


def test_a_renamed_room_goes_on(cluster):
    ana = cluster.gateway(0).native("ana")
    ana.join("tea")
    epoch = ana.ask("public", room="tea", content="old")["epoch"]
    assert cluster.hubctl("room", "rename", "tea", "lobby", check=False).returncode == 1
    cluster.hubctl("room", "rename", "tea", "coffee")
    left = ana.hear_type("left")
    assert left["room"] == "tea" and left["renamed"] == "coffee"
    joined = ana.join("coffee")
    assert joined["epoch"] == epoch and joined["seq"] == 1
    assert [row["content"] for row in cluster.hubctl("history", "coffee")] == ["old"]
    assert "tea" not in [row["room"] for row in cluster.hubctl("rooms")]


def test_everything_is_exported_page_by_page(cluster):
    ana = cluster.gateway(0).native("ana")
    for number in range(300):
        assert ana.ask("public", content=f"m{number}")["type"] == "ack"
    command = [BIN / "hubctl", "--socket", cluster.admin_socket]
    done = subprocess.run(
        [*command, "store", "export"], capture_output=True, text=True, check=True, timeout=30
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["seq"] for row in rows) == list(range(1, 301))
    assert {row["stream"] for row in rows} == {"room/lobby"}
    tsv = subprocess.run(
        [*command, "--tsv", "store", "export"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.splitlines()
    assert len(tsv) == 301 and tsv[0].split("\t")[:3] == ["stream", "epoch", "seq"]
    assert cluster.hubctl("store", "stats")["messages"] == 300
