"""HAProxy and nginx as they are delivered, in front of three gateways."""

import re
import select
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import websockets

from balancers import HAPROXY_FILE, NGINX_FILE, ContainerHaproxy, Haproxy, Nginx, balanced_cluster
from client import Closed
from harness import PATIENCE, as_settings, http_get, wait_for
from native_client import SUBPROTOCOL, NativeClient
from raw_client import RawClient

# Sockets that a service manager would hand over: NAME PORT for each, then -- and the program.
HAND_OVER = """
import os, socket, sys
end = sys.argv.index("--")
words, program = sys.argv[1:end], sys.argv[end + 1:]
for fd, port in enumerate(words[1::2], 3):
    made = socket.create_server(("127.0.0.1", int(port)), reuse_port=True)
    os.dup2(made.detach(), fd)
    os.set_inheritable(fd, True)
count = len(words) // 2
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count), LISTEN_FDNAMES=":".join(words[::2]))
os.execv(program[0], program)
"""

SPOOFED = {"X-Forwarded-For": "203.0.113.66", "Forwarded": "for=203.0.113.66"}


class Place:
    """A cluster behind both balancers; `ways` lead in: TLS ends at one of them, or in a gateway."""

    def __init__(self):
        self.cluster = balanced_cluster({"limits.ping_seconds": 4})
        self.haproxy = Haproxy(self.cluster)
        self.nginx = Nginx(self.cluster)
        self.ways = {
            "haproxy": f"wss://127.0.0.1:{self.haproxy.port}/ws",
            "through": f"wss://127.0.0.1:{self.haproxy.through}/ws",
            "nginx": f"wss://127.0.0.1:{self.nginx.port}/ws",
        }
        self.clients = []

    def start(self):
        self.cluster.start()
        self.haproxy.begin()
        self.nginx.begin()
        self.wait_up()

    def wait_up(self):
        for gateway in self.cluster.gateways:
            name = gateway.gateway_name
            wait_for(lambda n=name: self.haproxy.thinks(n, "UP"), f"{name} is not up")

    def connect(self, way, **options):
        client = NativeClient.connect(
            self.ways[way], subprotocols=[SUBPROTOCOL], ssl=self.cluster.tls, **options
        )
        self.clients.append(client)
        return client

    def users(self):
        return {row["name"]: row for row in self.cluster.hubctl("users")}

    def resident(self, gateway, name):
        """Someone on that gateway: the fewest connections lead there sooner or later."""
        for number in range(20):
            client = self.connect("haproxy").hello(f"{name} {number}", rooms=["lobby"])
            if self.users()[client.name]["gateway"] == gateway.gateway_name:
                return client
        raise AssertionError(f"nobody is led to {gateway.gateway_name}")

    def empty(self):
        """Everybody is gone from the gateways, and the balancers know."""
        for client in self.clients:
            client.drop()
        self.clients.clear()
        for gateway in self.cluster.gateways:
            wait_for(
                lambda g=gateway: g.metric("hubbub_gateway_connections") == 0,
                "somebody is still there",
            )
        wait_for(
            lambda: all(
                row["scur"] == "0"
                for backend in ("hubbub_gateways", "hubbub_gateways_through")
                for row in self.haproxy.servers(backend).values()
            ),
            "HAProxy still has connections",
        )

    def close(self):
        for client in self.clients:
            client.drop()
        self.haproxy.stop()
        self.nginx.stop()
        self.cluster.close()


@pytest.fixture(scope="module")
def whole():
    one = Place()
    try:
        one.start()
        yield one
    finally:
        print(one.haproxy.log()[-3000:], one.nginx.log()[-3000:])
        one.close()


@pytest.fixture
def place(whole):
    whole.empty()
    return whole


def seconds(text, pattern):
    """The seconds of a timeout in a delivered file."""
    number, unit = re.search(pattern + r"\s+(\d+)(ms|s)\b", text).groups()
    return int(number) / (1000 if unit == "ms" else 1)


