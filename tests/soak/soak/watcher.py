"""Room clients in a process of their own, one at each gateway, that only write down when their
lists change.

Their clock is not held up by what the many clients of the run have to do. Started by the run with
the gateways' ports; SIGTERM lets them leave.
"""

import asyncio
import os
import random
import signal

from soak.client_room import RoomClient
from soak.journal import Journal


class Door:
    def __init__(self, ports, journal):
        self.ports, self.journal = ports, journal

    def door(self, client):
        number = int(client.name[len("watcher"):])
        return number, self.ports[number]


async def watch(path, ports):
    journal = Journal(path)
    world = Door(ports, journal)
    watchers = [RoomClient(f"watcher{number}", world, random.Random(number))
                for number in range(len(ports))]
    tasks = [asyncio.create_task(one.live()) for one in watchers]
    over, parent = asyncio.Event(), os.getppid()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    # Whoever started it may have been killed.
    while not over.is_set() and os.getppid() == parent:
        await asyncio.sleep(0.1)
    for one in watchers:
        one.finished = True
        one.leave()
    await asyncio.wait(tasks, timeout=10)
    journal.close()
