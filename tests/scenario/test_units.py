"""The units of deploy/systemd, as a service manager goes by them: which sockets, which command line, what it is told.

No systemd is needed: the files are read here, sockets are made and handed over, and what the daemons say to
NOTIFY_SOCKET is kept in order. tests/boot has the real one.
"""

import fcntl
import os
import re
import shlex
import signal
import socket
import subprocess
import threading

import pytest

from client import Client
from harness import BIN, PATIENCE, ROOT, http_get, wait_for
from native_client import SUBPROTOCOL, NativeClient
from test_upgrade import Loop, ask_for_page, chat

UNITS = ROOT / "deploy" / "systemd"
WATCHDOG_MS = 600


def read_unit(name):
    """{key: [values]} of a unit file; a template stands for its instances."""
    path = UNITS / re.sub("@[^.]*", "@", name)
    if not path.exists():
        path = path.with_name(path.name + ".in")
    text = path.read_text().replace("\\\n", " ")
    values = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            values.setdefault(key, []).append(value)
    return values


class Notified(threading.Thread):
    """What a daemon said, line by line."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.start()

    def run(self):
        while True:
            self.lines += self.socket.recv(4096).decode().splitlines()

    def await_line(self, wanted, since=0):
        """Waits for a line that begins so; the number of the one behind it."""

        def find():
            found = (n for n in range(since, len(self.lines)) if self.lines[n].startswith(wanted))
            return next(found, None)

        wait_for(lambda: find() is not None, f"{wanted} is not said: {self.lines[since:]}")
        return find() + 1


class Unit:
    """A service with its sockets, which stay when the process goes."""

    def __init__(self, manager, name):
        self.manager, self.name = manager, name
        self.instance = name.partition("@")[2].partition(".")[0]
        self.values = read_unit(name)
        self.child = None
        self.sockets = {}
        self.programs = {}
        self.environment = {}
        for unit in self.text("Sockets").split():
            self.make_socket(read_unit(unit))
        self.notified = Notified(manager.folder / f"notify.{name}")
        self.log = manager.folder / f"{name}.log"

    def fill(self, text):
        """Specifiers, and the folders of this test in the place of the system's."""
        text = text.replace("%i", self.instance).replace("$MAINPID", str(self.child and self.child.pid))
        text = text.replace("@SBINDIR@", shlex.quote(str(BIN))).replace("@SYSCONFDIR@", str(self.manager.folder))
        text = text.replace("/run/hubbub", str(self.manager.run))
        # The users of the units are not on this machine.
        return text.replace("hub.allow_users=hubbub-gateway", f"hub.allow_users={os.getuid()}")

    def text(self, key):
        return self.fill(self.values[key][-1])

    def make_socket(self, values):
        address = self.fill(values["ListenStream"][-1])
        if address.startswith("/"):
            made = socket.socket(socket.AF_UNIX)
            made.bind(address)
            os.chmod(address, int(values["SocketMode"][-1], 8))
        else:
            host, port = address.rsplit(":", 1)
            made = socket.create_server((host, int(port)))
        made.listen(128)
        self.sockets[values["FileDescriptorName"][-1]] = made

    def start(self):
        (self.manager.run / self.text("RuntimeDirectory").removeprefix("hubbub/")).mkdir(exist_ok=True)
        command = shlex.split(self.text("ExecStart"))
        command[0] = self.programs.get(command[0], command[0])
        # Duplicates far from 3, where they are to be.
        lent = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 50) for s in self.sockets.values()]
        moves = "".join(f"exec {3 + i}<&{fd} {fd}<&-; " for i, fd in enumerate(lent))
        environment = {
            **os.environ,
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
            "LISTEN_FDS": str(len(lent)),
            "LISTEN_FDNAMES": ":".join(self.sockets),
            "NOTIFY_SOCKET": str(self.notified.path),
            "WATCHDOG_USEC": str(WATCHDOG_MS * 1000),
            **self.environment,
        }
        since = len(self.notified.lines)
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                ["bash", "-c", moves + 'export LISTEN_PID=$$; exec "$@"', "bash", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, pass_fds=lent,
            )
        for fd in lent:
            os.close(fd)
        self.notified.await_line("READY=1", since)
        return self

    def stop(self, number=signal.SIGTERM):
        self.child.send_signal(number)
        return self.child.wait(PATIENCE)

    def reload(self):
        command = self.text("ExecReload").split()
        assert command[:2] == ["/bin/kill", "-HUP"]
        os.kill(int(command[2]), signal.SIGHUP)


