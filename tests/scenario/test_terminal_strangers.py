"""hubbub-chat and servers that are not ours: TLS with other people's certificates, and hostile frames."""

import asyncio
import json
import ssl
import threading

import pytest
import websockets
from authority import Authority
from chat_terminal import TerminalChat, frames_of, run_chat

WELCOME = {
    "type": "welcome", "client_id": "0000000a", "user": "0000000a", "username": "ana",
    "resume": "s", "rooms": [{"room": "lobby", "epoch": 5, "seq": 1, "members": 1}],
    "inbox": [0, 0], "read": 0, "limits": {}, "resumed": False,
}
PRESENCE = {"type": "presence", "room": "lobby", "snapshot": True, "left": [], "count": 1,
            "joined": [{"user": "0000000a", "username": "ana"}]}


class Stranger:
    """A WebSocket server on a thread of its own that does what `speak(socket)` says."""

    def __init__(self, speak, **options):
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        async def handle(socket, *_):
            try:
                await speak(socket)
            except websockets.ConnectionClosed:
                pass

        async def serve():
            options.setdefault("subprotocols", ["hubbub.v1"])
            server = await websockets.serve(handle, "127.0.0.1", 0, compression=None, **options)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        def run():
            self._loop.create_task(serve())
            self._loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        assert started.wait(10)
        self.url = f"ws://127.0.0.1:{self.port}/ws"

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def strangers():
    made = []

    def make(speak, **options):
        made.append(Stranger(speak, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def public(seq, content, **members):
    return {"type": "public", "room": "lobby", "epoch": 5, "seq": seq, "user": "b",
            "sender_name": "ben", "content": content, **members}


def says(*frames):
    """Says hello back, then these: dicts as JSON, bytes as a text frame, whatever they are."""

    async def speak(socket):
        await socket.recv()
        for frame in (WELCOME, PRESENCE, *frames):
            if isinstance(frame, bytes):
                await socket.write_frame(True, 1, frame)
            else:
                await socket.send(json.dumps(frame))
        async for _ in socket:
            pass

    return speak


NASTY = "\x1b[2J\x1b]0;owned\x07\r\x08\u202e\u2066\u009b31m"


def test_nothing_that_is_heard_moves_the_cursor(strangers):
    stranger = strangers(says(
        public(2, NASTY, sender_name=NASTY, user=NASTY, timestamp=NASTY),
        {"type": "private", "epoch": 1, "seq": 1, "user": "b", "sender_name": NASTY,
         "content": NASTY + "\n05:00 <ana> forged"},
        {"type": "system", "content": NASTY, "timestamp": NASTY},
        {"type": "error", "code": NASTY, "content": NASTY, "room": NASTY, "field": NASTY},
        {"type": "presence", "room": NASTY, "left": [], "joined": [{"user": "q", "username": NASTY}]},
        {"type": "rooms", "rooms": [{"room": NASTY, "epoch": 0, "seq": 0}]},
        {"type": "joined", "room": "tea", "epoch": 1, "seq": 1},
        {"type": "left", "room": "tea", "reason": NASTY, "renamed": NASTY},
        public(3, "the end"),
    ))
    done = run_chat("--expect", "the end", "--color=never", stranger.url)
    assert done.returncode == 0, done
    assert all(c == "\n" or " " <= c < "\x7f" for c in done.stdout), repr(done.stdout)
    assert not any(line.startswith("05:00") for line in done.stdout.splitlines())
    as_json = run_chat("--json", "--expect", "the end", stranger.url)
    assert next(f for f in frames_of(as_json) if f["type"] == "system")["content"] == NASTY
    # Of the controls in it, none is there as it is.
    assert all(c == "\n" or c >= " " for c in as_json.stdout)


def test_unfit_frames_are_named_and_passed_over(strangers):
    stranger = strangers(says(
        b"{", b"[]", b"\x00\xff", b"nul\\u0000", {"type": 5}, {"type": "public"},
        {"type": "later", "content": []}, public(2, "still here"),
    ))
    done = run_chat("--json", "--expect", "still here", stranger.url)
    assert done.returncode == 0, done
    reasons = [f["reason"] for f in frames_of(done) if f["type"] == "bad_frame"]
    assert len(reasons) == 6 and "not valid JSON" in reasons and "without type" in reasons


@pytest.mark.parametrize("frames", [[b"x"] * 20, [{"type": "public"}] * 20], ids=["words", "types"])
def test_too_many_unfit_frames_end_the_connection(strangers, frames):
    done = run_chat("--expect", "never", "--timeout", "1", strangers(says(*frames)).url)
    assert done.returncode in (1, 3) and "too many unfit frames" in done.stdout


def test_what_is_no_chat_is_refused(strangers):
    async def speak(socket):
        for _ in range(20):
            await socket.send("hello?")
        await socket.wait_closed()

    done = run_chat("--send", "hi", strangers(speak).url)
    assert done.returncode == 1 and "does not speak a protocol" in done.stderr


def test_a_huge_message_is_not_gathered(strangers):
    done = run_chat("--expect", "never", "--timeout", "1",
                    strangers(says(b"x" * (3 << 20))).url)
    assert done.returncode in (1, 3) and "larger than this client takes" in done.stdout


@pytest.mark.parametrize("code, reason", [(1012, "restart"), (1013, "full"), (1002, "bad frame")])
def test_a_close_is_told_by_its_code(strangers, code, reason):
    async def speak(socket):
        await socket.recv()
        await socket.send(json.dumps(WELCOME))
        await socket.close(code, reason)

    done = run_chat("--json", "--expect", "never", "--timeout", "1", strangers(speak).url)
    waits = [f for f in frames_of(done) if f.get("state") == "waiting"]
    assert waits and (waits[0]["code"], waits[0]["reason"]) == (code, reason), done.stdout


def test_a_large_history_is_shown(strangers):
    messages = [public(n, f"{n} " + "w" * 8000, timestamp="2025-03-14T05:05:40.123Z")
                for n in range(1, 101)]
    stranger = strangers(says(
        {"type": "history", "room": "lobby", "messages": messages}, public(200, "the end")))
    done = run_chat("--expect", "the end", stranger.url)
    assert done.returncode == 0 and done.stdout.count("wwww ") + done.stdout.count("ww\n") == 100


def test_prompts_are_not_forged(strangers):
    stranger = strangers(says(public(2, "x\nlobby> typed by nobody\r\x1b[A")))
    chat = TerminalChat("--name", "ana", stranger.url)
    try:
        chat.sees(r"^      \| lobby> typed by nobody")
        chat.type("mine")
        chat.edits("lobby> mine")
        chat.type("\x03")
        assert chat.wait() == 0
    finally:
        chat.kill()


# --- TLS ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("tls"), others=["other"])
    made.issue("here")
    made.issue("elsewhere", "DNS:elsewhere.example")
    return made


@pytest.fixture
def secure(strangers, authority):
    def make(name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / f"{name}.pem", authority / f"{name}.key")
        stranger = strangers(says(public(2, "by TLS")), ssl=context)
        return f"wss://localhost:{stranger.port}/ws"

    return make


def test_tls_with_a_private_authority(secure, authority):
    url = secure("here")
    done = run_chat("--expect", "by TLS", "--ca", authority / "ca.pem", url)
    assert done.returncode == 0, done


def test_certificates_are_judged(secure, authority):
    here, elsewhere = secure("here"), secure("elsewhere")
    for words in ([here], ["--ca", authority / "other.pem", here],
                  ["--ca", authority / "ca.pem", elsewhere]):
        done = run_chat("--expect", "by TLS", *words)
        assert done.returncode == 3, (words, done)
        assert done.stderr.startswith("hubbub-chat: cannot connect"), done
    done = run_chat("--ca", "/nonexistent", here)
    assert done.returncode == 2, done
