"""The hub on a disk that is full, that fails, that lies: what is promised holds, the rest goes on."""

import contextlib
import sqlite3
import subprocess

import pytest
from harness import BIN, Cluster, wait_for
from native_client import SUBPROTOCOL, NativeClient


class FaultyCluster(Cluster):
    """A cluster whose hub has a disk that does what `fault` says."""

    def __init__(self, settings=None):
        super().__init__(settings=settings, start=False)
        self._control = self.folder / "faults"
        self.hub.arguments[0] = str(BIN / "hubbub-hub-faulty")
        self.hub.environment["HUBBUB_FAULTS"] = str(self._control)
        self.start()

    def fault(self, *lines):
        """From the next write on; without lines the disk is well again."""
        following = self._control.with_suffix(".next")
        following.write_text("".join(line + "\n" for line in lines))
        following.rename(self._control)

    def native(self, gateway, username, **members):
        gateway = self.gateway(gateway)
        client = NativeClient.connect(
            f"ws://127.0.0.1:{gateway.port}/ws", subprotocols=[SUBPROTOCOL]
        )
        gateway.clients.append(client)
        return client.hello(username, **members)


@pytest.fixture
def faulty():
    with contextlib.ExitStack() as stack:

        def make(**shape):
            return stack.enter_context(FaultyCluster(**shape))

        yield make


def test_a_full_disk_refuses_what_it_cannot_keep_and_nothing_else(faulty):
    cluster = faulty()
    ana = cluster.native(0, "ana")
    cleo = cluster.native(1, "cleo")
    ben = cluster.gateway(1).room(as_="ben")
    ben.skip()
    assert ana.ask("public", content="before")["seq"] == 1
    assert cleo.hear_message()["content"] == "before"
    assert ben.hear()["content"] == "before"
    pid = cluster.hub.pid

    cluster.fault("full")
    for _ in range(3):
        refused = ana.ask("public", content="lost")
        assert (refused["type"], refused["code"]) == ("error", "not_stored")
    ben.say("lost too")
    assert ben.error() == "not_stored"
    ana.tell(cleo.user, "lost as well")
    assert ana.error() == "not_stored"
    # Who comes and goes is still told, and what is never stored goes through.
    dora = cluster.gateway(0).room(as_="dora")
    assert ben.hear_type("system")["content"].startswith("dora ")
    ana.send({"type": "typing", "room": "lobby"})
    assert cleo.hear_type("typing")["user"] == ana.user
    assert all(frame["type"] in ("presence", "typing") for frame in cleo.catch_up())
    dora.close()

    cluster.fault()
    assert ana.ask("public", content="after")["seq"] == 2
    assert cleo.hear_message()["content"] == "after"
    assert ben.hear_type("public")["content"] == "after"
    ana.tell(cleo.user, "yours")
    assert cleo.hear_message()["content"] == "yours"
    ben.say("mine")
    assert cleo.hear_message()["seq"] == 3
    assert cluster.hub.alive() and cluster.hub.pid == pid
    history = ana.ask("history", room="lobby")
    assert [m["content"] for m in history["messages"]] == ["before", "after", "mine"]


def test_nothing_acknowledged_is_lost_when_the_disk_fails_to_sync(faulty):
    cluster = faulty()
    ana = cluster.native(0, "ana")
    cleo = cluster.native(1, "cleo")
    for number in range(1, 21):
        assert ana.ask("public", content=f"m{number}")["seq"] == number

    cluster.fault("fsync_error")
    ana.send({"type": "public", "id": "last", "content": "m21"})
    wait_for(lambda: not cluster.hub.alive(), "the hub goes on with a disk that lies")
    assert cluster.hub.child.returncode != 0
    cluster.fault()
    cluster.hub.start()
    cluster.wait_ready()
    # Nobody was disconnected; the command waited for its end and has exactly one.
    assert ana.answer("last")["seq"] == 21
    assert ana.ask("public", content="m22")["seq"] == 22
    heard = []
    while len(heard) < 22:
        heard.append(cleo.hear_until(lambda frame: frame["type"] == "public")["content"])
    assert heard == [f"m{number}" for number in range(1, 23)]
    assert cleo.hears_nothing_more()


def test_a_file_at_its_bound_takes_more_once_what_was_read_is_gone(faulty):
    cluster = faulty(
        settings={
            "store.megabytes_max": 1,
            "store.inbox_kilobytes": 100000,
            "store.read_hours": 0,
            "limits.messages_burst": 100000,
        }
    )
    ana = cluster.native(0, "ana")
    cleo = cluster.native(1, "cleo")
    told = 0
    while (answer := ana.ask("private", to=cleo.user, content="x" * 3000))["type"] == "ack":
        told = answer["seq"]
        assert told < 1000, "the file has no bound"
    assert answer["code"] == "not_stored" and told > 50
    while cleo.hear_message()["seq"] < told:
        pass
    # Even to say what was read takes space: it is asked until there is some.
    wait_for(lambda: cleo.ask("read", inbox=told)["type"] == "read", "nothing can be read")
    wait_for(
        lambda: ana.ask("private", to=cleo.user, content="y" * 3000)["type"] == "ack",
        "the file stays full",
    )
    assert cleo.hear_message()["seq"] == told + 1
    assert cluster.hubctl("status")


def test_a_restore_goes_on_when_its_operator_hangs_up(faulty):
    """Else the copy would be taken by whichever start comes next, and all said until then be gone."""
    cluster = faulty()
    ana = cluster.native(0, "ana")
    copy = cluster.folder / "copy.db"
    assert ana.ask("public", content="in the copy")["seq"] == 1
    assert cluster.hubctl("store", "backup", str(copy))
    # A copy of a store that was itself restored is written to: that takes its time here.
    with contextlib.closing(sqlite3.connect(copy)) as file, file:
        file.execute("INSERT INTO meta VALUES('restore_ready', 1)")
    cluster.fault("slow_sync 800")
    operator = subprocess.Popen(
        [BIN / "hubctl", "--socket", cluster.admin_socket, "store", "restore", copy, "--yes"]
    )
    wait_for((cluster.folder / "hubbub.db.restore-part").exists, "the copy is not taken")
    operator.kill()
    operator.wait()
    wait_for(lambda: not cluster.hub.alive(), "the copy lies in wait")
    assert cluster.hub.child.returncode == 0
    cluster.fault()
    cluster.hub.start()
    cluster.wait_ready()
    assert not (cluster.folder / "hubbub.db.restore").exists()
