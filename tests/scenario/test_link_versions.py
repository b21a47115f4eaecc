"""Each version of the link must work with the one before: its tape is played to both programs."""

import concurrent.futures
import pathlib
import re
import socket
import threading

import pytest

from harness import Cluster, PATIENCE, wait_for
from link_tape import Player, Tape, conversation
from stranger import (
    CLOSE, DELIVER, ENTERED, EXITED, HELLO, ITEM, NOTICE, OPENED, OUTCOME, ROSTER_END, Stranger, WELCOME,
    WHISPER,
)

TAPES = sorted((pathlib.Path(__file__).parent / "tapes").glob("*.json"))
KINDS = pathlib.Path(__file__).parents[2] / "common" / "envelope_kinds.h"

# Of these kinds, the fields that do not depend on the life or the clock of who says them.
LASTING = {
    OPENED: (1, 2, 3, 4), ENTERED: (1, 2, 3, 6), EXITED: (1, 2), OUTCOME: (1, 2, 4),
    DELIVER: (1, 3, 4, 5, 7, 8), WHISPER: (1, 3, 4, 6, 7), ITEM: (1, 2, 3, 5, 6, 7, 8, 10),
    NOTICE: (1, 3), CLOSE: (1, 2, 3, 4),
}


def lasting(frames):
    return [[f[0]] + [f[i] for i in LASTING.get(f[0], ())] for f in frames]


@pytest.fixture(params=TAPES, ids=lambda path: path.stem)
def tape(request):
    return Tape(request.param)


def test_there_is_a_tape_of_every_version_that_must_be_understood():
    text = KINDS.read_text()
    oldest, newest = (
        int(re.search(rf"#define {name} (\d+)", text)[1])
        for name in ("LINK_VERSION_OLDEST", "LINK_VERSION")
    )
    assert [Tape(path).version for path in TAPES] == list(range(oldest, newest + 1))
    assert newest - oldest <= 1


def test_a_hub_understands_the_gateway_on_tape(tape):
    with Cluster(gateways=0) as cluster:
        # A client_id is only known to the hub that gave it: the second link says what was given.
        rows = tape.links()[1]
        player = Player("gateway", lambda *words: cluster.hubctl(*words))
        link = Stranger.connected(cluster.hub_socket)
        was, now = player.play(link, rows)
        link.leave()
    assert now[0][:2] == [WELCOME, tape.version]
    assert lasting(now) == lasting(was)


class HubOnTape(Player):
    """The world of a conversation in which the hub is a tape."""

    def __init__(self, cluster, tape):
        super().__init__("hub", self._operated)
        self.gateway = cluster.gateway(0)
        self._links = tape.links()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(cluster.hub_socket))
        self._listener.listen()
        self._listener.settimeout(PATIENCE)
        self._wishes = threading.Semaphore(0)
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._playing = None

    def next_link(self):
        self._playing = self._pool.submit(self._play_next)

    def end(self):
        """What was heard on the link that ends, on tape and now."""
        link, was, now = self._playing.result(PATIENCE)
        link.leave()
        return was, now

    def until(self, to, kind, count):
        self.heard.until(to, kind, count)

    def operate(self, *words):
        self._wishes.release()

    def relink(self):
        was, now = self.end()
        assert lasting(now) == lasting(was)
        self.next_link()
        self.until("gateway", ROSTER_END, 2)

    def close(self):
        self._pool.shutdown()
        self._listener.close()

    def _operated(self, *words):
        assert self._wishes.acquire(timeout=PATIENCE)

    def _play_next(self):
        link = Stranger(self._listener.accept()[0])
        return (link, *self.play(link, self._links.pop(0)))


def test_a_gateway_understands_the_hub_on_tape(tape):
    with Cluster(gateways=1, start=False) as cluster:
        hub = HubOnTape(cluster, tape)
        hub.next_link()
        cluster.gateway(0).start()
        wait_for(cluster.gateway(0).healthy, "the gateway is there")
        hub.until("gateway", ROSTER_END, 1)
        conversation(hub)
        was, now = hub.end()
        hub.close()
    assert now[0][0] == HELLO
    assert lasting(now) == lasting(was)
