"""Under load: order, frames, bounds and fairness hold. When nothing is to be done, nothing is done."""

import contextlib
import os
import resource
import signal
import threading
import time

from client import PATIENCE
from harness import wait_for
from native_client import SUBPROTOCOL
from strict_client import StrictClient, public

FAST = {
    "limits.messages_per_second": 100000,
    "limits.messages_burst": 1000000,
    "limits.content_bytes": 65536,
    "limits.message_bytes": 262144,
}
PATIENT = {
    "limits.queue_bytes": 33554432,
    "limits.queue_seconds": 3600,
    "limits.pong_seconds": 3600,
}
SMALL_BUFFER = 8192

# A quiet client's message is heard before this many of a busy room's 16,000, which lay there before
# it: what the gateway and the hub take of each other in one turn (256 KiB) has some 2,500.
QUIET_PLACE = 6000


class SlowReader(StrictClient):
    """Takes a little at a time, how much is drawn from what it took before; asks in between."""

    def __init__(self, port, number, asks):
        super().__init__(port, receive_buffer=SMALL_BUFFER)
        self.number, self.asks = number, asks
        self.asked = []
        self._reads = 0

    def step(self):
        """One small read, if there is anything; a PING of its own if none is out."""
        if self.asks and len(self.asked) == len(self.pongs):
            self.asked.append(f"reader {self.number} asks {len(self.asked)}".encode())
            self.ping(self.asked[-1])
        if self.has_input():
            self.read(self.a_little())

    def a_little(self):
        self._reads += 1
        return 1 + (self._reads * 977 + self.number * 1319) % 3000

    def read_through(self, last):
        """Small reads until it has heard this message and all its PINGs are answered."""
        self.read_while(
            lambda: self.publics[-1:] != [last] or len(self.asked) > len(self.pongs),
            most=lambda: 10 * self.a_little(),
        )


def content_of(sender, number):
    """Lengths in one, two and eight bytes; é takes six bytes as a room client hears it."""
    length = 24000 if number % 37 == 0 else number * 97 % 3000
    return f"{sender} {number} " + "é" * length


def short(contents):
    return [content.rstrip("é ") for content in contents]


def senders_in_order(contents):
    """Whether each sender's messages are all there once, in its order; how many it were."""
    last = {}
    for content in contents:
        sender, number = content.split(" ")[:2]
        assert int(number) == last.get(sender, -1) + 1, f"{sender} {number} behind {last}"
        last[sender] = int(number)
    return {sender: number + 1 for sender, number in last.items()}


def memory_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def waiting(gateway):
    """(bytes that wait for clients, memory of their frames)."""
    return (gateway.metric("hubbub_gateway_queue_bytes"),
            gateway.metric("hubbub_gateway_pinned_bytes"))


def test_slow_strict_readers_lose_nothing_and_all_hear_one_order(make_cluster):
    cluster = make_cluster(settings={**FAST, **PATIENT, "limits.ping_seconds": 1})
    senders = [StrictClient(cluster.gateway(n % 2).port).join(f"sender{n}") for n in range(4)]
    readers = [
        SlowReader(cluster.gateway(n % 2).port, n, asks=n >= 2).join(f"reader{n}")
        for n in range(6)
    ]
    said = [0] * len(senders)

    def lag(reader):
        return sum(said) - len(reader.publics)

    def silent_ones_were_pinged():
        # A PING behind the first messages and before the last: among them, not at either end.
        return all(r.pinged_at and 20 < r.pinged_at[-1] < len(r.heard) - 20 for r in readers[:2])

    had_to_wait = [0] * 2
    while sum(said) < 400 or not silent_ones_were_pinged() or min(had_to_wait) < 20:
        assert sum(said) < 20000, ([reader.pings for reader in readers], had_to_wait)
        if sum(said) % 10 == 0:
            for number, gateway in enumerate(cluster.gateways):
                had_to_wait[number] += waiting(gateway)[0] > 0
        who = sum(said) % len(senders)
        senders[who].say(content_of(f"s{who}", said[who]))
        said[who] += 1
        for sender in senders:
            sender.read_all()
        for reader in readers:
            if sum(said) % (reader.number + 1) == 0 or lag(reader) > 100:
                reader.step()
            reader.read_while(lambda r=reader: lag(r) > 200, most=reader.a_little)
    for sender in senders:
        sender.read_while(lambda s=sender: len(s.publics) < sum(said))
    senders[0].say("the end")

    order = short(senders[0].publics)
    assert senders_in_order(order) == {f"s{n}": count for n, count in enumerate(said)}
    for reader in readers:
        reader.read_through("the end")
        assert short(reader.publics) == [*order, "the end"], f"reader {reader.number}"
        assert reader.pongs == reader.asked and (len(reader.asked) > 3 or not reader.asks)
        assert reader.is_whole() and not reader.has_input() and reader.close_code is None
    assert all(g.metric("hubbub_gateway_slow_readers_total") == 0 for g in cluster.gateways)
    for client in senders + readers:
        client.drop()


