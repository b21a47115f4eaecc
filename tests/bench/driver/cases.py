"""What is run: each case is one load, and the servers that it is put on.

Titles name options of the generator in braces, as numbers differ in a quick run.
"""

import dataclasses

EVERYBODY = ("floor", "floor-coalesce", "nats", "nchan", "node", "hubbub", "hubbub-memory")
# A loop that writes once per turn differs from one that does not only where messages are many.
PLAIN = ("floor", "nats", "nchan", "node", "hubbub", "hubbub-memory")


@dataclasses.dataclass(frozen=True)
class Case:
    """`full` and `quick` are options of the generator; `hub_only`: only the hub is charged."""

    key: str
    title: str
    servers: tuple
    mode: str
    full: dict
    quick: dict
    hub_only: bool = False
    search: bool = False
    once: bool = False  # in the first round only

    def options(self, quick):
        return {**self.full, **(self.quick if quick else {})}

    def named(self, title, quick):
        """A title with the numbers of this run."""
        return title.format_map(self.options(quick))


CASES = (
    Case("broadcast", "broadcast to {clients:,} at {rate}/s", EVERYBODY, "broadcast",
         {"clients": 1000, "rate": 50, "seconds": 3, "settle": 700},
         {"seconds": 1, "settle": 300}),
    Case("private", "private at {rate:,}/s among {clients:,}",
         ("floor", "nats", "jetstream", "nchan", "node", "hubbub", "hubbub-memory"), "private",
         {"clients": 1000, "rate": 5000, "seconds": 3, "settle": 700},
         {"seconds": 1, "settle": 300}),
    Case("connect", "{clients:,} come in as fast as they can", PLAIN, "connect",
         {"clients": 5000, "settle": 700, "patience": 30}, {"clients": 1000, "settle": 300}),
    Case("crowd", "broadcast to {clients:,} at {rate}/s", PLAIN, "broadcast",
         {"clients": 10000, "rate": 5, "seconds": 3, "settle": 1000, "patience": 30},
         {"clients": 3000, "seconds": 1, "settle": 300}),
    Case("most", "most deliveries/s to {clients:,} with p99 < 100 ms", EVERYBODY, "broadcast",
         {"clients": 1000, "seconds": 2, "settle": 300, "patience": 2},
         {"seconds": 0.7, "settle": 150}, search=True),
    Case("churn", "broadcast to {clients:,} at {rate}/s, {churn}/s of {guests} guests come and go",
         ("floor", "nats", "hubbub"), "churn",
         {"clients": 1000, "rate": 50, "guests": 100, "churn": 50, "seconds": 3, "settle": 700},
         {"clients": 200, "seconds": 1, "settle": 300}),
    Case("gateways", "broadcast to {clients:,} at {rate}/s over 1, 2 and 4 gateways",
         ("hubbub", "hubbub-2", "hubbub-4"), "broadcast",
         {"clients": 1000, "rate": 50, "seconds": 3, "settle": 700},
         {"seconds": 1, "settle": 300}),
    Case("hub", "messages through the hub to 4 gateways, {in-flight} on their way",
         ("hub", "hub-ids", "hub-memory"), "broadcast",
         {"clients": 8, "senders": 4, "messages": 60000, "in-flight": 500, "settle": 300},
         {"messages": 10000}, hub_only=True),
    Case("routed", "messages to {clients} members, {in-flight} on their way",
         ("hubbub", "hubbub-memory"), "broadcast",
         {"clients": 2, "senders": 2, "messages": 150000, "in-flight": 500, "settle": 300},
         {"messages": 20000}),
    Case("idle", "{clients:,} idle clients, pings on", ("hubbub",), "idle",
         {"clients": 10000, "seconds": 21, "settle": 1500, "patience": 30},
         {"clients": 2000, "seconds": 3, "settle": 500}, once=True),
)

BY_KEY = {case.key: case for case in CASES}
