"""hubbub-chat with a real gateway and hub: as a probe, on pipes, on a terminal, over interruptions."""

import json
import os
import signal
import stat

import pytest
from chat_terminal import PipedChat, TerminalChat, frames_of, run_chat, url_of
from harness import Cluster, wait_for


@pytest.fixture
def chats():
    """Makes PipedChat and TerminalChat; none of them outlives the test."""
    made = []

    def make(kind, *arguments, **options):
        made.append(kind(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture(scope="module")
def shared():
    """A hub and a gateway for all that break nothing: each test has names and rooms of its own."""
    with Cluster(gateways=1) as cluster:
        yield cluster


@pytest.fixture
def one_gateway(make_cluster):
    return make_cluster(gateways=1)


# --- a probe ---


def test_a_probe_hears_itself_or_says_why_not(shared):
    url = url_of(shared.gateway(0))
    done = run_chat("--name", "probe", "--send", "ping", "--expect", "^ping$", url)
    assert (done.returncode, done.stderr) == (0, "")
    done = run_chat("--send", "a", "--expect", "^b$", "--timeout", "1", url)
    assert done.returncode == 1
    assert done.stderr == 'hubbub-chat: no message matched "^b$" within 1 s\n'
    done = run_chat("--send", "x" * 20000, url)
    assert done.returncode == 1 and "too_long" in done.stdout
    done = run_chat("--send", "ping", url_of(shared.gateway(0), "/nothing"))
    assert done.returncode == 3 and "404" in done.stderr


def test_unreachable_is_told_at_once():
    done = run_chat("--send", "ping", "ws://127.0.0.1:1/ws")
    assert done.returncode == 3 and done.stderr.startswith("hubbub-chat: cannot connect")


@pytest.mark.parametrize("words", [["--nix"], ["http://a"], ["--expect", "("], ["--timeout", "0"],
                                   ["--token-file", "/nonexistent"], ["--token", "t"]])
def test_wrong_words_are_told_apart(words):
    done = run_chat(*words)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr


def test_both_protocols_are_told_alike(shared):
    told = {}
    for dialect in ("native", "room"):
        done = run_chat("--json", "--name", "ana", "--dialect", dialect, "--send", "one",
                        "--send", "two", "--expect", "two", url_of(shared.gateway(0)))
        assert done.returncode == 0
        assert "\x1b" not in done.stdout and "resume" not in done.stdout
        told[dialect] = [frame for frame in frames_of(done) if frame["type"] != "presence"]
        for frame in told[dialect]:
            for key in ("epoch", "seq", "durability", "timestamp", "id", "protocol", "user",
                        "from", "client_id", "rooms", "read"):
                frame.pop(key, None)
    # When an ack comes is another thing.
    by_text = {name: sorted(map(json.dumps, frames)) for name, frames in told.items()}
    assert by_text["native"] == by_text["room"]


# --- pipes ---


def test_lines_of_a_pipe_are_obeyed_in_order(shared):
    url = url_of(shared.gateway(0))
    typed = "/join pot\nin it\n/who\n@pia note\n/leave\n//slash\n/quit\nlost\n"
    done = run_chat("--name", "pia", url, typed=typed)
    assert done.returncode == 0, done
    lines = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    asked = ["you are in pot", "1 here: pia", "you are not in pot any more"]
    said = ["<pia> in it", "*pia* note", "<pia> /slash"]
    for wanted in (asked, said):
        # Who is there is told on coming in, too.
        places = [len(lines) - lines[::-1].index(line) for line in wanted]
        assert places == sorted(places), lines
    assert "\x1b" not in done.stdout and not any("lost" in line for line in lines)


def test_what_a_pipe_says_is_stored_or_told_to_be_refused(shared):
    url = url_of(shared.gateway(0))
    lines = [f"line {number}" for number in range(150)]
    done = run_chat("--name", "ana", "--json", url, typed="\n".join(lines))
    assert done.returncode == 0
    heard = [f["content"] for f in frames_of(done) if f["type"] == "public"]
    assert heard == lines
    done = run_chat(url, typed="@nobody hi\n/frob\nfine\n")
    assert done.returncode == 1
    assert "no_such_user" in done.stdout and "no such command" in done.stdout
    assert "fine" in done.stdout


def test_colors_are_for_terminals(shared):
    url = url_of(shared.gateway(0))
    assert "\x1b" not in run_chat("--send", "x", url, TERM="xterm").stdout
    assert "\x1b[2m" in run_chat("--send", "x", "--color=always", url, NO_COLOR="1").stdout


def test_history_is_shown_on_wish(shared):
    url = url_of(shared.gateway(0))
    run_chat("--send", "one", "--send", "two", "--send", "three", url)
    done = run_chat("--json", "--history", "2", "--send", "four", url)
    history = next(f for f in frames_of(done) if f["type"] == "history")
    assert [m["content"] for m in history["messages"]] == ["two", "three"]


# --- a terminal ---


def test_lines_are_edited_while_others_speak(shared, chats):
    gateway = shared.gateway(0)
    ana = chats(TerminalChat, "--name", "ana", "--color=always", url_of(gateway))
    ana.sees("you are ana")
    ben = gateway.native("ben")
    ana.sees("^-- ben came")
    ana.type("hello wörd")
    ana.edits("lobby> hello wörd")
    ben.say("in between")
    ana.sees(r"<ben> in between$")
    ana.edits("lobby> hello wörd")
    # Left over "d", "l" before it; Enter at any place sends all.
    ana.type("\x02l\r")
    ana.sees(r"<ana> hello wörld$")
    ana.edits("lobby>")
    ana.type("\x1b[A")
    ana.edits("lobby> hello wörld")
    ana.type("\x01\x0b" + "y" * 100)
    ana.edits("y" * 27)
    ben.say("again")
    ana.sees(r"<ben> again$")
    ana.edits("y" * 27)
    screen = ana.screen.lines()
    assert sum("yyy" in line for line in screen) == 2, screen
    ana.type("\x15")
    ana.edits("lobby>")
    ana.enter("/quit")
    assert ana.wait() == 0


def test_commands_of_a_person(shared, chats):
    gateway = shared.gateway(0)
    eve = chats(TerminalChat, "--name", "eve", url_of(gateway), NO_COLOR="1")
    eve.sees("you are eve")
    joe = gateway.native("joe")
    eve.sees("joe came")
    eve.enter("/join tea")
    eve.edits("tea>")
    eve.enter("/rooms")
    eve.sees(r"^-- \* tea, 1 there")
    eve.enter("/who lobby")
    eve.sees(r"here: .*joe")
    eve.enter("@joe psst")
    eve.sees(r"-> \*joe\* psst")
    assert joe.hear_until(lambda f: f["type"] == "private")["content"] == "psst"
    joe.tell(eve_id(shared), "back")
    eve.sees(r"\*joe\* back")
    eve.enter("a")
    eve.sees("<eve> a")
    eve.enter("/history 1")
    wait_for(lambda: sum("<eve> a" in line for line in eve.screen.lines()) == 2, "the history")
    eve.enter("/join lobby")
    eve.edits("lobby>")
    eve.enter("/leave tea")
    eve.sees("you are not in tea any more")
    eve.enter("/help")
    eve.sees("/history")
    eve.enter("/frob")
    eve.sees("no such command")
    # A terminal moves its cursor by sequences; colours are others.
    assert "\x1b[2m" not in eve.raw and "\x1b[3" not in eve.raw
    eve.type("\x04")
    assert eve.wait() == 0


def eve_id(cluster):
    return next(u["client_id"] for u in cluster.hubctl("users") if u["name"] == "eve")


def test_a_signal_gives_the_terminal_back(shared, chats):
    ana = chats(TerminalChat, "--name", "sue", url_of(shared.gateway(0)))
    ana.sees("you are sue")
    ana.type("half a li\x03")
    assert ana.wait() == 0


def test_a_stop_lends_the_terminal_out(shared, chats):
    kim = chats(TerminalChat, "--name", "kim", url_of(shared.gateway(0)))
    kim.sees("you are kim")
    kim.type("half")
    kim.edits("lobby> half")
    kim.type("\x1a")
    wait_for(kim.is_stopped, "the process is stopped")
    assert kim.terminal_is_as_before()
    kim.signal(signal.SIGCONT)
    kim.type(" a line\r")
    kim.sees("<kim> half a line")
    kim.resize(30)
    kim.type("z" * 40)
    kim.edits("z" * 17)
    kim.signal(signal.SIGTERM)
    assert kim.wait() == 0


def test_a_kick_ends_with_its_reason(shared, chats):
    ana = chats(PipedChat, "--name", "rob", url_of(shared.gateway(0)))
    ana.hear(type="presence", snapshot=True)
    shared.hubctl("kick", "rob", "--reason", "too much, 好吗")
    status, said = ana.wait()
    assert status == 1 and "too much, 好吗" in said and "1008" in said
    assert ana.heard[-1]["state"] == "ended" and ana.heard[-1]["code"] == 1008


# --- interruptions ---


def test_nothing_is_lost_or_doubled_when_the_gateway_dies(one_gateway, chats):
    gateway = one_gateway.gateway(0)
    ana = chats(PipedChat, "--name", "ana", url_of(gateway))
    ana.hear(type="presence", snapshot=True)
    ana.say("one")
    ana.hear(type="public", content="one")
    gateway.kill()
    ana.hear(type="connection", state="waiting")
    ana.say("two")
    gateway.start()
    wait_for(gateway.ready, "the gateway is back")
    ben = gateway.native("ben")
    ben.say("three")
    ana.hear(type="welcome", resumed=True)
    wait_for(lambda: {"one", "two", "three"} <= set(ana.contents()), "all three")
    ana.say("four")
    ana.hear(type="public", content="four")
    assert sorted(ana.contents()) == ["four", "one", "three", "two"]
    assert ana.end()[0] == 0


def test_what_is_said_while_the_hub_is_away_waits(one_gateway, chats):
    ana = chats(PipedChat, "--name", "ana", url_of(one_gateway.gateway(0)))
    ana.hear(type="presence", snapshot=True)
    one_gateway.hub.kill()
    ana.say("meanwhile")
    ana.hear(type="hub_degraded")
    one_gateway.hub.start()
    ana.hear(type="hub_back")
    assert ana.end()[0] == 0
    assert ana.contents() == ["meanwhile"]


def test_a_file_carries_on_between_runs(one_gateway, tmp_path):
    url, file = url_of(one_gateway.gateway(0)), tmp_path / "ana"
    first = run_chat("--json", "--name", "ana", "--resume-file", file, "--send", "one", url)
    assert first.returncode == 0 and stat.S_IMODE(file.stat().st_mode) == 0o600
    run_chat("--name", "ben", "--send", "two", url)
    again = run_chat("--json", "--name", "ana", "--resume-file", file, "--expect", "two", url)
    assert again.returncode == 0, again
    user = [next(f["user"] for f in frames_of(d) if f["type"] == "welcome") for d in (first, again)]
    assert user[0] == user[1]
    assert [f["content"] for f in frames_of(again) if f["type"] == "public"] == ["two"]
    other = run_chat("--resume-file", file, "--send", "x", url + "?other")
    assert other.returncode == 2 and "another address" in other.stderr
    os.chmod(file, 0o644)
    assert run_chat("--resume-file", file, "--send", "x", url).returncode == 2


def test_a_mount_that_only_speaks_room(make_cluster):
    cluster = make_cluster(gateways=1, settings={"listener.chat.mounts": "/plain room"})
    done = run_chat("--name", "ana", "--json", "--send", "hi", "--expect", "hi",
                    url_of(cluster.gateway(0), "/plain"))
    assert done.returncode == 0, done
    assert frames_of(done)[1] == {"type": "connection", "state": "joining", "protocol": "room"}
    refused = run_chat("--dialect", "native", "--send", "hi", url_of(cluster.gateway(0), "/plain"))
    assert refused.returncode == 1 and "does not speak native" in refused.stderr
