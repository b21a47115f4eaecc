"""The supervisor behind deploy/run: what it starts, refuses, restarts and leaves behind.

The daemons are stand-ins: they answer /readyz, keep a diary of their life and can be told to misbehave,
so every promise of the supervisor is tested by itself and quickly.
"""
import fcntl
import os
import signal
import socket
import stat
import subprocess
import termios
from pathlib import Path

import pytest

from harness import PATIENCE, wait_for

SUPERVISOR = Path(os.environ.get("HUBBUB_BIN_DIR", "build/asan/bin")) / "hubbub-supervisor"

STAND_IN = """#!/usr/bin/python3
import os, signal, socket, sys
settings = dict(text.split("=", 1) for text in sys.argv[1:] if "=" in text)
note_settings = " ".join(f"{key}={settings[key]}" for key in sorted(settings) if key.startswith("listener."))
name = settings.get("gateway.name", "hub")
misbehave = os.environ.get("MISBEHAVE", "")
def note(words):
    with open(os.environ["DIARY"], "a") as diary:
        diary.write(f"{name} {words}\\n")
def finish(*_):
    note("stopped")
    sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN if misbehave == name + " hangs" else finish)
signal.signal(signal.SIGHUP, lambda *_: note("reads again"))
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
if misbehave == name + " refuses":
    print("a clear reason", file=sys.stderr)
    sys.exit(2)
sockets = [socket.socket(fileno=3 + i) for i in range(int(os.environ.get("LISTEN_FDS", 0)))]
mine = os.environ.get("LISTEN_PID", str(os.getpid())) == str(os.getpid())
ports = " ".join(f"{s.getsockname()[1]}" for s in sockets)
note(f"started {os.getpid()} {mine} {os.environ.get('LISTEN_FDNAMES', '')} {ports}")
note(f"listens {note_settings}")
note(f"stores {settings.get('store.path')}")
status = socket.socket(socket.AF_UNIX)
path = next(value for key, value in settings.items() if key.endswith(".status"))[len("unix:"):]
if os.path.exists(path):
    os.unlink(path)
status.bind(path)
status.listen()
while True:
    client, _ = status.accept()
    client.recv(1000)
    client.send(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
    client.close()
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Supervisor:
    def __init__(self, folder, *options, misbehave="", **process):
        self.state = folder / "state of it"
        self.diary = folder / "diary"
        self.output = folder / "output"
        environment = dict(os.environ, DIARY=str(self.diary), MISBEHAVE=misbehave)
        self.diary.touch()
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [SUPERVISOR, "--programs", folder, "--state", self.state, "--port", "0", *options],
                stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True, **process)

    def said(self):
        return self.output.read_text()

    def notes(self, words):
        return [line for line in self.diary.read_text().splitlines() if words in line]

    def pids(self):
        return [int(line.split()[2]) for line in self.notes(" started ")]

    def ready(self):
        wait_for(lambda: "Hubbub is ready" in self.said() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.said()
        return self

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@pytest.fixture
def folder(tmp_path):
    for name in ("hubbub-hub", "hubbub-gateway"):
        program = tmp_path / name
        program.write_text(STAND_IN)
        program.chmod(0o755)
    return tmp_path


@pytest.fixture
def start(folder):
    started = []

    def begin(*options, **process):
        started.append(Supervisor(folder, *options, **process))
        return started[-1]

    yield begin
    for supervisor in started:
        if supervisor.process.poll() is None:
            supervisor.process.kill()
            supervisor.process.wait()


def test_starts_all_and_says_where(start):
    supervisor = start("--gateways", "3").ready()
    gateways = [line.split() for line in supervisor.notes(" started ") if line.startswith("gw-")]
    assert len(gateways) == 3
    shared = {line[5] for line in gateways}
    own = {line[6] for line in gateways}
    assert len(shared) == 1 and len(own) == 3 and not shared & own
    assert all(line[3:5] == ["True", "chat:own"] for line in gateways)
    for port in shared | own:
        assert f"http://127.0.0.1:{port}/" in supervisor.said()
    assert "ws://" not in supervisor.said()
    assert f"'{supervisor.state}/run/admin.sock'" in supervisor.said()
    assert supervisor.notes("hub stores") == [f"hub stores {supervisor.state}/data/hubbub.db"]
    assert stat.S_IMODE((supervisor.state / "run").stat().st_mode) == 0o750


def test_opens_a_demo_port_that_all_gateways_share(start):
    supervisor = start("--gateways", "3", "--demo-port", "0").ready()
    gateways = [line.split() for line in supervisor.notes(" started ") if line.startswith("gw-")]
    assert [line[4] for line in gateways] == ["chat:own:demo"] * 3
    demo = {line[7] for line in gateways}
    assert len(demo) == 1 and not demo & {port for line in gateways for port in line[5:7]}
    assert f"demonstration: ws://127.0.0.1:{demo.pop()}/ws\n" in supervisor.said()
    for line in supervisor.notes(" listens listener."):
        assert "listener.demo.profile=demo" in line and "listener.chat.profile" not in line


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stops_gateways_before_the_hub_and_leaves_nothing(start, how):
    supervisor = start().ready()
    pids = supervisor.pids()
    assert supervisor.stop(how) == 0
    stopped = [line.split()[0] for line in supervisor.notes(" stopped")]
    assert sorted(stopped[:2]) == ["gw-1", "gw-2"] and stopped[2:] == ["hub"]
    assert not any(alive(pid) for pid in pids)
    assert not supervisor.state.exists()


ALL = {"hub", "gw-1", "gw-2"}


def reread(supervisor, times):
    """True once each has read its settings again so often, and the supervisor has said so."""
    readers = [line.split()[0] for line in supervisor.notes("reads again")]
    said = supervisor.said().count("hub and gateways, 2 of these, read their settings again")
    return said == times and sorted(readers) == sorted(list(ALL) * times)


def test_without_a_terminal_a_hangup_has_all_read_settings_again(start):
    supervisor = start().ready()
    for times in (1, 2):
        supervisor.process.send_signal(signal.SIGHUP)
        wait_for(lambda t=times: reread(supervisor, t), "somebody has not read again")
    assert len(supervisor.notes(" started ")) == 3
    assert supervisor.stop() == 0


@pytest.mark.parametrize("ignored", [False, True])
def test_a_hangup_ends_all_once_the_terminal_is_gone(start, ignored):
    ours, theirs = os.openpty()

    def at_the_terminal():
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        # Whoever runs the tests may ignore it, too.
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

    supervisor = start(preexec_fn=at_the_terminal).ready()
    os.close(theirs)
    supervisor.process.send_signal(signal.SIGHUP)
    wait_for(lambda: reread(supervisor, 1), "somebody has not read again")
    # The kernel tells the session's first process, which the supervisor is.
    os.close(ours)
    if ignored:
        wait_for(lambda: reread(supervisor, 2), "nohup is no terminal, so this is a reload")
        assert supervisor.stop() == 0
        return
    assert supervisor.process.wait(PATIENCE) == 0
    assert "stopping" in supervisor.said()
    assert {line.split()[0] for line in supervisor.notes(" stopped")} == ALL


def test_tls_is_for_all_ports(start, folder):
    folder.joinpath("elsewhere").mkdir()
    supervisor = start(
        "--demo-port", "0", "--tls-certificate", "chat.pem", "--tls-key", "../chat.key", cwd=folder / "elsewhere"
    ).ready()
    assert "http://" not in supervisor.said() and "ws://" not in supervisor.said()
    assert supervisor.said().count("https://127.0.0.1:") == 3 and "wss://127.0.0.1:" in supervisor.said()
    for line in supervisor.notes(" listens listener."):
        for name in ("chat", "own", "demo"):
            assert f"listener.{name}.tls_certificate={folder}/elsewhere/chat.pem" in line
            assert f"listener.{name}.tls_key={folder}/elsewhere/../chat.key" in line


def test_what_the_hub_stored_stays(start):
    supervisor = start().ready()
    (supervisor.state / "data" / "hub.db").write_text("precious")
    assert supervisor.stop() == 0
    assert (supervisor.state / "data" / "hub.db").read_text() == "precious"
    assert not (supervisor.state / "run").exists()


@pytest.mark.parametrize("name", ["hub", "gw-1"])
def test_restarts_what_dies(start, name):
    supervisor = start().ready()
    for life in (1, 2, 3):
        lives = wait_for(lambda: (found := supervisor.notes(f"{name} started"))[life - 1:] and found,
                           f"life {life} of {name}")
        os.kill(int(lives[-1].split()[2]), signal.SIGKILL)
    wait_for(lambda: len(supervisor.notes(f"{name} started")) == 4, "the fourth life")
    assert f"{name} (process " in supervisor.said() and "killed by signal 9" in supervisor.said()
    ports = {tuple(line.split()[5:]) for line in supervisor.notes(f"{name} started")}
    assert len(ports) == 1
    assert supervisor.stop() == 0


def test_killed_itself_it_leaves_no_process(start):
    supervisor = start(misbehave="gw-1 hangs").ready()
    pids = supervisor.pids()
    supervisor.stop(signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in pids), "the end of every child")
    # The sockets that it could not remove are in nobody's way, not even those of more gateways.
    (supervisor.state / "run" / "gw-9-status.sock").touch()
    assert start().ready().stop() == 0
    assert not (supervisor.state / "run").exists()


def test_second_signal_kills_what_hangs(start):
    supervisor = start(misbehave="gw-1 hangs").ready()
    supervisor.process.send_signal(signal.SIGINT)
    wait_for(lambda: supervisor.notes("gw-2 stopped"), "the orderly gateway")
    assert supervisor.stop() == 0
    assert "gw-1 does not stop; it is killed" in supervisor.said()
    assert not any(alive(pid) for pid in supervisor.pids())


@pytest.mark.parametrize("name", ["hub", "gw-2"])
def test_a_refusal_ends_the_start(start, name):
    supervisor = start(misbehave=f"{name} refuses")
    assert supervisor.process.wait(PATIENCE) == 1
    assert "a clear reason" in supervisor.said()
    assert f"{name} ended with status 2 instead of starting" in supervisor.said()
    assert not any(alive(pid) for pid in supervisor.pids())
    assert not supervisor.state.exists()


def refused(start, *options):
    supervisor = start(*options)
    assert supervisor.process.wait(PATIENCE) == 1
    assert not supervisor.notes("started")
    assert not supervisor.state.exists()
    return supervisor.said()


@pytest.mark.parametrize("option", ["--port", "--own-port", "--demo-port"])
@pytest.mark.parametrize("sharing", [False, True])
def test_refuses_a_taken_port(start, option, sharing):
    with socket.socket() as other:
        if sharing:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(start, option, str(port))
    assert f"127.0.0.1:{port} is taken by another program" in said and option in said


def test_refuses_a_state_folder_in_use(start):
    start().ready()
    second = start()
    assert second.process.wait(PATIENCE) == 1
    assert "is in use by another Hubbub" in second.said() and "--state" in second.said()


@pytest.mark.parametrize("mode, taken", [(0o777, False), (0o770, False), (0o1777, True), (0o755, True)])
def test_takes_no_state_folder_that_others_may_change(start, folder, mode, taken):
    state = folder / "given"
    state.mkdir()
    state.chmod(mode)
    if taken:
        assert start("--state", str(state)).ready().stop() == 0
    else:
        assert f"others may write to the state folder {state}" in refused(start, "--state", str(state))
    assert stat.S_IMODE(state.stat().st_mode) == mode and not list(state.iterdir())


def test_refuses_a_state_folder_too_deep_for_sockets(start, folder):
    deep = folder / ("d" * 100)
    said = refused(start, "--state", str(deep))
    assert f"{deep} is too deep by" in said
    assert not deep.exists()


def test_refuses_a_state_folder_that_cannot_be_made(start):
    assert "/proc/hubbub cannot be created" in refused(start, "--state", "/proc/hubbub")


def test_refuses_missing_programs(start, folder):
    (folder / "hubbub-gateway").unlink()
    assert f"{folder}/hubbub-gateway cannot be run: No such file" in refused(start)


@pytest.mark.parametrize("options, words", [
    (["--port", "70000"], '--port is "70000": it must be a number from 0 to 65535'),
    (["--gateways", "0"], '--gateways is "0": it must be a number from 1 to 32'),
    (["--gateways", "two"], '--gateways is "two"'),
    (["--port", "8001", "--own-port", "8000"], "contain the shared one, 8001"),
    (["--port", "8080", "--demo-port", "8080"], "--demo-port and the shared port are both 8080"),
    (["--port", "8078", "--demo-port", "8080"], "8079 to 8080, contain --demo-port, 8080"),
    (["--demo-port", "x"], '--demo-port is "x"'),
    (["--port", "65535"], "would end at 65537"),
    (["--prot", "1"], "unrecognized option '--prot'"),
    (["extra"], '"extra" is not an option'),
    (["--state", ""], "--state is empty"),
    (["--bind", "localhost"], '--bind is "localhost": it must be a numeric address'),
    (["--tls-key", "k"], "--tls-key is given without --tls-certificate: TLS needs both"),
])
def test_wrong_command_lines_exit_with_2(start, options, words):
    supervisor = start(*options)
    assert supervisor.process.wait(PATIENCE) == 2
    assert words in supervisor.said()
