"""The servers that are compared: each is started on a core of its own, from a temporary folder.

A server is a context manager that gives a Running. Ports are never guessed: a server chooses its
own and says which, or it joins one that is held for it. Servers hear no Ctrl-C of the terminal and
end with the driver, however that ends.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
NCHAN_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NODE_MODULES = "/usr/share/nodejs"
PATIENCE = 20

# Hubbub gathers what it tells of who comes for up to a second.
PRESENCE_MS = 1200

# The generator is few senders that say a lot, and thousands that come in at once: what protects a
# real server from them is set as wide as it goes. All else is as it comes.
SETTINGS = {
    "limits.messages_per_second": 100000,
    "limits.messages_burst": 1000000,
    "limits.errors_per_minute": 100000,
    "limits.commands": 1000000,
}


class ServerFailed(Exception):
    """It could not be started, or a run against it could not be made; the text says why."""


@dataclasses.dataclass
class Running:
    """Where a server is, which processes are charged for what it does, and what it speaks."""

    ports: list
    pids: list
    peer: str = "room"
    hub: int = 0
    settle: int = 0  # so many ms may pass before it is heard of again, though it is not quiet


def pinned(core, *command):
    """A command that stays on one core, in a session of its own, and ends when we do."""
    return ["setsid", "setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(core),
            *map(str, command)]


def wait_for(condition, child, what, patience=PATIENCE):
    """Returns the first true value of condition(); fails early if the child has ended."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if child.poll() is not None:
            raise ServerFailed(f"{what}: it ended with status {child.returncode}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{what}: waited {patience} s in vain")
        time.sleep(0.01)
    return value


def end(child):
    """Asks a process to end, then makes it."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextlib.contextmanager
def process(core, command, log=None, needs=(), **options):
    """A child that is gone afterwards. A program that is not there is a ServerFailed."""
    missing = [str(word) for word in (command[0], *needs)
               if shutil.which(word) is None and not pathlib.Path(word).exists()]
    if missing:
        raise ServerFailed(f"not installed: {', '.join(missing)}")
    child = subprocess.Popen(pinned(core, *command), stdin=subprocess.DEVNULL, stderr=log,
                             **options)
    try:
        yield child
    except ServerFailed as failure:
        raise ServerFailed(f"{failure}{tail(log)}") from failure
    finally:
        end(child)
        if child.stdout is not None:
            child.stdout.close()


def tail(log):
    """The last words of a log, for a reason."""
    if log is None:
        return ""
    lines = pathlib.Path(log.name).read_text(errors="replace").splitlines()[-3:]
    return "".join(f"\n    {line}" for line in lines)


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="hubbub-bench-"))
    try:
        with open(path / "log", "w", encoding="utf-8") as log:
            yield path, log
    finally:
        shutil.rmtree(path, ignore_errors=True)


def printed_port(child):
    """The port that a server prints on its first line."""
    line = child.stdout.readline().strip()
    if not line.isdigit():
        raise ServerFailed("it printed no port")
    return int(line)


class Servers:
    """Knows how to start each server by its name."""

    def __init__(self, build, core, cluster):
        self.build = build
        self.core = core
        self.cluster = cluster
        self.starters = {
            "floor": self.floor,
            "floor-coalesce": lambda: self.floor("--coalesce"),
            "hubbub": self.hubbub,
            "hubbub-memory": lambda: self.hubbub(**{"store.durability": "memory"}),
            "hubbub-2": lambda: self.hubbub(gateways=2),
            "hubbub-4": lambda: self.hubbub(gateways=4),
            "hub": lambda: self.hubbub(gateways=4, peer="native"),
            "hub-ids": lambda: self.hubbub(gateways=4, peer="native-ids"),
            "hub-memory": lambda: self.hubbub(
                gateways=4, peer="native", **{"store.durability": "memory"}),
            "nats": self.nats,
            "jetstream": self.jetstream,
            "nchan": self.nchan,
            "node": self.node,
        }

    def start(self, name):
        return self.starters[name]()

    @contextlib.contextmanager
    def floor(self, *options):
        command = [self.build / "tests" / "bench" / "hubbub-floor", *options]
        with process(self.core, command, stdout=subprocess.PIPE, text=True) as child:
            yield Running([printed_port(child)], [child.pid])

    @contextlib.contextmanager
    def hubbub(self, gateways=1, peer="room", **settings):
        """The harness of the scenario tests also judges how the daemons end."""
        outcome = None
        with contextlib.redirect_stdout(sys.stderr):
            try:
                with self.cluster(gateways=gateways, settings={**SETTINGS, **settings},
                                  wrapper=pinned(self.core)) as cluster:
                    pids = [cluster.hub.pid, *(gateway.pid for gateway in cluster.gateways)]
                    ports = [gateway.port for gateway in cluster.gateways]
                    try:
                        yield Running(ports, pids, peer, cluster.hub.pid, PRESENCE_MS)
                    except (ServerFailed, KeyboardInterrupt) as ended:
                        # The harness would print whole logs for what is not its business.
                        outcome = ended
            except (AssertionError, OSError) as failure:
                raise ServerFailed(f"hubbub: {failure}") from failure
        if outcome is not None:
            raise outcome

    @contextlib.contextmanager
    def node(self):
        command = ["node", HERE / "servers" / "node_ws.js"]
        environment = {**os.environ, "NODE_PATH": NODE_MODULES}
        with folder() as (_, log), process(
                self.core, command, log, stdout=subprocess.PIPE, text=True, env=environment,
                needs=[NODE_MODULES + "/ws"]) as child:
            yield Running([printed_port(child)], [child.pid], "node")

    @contextlib.contextmanager
    def nchan(self):
        with folder() as (path, log), held_port() as port:
            (path / "nginx.conf").write_text(nginx_settings(path, port))
            command = [found("nginx"), "-e", path / "log", "-p", path, "-c", path / "nginx.conf"]
            with process(self.core, command, log, stdout=log, needs=[NCHAN_MODULE]) as child:
                wait_for(lambda: answers(port), child, "nginx does not listen")
                workers = wait_for(lambda: children(child.pid), child, "nginx has no worker")
                yield Running([port], [child.pid, *workers], "nchan")

    @contextlib.contextmanager
    def nats(self, peer="nats", prepare=None):
        with folder() as (path, log):
            (path / "nats.conf").write_text(nats_settings(path, peer == "jetstream"))
            command = [found("nats-server"), "-c", path / "nats.conf"]
            with process(self.core, command, log, stdout=log) as child:
                ports = wait_for(lambda: nats_ports(path), child, "nats-server does not listen")
                if prepare is not None:
                    prepare(int(ports["nats"][0].rsplit(":", 1)[1]))
                yield Running([int(ports["websocket"][0].rsplit(":", 1)[1])], [child.pid], peer)

    def jetstream(self):
        return self.nats("jetstream", make_stream)


def found(program):
    """Debian has some servers where only root looks for programs."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin") or program


