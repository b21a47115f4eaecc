"""The whole as deploy/run starts it: the real daemons under the real supervisor, by what it prints."""

import contextlib
import os
import pathlib
import re
import shlex
import signal
import socket
import ssl
import subprocess

import pytest

from authority import Authority
from client import Client
from harness import BIN, PATIENCE, http_get, wait_for


class Deployment:
    def __init__(self, folder, *options):
        self.state = folder / "with a blank"
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [BIN / "hubbub-supervisor", "--port", "0", "--state", self.state, *options],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self):
        return self.output.read_text()

    def ready(self):
        wait_for(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, "no word of it")
        assert self.process.poll() is None, self.said()
        return self

    def ports(self):
        """The shared port and then the gateways' own."""
        return [int(port) for port in re.findall(r"https?://127\.0\.0\.1:(\d+)/\n", self.said())]

    def hubctl(self, *words):
        """Runs hubctl as the printed line says."""
        line = re.search(r"who is there: (.*) status\n", self.said()).group(1)
        return subprocess.run(
            [*shlex.split(line), "--tsv", *words], capture_output=True, text=True, check=True
        ).stdout.splitlines()

    def children(self):
        """{program: [pid, ...]}, the gateways in the order of their names."""
        found = {}
        for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                name = [word for word in words if word.startswith("gateway.name=")]
                found.setdefault(os.path.basename(words[0]), {})[str(name)] = int(pid)
        return {program: [pids[name] for name in sorted(pids)] for program, pids in found.items()}

    def join(self, port, name):
        return Client.connect(f"ws://127.0.0.1:{port}/ws").join(name)

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@pytest.fixture
def deploy(tmp_path):
    made = []

    def begin(*options):
        made.append(Deployment(tmp_path, *options))
        return made[-1]

    yield begin
    for one in made:
        if one.process.poll() is None:
            assert one.stop() == 0, one.said()
        assert "Sanitizer" not in one.said() and "runtime error" not in one.said(), one.said()


def is_listened_on(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_printed_addresses_are_a_chat(deploy):
    deployment = deploy("--gateways", "3").ready()
    shared, *own = deployment.ports()
    assert len(own) == 3
    clients = [deployment.join(port, f"at {port}") for port in [*own, shared]]
    clients[0].say("hello")
    for client in clients:
        assert client.hear_type("public")["content"] == "hello"
    listed = deployment.hubctl("users")
    assert [f"at {port}" in "".join(listed) for port in [shared, *own]] == [True] * 4
    for number, port in enumerate(own, 1):
        assert any(f"at {port}" in line and f"gw-{number}" in line for line in listed)

    pids = sum(deployment.children().values(), [])
    assert len(pids) == 4
    assert deployment.stop() == 0
    assert [client.closed()[0] for client in clients] == [1012] * 4
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert not any(is_listened_on(port) for port in [shared, *own])
    # What the hub stored stays, and nothing else.
    assert not (deployment.state / "run").exists()


def test_the_demo_port_speaks_the_demonstration_protocols(deploy):
    deployment = deploy("--demo-port", "0").ready()
    port = int(re.search(r"demonstration: ws://127\.0\.0\.1:(\d+)/ws\n", said := deployment.said()).group(1))
    assert port not in deployment.ports() and said.count("ws://") == 1
    client = Client.connect(f"ws://127.0.0.1:{port}/ws")
    client.send("hello")
    assert client.hear_text() == "小菠萝收到的消息是: hello"
    assert deployment.stop() == 0
    assert client.closed()[0] == 1012 and not is_listened_on(port)


def test_tls_on_all_ports_and_another_certificate_on_a_hangup(deploy, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    authority.issue("live")
    authority.issue("next")
    monkeypatch.chdir(tmp_path)
    deployment = deploy("--tls-certificate", "live.pem", "--tls-key", "live.key").ready()
    ports = deployment.ports()
    assert len(ports) == 3 and "http://" not in deployment.said()
    clients = [
        Client.connect(f"wss://127.0.0.1:{port}/ws", ssl=authority.trust()).join(f"at {port}") for port in ports
    ]
    for kind in ("pem", "key"):
        (authority / f"next.{kind}").rename(authority / f"live.{kind}")
    deployment.process.send_signal(signal.SIGHUP)
    new = ssl.PEM_cert_to_DER_cert((authority / "live.pem").read_text())
    for port in ports[1:]:
        wait_for(
            lambda p=port: ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", p))) == new,
            "the old certificate is still shown",
        )
    clients[0].say("nobody went")
    assert all(client.hear_type("public")["content"] == "nobody went" for client in clients)


def test_no_connection_is_refused_while_a_gateway_is_dead(deploy):
    deployment = deploy().ready()
    _, first, second = deployment.ports()
    ana = deployment.join(first, "ana")
    ben = deployment.join(second, "ben")
    ana.skip()
    os.kill(deployment.children()["hubbub-gateway"][1], signal.SIGKILL)
    assert is_listened_on(second)
    again = deployment.join(second, "ben again")
    notices = [ana.hear_type("system")["content"] for _ in range(2)]
    assert notices == ["ben 已离开", "ben again 进入聊天室"]
    again.say("that was quick")
    assert ana.hear_type("public")["content"] == "that was quick"
    assert ben.closed()[0] == 1006


def test_a_killed_hub_is_back_and_nobody_was_disconnected(deploy):
    deployment = deploy().ready()
    ana = deployment.join(deployment.ports()[1], "ana")
    ben = deployment.join(deployment.ports()[2], "ben")
    ana.skip()
    (hub,) = deployment.children()["hubbub-hub"]
    os.kill(hub, signal.SIGKILL)
    wait_for(lambda: deployment.children().get("hubbub-hub", [hub]) != [hub], "no other hub")

    for number in (1, 2):
        status = deployment.state / "run" / f"gw-{number}-status.sock"
        wait_for(lambda s=status: http_get(s, "/readyz")[0] == 200, f"gw-{number} has no hub")
    ana.say("back?")
    assert ben.hear_type("public")["content"] == "back?"


def test_killed_it_takes_everything_along(deploy):
    deployment = deploy().ready()
    pids = sum(deployment.children().values(), [])
    ports = deployment.ports()
    deployment.stop(signal.SIGKILL)
    wait_for(lambda: not any(is_listened_on(port) for port in ports), "somebody still listens")
    # Whoever adopts them may be slow to bury them.
    wait_for(
        lambda: all(state_of(pid) in ("Z", "gone") for pid in pids), "a daemon outlives its supervisor"
    )
    again = deploy().ready()
    assert len(again.hubctl("gateways")) >= 2


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "gone"


def test_a_wrong_setting_is_named_and_nothing_is_left(deploy, tmp_path):
    settings = tmp_path / "hubbub.conf"
    settings.write_text("[limits]\nmesage_bytes = 1\n")
    deployment = deploy("--config", settings)
    assert deployment.process.wait(PATIENCE) == 1
    assert deployment.said().count("mesage_bytes") == 1
    assert "hub ended with status 2" in deployment.said()
    assert not deployment.state.exists()


def test_settings_reach_the_daemons(deploy, tmp_path):
    settings = tmp_path / "hubbub.conf"
    settings.write_text("[limits]\ncontent_bytes = 5\n")
    ana = (deployment := deploy("--config", settings).ready()).join(deployment.ports()[0], "ana")
    ana.say("too long")
    assert ana.error() == "too_long"
