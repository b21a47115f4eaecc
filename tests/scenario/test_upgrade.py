"""New processes in place of old ones under the supervisor: the door stays open, the talk goes on.

HUBBUB_UPGRADES says how often all gateways are replaced in the connecting loop.
"""

import json
import os
import signal
import socket
import threading

import pytest

from client import Client
from harness import PATIENCE, http_get, wait_for
from raw_client import CLOSE, RawClient
from test_deployment import Deployment, deploy  # noqa: F401

UPGRADES = int(os.environ.get("HUBBUB_UPGRADES", "3"))
REPLACED = "all gateways have been replaced"


def upgrade(deployment):
    before = deployment.said().count(REPLACED)
    deployment.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: deployment.said().count(REPLACED) > before, "the gateways are not replaced")


def names(deployment):
    return [line.split("\t")[0] for line in deployment.hubctl("gateways")[1:]]


def settings(tmp_path, seconds):
    path = tmp_path / "hubbub.conf"
    path.write_text(f"[gateway]\ndrain_seconds = {seconds}\n[limits]\nlist_members = 5\n")
    return path


class Loop(threading.Thread):
    """Connects for ever; what was never to happen is in `wrong`, how often all was well in `done`."""

    def __init__(self, port, step):
        super().__init__(daemon=True)
        self.port, self.step = port, step
        self.done, self.moved, self.wrong = 0, 0, []
        self.stopping = False
        self.start()

    def run(self):
        while not self.stopping:
            try:
                if self.step(self.port, self.done):
                    self.done += 1
                else:
                    self.moved += 1
            except (OSError, EOFError, AssertionError) as error:
                self.wrong.append(repr(error))

    def end(self):
        self.stopping = True
        self.join(PATIENCE)
        assert not self.is_alive() and self.wrong == [], self.wrong


def ask_for_page(port, _):
    """One plain connection, one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        heard = b""
        while more := one.recv(65536):
            heard += more
    if not heard:
        raise EOFError("no answer")
    return heard.startswith(b"HTTP/1.1 200")


def chat(port, number):
    """Comes, says something, hears it and goes; False if told with 1012 or 503 to come again."""
    client = RawClient(port, "/ws")
    if client.status != 101:
        assert client.status == 503
        return False
    word = f"word {number}"
    client.send(json.dumps({"username": f"loop {number % 10}"}))
    client.send(json.dumps({"type": "public", "content": word}))
    said = False
    while True:
        opcode, payload = client.frame()
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            client.send(payload[:2], CLOSE) if not said else None
            # Its CLOSE and that of a drain may cross.
            assert code == 1012 or (said and code == 1000), code
            return said
        frame = json.loads(payload)
        if frame.get("content") == word and not said:
            said = True
            client.send((1000).to_bytes(2, "big"), CLOSE)


def test_no_connection_is_refused_or_reset_by_upgrades(deploy, tmp_path):  # noqa: F811
    deployment = deploy("--config", settings(tmp_path, 1)).ready()
    port = deployment.ports()[0]
    loops = [Loop(port, step) for step in (chat, chat, ask_for_page, ask_for_page)]
    for _ in range(UPGRADES):
        goals = [loop.done + 3 for loop in loops]
        upgrade(deployment)
        wait_for(
            lambda g=goals: all(loop.done >= goal or loop.wrong for loop, goal in zip(loops, g)),
            "nobody comes in",
        )
    for loop in loops:
        loop.end()
    print([(loop.step.__name__, loop.done, loop.moved) for loop in loops])
    last = UPGRADES + 1
    wait_for(lambda: names(deployment) == [f"gw-1-{last}", f"gw-2-{last}"], "old ones are left")
    run = deployment.state / "run"
    assert http_get(run / "gw-1-status.sock", "/readyz")[0] == 200
    assert sorted(path.name for path in run.glob("gw-*")) == sorted(
        [f"gw-{n}.{last}-status.sock" for n in (1, 2)] + [f"gw-{n}-status.sock" for n in (1, 2)]
    )


def test_clients_of_the_old_hear_to_come_again_and_the_hub_may_be_new_too(deploy, tmp_path):  # noqa: F811
    deployment = deploy("--config", settings(tmp_path, 3600)).ready()
    _, first, _ = deployment.ports()
    ana = deployment.join(first, "ana")
    upgrade(deployment)
    assert names(deployment) == ["gw-1", "gw-1-2", "gw-2-2"] or wait_for(
        lambda: names(deployment) == ["gw-1", "gw-1-2", "gw-2-2"], "gw-2 had no clients to wait for"
    )
    ben = deployment.join(first, "ben")
    ben.say("hello")
    assert ana.hear_type("public")["content"] == "hello"
    (hub,) = deployment.children()["hubbub-hub"]
    deployment.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: deployment.children().get("hubbub-hub", [hub]) != [hub], "no other hub")
    ana.say("still here")
    assert ben.hear_until(lambda frame: frame.get("content") == "still here")
    # All is stopped: those who still wait for their turn to go hear it too.
    assert deployment.stop() == 0
    assert [client.closed()[0] for client in (ana, ben)] == [1012, 1012]


def test_who_drains_by_itself_is_followed_at_once(deploy, tmp_path):  # noqa: F811
    deployment = deploy("--config", settings(tmp_path, 3600)).ready()
    _, _, second = deployment.ports()
    ana = deployment.join(second, "ana")
    deployment.hubctl("drain", "gw-2", "--over", "60m")
    ben = deployment.join(second, "ben")
    ben.say("hello")
    assert ana.hear_type("public")["content"] == "hello"
    lines = [line.split("\t") for line in deployment.hubctl("gateways")]
    state = {line[0]: line[lines[0].index("state")] for line in lines[1:]}
    assert state == {"gw-1": "attached", "gw-2": "draining", "gw-2-2": "attached"}


def test_a_program_that_does_not_come_up_changes_nothing(deploy, tmp_path):  # noqa: F811
    path = settings(tmp_path, 1)
    deployment = deploy("--config", path).ready()
    ana = deployment.join(deployment.ports()[0], "ana")
    path.write_text("[gateway]\ndrain_seconds = soon\n")
    deployment.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: "gw-1 goes on and no other gateway is replaced" in deployment.said(), "it is taken")
    ana.say("still here")
    assert ana.hear_type("public")["content"] == "still here"
    assert names(deployment) == ["gw-1", "gw-2"]