@contextlib.contextmanager
def held_port():
    """A port that stays ours: the socket does not listen, the server joins it by SO_REUSEPORT."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def nginx_settings(path, port):
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n".join(f"    {kind}_temp_path {path}/{kind};" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""\
{user}
load_module {NCHAN_MODULE};
daemon off;
worker_processes 1;
pid {path}/pid;
error_log {path}/log warn;
events {{ worker_connections 16000; }}
http {{
    access_log off;
{temporary}
    server {{
        listen 127.0.0.1:{port} reuseport backlog=4096;
        location = /room {{
            nchan_pubsub websocket;
            nchan_channel_id room;
        }}
        location = /user {{
            nchan_pubsub websocket;
            nchan_subscriber_channel_id "u$arg_me";
            nchan_publisher_channel_id "u$arg_to";
        }}
    }}
}}
"""


def nats_settings(path, jetstream):
    stream = f'jetstream {{ store_dir: "{path}/jetstream" }}' if jetstream else ""
    return f"""\
host: "127.0.0.1"
port: -1
ports_file_dir: "{path}"
websocket {{
    host: "127.0.0.1"
    port: -1
    no_tls: true
}}
{stream}
"""


def nats_ports(path):
    """The ports that nats-server has written down, once it has."""
    for file in path.glob("nats-server_*.ports"):
        with contextlib.suppress(ValueError):
            ports = json.loads(file.read_text(encoding="ascii"))
            if ports.get("nats") and ports.get("websocket"):
                return ports
    return None


def make_stream(port):
    """A stream on disk that takes all private messages."""
    wanted = json.dumps({"name": "PRIVATE", "subjects": ["u.*"], "storage": "file",
                         "retention": "limits", "discard": "old"})
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as link:
        file = link.makefile("rwb")
        file.write(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB made 1\r\n')
        file.write(f"PUB $JS.API.STREAM.CREATE.PRIVATE made {len(wanted)}\r\n{wanted}\r\n".encode())
        file.flush()
        for line in file:
            if line.startswith(b"MSG "):
                answer = json.loads(file.readline())
                if "error" in answer:
                    raise ServerFailed(f"JetStream: {answer['error']}")
                return
            if line.startswith(b"-ERR"):
                raise ServerFailed(f"nats-server: {line.decode().strip()}")
    raise ServerFailed("JetStream did not answer")
