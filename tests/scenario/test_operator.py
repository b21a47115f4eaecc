"""What an operator does with hubctl, against a running hub."""

import json
import re
import socket
import subprocess

import pytest

from harness import BIN


def test_status_and_gateways(cluster):
    cluster.gateway(0).room(as_="ana")
    status = cluster.hubctl("status")
    assert status["gateways"] == 2 and status["clients"] == 1 and status["rooms"] == 1
    rows = {row["name"]: row for row in cluster.hubctl("gateways")}
    assert set(rows) == {"gw-1", "gw-2"}
    assert rows["gw-1"]["clients"] == 1 and rows["gw-2"]["clients"] == 0
    assert rows["gw-1"]["pid"] == cluster.gateway(0).pid


def test_users_with_their_gateways_in_joining_order(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="小鹏")
    rows = cluster.hubctl("users")
    assert [(r["client_id"], r["name"], r["gateway"]) for r in rows] == [
        (ana.client_id, "ana", "gw-1"),
        (ben.client_id, "小鹏", "gw-2"),
    ]
    assert cluster.hubctl("users", "--room", "lobby") == rows
    refused = cluster.hubctl("users", "--room", "nowhere", check=False)
    assert refused.returncode == 1 and "nowhere" in refused.stderr


@pytest.mark.parametrize("by_name", [False, True])
def test_kick_closes_with_the_reason_and_everyone_sees_the_leave(cluster, by_name):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    cluster.hubctl("kick", "ben" if by_name else ben.client_id, "--reason", "be nice, 好吗")
    assert ben.closed() == (1008, "be nice, 好吗")
    frame = ana.hear()
    assert [user["username"] for user in frame["users"]] == ["ana"]
    assert ana.hear()["content"] == "ben 已离开"
    assert ana.hears_nothing_more()
    assert re.search(r"audit.*command=kick", cluster.hub.log())


def test_kick_of_nobody_is_refused(cluster):
    cluster.gateway(0).room(as_="twin")
    cluster.gateway(1).room(as_="twin")
    for who in ("nobody", "00000000", "twin"):
        done = cluster.hubctl("kick", who, check=False)
        assert done.returncode == 1 and done.stderr.strip()
    assert len(cluster.hubctl("users")) == 2


def test_a_reason_fills_the_close_frame_and_no_more(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    done = cluster.hubctl("kick", "ana", "--reason", "é" * 62, check=False)
    assert done.returncode == 2 and "at most 123" in done.stderr
    cluster.hubctl("kick", "ana", "--reason", "é" * 61)
    assert ana.closed() == (1008, "é" * 61)


def test_say_reaches_everyone_as_system(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    cluster.hubctl("say", "back at nine")
    for member in (ana, ben):
        frame = member.hear()
        assert frame["type"] == "system" and frame["content"] == "back at nine"
    assert re.search(r"audit.*command=say", cluster.hub.log())


def test_output_forms(cluster):
    cluster.gateway(0).room(as_="ana")
    table = cluster.hubctl("users", json_output=False)
    assert "ana" in table and "gw-1" in table
    tsv = subprocess.run(
        [BIN / "hubctl", "--socket", cluster.admin_socket, "--tsv", "users"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(tsv) == 2 and "client_id" in tsv[0].split("\t") and "ana" in tsv[1].split("\t")


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["kick"], ["kick", "a", "b"], ["users", "--roof", "x"], ["say"], [],
     ["users", "--room"], ["kick", "ana", "--reason"]],
)
def test_wrong_words_print_the_possibilities(cluster, words):
    done = cluster.hubctl(*words, check=False, json_output=False)
    assert done.returncode == 2
    assert done.stderr.strip() and not done.stdout.strip()
    if not words or words == ["frobnicate"]:
        for command in ("status", "gateways", "users", "kick", "say", "version"):
            assert command in done.stderr


@pytest.mark.parametrize("word", ["--bogus", "-h", "--bogus=1"])
def test_an_option_that_does_not_exist_is_named(cluster, word):
    done = cluster.hubctl(word, "status", check=False, json_output=False)
    assert done.returncode == 2
    assert done.stderr == f'hubctl: no such option: "{word}"; see --help\n'


def test_without_a_hub_it_says_so(cluster):
    cluster.hub.stop()
    done = cluster.hubctl("status", check=False)
    assert done.returncode == 3 and str(cluster.admin_socket) in done.stderr


def test_version_and_full_disk(cluster):
    versions = cluster.hubctl("version")
    assert re.fullmatch(r"\d+\.\d+\.\d+", json.dumps(versions).split('"')[3])
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BIN / "hubctl", "--socket", cluster.admin_socket, "status"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode != 0 and done.stderr.strip()


def test_hostile_bytes_on_the_admin_socket_cost_only_themselves(cluster):
    for bytes_ in (b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", b"x" * 200000, b"hubctl\t\n", b"\n" * 9):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(cluster.admin_socket))
            raw.settimeout(15)
            try:
                raw.sendall(bytes_)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert cluster.hubctl("status")["gateways"] == 2
