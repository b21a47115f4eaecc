"""A gateway that was taken over: whatever it says costs others nothing, and the hub's memory little."""

import os
import struct

import pytest

from harness import wait_for
from stranger import (
    CLOSED, DELIVER, GOODBYE, HELLO, JOIN, JOINED, LINK_VERSION, NOTICE, OPEN, OPENED, OUTCOME, PUBLISH,
    REFUSED, ROSTER_END, Stranger, TELL, U32_MAX, U64_MAX, WELCOME, envelope, framed,
)

ASAN_MEGABYTES = 64  # what the sanitizer keeps of freed memory, and some more


@pytest.fixture
def frugal(make_cluster, monkeypatch):
    """A cluster whose memory can be measured: the sanitizer keeps little of what was freed."""
    options = os.environ.get("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
    monkeypatch.setenv("ASAN_OPTIONS", f"{options}:quarantine_size_mb=16")
    return make_cluster()


def megabytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def all_is_well(cluster):
    """People on two gateways hear each other."""
    ana = cluster.gateway(0).room(as_="well-ana")
    ben = cluster.gateway(1).room(as_="well-ben")
    ana.say("all is well")
    assert ben.hear_until(lambda frame: frame.get("content") == "all is well")
    ana.close()
    ben.close()


def lost_links(cluster, *names):
    log = cluster.hub.log()
    return [name for name in names if f"gateway lost gateway={name}" in log]


WELL = envelope(OPEN, 1, 0, "room", "open", "n", "a", 0)
IN = WELL + envelope(JOIN, 1, "lobby", 0)


@pytest.mark.parametrize(
    "said, why",
    [
        (b"\0\0\0\0", "bad_frame"),
        (b"\xff\xff\xff\xff", "bad_frame"),
        (struct.pack(">I", (1 << 20) + 1), "bad_frame"),
        (framed(b"\xdd\xff\xff\xff\xff"), "bad_frame"),
        (framed(b"\x92\x05\xdb\xff\xff\xff\xff"), "bad_frame"),
        (framed(b"\x91" * 100000), "bad_frame"),
        (framed(b"\x92\x05\xc7\x01\x05x"), "bad_frame"),
        (framed(b"\x92\x05\xa1x\0"), "bad_frame"),
        (framed(b"\x81\x05\x05"), "bad_frame"),
        (framed(b"\x92\x05\xc0"), "bad_frame"),
        (framed(b"\x92\x06\xff"), "bad_frame"),
        (framed(b"\x92\x06\xcb" + bytes(8)), "bad_frame"),
        (framed(b"\x91\x00"), "bad_frame"),
        (envelope(U64_MAX, 1), "bad_frame"),
        (envelope(ROSTER_END, 0, 1 << 32), "bad_frame"),
        (envelope(WELCOME, LINK_VERSION, 1, "s", 0, 1, 1), "wrong_sender"),
        (envelope(NOTICE, "", 1, "x"), "wrong_sender"),
        (envelope(DELIVER, "lobby", 1, 1, 1, "x", 1, "x"), "wrong_sender"),
        (envelope(HELLO, LINK_VERSION, "stranger", 7, "s", 0, 0, 0, 0), "out_of_order"),
        (envelope(ROSTER_END, 0, 0), "out_of_order"),
        (WELL + WELL, "bad_content"),
        (envelope(OPEN, 1, 0, "room", "open", "n", "a", U64_MAX), "bad_content"),
        (envelope(OPEN, 1, 0, "room", "open", b"\xff\xfe", "a", 0), "bad_content"),
        (envelope(OPEN, 1, 0, "room", "open", "a\0b", "a", 0), "bad_content"),
        (envelope(OPEN, 1, 0, "room", "open", "\x1b[2J", "a", 0), "bad_content"),
        (envelope(OPEN, 1, 0, "room", "open", "n", "x" * 1000000, 0), "bad_content"),
        (WELL + envelope(JOIN, 1, "../x", 0), "bad_content"),
        (IN + envelope(PUBLISH, 0, 1, 1, "lobby", "x"), "bad_content"),
        (IN + envelope(PUBLISH, U64_MAX, 1, 1, "lobby", "x"), "bad_content"),
        (envelope(GOODBYE, "\x1b[31m\nbye"), "said_goodbye"),
        (b"\0\0\0\x20\x98", "silent"),
    ],
    ids=lambda value: value[:20].hex() if isinstance(value, bytes) else None,
)
def test_nonsense_ends_its_own_link_only(cluster, said, why):
    stranger = Stranger.gateway(cluster)
    stranger.until(ROSTER_END)
    stranger.send(said)
    assert stranger.is_ended()
    wait_for(lambda: f"reason={why} " in cluster.hub.log(), f"the log says {why}")
    all_is_well(cluster)
    assert not lost_links(cluster, "gw-1", "gw-2")
    assert "\x1b" not in cluster.hub.log()


def test_a_gateway_speaks_for_its_own_clients_only(cluster):
    victim = cluster.gateway(0).room(as_="victim")
    listener = cluster.gateway(1).room(as_="listener")
    victim.skip()
    stranger = Stranger.gateway(cluster)
    identity = int(victim.client_id, 16)
    stranger.open(1, name="victim", client=identity)
    assert stranger.until(OPENED)[2] != identity
    stranger.until(JOINED)
    # Another's client_id beside its own conn, then conns that are not its own.
    stranger.say(PUBLISH, 1, 1, identity, "lobby", "who am I")
    frame = listener.hear_until(lambda frame: frame.get("content") == "who am I")
    assert frame["from"] != victim.client_id
    assert stranger.until(OUTCOME)[2] == 0
    for number, conn in enumerate((0, 2, 1 << 32, U64_MAX), start=2):
        stranger.say(PUBLISH, number, conn, identity, "lobby", "not me")
        assert stranger.until(OUTCOME)[2] != 0
        stranger.say(CLOSED, conn)
    stranger.say(TELL, 10, 99, identity, victim.client_id, "from nobody")
    assert stranger.until(OUTCOME)[2] != 0
    stranger.leave()
    victim.hear_until(lambda frame: frame.get("content") == "victim 已离开")
    assert victim.hears_nothing_more()
    all_is_well(cluster)


def test_a_name_too_long_is_refused(cluster):
    stranger = Stranger.gateway(cluster)
    stranger.say(OPEN, 1, 0, "room", "open", "x" * 1000000, "a", 0)
    assert stranger.until(REFUSED)[1] == 1
    all_is_well(cluster)


@pytest.mark.parametrize("ordinal", [(1 << 62) - 1, U64_MAX])
def test_places_in_the_far_future_lock_nobody_out(cluster, ordinal):
    stranger = Stranger.gateway(cluster)
    stranger.open(1, ordinal=ordinal)
    stranger.until(JOINED)
    cat = cluster.gateway(1).room(as_="cat")
    stranger.leave()
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    cat.skip()
    all_is_well(cluster)
    assert "bad_content" not in cluster.hub.log()


def test_rooms_without_end_are_refused(frugal):
    before = megabytes(frugal.hub)
    stranger = Stranger.gateway(frugal)
    stranger.read_all()
    stranger.say(OPEN, 1, 0, "room", "open", "n", "a", 0)
    for number in range(0, 100000, 500):
        joins = [envelope(JOIN, 1, f"r{room}", 0) for room in range(number, number + 500)]
        assert stranger.send(b"".join(joins))
    all_is_well(frugal)
    assert megabytes(frugal.hub) - before < ASAN_MEGABYTES
    assert not lost_links(frugal, "gw-1", "gw-2")
    stranger.leave()


def test_a_gateway_that_commands_and_does_not_read_is_cut(frugal):
    before = megabytes(frugal.hub)
    stranger = Stranger.gateway(frugal)
    stranger.open(1)
    number = 1
    while number < 2000000:
        told = [envelope(TELL, n, 1, 1, "00000000", "x") for n in range(number, number + 1000)]
        if not stranger.send(b"".join(told)):
            break
        number += 1000
    assert stranger.is_ended()
    wait_for(lambda: "gateway=stranger" in frugal.hub.log() and "too_slow" in frugal.hub.log(),
             "the link is too slow")
    assert megabytes(frugal.hub) - before < ASAN_MEGABYTES
    all_is_well(frugal)
    assert not lost_links(frugal, "gw-1", "gw-2")


def test_a_crowd_of_invented_clients_goes_with_its_gateway(cluster):
    stranger = Stranger.gateway(cluster)
    stranger.read_all()
    for first in range(0, 100000, 1000):
        crowd = [envelope(OPEN, conn, 0, "room", "open", "n", "a", 0)
                 for conn in range(first, first + 1000)]
        assert stranger.send(b"".join(crowd))
    all_is_well(cluster)
    wait_for(lambda: cluster.hubctl("status")["clients"] >= 100000, "all are in")
    stranger.leave()
    wait_for(lambda: cluster.hubctl("status")["clients"] < 10, "all are gone")
    all_is_well(cluster)
    assert not lost_links(cluster, "gw-1", "gw-2")


def test_a_stolen_name_comes_back_to_its_gateway(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    for epoch in range(1, 500):
        Stranger.gateway(cluster, name="gw-1", epoch=epoch, attach=False).leave()
    cluster.wait_ready()
    ana.skip()
    all_is_well(cluster)
    assert len(cluster.hub.log().splitlines()) < 1000


def test_a_false_memory_of_gateways_delays_once_and_not_for_long(cluster):
    for name in ("one", "two", "three"):
        Stranger.gateway(cluster, name=name, hub_epoch=99, known=U32_MAX)
        all_is_well(cluster)
    assert cluster.hub.log().count("waiting for the gateways of the hub before") == 1


def test_a_roster_that_never_ends_holds_up_nobody(cluster):
    stranger = Stranger.gateway(cluster, attach=False)
    stranger.until(WELCOME)
    stranger.open(1, name="early")
    stranger.until(JOINED)
    all_is_well(cluster)
    stranger.leave()
    all_is_well(cluster)


def test_connections_without_a_word_are_bounded_and_ended(cluster):
    silent = [Stranger.connected(cluster.hub_socket) for _ in range(200)]
    all_is_well(cluster)
    for stranger in silent:
        assert stranger.is_ended()
    all_is_well(cluster)
    assert len(cluster.hub.log().splitlines()) < 200


def test_a_number_counts_once(cluster):
    """A command that comes twice was sent again over a break: it is carried out once."""
    watcher = cluster.gateway(0).room(as_="watcher")
    stranger = Stranger.gateway(cluster, name="twice")
    stranger.open(1)
    stranger.until(JOINED)
    stranger.send(envelope(PUBLISH, 5, 1, 1, "lobby", "once") * 2
                  + envelope(PUBLISH, 6, 1, 1, "lobby", "last") * 2)
    heard = []
    while not heard or heard[-1] != "last":
        heard.append(watcher.hear_type("public")["content"])
    assert heard == ["once", "last"]
    assert watcher.hears_nothing_more()
    assert lost_links(cluster, "twice") == []