class Manager:
    def __init__(self, folder):
        self.folder, self.run = folder, folder / "run"
        self.run.mkdir()
        (folder / "hubbub").mkdir()
        (folder / "hubbub" / "hubbub.conf").write_text(
            f"[store]\npath = {folder}/hubbub.db\n"
            f"[gateway]\nhub_socket = {self.run}/hub.sock\ndrain_seconds = 1\n"
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.hub = Unit(self, "hubbub-hub.service")
        self.gateway = Unit(self, f"hubbub-gateway@{self.port}.service")

    def start(self):
        self.hub.start()
        self.gateway.start()
        return self

    def client(self, name):
        return Client.connect(f"ws://127.0.0.1:{self.port}/ws").join(name)

    def hubctl(self, *words):
        command = [BIN / "hubctl", "--socket", self.run / "admin.sock", "--tsv", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def close(self):
        for unit in (self.gateway, self.hub):
            if unit.child is not None and unit.child.poll() is None:
                unit.child.send_signal(signal.SIGCONT)
                unit.stop()
            print(f"--- {unit.name}: {unit.notified.lines}\n{unit.log.read_text(errors='replace')}")


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.close()


def test_all_sockets_are_handed_over_and_the_start_is_told(manager):
    # A gateway without a hub is ready as well, after a while: nobody has to wait for both.
    gateway = manager.gateway.start()
    gateway.notified.await_line("WATCHDOG=1")
    said = manager.hub.start().notified.lines
    assert said.index("STATUS=opening the store") < said.index("READY=1")
    assert any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in said[: said.index("READY=1")])
    gateway.notified.await_line("STATUS=serving; 0 clients")
    ana = manager.client("ana")
    ana.say("hello")
    assert ana.hear()["content"] == "hello"
    manager.hub.notified.await_line("STATUS=1 gateways, 1 clients, 1 rooms")
    assert "uid" not in manager.hub.log.read_text()
    assert manager.hubctl("gateways").stdout.splitlines()[1].startswith(f"gw-{manager.port}\t")
    # Reload: systemd waits from RELOADING to READY.
    for unit in (manager.hub, gateway):
        since = len(unit.notified.lines)
        unit.reload()
        reloading = unit.notified.await_line("RELOADING=1", since)
        assert unit.notified.lines[reloading].startswith("MONOTONIC_USEC=")
        unit.notified.await_line("READY=1", reloading)
    # Who ends says so, and leaves the sockets where they are.
    assert gateway.stop() == 0 and manager.hub.stop() == 0
    for unit in (manager.hub, gateway):
        stopping = unit.notified.await_line("STOPPING=1")
        assert unit.notified.lines[stopping].startswith("EXTEND_TIMEOUT_USEC=")
    assert (manager.run / "hub.sock").is_socket() and (manager.run / "admin.sock").is_socket()


def test_a_hub_that_hangs_or_restarts_costs_nobody_a_connection(manager):
    manager.start()
    ana = manager.client("ana")
    gateway, hub = manager.gateway.notified, manager.hub.notified
    hub.await_line("WATCHDOG=1")
    manager.hub.child.send_signal(signal.SIGSTOP)
    since, fed = len(gateway.lines), len(hub.lines)
    for _ in range(6):
        since = gateway.await_line("WATCHDOG=1", since)
    # One may have been on its way.
    assert hub.lines[fed:].count("WATCHDOG=1") <= 1
    # The service manager's answer to that, and a new one on the same sockets.
    manager.hub.stop(signal.SIGKILL)
    ana.say("while there is none")
    asked = subprocess.Popen(
        [BIN / "hubctl", "--socket", manager.run / "admin.sock", "version"],
        stdout=subprocess.DEVNULL,
    )
    manager.hub.start()
    assert ana.hear()["content"] == "while there is none"
    assert asked.wait(PATIENCE) == 0
    # In order, too: nobody is refused meanwhile.
    assert manager.hub.stop() == 0
    ana.say("and again")
    manager.hub.start()
    assert ana.hear()["content"] == "and again"
    ana.close()


def test_a_gateway_that_restarts_serves_newcomers_to_the_end_and_refuses_nobody(manager):
    manager.start()
    ana = manager.client("ana")
    since = len(manager.gateway.notified.lines)
    assert manager.hubctl("drain", f"gw-{manager.port}", "--over", "600s").returncode == 0
    stopping = manager.gateway.notified.await_line("STOPPING=1", since)
    # That time, and what an end takes behind it.
    extended = int(manager.gateway.notified.lines[stopping].partition("=")[2])
    assert 600_000_000 < extended <= 610_000_000
    assert http_get(manager.run / f"gateway-{manager.port}" / "status.sock", "/readyz")[0] == 503
    ben = manager.client("ben")
    ben.say("in the midst of it")
    assert ana.hear_until(lambda frame: frame.get("content") == "in the midst of it")
    loops = [Loop(manager.port, step) for step in (chat, ask_for_page)]
    wait_for(lambda: all(loop.done >= 3 or loop.wrong for loop in loops), "nobody comes in")
    # gateway.drain_seconds; to it all are residents, and the sockets outlive the process.
    manager.gateway.child.send_signal(signal.SIGTERM)
    assert [client.closed()[0] for client in (ana, ben)] == [1012, 1012]
    assert manager.gateway.child.wait(PATIENCE) == 0
    manager.gateway.start()
    goals = [loop.done + 3 for loop in loops]
    wait_for(lambda: all(loop.done >= goal or loop.wrong for loop, goal in zip(loops, goals)), "nobody comes in")
    for loop in loops:
        loop.end()


def test_a_store_that_hangs_ends_the_feeding_until_it_goes_on(manager):
    faults = manager.folder / "faults"
    manager.hub.programs[str(BIN / "hubbub-hub")] = str(BIN / "hubbub-hub-faulty")
    manager.hub.environment["HUBBUB_FAULTS"] = str(faults)
    manager.start()
    hub = manager.hub.notified
    ana = NativeClient.connect(f"ws://127.0.0.1:{manager.port}/ws", subprotocols=[SUBPROTOCOL])
    ana.hello("ana")
    hub.await_line("WATCHDOG=1")
    faults.write_text("hang_sync\n")
    ana.send({"type": "public", "content": "kept", "id": "1"})
    still = hub.await_line("STATUS=standing still: the store")
    # The loop turns, which is not enough.
    assert manager.hubctl("status").returncode == 0
    assert "WATCHDOG=1" not in hub.lines[still:]
    faults.write_text("")
    fed = hub.await_line("WATCHDOG=1", still)
    hub.await_line("STATUS=1 gateways, 1 clients", fed)
    assert "the watchdog is not fed" in manager.hub.log.read_text()
    assert ana.hear_until(lambda frame: frame.get("type") == "ack")
    ana.drop()
