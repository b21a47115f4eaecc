"""One run from the first process to the last log line. What it means is for the checker."""

import asyncio
import contextlib
import json
import os
import pathlib
import signal
import sys
import time

from soak import watcher
from soak.client_native import NativeClient
from soak.faults import Faults, awake
from soak.journal import Journal
from soak.quiet import Quiet
from soak.sampler import Sampler
from soak.schedule import KILLS, Schedule
from soak.world import World

QUIET_EVERY = 22          # seconds between quiet moments while faults come
QUIET_EVERY_HOURS = 120
GENTLE_SHARE, GENTLE_MOST = 0.15, 45   # the end of a run by minutes
STORM_SHARE = 0.25        # the beginning of a run by hours: then no process is ended any more
GENTLE_PAUSE = 20
END_SECONDS = 60
SOAK = pathlib.Path(__file__).resolve().parents[1]


class Runner:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.world = World(options, folder)
        self.schedule = Schedule(options.seed, options.gateways, kills=bool(options.kills))
        self.faults = Faults(self.world, self.schedule)
        self.quiet = Quiet(self.world, self.faults)
        self.samples = Journal(folder / "samples.jsonl")
        self.sampler = Sampler(self.world, self.faults, self.samples)

    async def run(self):
        """All of it; the processes are stopped at the end whatever happens."""
        try:
            with awake(self.world.cluster):
                await self._run()
        finally:
            await self.world.close()
            self.samples.close()
            ended = self._stop_processes()
            self.world.events.write("stopped", problems=ended)
            self.world.events.close()

    async def _run(self):
        world = self.world
        await world.open()
        await self.sampler.take("baseline")
        world.events.write("hub_status", phase="baseline", status=await world.hubctl("status"))
        watching = await self._start_watcher()
        sampling = asyncio.create_task(self.sampler.run())
        world.make_clients()
        world.start_clients()
        world.talking = True
        try:
            await self.quiet.hold(everybody=True)
            world.events.write("load")
            await self._trouble()
            await self.quiet.hold(everybody=True)
            world.talking = False
            world.events.write("load_over")
            await self._audit()
            await world.all_leave()
        finally:
            watching.send_signal(signal.SIGTERM)
            await watching.wait()
            sampling.cancel()
            await asyncio.gather(sampling, return_exceptions=True)
        await self.sampler.settle(END_SECONDS)
        world.events.write("hub_status", phase="end", status=await world.hubctl("status"))
        world.events.write("store_check", answer=await world.hubctl("store", "check"))

    async def _start_watcher(self):
        ports = [str(gateway.port) for gateway in self.world.cluster.gateways]
        return await asyncio.create_subprocess_exec(
            sys.executable, str(SOAK / "run"), "--watch", str(self.folder / "watchers.jsonl"),
            *ports)

    async def _trouble(self):
        """Faults, with a quiet moment from time to time, until the time or the kills are over."""
        loop = asyncio.get_running_loop()
        began = last_quiet = loop.time()
        every = QUIET_EVERY_HOURS if self.options.hours else QUIET_EVERY
        while not self._is_over(loop.time() - began):
            self.world.check_tasks()
            self.schedule.gentle = self._is_gentle(loop.time() - began)
            await self.faults.next()
            if self.schedule.gentle and self.options.hours:
                await asyncio.sleep(GENTLE_PAUSE)
            if loop.time() - last_quiet > every:
                await self.quiet.hold()
                last_quiet = loop.time()
                self._tell(last_quiet - began)

    def _is_over(self, lasted):
        if self.options.kills:
            return all(self.faults.counts.get(kind, 0) >= self.options.kills for kind in KILLS)
        return lasted >= self.options.seconds

    def _is_gentle(self, lasted):
        if self.options.kills:
            return False
        whole = self.options.seconds
        if self.options.hours:
            return lasted > STORM_SHARE * whole
        return lasted > whole - min(GENTLE_MOST, GENTLE_SHARE * whole)

    def _tell(self, lasted):
        counts = self.faults.counts
        print(f"{lasted / 60:5.1f} min, quiet moment {self.quiet.count}: "
              f"{sum(counts.values())} faults, {len(self.world.in_now())} clients",
              file=sys.stderr)

    async def _audit(self):
        """A newcomer asks for all that is kept of every room."""
        world = self.world
        auditor = NativeClient("auditor", world, world.rng, rooms=("lobby", "demo", "tea"),
                               since=[0, 0])
        task = asyncio.create_task(auditor.live())
        try:
            await asyncio.wait_for(auditor.has_caught_up(), END_SECONDS)
        except asyncio.TimeoutError:
            world.events.write("audit_failed")
        auditor.finished = True
        auditor.leave()
        await task

    def _stop_processes(self):
        """What was wrong with how they ended, and with their logs."""
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        for process in self.world.cluster.processes():
            (logs / f"{process.name}.log").write_text(process.log())
        try:
            self.world.cluster.close()
        except AssertionError as error:
            return str(error)
        return None


def seconds_now():
    return round(time.monotonic(), 3)


def run(options, folder):
    """A run's folder with all its journals; run.json says what it was."""
    began = seconds_now()
    about = {"command": options.command, "seed": options.seed, "clients": options.clients,
             "gateways": options.gateways, "rate": options.rate, "began": began,
             "mode": options.mode, "hours": options.hours, "preset": options.preset}
    write_about(folder, about)
    asyncio.run(Runner(options, folder).run())
    about["ended"] = seconds_now()
    write_about(folder, about)


def write_about(folder, about):
    (folder / "run.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def watch(path, ports):
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watcher.watch(path, [int(port) for port in ports]))


def raise_descriptors():
    """As many descriptors as are allowed: hundreds of clients live in this process."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return os.getpid()
