"""Which faults come, on whom and how long apart: all from the seed, nothing from what happens.

Kinds are dealt from a shuffled deck, so that every run of some length has all of them.
"""

import dataclasses
import random

HUB, GATEWAY, RELAY = "hub", "gateway", "relay"


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    on: str
    shown: str      # in the report
    weight: int     # cards in a deck


KINDS = (
    Kind("hub_kill", HUB, "hub killed (SIGKILL)", 3),
    Kind("hub_stop", HUB, "hub hangs (SIGSTOP, 5-12 s)", 1),
    Kind("hub_restart", HUB, "hub restarted in order (SIGTERM)", 2),
    Kind("gateway_kill", GATEWAY, "gateway killed (SIGKILL)", 3),
    Kind("gateway_stop", GATEWAY, "gateway hangs (SIGSTOP, 5-12 s)", 1),
    Kind("gateway_drain", GATEWAY, "gateway drained (SIGTERM)", 2),
    Kind("network_hold", RELAY, "network silent for 2 s", 1),
    Kind("network_cut", RELAY, "network cut, back after 2 s", 1),
)
BY_NAME = {kind.name: kind for kind in KINDS}
# What leaves every process alive: what remains once memory is watched.
GENTLE = ("network_hold", "network_cut", "gateway_stop", "hub_stop")
KILLS = ("hub_kill", "gateway_kill")
KILLS_EACH = 12  # cards of each kind of kill in a deck of a run that counts kills


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: Kind
    target: int        # of gateways and relays
    seconds: float     # how long it lasts, or until the process is started again
    overlaps: bool     # whether the next comes while this one is being recovered from
    pause: float       # from its begin (if it overlaps) or end to the next


class Schedule:
    """An endless sequence of faults; `gentle` may be set at any time."""

    def __init__(self, seed, gateways, kills=False):
        self._rng = random.Random(f"{seed} faults")
        self._gateways, self._kills = gateways, kills
        self._deck = []
        self.gentle = False

    def _card(self):
        if not self._deck:
            for kind in KINDS:
                many = KILLS_EACH if self._kills and kind.name in KILLS else kind.weight
                self._deck += [kind] * (min(many, 1) if self._kills and many < 9 else many)
            self._rng.shuffle(self._deck)
        return self._deck.pop()

    def next(self):
        kind = self._card()
        while self.gentle and kind.name not in GENTLE:
            kind = self._card()
        rng = self._rng
        if kind.name.endswith("_stop"):
            seconds = rng.uniform(5, 12)
        elif kind.on == RELAY:
            seconds = 2
        else:
            seconds = rng.choice((0, rng.uniform(0, 0.3), rng.uniform(0, 1.5)))
        overlaps = rng.random() < 0.35
        if overlaps:
            pause = rng.uniform(0.02, 1)
        else:
            pause = rng.uniform(0.1, 0.8) if self._kills else rng.uniform(0.3, 3)
        return Fault(kind, rng.randrange(self._gateways), round(seconds, 3), overlaps, pause)