def flood_until_cut(gateway, sender, others, queue_max, begin):
    """Says until the sender hears the stopped reader leave; how many messages it took."""
    said = begin
    while True:
        assert said < begin + 4000, "the reader that stopped was never cut"
        sender.say(f"all {said} " + "x" * 16000)
        said += 1
        left = []

        def is_own(frame):
            left.append(frame.get("content") == "stopped 已离开")
            return frame.get("content", "").startswith(f"all {said - 1} ")

        sender.read_until(is_own)
        for other in others:
            other.read_all()
        if said % 8 == 0:
            queued, pinned = waiting(gateway)
            # A turn's message comes on top before the turn's end looks at the bounds.
            assert queued <= queue_max + 20000, f"{queued} bytes wait"
            assert pinned <= queue_max * 1.5 + 200000, f"{pinned} bytes are pinned"
        if any(left):
            return said


def test_who_stops_reading_is_closed_with_1013_within_bounds_and_memory_returns(make_cluster):
    queue_max = 1 << 20
    cluster = make_cluster(start=False, settings={**FAST, "limits.queue_bytes": queue_max})
    gateway = cluster.gateway(0)
    # What was freed is otherwise kept from being used again, and would look like a leak.
    gateway.environment["ASAN_OPTIONS"] = "detect_leaks=1:exitcode=99:quarantine_size_mb=1"
    cluster.start()
    sender = StrictClient(gateway.port).join("sender")
    others = [StrictClient(cluster.gateway(n % 2).port).join(f"other{n}") for n in range(4)]
    said, memory = 0, []
    for number in range(8):
        stopped = StrictClient(gateway.port, receive_buffer=SMALL_BUFFER).join("stopped")
        begun = said
        said = flood_until_cut(gateway, sender, others, queue_max, begun)
        assert stopped.read_to_the_end() == 1013
        heard = senders_in_order(["all " + str(int(c.split(" ")[1]) - begun) for c in
                                  stopped.publics])
        assert 0 < heard["all"] < said - begun, "a reader that stopped heard the beginning"
        wait_for(lambda: waiting(gateway) == (0, 0), "all that waited for it is gone")
        memory.append(memory_kib(gateway))
        assert gateway.metric("hubbub_gateway_slow_readers_total") == number + 1
    # Six queues' worth of frames were kept for readers and given back.
    assert memory[-1] - memory[1] < 3 * queue_max / 1024, f"KiB after each: {memory}"

    sender.say("all done")
    for other in others:
        other.read_until(lambda frame: frame.get("content") == "all done")
        contents = [content for content in other.publics if content != "all done"]
        assert senders_in_order(contents) == {"all": said}
        assert other.is_whole() and other.close_code is None
    for client in [sender, *others]:
        client.drop()


def native_reader(gateway, name, rooms, **options):
    """A native client, in these rooms from now on, that reads strictly and when it is told to."""
    reader = StrictClient(
        gateway.port, headers=[f"Sec-WebSocket-Protocol: {SUBPROTOCOL}"], **options
    )
    since = {"rooms": dict.fromkeys(rooms)}
    reader.send({"type": "hello", "username": name, "since": since})
    for _ in rooms:
        reader.read_until(lambda frame: frame["type"] == "presence")
    return reader


