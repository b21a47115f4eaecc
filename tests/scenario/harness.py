"""Real processes on private sockets: what every scenario is told in.

A Cluster is one hub and some gateways in a folder of their own. Ports are
reserved, never guessed: the harness keeps a bound socket that does not listen, and the
gateway joins it by SO_REUSEPORT. Everything waits on conditions, nothing on time.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from client import Client
from native_client import SUBPROTOCOL, NativeClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("HUBBUB_BIN_DIR", ROOT / "build" / "asan" / "bin")).resolve()
PATIENCE = float(os.environ.get("HUBBUB_TEST_PATIENCE", "20"))


def wait_for(condition, what, patience=PATIENCE):
    """Returns the first true value of condition(); fails with `what` when patience ends."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(0.005)


def reserve_port(host="127.0.0.1"):
    """A bound socket that does not listen: it keeps its port for listeners that share or reuse it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return held


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def http_get(place, target, timeout=5):
    """(status, body) of a GET; (0, reason) if nobody answers. A number is a port, else a socket."""
    if isinstance(place, int):
        connection = http.client.HTTPConnection("127.0.0.1", place, timeout=timeout)
    else:
        connection = _UnixConnection(place, timeout)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as error:
        return 0, str(error)
    finally:
        connection.close()


class Process:
    """One daemon with its log file; stops by signal, never by name."""

    def __init__(self, name, folder, arguments, wrapper=()):
        self.name = name
        self.log_path = folder / f"{name}.log"
        self.arguments = [str(a) for a in arguments]
        self.wrapper = [str(w) for w in wrapper]
        self.environment = {}
        self.child = None
        self.asked = False

    def start(self):
        assert self.child is None or self.child.poll() is not None
        environment = {**os.environ, **self.environment}
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
        environment.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1:exitcode=99")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.wrapper + self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        self.asked = False
        return self

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def metric(self, name):
        """The sum of a metric over its labels."""
        total = 0.0
        for line in http_get(self.status_path, "/metrics")[1].splitlines():
            if line.startswith((name + " ", name + "{")):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        """kill -9 and gone."""
        self.signal(signal.SIGKILL)
        self.child.wait(PATIENCE)

    def ask_to_stop(self):
        """SIGTERM; a stopped process hears it, too.

        Once only: the leak sanitizer stops its process for a last look, and a SIGCONT then would
        have it wait for ever.
        """
        if self.asked:
            return
        self.asked = True
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM; the exit status."""
        if self.alive():
            self.ask_to_stop()
        try:
            return self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop on SIGTERM:\n{self.log()}")


class Gateway(Process):
    def __init__(self, number, cluster, settings):
        self.number = number
        self.gateway_name = f"gw-{number}"
        self.status_path = cluster.folder / f"gw-{number}.status"
        self._held = reserve_port()
        self._held_demo = reserve_port()
        self.port = self._held.getsockname()[1]
        self.demo_port = self._held_demo.getsockname()[1]
        self.clients = []
        self.trust = None  # an ssl.SSLContext: clients come by TLS, but for demo ones
        values = {
            "gateway.name": self.gateway_name,
            "gateway.hub_socket": cluster.hub_socket,
            "gateway.status": f"unix:{self.status_path}",
            "gateway.drain_seconds": 0,
            "listener.chat.address": f"127.0.0.1:{self.port}",
            "listener.chat.reuse_port": "yes",
            "listener.demo.address": f"127.0.0.1:{self.demo_port}",
            "listener.demo.profile": "demo",
            "listener.demo.reuse_port": "yes",
            **settings,
        }
        super().__init__(
            self.gateway_name,
            cluster.folder,
            [BIN / "hubbub-gateway", *as_settings(values)],
            cluster.wrapper,
        )

    def ready(self):
        return self.alive() and http_get(self.status_path, "/readyz")[0] == 200

    def healthy(self):
        return self.alive() and http_get(self.status_path, "/healthz")[0] == 200

    def connect(self, path="/ws", demo=False, kind=Client, **options):
        """A WebSocket client that has said nothing yet."""
        port = self.demo_port if demo else self.port
        scheme = "ws"
        if self.trust is not None and not demo:
            scheme = "wss"
            options.setdefault("ssl", self.trust)
        client = kind.connect(f"{scheme}://127.0.0.1:{port}{path}", **options)
        self.clients.append(client)
        return client

    def room(self, as_, **options):
        """A room client that is in: its own list and notice are already heard."""
        client = self.connect(**options)
        client.join(as_)
        return client

    def native(self, as_=None, path="/ws", **hello):
        """A native client: welcome is heard, what follows is not; silent without a name."""
        client = self.connect(path, kind=NativeClient, subprotocols=[SUBPROTOCOL])
        assert client.subprotocol == SUBPROTOCOL
        return client if as_ is None else client.hello(as_, **hello)

    def raw(self, demo=False):
        """A plain TCP connection for hostile bytes."""
        port = self.demo_port if demo else self.port
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


