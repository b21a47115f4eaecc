"""What operators see while it happens and afterwards: hubctl tail, why, top and log-level."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import tempfile
import termios

import pytest

from harness import BIN, Cluster, PATIENCE, wait_for
from websockets.exceptions import InvalidHandshake


@pytest.fixture(scope="module")
def world():
    with Cluster(gateways=2) as cluster:
        yield cluster


class Following:
    """A hubctl that goes on, and what it printed."""

    def __init__(self, cluster, *words):
        self._file = tempfile.NamedTemporaryFile(dir=cluster.folder, delete=False)
        self.process = subprocess.Popen(
            [str(BIN / "hubctl"), "--socket", str(cluster.admin_socket), *words],
            stdout=self._file, stderr=subprocess.PIPE,
        )

    def printed(self):
        with open(self._file.name, "rb") as again:
            return again.read().decode()

    def until(self, text):
        wait_for(lambda: text in self.printed(), f"{text!r} is printed")

    def watches(self, cluster):
        """Until something that happens now is seen."""

        def is_seen():
            with pytest.raises(InvalidHandshake):
                cluster.gateway(0).connect("/is-it-seen")
            return "/is-it-seen" in self.printed()

        wait_for(is_seen, "tail watches")

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def following(cluster, *words):
    one = Following(cluster, *words)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def events(cluster, *words):
    return [row["event"] for row in cluster.hubctl("why", *words)]


def test_tail_shows_what_happens_without_contents(world):
    with following(world, "tail", "--room", "lobby", "--tsv") as tail:
        tail.until("words\tcontent\n")
        ana = world.gateway(0).room(as_="tail-ana")
        ana.say("a secret, 好吗")
        tail.until("\tsaid\t")
        ana.close()
        names, *rows = [line.split("\t") for line in tail.printed().splitlines()]
        assert [row[names.index("event")] for row in rows[:2]] == ["joined", "said"]
        said = dict(zip(names, rows[1]))
        assert said["name"] == "tail-ana" and said["room"] == "lobby" and said["gateway"] == "gw-1"
        assert said["count"] == str(len("a secret, 好吗".encode())) and said["content"] == ""
        assert tail.end(signal.SIGINT) == 0
    assert "command=tail" not in world.hub.log()


def test_tail_with_contents_is_audited_and_harmless(world):
    with following(world, "tail", "--user", "tail-eve", "--contents") as tail:
        wait_for(lambda: "command=tail" in world.hub.log(), "the audit line is there")
        eve = world.gateway(1).room(as_="tail-eve")
        eve.say("first \x1b[2J then")
        tail.until("content=")
        assert "first \\x1b[2J then" in tail.printed() and "\x1b" not in tail.printed()
        assert re.search(r"said +user=\S+ realm=open client_id=\S+ name=tail-eve", tail.printed())
        assert tail.end(signal.SIGTERM) == 0
    assert "then" not in world.hub.log()


def test_a_stopped_tail_holds_nobody_up(world):
    with following(world, "tail", "--json") as tail:
        tail.watches(world)
        tail.process.send_signal(signal.SIGSTOP)
        ana, ben = world.gateway(0).native("ana"), world.gateway(1).native("ben")
        for number in range(50):
            ana.ask("public", content=f"{number}" + "x" * 400)
        ben.hear_until(lambda frame: str(frame.get("content")).startswith("49x"))
        tail.process.send_signal(signal.SIGCONT)
        wait_for(lambda: tail.printed().count('"event":"said"') == 50, "it has caught up")
        for line in tail.printed().splitlines():
            json.loads(line)


def test_why_tells_how_a_client_ended(world):
    ben = world.gateway(1).room(as_="why-ben")
    world.hubctl("kick", "why-ben", "--reason", "enough now")
    assert ben.closed() == (1008, "enough now")
    wait_for(lambda: events(world, "why-ben")[-1] == "disconnected", "it is gone")
    rows = world.hubctl("why", ben.client_id)
    assert [row["event"] for row in rows] == ["connected", "joined", "kicked", "disconnected"]
    assert rows[2]["words"] == "an operator closed it: enough now"
    assert world.hubctl("why", f"open/{ben.client_id}") == rows

    eve = world.gateway(0).connect()
    eve.send({"username": "why-eve"})
    eve.hear()
    eve.send(b"binary")
    eve.closed()
    wait_for(lambda: events(world, "why-eve")[-1] == "disconnected", "it is gone")
    closed = world.hubctl("why", "why-eve")[-2]
    assert (closed["event"], closed["code"]) == ("closed", 1003) and "binary" in closed["words"]


def test_why_knows_who_never_became_a_client(world):
    with pytest.raises(InvalidHandshake):
        world.gateway(0).connect("/nowhere?token=secret")

    def turned_away():
        rows = world.hubctl("why", "--address", "127.0.0.1")
        return [row for row in rows if row["event"] == "turned_away"]

    wait_for(turned_away, "the gateway has reported it")
    row = turned_away()[-1]
    assert (row["code"], row["to"], row["gateway"], row["user"]) == (404, "/nowhere", "gw-1", None)
    assert "there is nothing at that path" in row["words"]


def test_why_says_who_may_be_meant(world):
    for gateway in (0, 1):
        world.gateway(gateway).room(as_="why-twin")
    wait_for(lambda: len(world.hubctl("users")) >= 2, "both are there")
    for words, status, part in (
        (("why-twin",), 1, "several users may be meant"), (("why-nobody",), 1, "nothing is remembered"),
        ((), 2, "name a user or"), (("--address", "192.0.2.1"), 1, "192.0.2.1"),
    ):
        done = world.hubctl("why", *words, check=False)
        assert done.returncode == status and part in done.stderr


def test_top_in_a_pipe_has_no_escapes(world):
    ana = world.gateway(0).room(as_="top-ana")
    ana.say("counted")
    picture = world.hubctl("top", "--once", json_output=False)
    assert "GATEWAY" in picture and "gw-2" in picture and "lobby" in picture
    assert "\x1b" not in picture and "per second: messages -" in picture
    once = world.hubctl("top", "--once")
    assert once["rates"]["messages"] is None and once["messages_public"] >= 1
    rows = {row["gateway"]: row for row in once["gateways"]}
    assert rows["gw-1"]["received"] >= 2 and rows["gw-1"]["delivered"] >= 1
    assert rows["gw-1"]["queue_bytes"] == 0
    assert once["biggest_rooms"][0]["room"] == "lobby"
    with following(world, "--json", "top", "--every", "1") as top:
        wait_for(lambda: top.printed().count("\n") >= 2, "two pictures")
        second = json.loads(top.printed().splitlines()[1])
        assert second["rates"]["messages"] is not None
        assert top.end(signal.SIGINT) == 0


def test_top_gives_the_terminal_back(world):
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
    top = subprocess.Popen(
        [str(BIN / "hubctl"), "--socket", str(world.admin_socket), "top"],
        stdin=side, stdout=side, stderr=side, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
    )
    os.close(side)
    shown = b""
    while b"ROOM" not in shown:
        shown += os.read(main, 4096)
    top.send_signal(signal.SIGINT)
    while not shown.endswith(b"\x1b[?25h\x1b[?1049l"):
        shown += os.read(main, 4096)
    assert top.wait(PATIENCE) == 0
    os.close(main)
    assert shown.startswith(b"\x1b[?1049h\x1b[?25l") and b"\x1b[1m" not in shown
    picture = shown.split(b"\x1b[J")[1].split(b"\x1b")[0].decode().splitlines()
    assert len(picture) < 12 and all(len(line) <= 60 for line in picture)


def test_log_level_changes_what_is_logged(world):
    gateway = world.gateway(1)
    assert world.hubctl("log-level", "--gateway", "gw-2") == [{"process": "gw-2", "level": "info"}]
    assert world.hubctl("log-level", "error", "--gateway", "gw-2")[0]["level"] == "error"
    wait_for(lambda: "the log has another level" in gateway.log(), "the gateway says so")
    levels = {row["process"]: row["level"] for row in world.hubctl("log-level", "--all")}
    assert levels == {"gw-1": "info", "gw-2": "error"}
    world.hubctl("log-level", "info", "--all")
    assert world.hubctl("log-level", "debug") == {"process": "hub", "level": "debug"}
    world.hubctl("status")
    wait_for(lambda: "debug operator asked" in world.hub.log(), "the hub logs more")
    world.hubctl("log-level", "info")
    assert re.search(r'audit.*command=log-level arguments="-- debug"', world.hub.log())
    for words, status in ((("loud",), 2), (("--gateway", "gw-9"), 1), (("--all", "--gateway", "gw-1"), 2)):
        assert world.hubctl("log-level", *words, check=False).returncode == status


def test_metrics_are_those_of_the_status_page(world):
    lines = world.hubctl("metrics", json_output=False).splitlines()
    assert "# TYPE hubbub_hub_clients gauge" in lines
    assert [line for line in lines if line.startswith("hubbub_hub_gateways ")] == ["hubbub_hub_gateways 2"]


def test_the_end_of_gateway_and_hub(world):
    """The last one: it ends what the others share."""
    ana = world.gateway(0).room(as_="end-ana")
    world.gateway(0).kill()
    wait_for(lambda: events(world, ana.client_id)[-1] == "gateway_died", "the hub has noticed")
    assert events(world, ana.client_id) == ["connected", "joined", "gateway_away", "gateway_died"]
    with following(world, "tail", "--json") as tail, following(world, "top", "--every", "1") as top:
        ben = world.gateway(1).native("ben")
        wait_for(lambda: ben.ask("public", content="x") and "said" in tail.printed(), "tail watches")
        top.until("ROOM")
        world.hub.kill()
        assert tail.process.wait(PATIENCE) == 3
        assert "the hub has ended" in tail.process.stderr.read().decode()
        assert top.process.wait(PATIENCE) == 3
    assert world.hubctl("why", "ana", check=False).returncode == 3
