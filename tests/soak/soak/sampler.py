"""What the processes hold, every second: memory, descriptors, and the gauges that they tell of
themselves.
"""

import asyncio
import os
import pathlib

from harness import http_get

SECONDS = 1
ANSWER_SECONDS = 0.8   # a stopped process answers nothing
GAUGES = {
    "hub": ("hubbub_hub_clients", "hubbub_hub_gateways", "hubbub_store_file_bytes",
            "hubbub_store_wal_bytes"),
    "gateway": ("hubbub_gateway_clients", "hubbub_gateway_connections",
                "hubbub_gateway_queue_bytes", "hubbub_gateway_pinned_bytes",
                "hubbub_gateway_commands_held", "hubbub_gateway_link_queue_bytes"),
}
# What must be as it was once everybody has left.
RETURNING = ("hubbub_hub_clients", "hubbub_hub_gateways", "hubbub_gateway_clients",
             "hubbub_gateway_connections", "hubbub_gateway_queue_bytes",
             "hubbub_gateway_pinned_bytes", "hubbub_gateway_commands_held",
             "hubbub_gateway_link_queue_bytes")


def role_of(process):
    return "hub" if process.name == "hub" else "gateway"


def memory_of(pid):
    """(RSS, bytes of it that were allocated and belong to this process alone)."""
    rss = anonymous = 0
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Rss:"):
            rss = int(line.split()[1]) * 1024
        elif line.startswith("Anonymous:"):
            anonymous = int(line.split()[1]) * 1024
    return rss, anonymous


def gauges_of(process):
    status, text = http_get(process.status_path, "/metrics", timeout=ANSWER_SECONDS)
    if status != 200:
        return None
    values = {}
    for line in text.splitlines():
        name = line.split(" ", 1)[0]
        if name in GAUGES[role_of(process)]:
            values[name] = float(line.rsplit(" ", 1)[1])
    return values


def sample(process):
    """One line's members; None if the process is gone."""
    try:
        rss, anonymous = memory_of(process.pid)
        descriptors = len(os.listdir(f"/proc/{process.pid}/fd"))
    except (OSError, AttributeError):
        return None
    return {"process": process.name, "pid": process.pid, "rss": rss, "allocated": anonymous,
            "fds": descriptors, "gauges": gauges_of(process)}


class Sampler:
    def __init__(self, world, faults, journal):
        self.world, self.faults, self.journal = world, faults, journal
        self.baseline = {}  # descriptors by process, before anybody came

    async def _look(self):
        """One sample of all processes; None for each that is gone."""
        processes = self.world.cluster.processes()
        return await asyncio.gather(*(asyncio.to_thread(sample, one) for one in processes))

    async def take(self, phase):
        """One sample of all processes, written."""
        return self._write(phase, await self._look())

    def _write(self, phase, lines):
        online = sum(one.is_in.is_set() for one in self.world.clients)
        for line in lines:
            if line:
                self.journal.write("sample", phase=phase, online=online, **line)
                if phase == "baseline":
                    self.baseline[line["process"]] = line["fds"]
        return [line for line in lines if line]

    async def run(self):
        while True:
            await self.take("load")
            self._look_for_dead()
            await asyncio.sleep(SECONDS)

    def _look_for_dead(self):
        for process in self.world.cluster.processes():
            if not process.alive() and process not in self.faults.expected_end:
                self.world.events.write("died", process=process.name,
                                        status=process.child.returncode, log=process.log()[-2000:])
                process.start()

    def _is_back(self, line):
        """The hub keeps descriptors of its store that it had not at the beginning."""
        fds = line["process"] == "hub" or line["fds"] <= self.baseline[line["process"]]
        return fds and line["gauges"] is not None and not any(
            value for name, value in line["gauges"].items()
            if name in RETURNING and name != "hubbub_hub_gateways")

    async def settle(self, patience):
        """Waits for gauges and descriptors to be as they must be without clients, for the samples'
        own connections end a moment later; whatever they are is written. The sample that is good
        is the one that counts: another one could meet that one's connection.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        lines = await self._look()
        while loop.time() < deadline and not all(line and self._is_back(line) for line in lines):
            await asyncio.sleep(0.2)
            lines = await self._look()
        self._write("end", lines)
