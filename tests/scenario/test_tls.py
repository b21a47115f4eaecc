"""Gateways that speak TLS themselves: everybody's clients, everything that is not TLS, and certificates that change."""

import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess

import pytest
from authority import Authority
from chat_terminal import run_chat
from client import Closed, refused
from harness import BIN, PATIENCE, Cluster, as_settings, wait_for
from raw_client import CLOSE, PING, PONG, RawClient
from test_direct import path, say

HANDSHAKES_FAILED = "hubbub_gateway_tls_handshakes_failed_total"
MESSAGES = 1000


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("tls"))
    for name in ("here", "next"):
        made.issue(name)
    made.issue("soon", days=10)
    made.issue("expired", days=-1)
    return made


@pytest.fixture(scope="module")
def secure(authority):
    """A hub and a gateway whose chat comes by TLS and whose demonstration does not."""
    settings = {
        **authority.settings("here"),
        "limits.handshake_seconds": 1,
        "limits.ping_seconds": 1,
        "limits.pong_seconds": 1,
        "limits.messages_per_second": 100000,
        "limits.messages_burst": 100000,
    }
    with Cluster(gateways=1, settings=settings) as cluster:
        cluster.gateway(0).trust = authority.trust()
        yield cluster


class Live:
    """A hub and a gateway whose certificate changes."""

    def __init__(self, authority):
        self.authority = authority
        self.pair = {kind: authority / f"live.{kind}" for kind in ("pem", "key")}
        self.put("here")
        self.cluster = Cluster(gateways=1, settings={
            **authority.settings("live"), "limits.messages_per_second": 100000,
            "limits.messages_burst": 100000})
        self.cluster.gateway(0).trust = authority.trust()

    def put(self, name, key=None):
        """As a renewal does it: never a moment without a file."""
        for kind, path in self.pair.items():
            new = path.with_suffix(".new")
            source = key if key and kind == "key" else name
            new.write_bytes((self.authority / f"{source}.{kind}").read_bytes())
            new.chmod(0o640)
            new.rename(path)


@pytest.fixture(scope="module")
def live(authority):
    made = Live(authority)
    with made.cluster:
        yield made


@pytest.fixture
def gateway(secure):
    return secure.gateway(0)


def sealed(gateway, trust=None, plain=None):
    """A TLS connection that has said nothing yet."""
    plain = plain or gateway.raw()
    return (trust or gateway.trust).wrap_socket(plain, server_hostname="localhost")


def public(client):
    return client.hear_type("public")["content"]


# --- clients ---


def test_clients_of_every_kind_meet(gateway, authority):
    room = gateway.room("by room")
    native = gateway.native("by native", rooms=["lobby"])
    url = f"wss://localhost:{gateway.port}/ws"
    done = run_chat("--ca", authority / "ca.pem", "--name", "by chat", "--send", "ping",
                    "--expect", "^ping$", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert public(room) == public(native) == "ping"
    # Frames that do not fit into one record, and many that come in one.
    room.say("x" * 16000)
    assert public(native) == "x" * 16000
    for number in range(200):
        native.say(str(number), room="lobby")
    assert [public(room) for _ in range(201)][1:] == [str(n) for n in range(200)]
    ana = gateway.connect(path("ana"))
    say(gateway.connect(path("ben")), "ana", "psst")
    assert ana.hear_type("message")["content"] == "psst"
    assert gateway.metric("hubbub_gateway_tls_handshakes_total") >= 5
    room.close()
    native.close()


def test_the_page_comes_by_https_and_http_1_alone(gateway, authority):
    trust = authority.trust()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with sealed(gateway, trust) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.version() == "TLSv1.3" and connection.compression() is None
        assert not connection.session.has_ticket
    page = http.client.HTTPSConnection("localhost", gateway.port, timeout=PATIENCE, context=trust)
    for target in ("/", "/app.js"):
        page.request("GET", target)
        answer = page.getresponse()
        assert answer.status == 200 and len(answer.read()) > 1000
    page.request("GET", "/nothing")
    assert page.getresponse().status == 404
    page.close()


# A request's Host may name a host of the library's, or any.
@pytest.mark.parametrize("host", ["hubbub", "hubbub-tls", "hubbub-tls:443", "h", "x.hubbub-tls", ":1"])
def test_a_host_moves_no_request_to_another_listener(gateway, host):
    def ask(connection, target):
        with connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(4096)
            return int(answer.split(b" ")[1])

    for _ in range(2):
        assert ask(sealed(gateway), "/") == 200
        assert ask(gateway.raw(demo=True), "/") == 404
        assert ask(sealed(gateway), "/items/1/ws") == 404
        assert ask(gateway.raw(demo=True), "/items/1/ws") == 426
    upgrade = RawClient(gateway.port, "/ws/1", connection=sealed(gateway))
    assert upgrade.status == 101


# --- what is no TLS ---


def test_strangers_cost_their_connection_and_little_else(gateway):
    friend = gateway.room("friend")

    def gives_its_reason():
        with pytest.raises(ssl.SSLError):
            sealed(gateway, ssl.create_default_context())
        return 'given up address=127.0.0.1 alert="unknown CA"' in gateway.log()

    # The log takes so many lines of a kind; those before us may have had them.
    wait_for(gives_its_reason, "its reason")
    failed = gateway.metric(HANDSHAKES_FAILED)
    log_before = len(gateway.log().splitlines())
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(40)
    at_once = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(400), b"\x16\x03\x01\xff\xff" * 99,
               b"\x15\x03\x01\x00\x02\x02\x28", b"\x17\x03\x03\x00\x10" + b"x" * 16]
    waiting = [b"", b"\x16", hello]
    strangers = []
    for words in (at_once + waiting) * 10:
        strangers.append(gateway.raw())
        strangers[-1].sendall(words)
    for stranger in strangers:
        stranger.settimeout(PATIENCE)
        try:
            while stranger.recv(4096):
                pass
        except ConnectionResetError:
            pass
        stranger.close()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        sealed(gateway, old)
    count = len(strangers) + 1
    wait_for(lambda: gateway.metric(HANDSHAKES_FAILED) == failed + count, "all are counted")
    friend.ping()
    lines = gateway.log().splitlines()[log_before:]
    assert len(lines) < 40, lines
    assert not [line for line in lines if "error" in line.split(" ")[:5]], lines