def test_all_queues_together_are_bounded_too(make_cluster):
    """Readers that stopped in rooms of their own, each within its queue, pin too much together."""
    pinned_max = 1 << 20
    settings = {**FAST, "limits.queue_bytes": pinned_max, "limits.pinned_bytes": pinned_max}
    gateway = make_cluster(gateways=1, settings=settings).gateway(0)
    rooms = [f"room{number}" for number in range(4)]
    talker = gateway.native("talker", since={"rooms": dict.fromkeys(rooms)})
    stopped = []
    for room in rooms:
        stopped.append(native_reader(gateway, room, [room], receive_buffer=SMALL_BUFFER))

    most, said = 0, 0
    while gateway.metric("hubbub_gateway_slow_readers_total") == 0:
        assert said < 2000, "nobody was ever cut"
        talker.say(f"all {said} " + "x" * 16000, room=rooms[said % 4], id=str(said))
        talker.answer(str(said))
        said += 1
        queued, pinned = waiting(gateway)
        assert pinned <= pinned_max + 200000, f"{pinned} bytes are pinned"
        most = max(most, queued / 4)
    assert most < pinned_max / 2, f"{most} bytes each: it was not the sum that counted"
    assert "pinned_bytes" in gateway.log()
    # Who is cut has some seconds to read that it is.
    wait_for(
        lambda: any(reader.read_all() and reader.close_code for reader in stopped),
        "one of them is told that it was too slow",
    )
    ends = []
    for reader in stopped:
        if reader.close_code is None:
            reader.send({"type": "bye"})
        ends.append(reader.read_to_the_end())
        numbers = [int(content.split(" ")[1]) for content in reader.publics]
        assert numbers == list(range(numbers[0], numbers[0] + 4 * len(numbers), 4))
    assert 1013 in ends and 1000 in ends, ends


def test_one_order_for_room_and_native_clients_of_two_gateways(make_cluster):
    cluster = make_cluster(settings={**FAST, **PATIENT})
    rooms = [cluster.gateway(n).room(as_=f"room{n}") for n in range(2)]
    natives = [cluster.gateway(n).native(f"native{n}") for n in range(2)]
    listeners = [cluster.gateway(n).native(f"listener{n}") for n in range(2)]
    count = 150
    for number in range(count):
        for who, sender in enumerate(rooms + natives):
            sender.say(f"s{who} {number}")

    def contents(client):
        heard = []
        while len(heard) < 4 * count:
            frame = client.hear()
            if frame["type"] == "public":
                heard.append(frame)
        return heard

    heard = [contents(client) for client in rooms + natives + listeners]
    order = [frame["content"] for frame in heard[0]]
    assert senders_in_order(order) == {f"s{who}": count for who in range(4)}
    for frames in heard:
        assert [frame["content"] for frame in frames] == order
    for frames in heard[2:]:
        first = frames[0]["seq"]
        assert [frame["seq"] for frame in frames] == list(range(first, first + 4 * count))
        assert len({frame["epoch"] for frame in frames}) == 1


@contextlib.contextmanager
def stopped(process):
    process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.signal(signal.SIGCONT)


def test_a_busy_room_does_not_starve_the_quiet(make_cluster):
    """What lies in all sockets at once is taken a little from each.

    The gateway is held while four busy senders and three quiet ones write, so that it finds
    everything there, whatever the machine's speed. A listener that hears them all then says how
    many busy messages came before each quiet one.
    """
    settings = {
        **FAST, **PATIENT, "limits.commands": 1000000,
        "listener.demo.mounts": "/ws/{client_id} lobby room=quiet",
    }
    gateway = make_cluster(gateways=1, settings=settings).gateway(0)
    listener = native_reader(gateway, "listener", ["lobby", "quiet"])
    quiet = native_reader(gateway, "quiet", ["quiet"])
    other = gateway.connect("/ws/other", demo=True)
    busy = [StrictClient(gateway.port, send_buffer=1 << 20).join(f"b{n}") for n in range(4)]
    neighbour = StrictClient(gateway.port).join("neighbour")
    # A room's first message waits for the disk to say that nothing was ever said there.
    quiet.send({**public("first"), "room": "quiet"})
    listener.read_while(lambda: "first" not in listener.publics)
    listener.publics.clear()
    each = 4000
    backlog = [[public(f"b{n} {number}") for number in range(each)] for n in range(4)]

    with stopped(gateway):
        for sender, messages in zip(busy, backlog):
            sender.send(*messages)
        quiet.send({**public("quiet here"), "room": "quiet"})
        other.send("quiet in another dialect")
        neighbour.say("quiet among them")

    listener.read_while(lambda: len(listener.publics) < 4 * each + 3)
    quiet_ones = [text for text in listener.publics if text.startswith("quiet")]
    assert len(quiet_ones) == 3 and len(listener.publics) == 4 * each + 3
    busy_ones = [text for text in listener.publics if text.startswith("b")]
    assert senders_in_order(busy_ones) == {f"b{n}": each for n in range(4)}
    place = {text: listener.publics.index(text) for text in quiet_ones}
    assert max(place.values()) < QUIET_PLACE, place

    # Its own echo is in its place in the room, which is everybody's.
    neighbour.read_until(lambda frame: frame.get("content") == "quiet among them")
    in_room = [text for text in listener.publics
               if text not in ("quiet here", "quiet in another dialect")]
    assert neighbour.publics.index("quiet among them") == in_room.index("quiet among them")
    for client in [listener, quiet, neighbour, *busy]:
        client.drop()


