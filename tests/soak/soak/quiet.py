"""Quiet moments: nobody speaks, nobody is in trouble, and all must agree on what was said and who
is there.

A mark is said in every room and from everybody to the next of its dialect. Who has heard it has
heard all that came before it, or never will. What everybody then believes is written down.
"""

import asyncio

from soak.client import unpaced
from soak.world import WATCHER

PATIENCE = 120
POLL = 0.05
RINGS = ("room", "native", "direct", "pair")


async def until(condition):
    while not condition():
        await asyncio.sleep(POLL)


class Quiet:
    def __init__(self, world, faults):
        self.world, self.faults = world, faults
        self.count = 0

    async def hold(self, everybody=False):
        """One quiet moment; with everybody those that had left come, too."""
        world = self.world
        self.count += 1
        world.talking = False
        if everybody:
            for client in world.clients:
                client.wanted = True
        await self.faults.settle()
        for client in world.clients:
            client.quiet_marks.clear()
        world.events.write("quiet", q=self.count)
        with unpaced([client for client in world.clients if client.slow]):
            try:
                await asyncio.wait_for(self._agree(), PATIENCE)
            except asyncio.TimeoutError:
                world.events.write("unsettled", q=self.count, at=self.step, who=self.waits_for())
                await self._write_down(settled=False)
            else:
                await self._write_down(settled=True)
        world.events.write("quiet_over", q=self.count)
        world.talking = True

    async def _agree(self):
        world = self.world
        self.step, self.waits_for = "all are in", lambda: [
            one.name for one in world.clients if one.is_in.is_set() != one.wanted]
        await until(lambda: not self.waits_for())
        self.step = "the hub has them all"
        while await world.hub_names() != world.own_names():
            await asyncio.sleep(POLL)
        self.step, self.waits_for = "all is answered", lambda: [
            one.name for one in world.in_now() if len(one.pending) > one.refusals]
        await self._all(one.is_answered() for one in world.in_now())
        await self._all(one.has_caught_up() for one in world.in_now("native"))
        await self._say_marks()
        await self._all(one.is_answered() for one in world.in_now())
        self.step, self.waits_for = "lists are exact", self._inexact
        await until(lambda: not self._inexact())

    @staticmethod
    async def _all(waits):
        await asyncio.gather(*waits)

    async def _say_marks(self):
        """In rooms first, then around each ring; waits until all are heard."""
        world = self.world
        herald = next(one for one in world.in_now("native") if world.is_herald(one))
        awaited = {one: set() for one in world.in_now()}
        for room in herald.rooms:
            mark = f"{herald.name} q{self.count}-{room}"
            herald.speak_in(room, mark)
            for one in world.in_now():
                if room in one.rooms:
                    awaited[one].add(mark)
        for dialect in RINGS:
            ring = world.in_now(dialect)
            for one, other in zip(ring, ring[1:] + ring[:1]):
                if one is not other:
                    mark = one.new_mark(other, f"{one.name} q{self.count}")
                    one.speak_to(other, mark)
                    awaited[other].add(mark)
        self.step, self.waits_for = "marks are heard", lambda: [
            f"{one.name}: {', '.join(sorted(marks - one.quiet_marks))}"
            for one, marks in awaited.items() if not marks <= one.quiet_marks]
        await self._all(one.hears(marks) for one, marks in awaited.items())

    def _inexact(self):
        """Whose list is not who is there. Lobby clients only know of those they saw coming."""
        world = self.world
        there = {}
        for one in world.in_now():
            for room in one.rooms:
                there.setdefault(room, set()).add(one.shown_name())
        wrong = []
        for one in world.in_now():
            for room, names in one.presence().items():
                names = {name for name in names if not name.startswith(WATCHER)}
                exact = names <= there[room] if one.dialect == "lobby" else names == there[room]
                if not exact:
                    wrong.append(f"{one.name} in {room}: {sorted(names ^ there[room])}")
        return wrong

    async def _write_down(self, settled):
        """What everybody believes; a settled one has also heard all that there was."""
        for client in self.world.in_now():
            client.say_presence(self.count)
            if settled:
                client.log("settled", q=self.count)
            if client.dialect == "native":
                client.read_inbox()
        names = await self.world.hub_names()
        self.world.events.write("quiet_census", q=self.count, names=names or [])