class Hub(Process):
    def __init__(self, cluster, settings):
        self.status_path = cluster.folder / "hub.status"
        values = {
            "hub.socket": cluster.hub_socket,
            "hub.admin_socket": cluster.admin_socket,
            "hub.status": f"unix:{self.status_path}",
            "store.path": cluster.folder / "hubbub.db",
            **settings,
        }
        super().__init__(
            "hub", cluster.folder, [BIN / "hubbub-hub", *as_settings(values)], cluster.wrapper
        )

    def ready(self):
        return self.alive() and http_get(self.status_path, "/readyz")[0] == 200


def as_settings(values):
    """Command-line arguments of a dict of settings."""
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


class Cluster:
    """One hub and `gateways` gateways; a context manager that leaves nothing behind."""

    def __init__(self, gateways=2, settings=None, wrapper=(), start=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hubbub-"))
        self.hub_socket = self.folder / "hub.sock"
        self.admin_socket = self.folder / "admin.sock"
        self.wrapper = wrapper
        settings = dict(settings or {})
        hub_only, shared = ("hub.", "store.", "class."), ("limits.", "log.")
        of_hub = {k: v for k, v in settings.items() if k.startswith(hub_only + shared)}
        # Gateways tell their clients how long the store keeps things.
        not_theirs = ("hub.", "class.")
        of_gateway = {k: v for k, v in settings.items() if not k.startswith(not_theirs)}
        self.hub = Hub(self, of_hub)
        self.gateways = [Gateway(n + 1, self, of_gateway) for n in range(gateways)]
        if start:
            self.start()

    def start(self):
        try:
            self.hub.start()
            for gateway in self.gateways:
                gateway.start()
            self.wait_ready()
        except BaseException:
            self.show_logs()
            self.close()
            raise

    def wait_ready(self):
        for process in [self.hub, *self.gateways]:
            wait_for(
                lambda p=process: p.ready() or not p.alive(), f"{process.name} is not ready"
            )
            assert process.alive(), f"{process.name} ended:\n{process.log()}"

    def gateway(self, number):
        return self.gateways[number]

    def hubctl(self, *words, json_output=True, check=True):
        """The parsed answer of hubctl, or the finished process if check is off."""
        command = [str(BIN / "hubctl"), "--socket", str(self.admin_socket)]
        if json_output:
            command.append("--json")
        done = subprocess.run(
            command + list(words), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if not check:
            return done
        assert done.returncode == 0, f"hubctl {words}: {done.returncode} {done.stderr}"
        return json.loads(done.stdout) if json_output else done.stdout

    def crowd(self, count, path="/ws"):
        """So many clients that come at once, by turns to each gateway, and have said nothing yet."""
        places = [self.gateways[number % len(self.gateways)] for number in range(count)]
        clients = Client.connect_all([f"ws://127.0.0.1:{place.port}{path}" for place in places])
        for place, client in zip(places, clients):
            place.clients.append(client)
        return clients

    def processes(self):
        return [*self.gateways, self.hub]

    def show_logs(self):
        for process in self.processes():
            print(f"--- {process.name} ---\n{process.log()[-6000:]}")

    def close(self):
        """Stops everything; a daemon that did not end well is a failure of the test."""
        bad = []
        for gateway in self.gateways:
            for client in gateway.clients:
                client.drop()
        # Gateways take their leave of the hub, all at once; a sanitizer's last look takes its time.
        for gateway in self.gateways:
            if gateway.alive():
                gateway.ask_to_stop()
        for process in self.processes():
            if process.child is None:
                continue
            killed = not process.alive() and process.child.returncode == -signal.SIGKILL
            if not killed and process.stop() != 0:
                bad.append(f"{process.name} ended with {process.child.returncode}")
            log = process.log()
            if "ERROR: " in log and "Sanitizer" in log or "runtime error:" in log:
                bad.append(f"{process.name}: sanitizer report")
        if bad:
            self.show_logs()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not bad, bad

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.show_logs()
        self.close()
