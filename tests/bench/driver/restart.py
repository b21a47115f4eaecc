"""The hub restarted under a crowd that talks: what the crowd saw, and where the time went."""

import json
import os
import signal
import statistics
import subprocess
import threading
import time

LISTENED = "hub listens"
KNOWN = "gateway knows the roster"
# What the hub says of its start, in this order; of what it says of each gateway the last counts.
PHASES = {
    "store opened": "store opened",
    "listens": LISTENED,
    "last linked": "gateway linked",
    "last attached": "gateway attached",
    "settled": "settled",
    "roster told": KNOWN,
}
BAR_MS = 1000
PATIENCE = 60
COMING_IN = 300

# Path, dialect, share of the clients, messages a second in public and in private.
GROUPS = (
    ("/a", "room", 0.25, 1, 10),
    ("/a", "native-ids", 0.02, 0.5, 10),
    ("/b", "room", 0.18, 2, 10),
    ("/b", "native-ids", 0.01, 0.5, 0),
    ("/c", "room", 0.105, 4, 5),
    ("/c", "native-ids", 0.005, 1, 0),
    ("/d", "room", 0.05, 8, 0),
    ("/e", "room", 0.045, 9, 0),
    ("/f", "room", 0.249, 1, 0),
    ("/g", "room", 0.003, 40, 0),
    ("/g", "native-ids", 0.003, 4, 0),
    ("/h", "room", 0.006, 43, 0),
    ("/i", "room", 0.006, 43, 0),
    ("/j", "room", 0.006, 43, 0),
    ("/ws", "direct", 0.032, 0, 10),
    ("/ws", "pair", 0.03, 0, 5),
)


def groups_of(clients):
    """As the crowd takes them: even numbers, none without a pair, all of them together `clients`."""
    counts = [max(2, 2 * round(clients * share / 2)) for _, _, share, _, _ in GROUPS]
    counts[0] += clients - sum(counts)
    for (path, peer, _, publicly, privately), count in zip(GROUPS, counts):
        yield f"{peer},{path},{count},{publicly},{privately}"


def mounts():
    """Of each group the row that its path needs."""
    for path, peer, *_ in GROUPS:
        dialect = peer.split("-")[0]
        if dialect == "direct":
            yield f"{path}/{{user}} direct"
        elif dialect == "pair":
            yield f"{path}/{{client_id:int}} pair"
        else:
            yield f"{path} {dialect} room=crowd-{path[1:]}"


def settings(store):
    """A file of some days ago is not put in order while it is measured."""
    return {
        "store.path": store,
        "store.resume_hours": 100000,
        "store.read_hours": 100000,
        "listener.chat.mounts": ", ".join(mounts()),
    }


