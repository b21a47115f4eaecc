"""Carries out the schedule on real processes, and writes down when each thing was done.

A process has one trouble at a time; faults of different processes overlap. What was killed is
started again by us, as a supervisor would, after a time from the seed.
"""

import asyncio
import contextlib
import itertools
import signal

READY_SECONDS = 60
CENSUS_SECONDS = 20
CENSUS_EVERY = 0.2
POLL = 0.02


class Faults:
    def __init__(self, world, schedule):
        self.world, self.schedule = world, schedule
        self.journal = world.events
        self.counts = {}
        self._busy = {}      # tasks by the process or relay that they trouble
        self._numbers = itertools.count(1)
        self.expected_end = set()  # processes that end because we wished so

    def is_quiet(self):
        return not any(not task.done() for task in self._busy.values())

    async def next(self):
        """One fault of the schedule; returns when the next may come."""
        fault = self.schedule.next()
        target = self._free_target(fault)
        if target is None:
            await asyncio.sleep(POLL)
            return
        self.counts[fault.kind.name] = self.counts.get(fault.kind.name, 0) + 1
        task = asyncio.create_task(self._carry_out(fault, target))
        self._busy[self._key(fault, target)] = task
        if not fault.overlaps:
            await task
        await asyncio.sleep(fault.pause)

    async def settle(self):
        """Until nobody is in trouble; what went wrong is raised here."""
        for task in list(self._busy.values()):
            await task

    @staticmethod
    def _key(fault, target):
        return fault.kind.on, target if fault.kind.on != "hub" else 0

    def _free_target(self, fault):
        count = len(self.world.cluster.gateways)
        for target in ((fault.target + step) % count for step in range(count)):
            task = self._busy.get(self._key(fault, target))
            if task is None or task.done():
                return target
        return None

    async def _carry_out(self, fault, target):
        number = next(self._numbers)
        kind = fault.kind
        self.journal.write("fault", id=number, kind=kind.name, target=target,
                           seconds=fault.seconds)
        if kind.on == "relay":
            await self._trouble_network(kind, target, fault.seconds)
        else:
            process = self.world.cluster.hub if kind.on == "hub" else (
                self.world.cluster.gateways[target])
            await self._trouble(kind, process, fault.seconds, number)
        self.journal.write("over", id=number)
        if kind.on == "hub":
            await self._census(number)

    async def _trouble_network(self, kind, target, seconds):
        relay = self.world.relays[target]
        if kind.name == "network_cut":
            relay.cut()
        await relay.hold(seconds)

    async def _trouble(self, kind, process, seconds, number):
        if kind.name.endswith("_stop"):
            process.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            process.signal(signal.SIGCONT)
            self.journal.write("started", id=number, process=process.name, pid=process.pid)
        else:
            self.expected_end.add(process)
            process.signal(signal.SIGKILL if kind.name.endswith("_kill") else signal.SIGTERM)
            status = await asyncio.to_thread(process.child.wait, READY_SECONDS)
            self.journal.write("ended", id=number, process=process.name, status=status)
            await asyncio.sleep(seconds)
            self.expected_end.discard(process)
            process.start()
            self.journal.write("started", id=number, process=process.name, pid=process.pid)
        await self.is_ready(process)

    async def is_ready(self, process):
        """Until it is; an end that nobody wished for is a finding, and it is started again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_SECONDS
        while not await asyncio.to_thread(process.ready):
            if loop.time() > deadline:
                self.journal.write("never_ready", process=process.name)
                return
            await asyncio.sleep(POLL)

    async def _census(self, number):
        """Whom the hub has, until that is who is there or for a while."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CENSUS_SECONDS
        while loop.time() < deadline:
            names = await self.world.hub_names()
            if names is not None:
                self.journal.write("census", id=number, names=names)
                if sorted(names) == self.world.own_names():
                    return
            await asyncio.sleep(CENSUS_EVERY)
            if self._another_trouble():
                return

    def _another_trouble(self):
        own = asyncio.current_task()
        return any(task is not own and not task.done() for task in self._busy.values())


@contextlib.contextmanager
def awake(cluster):
    """Whatever happens inside, no process is left stopped."""
    try:
        yield
    finally:
        for process in cluster.processes():
            if process.alive():
                process.signal(signal.SIGCONT)