def test_quiet_clients_are_answered_while_a_room_never_rests(make_cluster):
    cluster = make_cluster(gateways=1, settings={**FAST, **PATIENT})
    gateway = cluster.gateway(0)
    busy = [StrictClient(gateway.port).join(f"b{n}") for n in range(3)]
    quiet = gateway.native("quiet", since={"rooms": {"quiet": None}})
    echo = gateway.connect(demo=True)
    over = threading.Event()

    def talk():
        """Each takes its echo before it says more: the room is never silent, nor overrun."""
        number = 0
        while not over.is_set():
            for sender in busy:
                sender.send(*[public(f"talk {number}")] * 20)
            for sender in busy:
                sender.read_until(lambda frame: frame.get("content") == f"talk {number}")
                sender.read_all()
            number += 1

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        for number in range(10):
            before = gateway.metric("hubbub_gateway_deliveries_total")
            echo.send(f"{number}")
            assert echo.hear_text().endswith(f" {number}")
            assert quiet.ask("join", room=f"quiet{number}")["type"] == "joined"
            quiet.say("here", room=f"quiet{number}", id=f"m{number}")
            assert quiet.answer(f"m{number}")["type"] == "ack"
            wait_for(
                lambda b=before: gateway.metric("hubbub_gateway_deliveries_total") > b + 60,
                "the busy room goes on meanwhile",
            )
    finally:
        over.set()
        talker.join(PATIENCE)
    assert not talker.is_alive()
    for sender in busy:
        sender.drop()


def wakings(process):
    """How often threads of a process went to sleep by themselves, all together."""
    total = 0
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/status", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("voluntary_ctxt_switches"))
    return total


# What wakes a gateway and a hub that have nothing to do, times per second. The link's timer may come a moment
# before its time, and then once more.
TIMERS = [{
    "the link's timer, with the heartbeat to the hub": 2,
    "the hub's heartbeat": 1,
    "the probe through the hub": 1,
    "the probe's answer": 1,
    "the status page's listener": 1,
}, {
    "the link's timer, with the heartbeat to the gateway": 2,
    "the gateway's heartbeat": 1,
    "the gateway's probe": 1,
    "the hub's second": 1,
    "the status page's listener": 1,
    "the store's writer, idle: what is too old, and the file's size": 2,
}]


def test_a_thousand_idle_clients_wake_nobody(make_cluster):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    cluster = make_cluster(gateways=1, settings={"limits.ping_seconds": 3600})
    gateway, hub = cluster.gateway(0), cluster.hub
    crowd = [StrictClient(gateway.port, f"/ws/{number}?token=x") for number in range(980)]
    crowd += [StrictClient(gateway.port).join(f"n{number}") for number in range(20)]
    assert gateway.metric("hubbub_gateway_clients") == 1000
    for client in crowd:
        client.read_all()

    before, begun = [wakings(gateway), wakings(hub)], time.monotonic()
    wait_for(lambda: time.monotonic() - begun > 5, "some seconds of nothing")
    after, lasted = [wakings(gateway), wakings(hub)], time.monotonic() - begun
    for process, timers, was, now in zip((gateway, hub), TIMERS, before, after):
        # Each of them once more than fits, as the seconds need not begin with it.
        allowed = sum(timers.values()) * (lasted + 1)
        assert 0 < now - was <= allowed, f"{process.name}: {now - was} times in {lasted:.1f} s"
    assert not any(client.has_input() for client in crowd), "nobody is told anything"
    for client in crowd:
        client.drop()