def rss_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def cpu_ms(pid):
    """What all threads of a process have run."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e6


class LogWatch:
    """When each line of a log was written: the log itself tells seconds only."""

    def __init__(self, path, gateways):
        self.gateways = gateways
        self.lines = []
        self.known = threading.Event()
        self._missed = 0
        self._ended = False
        # Here and not in the thread, which may begin late: what is written from now on counts.
        self._file = open(path, encoding="utf-8", errors="replace")
        self._file.seek(0, os.SEEK_END)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        begun = ""
        while not self._ended:
            begun += self._file.readline()
            if not begun.endswith("\n"):
                time.sleep(0.001)
                continue
            self.lines.append((time.monotonic(), begun))
            if KNOWN in begun:
                self._missed -= 1
                if self._missed <= 0:
                    self.known.set()
            begun = ""

    def expect(self):
        """From now on `known` waits for all gateways."""
        self.known.clear()
        self._missed = self.gateways
        self.lines = []

    def phases(self, since):
        """Milliseconds from `since` to the last line of each phase; absent where none came."""
        lines = list(self.lines)
        return {
            phase: (max(at for at, line in lines if words in line) - since) * 1000
            for phase, words in PHASES.items() if any(words in line for _, line in lines)
        }

    def close(self):
        self._ended = True
        self._thread.join()
        self._file.close()


class Crowd:
    """The generator, and what it says."""

    def __init__(self, program, ports, clients, patience=10):
        command = [program, "--patience", patience]
        for port in ports:
            command += ["--port", port]
        for group in groups_of(clients):
            command += ["--group", group]
        self.child = subprocess.Popen([str(word) for word in command], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def hear(self):
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"the crowd ended with {self.child.wait(PATIENCE)}")
        return json.loads(line)

    def _say(self, word):
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()
        return self.hear()

    def look(self):
        return self._say("look")

    def end(self):
        return self._say("end")

    def close(self):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


class Restarts:
    """A cluster, its crowd, and the restarts that it sees."""

    def __init__(self, cluster, program, clients, seconds):
        self.cluster, self.seconds = cluster, seconds
        ports = [gateway.port for gateway in cluster.gateways]
        self.watch = LogWatch(cluster.hub.log_path, len(ports))
        self.crowd = Crowd(program, ports, clients)
        self.runs = []

    def begin(self):
        """Waits until all are in; a window without a restart, to compare."""
        self.crowd.hear()
        time.sleep(self.seconds)
        self.crowd.look()
        time.sleep(self.seconds)
        self.quiet = self.crowd.look()
        self.memory_before = self.memory()

    def memory(self):
        return {"hub": rss_mib(self.cluster.hub.pid),
                "gateways": sum(rss_mib(g.pid) for g in self.cluster.gateways)}

    def gateways_cpu_ms(self):
        return sum(cpu_ms(gateway.pid) for gateway in self.cluster.gateways)

    def restart(self, kind):
        """One restart, and what was seen of it until some seconds after it."""
        hub = self.cluster.hub
        before = self.crowd.look()
        gateways_cpu = self.gateways_cpu_ms()
        self.watch.expect()
        began = time.monotonic()
        hub.signal(signal.SIGTERM if kind == "upgrade" else signal.SIGKILL)
        status = hub.child.wait(PATIENCE)
        ended = time.monotonic()
        hub.start()
        if not self.watch.known.wait(PATIENCE):
            raise RuntimeError(f"the gateways are not back:\n{hub.log()[-2000:]}")
        figures = {"hub_cpu_ms": cpu_ms(hub.pid),
                   "gateways_cpu_ms": self.gateways_cpu_ms() - gateways_cpu}
        time.sleep(max(0.0, began + self.seconds - time.monotonic()))
        after = self.crowd.look()
        self.runs.append({
            "kind": kind, "status": status, "ended": (ended - began) * 1000,
            **self.watch.phases(began), **figures,
            "gap_ms": after["latency_max_ms"], **{key: after[key] for key in (
                "silence_ms", "latency_p50_ms", "send_lag_ms", "said", "heard")},
            **{key: after[key] - before[key] for key in (
                "gone", "notices", "refused", "degraded", "repeated", "skipped")},
            **{f"{name}_mib": value for name, value in self.memory().items()},
        })
        return self.runs[-1]

    def end(self):
        """Everything, once all that was under way has been heard."""
        return self.crowd.end()

    def close(self):
        self.crowd.close()
        self.watch.close()


def medians(runs, key):
    values = [run[key] for run in runs if key in run]
    return statistics.median(values) if values else None


def number(value, decimals=0):
    return "-" if value is None else f"{value:,.{decimals}f}"


def rows(measured):
    """What was done, one row for each kind of restart: medians, and the worst of what counts."""
    yield ["", "gap, ms: median", "worst", "silence", "hub ended after", *PHASES,
           "hub: CPU ms", "gateways: CPU ms"]
    yield ["---", *["---:"] * (6 + len(PHASES))]
    for kind in ("upgrade", "kill -9"):
        runs = [run for run in measured["runs"] if run["kind"] == kind]
        if not runs:
            continue
        cells = [medians(runs, "gap_ms"), max(run["gap_ms"] for run in runs),
                 medians(runs, "silence_ms"), medians(runs, "ended")]
        cells += [medians(runs, phase) for phase in PHASES]
        cells += [medians(runs, "hub_cpu_ms"), medians(runs, "gateways_cpu_ms")]
        yield [f"{kind}, {len(runs)} times", *map(number, cells)]


def verdicts(measured):
    """What was promised, what was seen, and whether that is it."""
    runs, total = measured["runs"], measured["total"]
    gap = max(run["gap_ms"] for run in runs)
    lost = total["expected"] - total["heard"]
    first, last = runs[0], runs[-1]
    growth = last["hub_mib"] - first["hub_mib"]
    yield ["service gap, the worst, ms", number(gap), f"< {BAR_MS:,}", gap < BAR_MS]
    yield ["clients disconnected", total["gone"], "0", total["gone"] == 0]
    yield [f"lost of {total['expected']:,} deliveries, copies and acks", lost, "0", lost == 0]
    yield ["refused", total["refused"], "0", total["refused"] == 0]
    yield ["heard twice, by content", total["duplicates"], "0", total["duplicates"] == 0]
    yield ["heard twice or skipped, by seq", total["repeated"] + total["skipped"], "0",
           total["repeated"] + total["skipped"] == 0]
    yield ["out of order", total["misordered"], "0", total["misordered"] == 0]
    yield ["notices of who came or left", total["notices"], "0", total["notices"] == 0]
    yield [f"hub's memory in its first life and its last, MiB: {number(first['hub_mib'], 1)} and",
           number(last["hub_mib"], 1), "no more than 10 % above",
           growth <= 0.1 * first["hub_mib"]]
    before, after = measured["memory_before"]["gateways"], last["gateways_mib"]
    yield [f"gateways' memory, all of them, before and after, MiB: {number(before, 1)} and",
           number(after, 1), "no more than 10 % above", after <= 1.1 * before]


def markdown(measured):
    quiet = measured["quiet"]
    yield (f"{measured['clients']:,} clients on {measured['gateways']} gateways, a store of "
           f"{measured['store_bytes'] / 1e9:.2f} GB; {quiet['said'] / quiet['seconds']:.0f} "
           f"messages and {quiet['heard'] / quiet['seconds']:,.0f} deliveries a second, of which "
           f"the slowest took {quiet['latency_max_ms']:.0f} ms while nothing was restarted "
           f"(median {quiet['latency_p50_ms']:.1f} ms).")
    yield ""
    for cells in rows(measured):
        yield "| " + " | ".join(cells) + " |"
    yield ""
    yield "|  | seen | bar | reached |"
    yield "|---|---:|---|---|"
    for what, seen, bar, reached in verdicts(measured):
        yield f"| {what} | {seen} | {bar} | {'yes' if reached else '**no**'} |"


def is_reached(measured):
    return all(reached for *_, reached in verdicts(measured))