def test_the_files_are_sound_and_their_times_fit(place):
    for balancer in (place.haproxy, place.nginx):
        status, said = balancer.check()
        assert status == 0 and not re.search("warn", said, re.I), said
    haproxy, nginx = HAPROXY_FILE.read_text(), NGINX_FILE.read_text()
    # Longer than a gateway waits for any sign of life: a ping after 20 s, its answer within 20 s.
    assert seconds(haproxy, "timeout tunnel") > 40
    assert seconds(nginx, "proxy_read_timeout") > 40 and seconds(nginx, "proxy_send_timeout") > 40
    # A gateway that was killed is out of use within a second.
    fall = int(re.search(r"fall (\d+)", haproxy).group(1))
    inter, fast = seconds(haproxy, r"\binter"), seconds(haproxy, "fastinter")
    assert inter + (fall - 1) * fast < 1
    for name in ("cookie", "stick", "source", "ip_hash"):
        assert not re.search(rf"^\s*(balance )?{name}\b", haproxy + nginx, re.M), name


def test_the_one_of_the_container_example_finds_its_gateways(place):
    balancer = ContainerHaproxy(place.cluster)
    status, said = balancer.check()
    assert status == 0 and not re.search("warn", said, re.I), said
    balancer.begin()
    try:
        for name in ("gw-1", "gw-2"):
            wait_for(lambda n=name: balancer.servers("gateways")[n]["check_status"] == "L7OK", f"{name} is not found")
        client = NativeClient.connect(f"ws://127.0.0.1:{balancer.port}/ws", subprotocols=[SUBPROTOCOL])
        place.clients.append(client)
        client.hello("ana")
        assert place.users()["ana"]["address"] == "127.0.0.1"
    finally:
        balancer.stop()


def test_operators_see_the_clients_address(place):
    for number, way in enumerate(place.ways, 21):
        address = f"127.0.0.{number}"
        client = place.connect(way, local_addr=(address, 0), extra_headers=SPOOFED)
        client.hello(way)
        assert place.users()[way]["address"] == address
        assert address in str(place.cluster.hubctl("show", client.user))


def test_who_comes_without_tls_is_sent_to_it(place):
    for balancer in (place.haproxy, place.nginx):
        assert http_get(balancer.plain, "/")[0] == 301


@pytest.mark.parametrize("way", ["haproxy", "through", "nginx"])
def test_no_stickiness_and_nothing_lost(place, way):
    """Each time it comes again it is led to another gateway, and hears there what it missed."""
    speaker = place.cluster.gateway(0).native("speaker", rooms=["lobby"])
    place.clients.append(speaker)
    ana = place.connect(way).hello(f"ana {way}", rooms=["lobby"])
    been, heard, said = [], [], []
    for number in range(4):
        been.append(place.users()[ana.name]["gateway"])
        ana.drop()
        said.append(f"word {number}")
        speaker.say(said[-1], "lobby", id=f"{way} {number}")
        answer = speaker.answer(f"{way} {number}")
        assert answer["type"] == "ack", answer
        again = place.connect(way).hello(ana.name, resume=ana.resume, since=ana.since())
        assert again.client_id == ana.client_id
        heard += [frame["content"] for frame in again.missed() if frame["type"] == "public"]
        ana = again
    assert heard == said
    assert all(one != other for one, other in zip(been, been[1:])), been
    ana.close()


