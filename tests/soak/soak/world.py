"""Everything that a run consists of: processes, relays, clients, and what they do all the time.

Who comes, speaks to whom and leaves is drawn from the seed. What the network and the scheduler
make of it is theirs, so a seed repeats the plan of a run and not its every byte.
"""

import asyncio
import json
import random

from harness import BIN, Cluster

from soak.client_direct import DirectClient
from soak.client_native import NativeClient
from soak.client_room import RoomClient
from soak.client_text import EchoClient, LobbyClient, PairClient
from soak.journal import Journal
from soak.relay import Relay

# Of each hundred clients. Everybody else is an echo.
MIX = ((RoomClient, 34), (NativeClient, 30), (LobbyClient, 12), (DirectClient, 10),
       (PairClient, 10))
PREFIX = {"room": "r", "native": "n", "lobby": "l", "direct": "d", "pair": "5", "echo": "e"}
CHURNING, RELAYED, SLOW = 0.25, 0.25, 0.08
SLOW_BYTES_PER_SECOND = 40000
CHURN_SECONDS = 0.7
WATCHER = "watcher"
HUBCTL_SECONDS = 5


class World:
    def __init__(self, options, folder):
        self.options = options
        self.rng = random.Random(f"{options.seed} clients")
        self.journal = Journal(folder / "clients.jsonl")
        self.events = Journal(folder / "events.jsonl")
        self.cluster = Cluster(gateways=options.gateways)
        self.relays, self._ports = [], []
        self.clients, self.churning, self._tasks = [], [], []
        self.talking = False

    async def open(self):
        """The relays, in front of processes that run already."""
        for number, gateway in enumerate(self.cluster.gateways):
            relay = Relay(self.journal, number)
            self.relays.append(relay)
            self._ports.append({
                (False, False): gateway.port,
                (True, False): gateway.demo_port,
                (False, True): await relay.listen(gateway.port),
                (True, True): await relay.listen(gateway.demo_port),
            })

    def door(self, client):
        """A gateway by its number, and the port of it that this client takes."""
        number = client.rng.randrange(len(self._ports))
        return number, self._ports[number][client.demo, client.relayed]

    def make_clients(self):
        kinds = [kind for kind, share in MIX
                 for _ in range(max(2, self.options.clients * share // 100))]
        kinds += [EchoClient] * max(1, self.options.clients - len(kinds))
        for number, kind in enumerate(kinds):
            self.clients.append(self._make(kind, number))
        self.churning = [one for one in self.clients if self.rng.random() < CHURNING]
        # Somebody is there from the first to the last.
        stays = next(one for one in self.clients if self.is_herald(one))
        self.churning = [one for one in self.churning if one is not stays]

    @staticmethod
    def is_herald(client):
        return client.dialect == "native" and len(client.rooms) == 3

    def _make(self, kind, number):
        options = {"relayed": self.rng.random() < RELAYED}
        if kind is NativeClient:
            turn = number % 3
            options["rooms"] = ("lobby", "demo", "tea")[: 3 if turn == 0 else turn]
        if kind in (RoomClient, NativeClient) and self.rng.random() < SLOW:
            options["slow"] = SLOW_BYTES_PER_SECOND
        name = PREFIX[kind.dialect] + (f"{number:04}" if kind is PairClient else str(number))
        return kind(name, self, random.Random(f"{self.options.seed} {name}"), **options)

    def start_clients(self):
        self._tasks = [asyncio.create_task(client.live()) for client in self.clients]
        self._tasks += [asyncio.create_task(self._talk()), asyncio.create_task(self._churn())]

    def check_tasks(self):
        """What none of them may do is end."""
        for task in self._tasks:
            if task.done() and task.exception():
                raise task.exception()

    def in_now(self, dialect=None):
        return [one for one in self.clients
                if one.is_in.is_set() and dialect in (None, one.dialect)]

    async def _talk(self):
        rng = random.Random(f"{self.options.seed} talk")
        while True:
            await asyncio.sleep(rng.uniform(0.5, 1.5) / self.options.rate)
            speakers = [one for one in self.in_now() if not one.refusals > 20]
            if self.talking and speakers:
                speaker = rng.choice(speakers)
                speaker.speak(self.partners(speaker))

    def partners(self, speaker):
        """Whom this client may write to: who is there, or whose mail would wait."""
        if speaker.dialect in ("direct", "pair"):
            return [one for one in self.clients
                    if one.dialect == speaker.dialect and one is not speaker]
        rooms = [one for one in self.in_now("room") if one is not speaker]
        natives = [one for one in self.clients
                   if one.dialect == "native" and one.user and one is not speaker]
        # A room client says a client_id, which an absent user has not.
        if speaker.dialect == "room":
            natives = [one for one in natives if one.is_in.is_set()]
        return rooms + natives

    async def _churn(self):
        rng = random.Random(f"{self.options.seed} churn")
        while True:
            await asyncio.sleep(rng.uniform(0.5, 1.5) * CHURN_SECONDS)
            one = rng.choice(self.churning) if self.churning and self.talking else None
            if one is None:
                continue
            if one.is_in.is_set() and one.wanted:
                one.leave(orderly=rng.random() < 0.6)
            elif one.wire is None:
                one.wanted = True

    def own_names(self):
        """Those that the hub must have now, as their connections say."""
        return sorted(one.shown_name() for one in self.in_now() if one.dialect != "echo")

    async def hub_names(self):
        """Those that the hub has, without watchers; None if it does not answer."""
        users = await self.hubctl("users")
        if users is None:
            return None
        return sorted(user["name"] for user in users if not user["name"].startswith(WATCHER))

    async def hubctl(self, *words):
        process = await asyncio.create_subprocess_exec(
            str(BIN / "hubctl"), "--socket", str(self.cluster.admin_socket), "--json", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), HUBCTL_SECONDS)
            return json.loads(output) if process.returncode == 0 else None
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            return None

    async def all_leave(self):
        """Everybody goes for good; returns when all connections have ended."""
        for client in self.clients:
            client.finished = True
            client.leave()
        while any(client.wire for client in self.clients):
            await asyncio.sleep(0.02)

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for relay in self.relays:
            relay.close()
        self.journal.close()