@pytest.mark.parametrize("request_first", [False, True])
def test_a_handshake_begun_anew_ends_its_connection_only(gateway, authority, request_first):
    """TLS 1.2 knows renegotiation, which anybody may ask for at any time; R is openssl's word for it."""
    friend = gateway.room("friend")
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2",
         "-CAfile", str(authority / "ca.pem")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    said = b""
    while b"Verify return code: 0" not in said:
        said += client.stdout.read1(4096)
    if request_first:
        client.stdin.write(b"GET /favicon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.stdin.flush()
        while b"</svg>" not in said:
            said += client.stdout.read1(4096)
    client.stdin.write(b"R\n")
    client.stdin.flush()
    client.communicate(timeout=PATIENCE)
    friend.ping()
    assert gateway.alive()


def test_a_silent_request_behind_a_handshake_ends_too(gateway):
    with sealed(gateway) as silent:
        assert silent.recv(100) == b""


# --- ends ---


def test_pings_and_farewells(gateway):
    answers = RawClient(gateway.port, "/ws", connection=sealed(gateway))
    silent = RawClient(gateway.port, "/ws", connection=sealed(gateway))
    payload = answers.ping()
    answers.send(payload, PONG)
    assert silent.ping()
    # Who does not answer is dropped, who does is asked again.
    with pytest.raises((EOFError, ConnectionResetError, ssl.SSLError)):
        while True:
            silent.frame()
    answers.send(answers.ping(), PONG)
    answers.send(struct.pack(">H", 1000), CLOSE)
    opcode, payload = answers.frame()
    while opcode == PING:
        opcode, payload = answers.frame()
    assert (opcode, payload) == (CLOSE, struct.pack(">H", 1000))
    talker = gateway.room("talker")
    talker.send(b"binary")
    assert talker.closed()[0] in (1003, 1008)


def test_a_slow_reader_is_cut_and_its_neighbour_hears_all(live):
    gateway = live.cluster.gateway(0)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    plain.connect(("127.0.0.1", gateway.port))
    slow = RawClient(gateway.port, "/ws", connection=sealed(gateway, plain=plain))
    slow.send(json.dumps({"username": "slow"}))
    speaker, neighbour = gateway.room("speaker"), gateway.room("neighbour")
    speaker.skip()
    sent = 0
    cut = gateway.metric("hubbub_gateway_slow_readers_total")
    while gateway.metric("hubbub_gateway_slow_readers_total") == cut:
        assert sent < 4000, "the slow reader was never cut"
        for _ in range(20):
            speaker.say(f"{sent} " + "x" * 16000)
            assert public(speaker).startswith(f"{sent} ")
            sent += 1
    for number in range(sent):
        assert public(neighbour).startswith(f"{number} ")
    # What the slow one did get is whole and in order.
    expected = 0
    with pytest.raises((EOFError, OSError)):
        while True:
            opcode, payload = slow.frame()
            if opcode == 1 and b'"public"' in payload:
                assert json.loads(payload)["content"].startswith(f"{expected} ")
                expected += 1
    assert 0 < expected < sent


# --- certificates ---


def shown(gateway):
    """The serial number of the certificate that a newcomer is shown."""
    with sealed(gateway) as connection:
        return int(connection.getpeercert()["serialNumber"], 16)


def test_another_certificate_while_messages_flow(live):
    gateway = live.cluster.gateway(0)
    first = shown(gateway)
    native = gateway.native("native", rooms=["lobby"])
    room = gateway.room("room")
    room.skip()
    for number in range(MESSAGES):
        if number % 100 == 50:
            live.put(("next", "expired", "here")[number // 100 % 3])
            gateway.signal(signal.SIGHUP)
        room.say(str(number))
    assert [public(native) for _ in range(MESSAGES)] == [str(n) for n in range(MESSAGES)]
    assert [public(room) for _ in range(MESSAGES)] == [str(n) for n in range(MESSAGES)]
    live.put("soon")
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: "a certificate expires soon listener=chat days=9" in gateway.log(), "a warning")
    good = shown(gateway)
    assert good != first
    for bad, why in (("expired", "has expired at"), ("torn", "has no certificate in it"),
                     ("mixed", "is not the key of the certificate")):
        live.put(bad if bad == "expired" else "here")
        if bad == "torn":
            live.pair["pem"].write_text("-----BEGIN CERTIFICATE-----\n")
        elif bad == "mixed":
            live.put("here", key="next")
        gateway.signal(signal.SIGHUP)
        wait_for(lambda text=why: text in gateway.log(), why)
        assert shown(gateway) == good
    with sealed(gateway) as connection:
        until = ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"])
    assert gateway.metric("hubbub_gateway_certificate_expiry_timestamp_seconds") == until
    room.say("still here")
    assert public(native) == public(room) == "still here"


def test_bad_pairs_are_refused_before_anything_begins(authority):
    world = authority / "world.key"
    world.write_bytes((authority / "here.key").read_bytes())
    world.chmod(0o644)
    cases = [
        ("here.pem", "here.key", None),
        ("expired.pem", "expired.key", "expired.pem has expired at"),
        ("here.pem", "next.key", "next.key is not the key of the certificate in"),
        ("here.pem", "world.key", "world.key is open to everybody (mode 0644)"),
        ("none.pem", "here.key", "none.pem cannot be read: No such file"),
        ("here.pem", None, "listener.chat.tls_certificate is set, but not listener.chat.tls_key"),
    ]
    for certificate, key, sentence in cases:
        settings = {"listener.chat.tls_certificate": authority / certificate,
                    "listener.chat.address": "127.0.0.1:0"}
        if key:
            settings["listener.chat.tls_key"] = authority / key
        command = [str(BIN / "hubbub-gateway"), *as_settings(settings)]
        for words in [["--check-config"]] + ([[]] if certificate == "expired.pem" else []):
            done = subprocess.run(command + words, capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            if sentence is None:
                assert (done.returncode, done.stdout) == (0, "configuration is good\n"), done
            else:
                assert done.returncode == 2 and sentence in done.stderr, done
                assert len(done.stderr.splitlines()) == 1 and done.stdout == "", done


def test_a_gateway_that_stops_says_goodbye_by_tls(make_cluster, authority):
    cluster = make_cluster(gateways=2, settings={**authority.settings("here"),
                                                 "gateway.drain_seconds": 1})
    old, new = cluster.gateways
    for gateway in (old, new):
        gateway.trust = authority.trust()
    natives = [old.native(f"n{n}", rooms=["lobby"]) for n in range(5)]
    witness = new.room("witness")
    old.signal(signal.SIGTERM)
    for client in natives:
        assert client.hear_type("bye")["retry_after_ms"] >= 0
        with pytest.raises(Closed) as end:
            client.hear()
        assert end.value.code == 1012
    assert old.child.wait(PATIENCE) == 0
    witness.ping()
    assert refused(f"wss://localhost:{new.port}/nothing", ssl=new.trust) == 404
