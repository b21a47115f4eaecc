"""Puts the load on the servers, one after the other, and keeps what was seen."""

import json
import statistics
import subprocess
import sys
import time

from driver.servers import ServerFailed

# Longer than any run takes, patience included.
RUN_SECONDS = 90
P99_MS = 100
FIRST_RATE = 200
LEAST_RATE = 50
MOST_RATE = 51200
IDLE_SECONDS = 10


def complaint(figures):
    """What was wrong with a run, from its figures."""
    wrong = {key: figures[key] for key in ("gone", "lost", "duplicates", "misordered", "foreign")
             if figures.get(key)}
    text = ", ".join(f"{int(count):,} {key}" for key, count in wrong.items())
    return text or f"p99 {figures['latency_p99_ms']:.0f} ms"


def ticks(pids):
    """Processor time of some processes, in hundredths of a second."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total


def wait_until_idle(pids):
    """Until they use less than a tenth of a core; some seconds at most."""
    until = time.monotonic() + IDLE_SECONDS
    before = ticks(pids)
    while time.monotonic() < until:
        time.sleep(0.2)
        now = ticks(pids)
        if now - before <= 2:
            return
        before = now


class Bench:
    """Runs cases; `runs[case][server]` has the figures of each round."""

    def __init__(self, servers, load_program, load_core, quick):
        self.servers = servers
        self.load_program = load_program
        self.load_core = load_core
        self.quick = quick
        self.runs = {}
        self.failures = {}
        self.took = {}

    def load(self, running, mode, options, hub_only=False):
        """The figures of one run of the generator; they may say that it was not clean."""
        pids = [running.hub] if hub_only else running.pids
        command = ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", self.load_core,
                   self.load_program, mode, "--json", "--peer", running.peer]
        options = {**options, "settle": max(options.get("settle", 0), running.settle)}
        for key, value in options.items():
            command += [f"--{key}", value]
        for key, values in (("--port", running.ports), ("--pid", pids)):
            for value in values:
                command += [key, value]
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                                  timeout=RUN_SECONDS, check=False)
        except subprocess.TimeoutExpired as failure:
            raise ServerFailed(f"no end after {RUN_SECONDS} s") from failure
        if not done.stdout:
            raise ServerFailed(done.stderr.strip() or f"the generator said {done.returncode}")
        return json.loads(done.stdout)

    def run(self, case, server):
        """One round of one server."""
        options = case.options(self.quick)
        with self.servers.start(server) as running:
            if case.search:
                return self.search(running, case, options, self.rate_of(case, server))
            figures = self.load(running, case.mode, options, case.hub_only)
        if not figures["clean"]:
            raise ServerFailed(complaint(figures))
        return figures

    def rate_of(self, case, server):
        """What an earlier search has found, to begin near it."""
        found = self.runs.get(case.key, {}).get(server)
        return found[-1]["rate"] if found else None

    def search(self, running, case, options, near):
        """The highest rate that stays clean with p99 below the limit."""
        best = {"rate": 0.0, "deliveries_per_s": 0.0, "load_cpu_percent": 0.0}

        def fits(rate):
            try:
                figures = self.load(running, case.mode, {**options, "rate": round(rate, 1)})
            except ServerFailed as failure:
                figures = {"clean": False, "why": str(failure)}
            if not figures["clean"] or figures["latency_p99_ms"] >= P99_MS:
                # What it has not dealt with must not be the next one's burden.
                wait_until_idle(running.pids)
                best["why"] = figures.get("why") or complaint(figures)
                return False
            if rate > best["rate"]:
                best.update(figures, rate=rate)
            return True

        low, high = bracket(fits, near)
        # Until the best that fits and the least that does not are 8 % apart.
        while high > low * (1.25 if self.quick else 1.08):
            middle = (low * high) ** 0.5
            if fits(middle):
                low = middle
            else:
                high = middle
        if best["rate"] == 0:
            raise ServerFailed(f"not even at the lowest rate: {best['why']}")
        best.pop("why", None)
        return best

    def round(self, cases, number, rounds, deadline):
        """One round of all cases. Later rounds leave out what the time does not suffice for."""
        for case in cases:
            if case.once and number > 1:
                continue
            title = case.named(case.title, self.quick)
            if number > 1 and time.monotonic() + self.took[case.key] > deadline:
                print(f"[{number}/{rounds}] {title}: left out, the time is up",
                      file=sys.stderr)
                continue
            began = time.monotonic()
            print(f"[{number}/{rounds}] {title}", file=sys.stderr, flush=True)
            for server in case.servers:
                if (case.key, server) not in self.failures:
                    self.one(case, server)
            self.took[case.key] = time.monotonic() - began

    def one(self, case, server):
        try:
            figures = self.run(case, server)
        except ServerFailed as failure:
            self.failures[case.key, server] = str(failure)
            print(f"    {server} failed: {failure}", file=sys.stderr, flush=True)
            return
        self.runs.setdefault(case.key, {}).setdefault(server, []).append(figures)

    def figure(self, case, server, key):
        """The median of a figure; None if there is none, "failed" if a run has failed."""
        if (case, server) in self.failures:
            return "failed"
        runs = self.runs.get(case, {}).get(server)
        return statistics.median(run[key] for run in runs) if runs else None

    def rounds_of(self, case):
        """How many rounds a case has had."""
        return max((len(runs) for runs in self.runs.get(case, {}).values()), default=0)


def bracket(fits, near):
    """Two rates, of which the lower fits and the higher does not; zeros if none fits."""
    low, factor = (near, 1.08) if near else (FIRST_RATE, 2)
    if fits(low):
        high = low * factor
        while high <= MOST_RATE and fits(high):
            low, high = high, high * factor
        return low, high
    while low > LEAST_RATE:
        low /= factor
        if fits(low):
            return low, low * factor
    return 0, 0
