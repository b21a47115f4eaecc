"""Counts for tests/bench/instructions: the daemons under callgrind, and what is done to them.

Callgrind writes a dump and begins anew whenever the status page answers (--dump-before), so a
request for /healthz ends what is being counted; no debugger's rights are needed for that.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
TOP_ROWS = 8
PINGED = 64
PING_ROUNDS = 3
NEWCOMERS = 32
MESSAGES = 50
# The store looks for what is too old each second: its price must be small beside that of a phase.
STORED_MESSAGES = 100
IDLE_SECONDS = 4
WARM_UP = 20
CROWD_MESSAGES = 20
ROUNDS = 3
PUBLIC = "a public message, two in the room"
PRIVATE = "a private message and its receipt"
JOINING = f"a client comes into a room of 2 to {NEWCOMERS + 1}"
DELIVERY = "a public message, each further member"
CROWD = f"a public message, {NEWCOMERS + 2} in the room"
PING = "a ping and its answer"

DUMPED_BY = "evhttp_send_reply"
SETTINGS = {
    "limits.messages_per_second": 100000,
    "limits.messages_burst": 1000000,
    "limits.ping_seconds": 3600,
}


def build_release():
    """The programs as deploy/run builds them."""
    if subprocess.run([TOP / "deploy" / "build", "release"], stdout=sys.stderr).returncode != 0:
        sys.exit("instructions: there is nothing to count: the release preset was not built")
    return TOP / "build" / "release"


def harness(build):
    os.environ["HUBBUB_BIN_DIR"] = str(build.resolve() / "bin")
    # Everything takes some fifty times as long.
    os.environ.setdefault("HUBBUB_TEST_PATIENCE", "120")
    sys.path.insert(0, str(TOP / "tests" / "scenario"))
    import harness as found  # after the folder of the programs is known

    return found


class Counted:
    """A daemon under callgrind: how much it has done since it was last asked."""

    def __init__(self, process, found):
        self.process = process
        self._get = found.http_get
        self._folder = process.log_path.parent
        self._dump = None

    def dump(self):
        """Ends what is being counted: the file with its counts."""
        status, text = self._get(self.process.status_path, "/healthz", timeout=60)
        assert status == 200, text
        prefix = f"callgrind.{self.process.pid}."
        dumps = [int(path.name.removeprefix(prefix)) for path in self._folder.glob(prefix + "*")]
        assert dumps, f"callgrind wrote nothing when {DUMPED_BY}() was called"
        return self._folder / f"{prefix}{max(dumps)}"


def instructions_of(dump):
    """The total of one dump."""
    with open(dump, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("summary: ", "totals: ")):
                return int(line.split()[1])
    raise AssertionError(f"{dump} has no total")


def top_of(dump):
    """The functions that take most: (name, own share, share with what they call or None)."""
    # A call that began before the dump counts as none there, and its cost for the caller's own.
    text = dump.read_text(encoding="utf-8").replace("\ncalls=0 ", "\ncalls=1 ")
    whole = dump.with_name(f"whole.{dump.name}")
    whole.write_text(text, encoding="utf-8")
    own, inclusive = shares_of(whole, "no"), shares_of(whole, "yes")
    first = sorted(own, key=own.get, reverse=True)[:TOP_ROWS]
    return [(name, own[name], inclusive[name] if name in inclusive else None) for name in first]


def shares_of(dump, inclusive):
    """{function: percent}; the unnamed ones of a stripped library have one name together."""
    listed = subprocess.run(
        ["callgrind_annotate", "--threshold=100", f"--inclusive={inclusive}", str(dump)],
        capture_output=True, text=True, check=True,
    )
    found = {}
    pattern = r"^ *[\d,]+ \( *([\d.]+)%\)  (?:[^:]*:)?(\S+?)(?:'\d+)?(?: \[(.*)\])?$"
    for line in listed.stdout.splitlines():
        match = re.match(pattern, line)
        if not match:
            continue
        name, library = match[2], pathlib.Path(match[3] or "").name.split(".so")[0]
        if name.startswith("0x"):
            if inclusive == "yes":
                continue
            name = f"in {library}"
        found[name] = found.get(name, 0.0) + float(match[1])
    return found


def tasks_of(pid):
    """What every thread of a process does, and how often it has begun or stopped to."""
    seen = []
    for task in sorted(os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith(("State:", "voluntary", "nonvoluntary")):
                    seen.append(line.split()[1])
    return seen


def is_asleep(tasks):
    return all(state == "S" for state in tasks[::3])


class Scene:
    """A hub and a gateway, both counted, and how to wait until they have nothing left to do."""

    def __init__(self, found, cluster, counted):
        from strict_client import StrictClient  # the harness has put it on the path

        self.kind = StrictClient
        self.found, self.cluster = found, cluster
        self.counted = {
            process.name: Counted(process, found)
            for process in cluster.processes()
            if process.name in counted
        }
        self.clients = []
        self._begun = 0.0
        self._none = {}
        self._per_second = {}

    def quiet(self):
        """Until the gateway and the hub sleep, and did nothing between two looks at them."""
        pids = [process.pid for process in self.cluster.processes()]
        while True:
            before = [tasks_of(pid) for pid in pids]
            if all(map(is_asleep, before)) and [tasks_of(pid) for pid in pids] == before:
                return
            time.sleep(0.0002)

    def begin(self):
        self.quiet()
        for one in self.counted.values():
            one.dump()
        self.quiet()
        self._begun = time.monotonic()

    def end(self, times):
        """{daemon: (instructions for each of so many times, dump)} since begin()."""
        self.quiet()
        seconds = time.monotonic() - self._begun
        costs = {}
        for name, one in self.counted.items():
            dump = one.dump()
            timers = self._per_second.get(name, 0.0) * seconds
            cost = instructions_of(dump) - self._none.get(name, 0) - timers
            costs[name] = (cost / times, dump)
        self.quiet()
        return costs

    def learn_idle(self, seconds):
        """What no load at all costs: the counting itself, and each second of the timers."""
        self.begin()
        none = self.end(1)
        self.begin()
        time.sleep(seconds)
        idle = self.end(1)
        self._none = {name: cost for name, (cost, _) in none.items()}
        self._per_second = {
            name: max(0.0, cost - none[name][0]) / seconds for name, (cost, _) in idle.items()
        }

    def connect(self, path="/ws"):
        client = self.kind(self.cluster.gateway(0).port, path)
        client.answers_pings = False
        self.clients.append(client)
        return client

    def newcomer(self, name):
        """One more in the room; everybody has heard of it."""
        client = self.connect()
        client.join(name)
        self.settle()
        return client

    def settle(self):
        """All that is under way is heard, and who owes a PONG has given it, one after another."""
        self.quiet()
        for client in self.clients:
            client.read_all()
            if client.owes_pong():
                client.answer_pings()
                self.quiet()

    def say(self, sender, content):
        """One public message, until all have it."""
        sender.say(content)
        for client in self.clients:
            client.read_until(lambda frame: frame.get("content") == content)
        self.settle()

    def tell(self, sender, recipient, content):
        """One private message: its copy, its delivery and its receipt."""
        sender.tell(recipient.client_id, content)
        for client in (sender, recipient):
            client.read_until(lambda frame: frame.get("content") == content)
        self.settle()


def talk(scene, times, mark):
    ana = scene.clients[0]
    for number in range(times):
        scene.say(ana, f"{mark} {number} ".ljust(128, "x"))


def whisper(scene, times, mark):
    ana, ben = scene.clients[:2]
    for number in range(times):
        scene.tell(ana, ben, f"{mark} {number} ".ljust(128, "x"))


def measured(scene, times, action, between=None):
    """Costs of an action that does something so many times: the lowest of some rounds.

    What comes rarely, such as memory that is put in order, is not in all of them.
    """
    lowest = {}
    for number in range(ROUNDS):
        if number > 0 and between is not None:
            between()
        scene.begin()
        action(number)
        for name, cost in scene.end(times).items():
            lowest[name] = min(cost, lowest.get(name, cost), key=lambda one: one[0])
    return lowest


def two_in_a_room(scene, messages):
    """(costs of a public message, of a private one) with two in the room."""
    scene.newcomer("ana")
    scene.newcomer("ben")
    talk(scene, WARM_UP, "warm")
    whisper(scene, WARM_UP, "warm")
    scene.learn_idle(IDLE_SECONDS)
    public = measured(scene, messages, lambda n: talk(scene, messages, f"public {n}"))
    private = measured(scene, messages, lambda n: whisper(scene, messages, f"private {n}"))
    return public, private


def many_in_a_room(scene):
    """(costs of coming in, of a public message) as the room grows by NEWCOMERS."""

    def come(number):
        for member in range(NEWCOMERS):
            scene.newcomer(f"user {number} {member:03}")

    def go():
        for client in scene.clients[2:]:
            client.drop()
            scene.clients.remove(client)
            scene.settle()

    joining = measured(scene, NEWCOMERS, come, between=go)
    talk(scene, 2, "warm crowd")
    public = measured(scene, CROWD_MESSAGES, lambda n: talk(scene, CROWD_MESSAGES, f"crowd {n}"))
    return joining, public


def pinged(scene):
    """Costs of a PING and its PONG to clients that say nothing, one client after the other."""
    scene.learn_idle(IDLE_SECONDS)
    for number in range(PINGED):
        scene.connect(f"/ws/{number}?token=x")
    scene.settle()

    scene.begin()
    before = [client.pings for client in scene.clients]
    while min(client.pings - was for client, was in zip(scene.clients, before)) < PING_ROUNDS:
        scene.settle()
        time.sleep(0.01)
    return scene.end(sum(client.pings for client in scene.clients) - sum(before))


def scene_of(found, counted, settings):
    """A cluster of one gateway; the daemons named in `counted` run under callgrind."""
    cluster = found.Cluster(gateways=1, settings={**SETTINGS, **settings}, start=False)
    for process in cluster.processes():
        if process.name in counted:
            process.wrapper = [
                "valgrind",
                "--tool=callgrind",
                "--quiet",
                "--vgdb=no",
                f"--dump-before={DUMPED_BY}",
                f"--callgrind-out-file={cluster.folder}/callgrind.%p",
            ]
    cluster.start()
    return Scene(found, cluster, counted)


def count_all(build, with_top=False):
    """({metric: instructions}, {metric: its functions}); the latter take time, so only if wanted."""
    for program in ("valgrind", "callgrind_annotate"):
        if shutil.which(program) is None:
            sys.exit(f"instructions: {program} is missing; install the package valgrind")
    found = harness(build)
    counts, top = {}, {}

    def note(what, costs, columns, title=None):
        for name, column in columns.items():
            cost, dump = costs[name]
            counts[f"{column}: {what}"] = round(cost)
            if with_top:
                top[f"{column}: {title or what}"] = top_of(dump)

    scene = scene_of(found, ["hub", "gw-1"], {"store.durability": "memory"})
    with scene.cluster:
        both = {"gw-1": "gateway", "hub": "hub, memory"}
        public, private = two_in_a_room(scene, MESSAGES)
        note(PUBLIC, public, both)
        note(PRIVATE, private, both)
        joining, crowd = many_in_a_room(scene)
        note(JOINING, joining, both)
        each = (crowd["gw-1"][0] - public["gw-1"][0]) / NEWCOMERS
        note(DELIVERY, {"gw-1": (each, crowd["gw-1"][1])}, {"gw-1": "gateway"}, title=CROWD)
    scene = scene_of(found, ["hub"], {"store.durability": "disk"})
    with scene.cluster:
        hub = {"hub": "hub, disk"}
        public, private = two_in_a_room(scene, STORED_MESSAGES)
        note(PUBLIC, public, hub)
        note(PRIVATE, private, hub)
    scene = scene_of(found, ["gw-1"], {"limits.ping_seconds": 1})
    with scene.cluster:
        note(PING, pinged(scene), {"gw-1": "gateway"})
    return counts, top