class Stream:
    """Connections that come one after the other, on every way, until it is stopped."""

    def __init__(self, place):
        self._place = place
        self._stop = threading.Event()
        self.came, self.refused = dict.fromkeys(place.ways, 0), []
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            for way in self._place.ways:
                try:
                    client = self._place.connect(way)
                    client.hello("passer-by")
                    client.drop()
                    self.came[way] += 1
                except Exception as error:
                    self.refused.append((way, repr(error)))

    def wait_for_more(self):
        """Returns when each way has led in a few more."""
        before = dict(self.came)
        wait_for(
            lambda: self.refused or all(self.came[w] >= before[w] + 3 for w in before),
            "nobody comes in",
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def restart(place, gateway):
    gateway.start()
    wait_for(gateway.ready, "it is not ready")
    place.wait_up()


def stays(client):
    try:
        return client.hears_nothing_more()
    except (Closed, websockets.ConnectionClosed):
        return False


def test_a_drain_moves_newcomers_and_refuses_none(place):
    gateway = place.cluster.gateway(1)
    name = gateway.gateway_name
    residents = [place.resident(gateway, f"resident {number}") for number in range(3)]
    with Stream(place) as stream:
        stream.wait_for_more()
        place.cluster.hubctl("drain", name, "--over", "600s")
        wait_for(lambda: place.haproxy.thinks(name, "NOLB"), "HAProxy sends it newcomers")
        stream.wait_for_more()
        # Who is there stays until the gateway lets it go.
        # A passer-by who was just coming in when it began makes one of them go earlier.
        stayed = [client for client in residents if stays(client)]
        assert len(stayed) >= 2
        resident = stayed[0]
        assert place.users()[resident.name]["gateway"] == name
        place.cluster.hubctl("drain", name, "--over", "0")
        with pytest.raises(Closed) as end:
            while True:
                resident.hear()
        assert end.value.code == 1012
        assert gateway.child.wait() == 0
        back = place.connect("haproxy")
        back.hello(resident.name, resume=resident.resume, since=resident.since())
        assert back.client_id == resident.client_id
        stream.wait_for_more()
        restart(place, gateway)
    assert stream.refused == []


@pytest.fixture(scope="module")
def unaware(whole):
    """A HAProxy that does not hear of a drain in time."""
    balancer = Haproxy(whole.cluster, "haproxy-unaware", {"default-server inter 200ms": "default-server inter 1h"})
    yield balancer.begin()
    balancer.stop()


def led_in(place, port, name):
    client = NativeClient.connect(f"wss://127.0.0.1:{port}/ws", subprotocols=[SUBPROTOCOL], ssl=place.cluster.tls)
    place.clients.append(client)
    return client.hello(name, rooms=["lobby"])


def leads_there(place, port, gateway):
    """One of some newcomers, who is on that gateway."""
    for number in range(6):
        client = led_in(place, port, f"newcomer {number} by {port}")
        if place.users()[client.name]["gateway"] == gateway.gateway_name:
            return client
    raise AssertionError(f"nobody is led to {gateway.gateway_name}")


def test_balancers_that_can_ask_elsewhere_do_in_a_drain(place, unaware):
    """A gateway whose sockets outlive it goes on accepting: for whom nobody can lead elsewhere."""
    gateway = place.cluster.gateway(1)
    name = gateway.gateway_name
    gateway.stop()
    sockets = ["chat", gateway.port, "demo", gateway.demo_port]
    gateway.wrapper = [sys.executable, "-c", HAND_OVER, *map(str, sockets), "--"]
    try:
        restart(place, gateway)
        resident = gateway.native("resident", rooms=["lobby"])
        place.clients.append(resident)
        place.cluster.hubctl("drain", name, "--over", "600s")
        wait_for(lambda: gateway.metric("hubbub_gateway_draining") == 1, "it does not drain")
        for port in (unaware.port, place.nginx.port):
            before = gateway.metric("hubbub_gateway_sent_elsewhere_total")
            for number in range(20):
                newcomer = led_in(place, port, f"guest {number} by {port}")
                assert place.users()[newcomer.name]["gateway"] != name
                if gateway.metric("hubbub_gateway_sent_elsewhere_total") > before:
                    break
            else:
                raise AssertionError("nobody was sent elsewhere")
        # Without a balancer, and by one in TCP mode.
        newcomers = [gateway.native("neighbour", rooms=["lobby"]), leads_there(place, unaware.through, gateway)]
        for newcomer in newcomers:
            newcomer.say(f"I am {newcomer.name}", "lobby")
            assert resident.hear_until(lambda frame, one=newcomer: frame.get("content") == f"I am {one.name}")
        place.cluster.hubctl("drain", name, "--over", "0")
        for client in (resident, *newcomers):
            bye = client.hear_until(lambda frame: frame["type"] == "bye")
            assert bye["retry_after_ms"] >= 500 and client.closed()[0] == 1012
        assert gateway.child.wait(PATIENCE) == 0
    finally:
        gateway.wrapper = []
        gateway.stop()
        restart(place, gateway)


def test_a_gateway_that_is_told_so_serves_everybody_in_a_drain(place, unaware):
    gateway = place.cluster.gateway(1)
    gateway.stop()
    gateway.arguments += as_settings({"gateway.drain_accepts": "yes"})
    try:
        restart(place, gateway)
        resident = gateway.native("resident", rooms=["lobby"])
        place.clients.append(resident)
        place.cluster.hubctl("drain", gateway.gateway_name, "--over", "600s")
        wait_for(lambda: gateway.metric("hubbub_gateway_draining") == 1, "it does not drain")
        newcomer = leads_there(place, unaware.port, gateway)
        newcomer.say("hello", "lobby")
        assert resident.hear_until(lambda frame: frame.get("content") == "hello")
    finally:
        gateway.stop()
        del gateway.arguments[-2:]
        restart(place, gateway)


def test_who_comes_while_the_hub_is_away_waits_for_it(place):
    """All gateways say at once that they want nobody; newcomers are let in and welcome later."""
    hub = place.cluster.hub
    resident = place.connect("haproxy").hello("resident", rooms=["lobby"])
    hub.kill()
    try:
        for gateway in place.cluster.gateways:
            name = gateway.gateway_name
            wait_for(lambda n=name: place.haproxy.thinks(n, "NOLB"), f"{name} is not left out")
        newcomers = [place.connect(way) for way in place.ways]
        for way, newcomer in zip(place.ways, newcomers):
            newcomer.send({"type": "hello", "username": f"newcomer {way}"})
    finally:
        hub.start()
    for newcomer in newcomers:
        newcomer.hear_until(lambda frame: frame["type"] == "welcome")
    place.wait_up()
    assert resident.hears_nothing_more()


def test_who_is_led_to_a_socket_that_nobody_accepts_from_comes_in_elsewhere(place):
    """As that of a gateway that has just begun to hang, or that systemd is about to start again."""
    with socket.socket() as waiting, ThreadPoolExecutor() as pool:
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        waiting.bind(("127.0.0.1", place.cluster.gateway(0).port))
        waiting.listen()
        while not select.select([waiting], [], [], 0)[0]:
            list(pool.map(lambda _: place.connect("haproxy").hello("newcomer"), range(3)))


def test_a_killed_gateway_is_left_out(place):
    gateway = place.cluster.gateway(2)
    name = gateway.gateway_name
    victim = place.resident(gateway, "victim")
    gateway.kill()
    assert victim.closed()[0] == 1006
    with Stream(place) as stream:
        wait_for(lambda: place.haproxy.thinks(name, "DOWN"), "HAProxy does not notice")
        stream.wait_for_more()
    assert stream.refused == []
    back = place.connect("haproxy")
    back.hello(victim.name, resume=victim.resume, since=victim.since())
    restart(place, gateway)


def test_who_only_listens_stays(place):
    """A WebSocket may be silent for longer than HTTP may."""
    short = {
        "timeout client 10s": "timeout client 2s",
        "timeout server 3s": "timeout server 2s",
        "timeout http-request 10s": "timeout http-request 2s",
        "timeout http-keep-alive 10s": "timeout http-keep-alive 2s",
    }
    haproxy = Haproxy(place.cluster, "haproxy-short", short)
    nginx = Nginx(
        place.cluster, "nginx-short", {"client_header_timeout 10s": "client_header_timeout 2s"}
    )
    listeners = []
    try:
        for balancer in (haproxy.begin(), nginx.begin()):
            connection = socket.create_connection(("127.0.0.1", balancer.port), PATIENCE)
            secret = place.cluster.tls.wrap_socket(connection, server_hostname="127.0.0.1")
            listeners.append(RawClient(balancer.port, "/ws", connection=secret))
        # The first that is said on an idle connection, after twice the time that HTTP has.
        for listener in listeners:
            assert listener.status == 101
            listener.pong(listener.ping())
    finally:
        haproxy.stop()
        nginx.stop()
