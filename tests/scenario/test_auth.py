"""Authentication: every dialect with good and bad tokens, both forms, expiry, and who one is then."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import pytest
import websockets

from chat_terminal import frames_of, run_chat, url_of
from client import refused
from harness import BIN, ROOT, Cluster, Gateway, as_settings, wait_for
from native_client import SUBPROTOCOL, NativeClient
from tokens import Keys

ORIGIN = "https://chat.example.org"
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture(scope="module")
def keys():
    with tempfile.TemporaryDirectory(prefix="hubbub-keys-") as folder:
        keys = Keys(pathlib.Path(folder))
        keys.secret("k1")
        keys.secret("k2")
        keys.pair("rsa", *RSA)
        keys.pair("ec", *P256)
        yield keys


@pytest.fixture(scope="module")
def cluster(keys):
    """The first gateway takes our own tokens, the second one JWTs; users are the same."""
    settings = {"auth.mode": "token", "auth.keys": keys.setting("k1", "k2"), "auth.leeway_seconds": 0,
                "auth.cookie": "chat", "listener.demo.origins": f"none {ORIGIN}",
                "auth.failures_per_minute": 1000}
    with Cluster(gateways=1, settings=settings) as cluster:
        jwts = {**settings, "auth.mode": "jwt", "auth.keys": keys.setting("k1", "rsa", "ec"),
                "auth.audience": "chat", "auth.issuer": "us"}
        cluster.gateways.append(Gateway(2, cluster, jwts).start())
        cluster.wait_ready()
        yield cluster


@pytest.fixture(scope="module")
def own(cluster):
    return cluster.gateway(0)


@pytest.fixture(scope="module")
def other(cluster):
    return cluster.gateway(1)


def url(gateway, path, demo=False):
    return f"ws://127.0.0.1:{gateway.demo_port if demo else gateway.port}{path}"


def bearer(token):
    return {"extra_headers": {"Authorization": f"Bearer {token}"}}


def native(gateway, token=None, **options):
    client = gateway.connect("/ws", kind=NativeClient, subprotocols=[SUBPROTOCOL], **options)
    return client.hello("eve", token=token) if token else client


def bad_tokens(keys):
    good = keys.token("k1", "ana")
    return {
        "malformed": "t",
        "unknown_key": keys.token("k1", "ana", kid="k9"),
        "signature": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "expired": keys.token("k1", "ana", seconds=-1),
        "not_yet": keys.token("k1", "ana", nbf=int(time.time()) + 600),
        "audience": keys.token("k1", "ana", aud="others"),
        "subject": keys.token("k1", "a" * 65),
    }


def test_room_is_as_who_the_token_says(own, keys):
    token = keys.token("k1", "ana", name="Ana\u200b of  us")
    for where in ({"path": f"/ws?token={token}"}, bearer(token)):
        client = own.connect(**where)
        client.join("eve")
        assert client.name == "Ana of  us"
        client.say("hello")
        assert client.hear_type("public")["sender_name"] == "Ana of  us"
        client.close()


def test_room_tells_of_users_and_not_of_their_tabs(own, keys):
    ben = own.connect(**bearer(keys.token("k1", "ben"))).join("x")
    first = own.connect(**bearer(keys.token("k1", "ana"))).join("x")
    assert [user["username"] for user in ben.hear()["users"]] == ["ben", "ana"]
    ben.hear_type("system")
    second = own.connect(**bearer(keys.token("k2", "ana"))).join("x")
    assert second.client_id != first.client_id
    first.close()
    listed = ben.hear()
    assert [user["client_id"] for user in listed["users"]] == [ben.client_id, second.client_id]
    second.close()
    assert [user["username"] for user in ben.hear()["users"]] == ["ben"]
    assert ben.hear_type("system")["content"] == "ana 已离开"
    ben.close()


def test_every_refusal_is_401_and_counted(own, keys):
    for reason, token in bad_tokens(keys).items():
        for path in ("/ws", "/ws/7"):
            assert refused(url(own, path), **bearer(token)) == 401, reason
        assert refused(url(own, f"/ws/ana?token={token}")) == 401, reason
        assert refused(url(own, "/ws/ana", demo=True), **bearer(token)) == 401, reason
        counted = 'hubbub_gateway_auth_failures_total{reason="%s"}' % reason
        assert own.metric(counted) == 4, reason
    for path in ("/ws", "/ws/7", "/ws/ana", "/ws/ana?token="):
        assert refused(url(own, path)) == 401
    assert own.metric('hubbub_gateway_auth_failures_total{reason="no_token"}') == 4


def test_direct_and_pair_belong_to_the_users_of_their_paths(own, keys):
    token = keys.token("k1", "ana")
    client = own.connect(f"/ws/ana?token={token}")
    client.send({"content": "x", "to_user": "ana", "timestamp": None})
    assert json.loads(client.hear_text())["content"] == "不能发送消息给自己"
    assert refused(url(own, f"/ws/ben?token={token}")) == 401
    own.connect("/ws/ana", **bearer(token))
    seven = keys.token("k1", "7")
    client = own.connect("/ws/007", **bearer(seven))
    client.send("9:hi")
    assert client.hear_text() == "Client #9 is not here"
    assert refused(url(own, "/ws/8"), **bearer(seven)) == 401
    assert refused(url(own, "/ws/8"), **bearer(token)) == 401
    assert own.metric('hubbub_gateway_auth_failures_total{reason="other_user"}') == 3


def test_lobby_has_the_subject_for_a_name_and_probes_their_own_rule(own, keys):
    client = own.connect("/ws/eve", demo=True, **bearer(keys.token("k1", "ana")))
    assert client.hear_text() == "ana 进入了聊天室"
    client.close()
    echo = own.connect("/ws", demo=True)
    echo.send("x")
    assert echo.hear_text() == "小菠萝收到的消息是: x"
    items = own.connect("/items/1/ws?token=any", demo=True)
    items.send("x")
    assert items.hear_text() == "cookie or token value is:any"


def test_a_cookie_counts_where_origins_are_known(own, keys):
    cookie = {"extra_headers": {"Cookie": f"a=b; chat={keys.token('k1', 'ana')}"}}
    client = own.connect("/ws/x", demo=True, origin=ORIGIN, **cookie)
    assert client.hear_text() == "ana 进入了聊天室"
    client.close()
    assert refused(url(own, "/ws/x", demo=True), origin="https://evil.example", **cookie) == 403
    assert refused(url(own, "/ws"), origin=ORIGIN, **cookie) == 401


def test_native_proves_it_in_hello_or_before(own, keys):
    token = keys.token("k1", "ana", name="Ana")
    client = native(own, token)
    assert (client.user, client.name) == ("ana", "Ana")
    client = native(own, **bearer(token)).hello("eve")
    assert (client.user, client.name) == ("ana", "Ana")
    # One that is wrong at the upgrade is told in the protocol; a good one in hello is enough.
    client = native(own, token, **bearer("wrong"))
    assert client.user == "ana"
    for hello in ({}, {"token": "wrong"}, {"token": keys.token("k1", "ana", seconds=-5)}):
        client = native(own)
        client.send({"type": "hello", "username": "ana", "id": "h", **hello})
        frame = client.hear()
        assert (frame["type"], frame["code"], frame["id"]) == ("error", "unauthorized", "h")
        assert client.closed() == (1008, "unauthorized")


def test_why_tells_who_failed_and_never_who_was_claimed(cluster, own, keys):
    expired = keys.token("k1", "late-eve", seconds=-5)
    forged = keys.token("k1", "claimed-eve")
    assert refused(url(own, "/ws"), **bearer(expired)) == 401
    assert refused(url(own, "/ws"), **bearer(forged[:-8] + "AAAAAAAA")) == 401
    client = native(own)
    client.send({"type": "hello", "username": "late-eve", "id": "h", "token": expired})
    assert client.closed() == (1008, "unauthorized")

    def reasons(*words):
        rows = cluster.hubctl("why", *words)
        return [row["reason"] for row in rows if row["event"] == "turned_away" and row["code"] == 401]

    wait_for(lambda: reasons("--address", "127.0.0.1")[-3:] == ["expired", "signature", "expired"],
             "three refusals are known by their address")
    assert reasons("late-eve") == ["expired"] * 2
    assert cluster.hubctl("why", "claimed-eve", check=False).returncode == 1


def test_a_secret_of_an_earlier_welcome_makes_nobody_another(own, keys):
    ana = native(own, keys.token("k1", "ana"))
    ben = native(own)
    ben.send({"type": "hello", "username": "ana", "token": keys.token("k1", "ben"),
              "resume": ana.resume or "a" * 40})
    welcome = ben.hear()
    assert welcome["type"] == "welcome" and welcome["user"] == "ben"
    assert not ana.resume


def test_mail_and_presence_are_the_users_own(cluster, own, other, keys):
    """The same subject on two gateways with two kinds of tokens is one user."""
    claims = {"aud": ["x", "chat"], "iss": "us"}
    first = native(own, keys.token("k1", "cleo"))
    watcher = native(own, keys.token("k2", "dora"))
    watcher.hear_until(lambda f: f["type"] == "presence")
    tokens = [keys.jwt("k1", "cleo", **claims), keys.jwt("rsa", "cleo", "RS256", **claims),
              keys.jwt("ec", "cleo", "ES256", **claims)]
    more = [native(other, token) for token in tokens]
    assert all(client.user == "cleo" for client in more)
    watcher.tell("cleo", "all of you")
    for client in (first, *more):
        assert client.hear_until(lambda f: f["type"] == "private")["content"] == "all of you"
    users = [row for row in cluster.hubctl("users") if row["name"] == "cleo"]
    assert len(users) == 4


def test_jwts_are_held_to_their_keys(other, keys):
    claims = {"aud": "chat", "iss": "us"}
    public = keys.path("rsa").read_text()
    # The public key as a secret: what the library for tests would refuse to make is made by hand.
    forged = keys.jwt("rsa", "ana", key="x" * 32, **claims)
    assert refused(url(other, "/ws"), **bearer(forged)) == 401
    assert other.metric('hubbub_gateway_auth_failures_total{reason="algorithm"}') == 1
    assert "PUBLIC KEY" in public
    for token, reason in (
        (keys.jwt("k1", "ana", iss="us"), "audience"),
        (keys.jwt("k1", "ana", aud="chat", iss="them"), "issuer"),
        (keys.jwt("ec", "ana", "ES256", seconds=-1, **claims), "expired"),
        (keys.token("k1", "ana"), "malformed"),
    ):
        assert refused(url(other, "/ws"), **bearer(token)) == 401
        assert other.metric('hubbub_gateway_auth_failures_total{reason="%s"}' % reason) == 1


def in_with_short_tokens(own, keys, seconds):
    """Two clients whose tokens end so soon, or None if that was too soon for this machine."""
    try:
        room = own.connect("/ws", **bearer(keys.token("k1", "ben", seconds=seconds)))
        return room, native(own, keys.token("k1", "cleo", seconds=seconds))
    except (websockets.InvalidStatusCode, AssertionError):
        return None


def test_who_is_in_goes_when_the_token_ends(own, keys):
    stays = native(own, keys.token("k1", "ana"))
    tries = (in_with_short_tokens(own, keys, seconds) for seconds in (2, 8, 32))
    for client in next(filter(None, tries)):
        assert client.closed(60) == (1008, "token expired")
    stays.say("still here")
    assert stays.hear_until(lambda f: f["type"] == "public")["content"] == "still here"


def test_the_terminal_client_comes_in_with_a_token(own, keys):
    token = keys.folder / "token"
    with open(os.open(token, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(keys.token("k1", "ana", name="Ana") + "\n")
    words = ("--json", "--send", "ping", "--expect", "^ping$")
    for more in ((), ("--dialect", "room")):
        done = run_chat(*words, *more, "--token-file", token, url_of(own))
        assert done.returncode == 0, done.stderr
        names = {f["sender_name"] for f in frames_of(done) if f["type"] == "public"}
        assert names == {"Ana"}
    done = run_chat(*words, url_of(own), HUBBUB_TOKEN=keys.token("k1", "ben"))
    assert done.returncode == 0, done.stderr
    done = run_chat(*words, url_of(own), HUBBUB_TOKEN="wrong")
    assert done.returncode != 0 and "token is missing or not good" in done.stderr


def test_tokens_are_in_no_log_and_no_answer(cluster, own, keys):
    """Last of those that share the cluster: what was said before is in the logs."""
    payload = keys.token("k1", "ana").split(".")[0][:24]
    said = [process.log() for process in cluster.processes()]
    said.append(json.dumps(cluster.hubctl("users")))
    assert payload not in "".join(said) and "a client is not let in" in own.log()


def test_an_address_that_fails_too_often_is_not_looked_at(keys):
    settings = {"auth.mode": "token", "auth.keys": keys.setting("k1"),
                "auth.failures_per_minute": 2}
    with Cluster(gateways=1, settings=settings) as cluster:
        gateway = cluster.gateway(0)
        assert "OPEN MODE" not in gateway.log()
        for token in ("x", "y", keys.token("k1", "ana")):
            assert refused(url(gateway, "/ws"), **bearer(token)) == 401
        assert gateway.metric('hubbub_gateway_auth_failures_total{reason="too_many"}') == 1
        native(gateway).drop()


def test_keys_are_rotated_without_dropping_anyone(keys):
    """Old and new, then new alone; a bad file leaves all as it was."""
    keys.secret("old")
    keys.secret("new")
    config = keys.folder / "gateway.conf"

    def configure(*kids):
        config.write_text(f"[auth]\nmode = token\nkeys = {keys.setting(*kids)}\n")

    configure("old")
    with Cluster(gateways=1, start=False) as cluster:
        gateway = cluster.gateway(0)
        gateway.arguments[1:1] = ["--config", str(config)]
        cluster.start()

        def reload(result):
            series = f'hubbub_gateway_reloads_total{{result="{result}"}}'
            before = gateway.metric(series)
            gateway.signal(signal.SIGHUP)
            wait_for(lambda: gateway.metric(series) > before, f"a reload is {result}")

        old, new = keys.token("old", "ana"), keys.token("new", "ana")
        first = native(gateway, old)
        assert refused(url(gateway, "/ws"), **bearer(new)) == 401
        configure("new", "old")
        reload("applied")
        second = native(gateway, new)
        native(gateway, old).drop()
        keys.path("new").chmod(0o644)
        reload("refused")
        native(gateway, new).drop()
        keys.path("new").chmod(0o600)
        configure("new")
        reload("applied")
        assert refused(url(gateway, "/ws"), **bearer(old)) == 401
        # What is in a file may change under its name.
        keys.secret("new")
        reload("applied")
        assert refused(url(gateway, "/ws"), **bearer(new)) == 401
        first.say("still here")
        for client in (first, second):
            assert client.hear_until(lambda f: f["type"] == "public")["content"] == "still here"


def hubctl(*words, said=""):
    return subprocess.run(
        [BIN / "hubctl", *map(str, words)], input=said, capture_output=True, text=True, timeout=20,
        check=False,
    )


def test_hubctl_makes_and_checks_tokens(own, other, keys):
    """With the keys of a configuration, of both forms; what it makes lets somebody in."""
    config = keys.folder / "hubbub.conf"
    config.write_text(f"[auth]\nmode = token\nkeys = {keys.setting('k1', 'k2')}\n")
    made = hubctl("token", "issue", "ana", "--name", "Ana", "--for=5m", "--config", config)
    assert made.returncode == 0 and native(own, made.stdout.strip()).name == "Ana"
    row = hubctl("--json", "token", "verify", "--config", config, said=made.stdout)
    row = json.loads(row.stdout)
    assert (row["user"], row["name"]) == ("ana", "Ana")
    done = hubctl("token", "verify", "--config", config, said=keys.token("k1", "ana", seconds=-60))
    assert (done.returncode, done.stdout) == (1, "") and "expired" in done.stderr
    made = hubctl("--json", "token", "issue", "ben", "--key", "k2", "--config", config)
    assert native(own, json.loads(made.stdout)["token"]).user == "ben"

    config.write_text("[auth]\nmode = jwt\naudience = chat\nissuer = us\n"
                      f"keys = {keys.setting('k1', 'rsa', 'ec')}\n")
    for more in ((), ("--key", f"rsa:{keys.folder}/rsa.pem"),
                 ("--key", f"ec:{keys.folder}/ec.pem")):
        made = hubctl("token", "issue", "ana", *more, "--config", config)
        assert made.returncode == 0, made.stderr
        assert native(other, made.stdout.strip()).user == "ana"
    for words, code, sentence in (
        (("issue", "ana", "--key", "rsa"), 1, "private one is needed"),
        (("issue", "ana", "--key", f"rsa:{keys.folder}/ec.pem"), 1, "algorithm"),
        (("issue", "ana", "--key", "k9"), 1, "k9"),
        (("issue", " ana"), 1, "a user is"),
        (("issue",), 2, "a user is missing"),
        (("issue", "ana", "--for", "0"), 2, "--for TIME"),
        (("verify", "x.y"), 2, "one word too many"),
        (("verify", "--file", "/nonexistent"), 1, "/nonexistent"),
        (("mend",), 2, "no such command"),
    ):
        done = hubctl("token", *words, "--config", config)
        assert (done.returncode, done.stdout) == (code, ""), (words, done)
        assert sentence in done.stderr, (words, done.stderr)
    done = hubctl("token", "issue", "ana", "--config", "/nonexistent")
    assert done.returncode == 2 and done.stderr.startswith("hubctl: cannot read /nonexistent")


def test_the_examples_of_the_documentation_are_right(own, keys):
    """Python and shell, as docs/auth.md has them, with the key beside them."""
    page = (ROOT / "docs" / "auth.md").read_text()
    for language, command in (("python", ["/usr/bin/python3", "-c"]), ("sh", ["sh", "-c"])):
        code = re.search(f"```{language}\n(.*?)```", page, re.S).group(1)
        done = subprocess.run(
            [*command, code], cwd=keys.folder, capture_output=True, text=True, timeout=20, check=True
        )
        assert native(own, done.stdout.strip()).user == "ana"


def check_config(*settings):
    done = subprocess.run(
        [BIN / "hubbub-gateway", *as_settings(dict(settings)), "--check-config"],
        capture_output=True, text=True, timeout=20, check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ([("auth.mode", "token")], "auth.keys is empty"),
        ([("auth.keys", "k1")], "KID:FILE"),
        ([("auth.keys", "k1:/nonexistent/k1")], "k1"),
        ([("auth.keys", "k1:{open}")], "open"),
        ([("auth.keys", "k1:{short}")], "32 at least"),
        ([("auth.keys", "rsa:{rsa}")], "PEM"),
        ([("auth.mode", "jwt"), ("auth.keys", "rsa:{private}")], "private key"),
        ([("auth.keys", "k1:{good} k1:{good}")], "twice"),
        ([("auth.cookie", "chat")], "origins"),
        ([("listener.a.address", "127.0.0.1:1"), ("listener.a.auth", "open"),
          ("listener.b.address", "127.0.0.1:2")], "realm"),
    ],
)
def test_what_cannot_be_is_said_before_the_start(keys, settings, sentence):
    (keys.folder / "open").write_text("x" * 40)
    (keys.folder / "open").chmod(0o644)
    keys.write("short", "x" * 31)
    files = {"open": keys.folder / "open", "short": keys.path("short"), "rsa": keys.path("rsa"),
             "private": keys.folder / "rsa.pem", "good": keys.path("k1")}
    given = {"auth.mode": "token", "auth.keys": "k1:{good}", **dict(settings)}
    if settings[0] == ("auth.mode", "token"):
        given["auth.keys"] = ""
    given = {key: value.format(**files) for key, value in given.items()}
    code, error = check_config(*given.items())
    assert code == 2 and sentence in error, error


def test_open_beside_tokens_needs_realms_and_rooms_of_its_own(keys):
    settings = {"auth.mode": "token", "auth.keys": keys.setting("k1"),
                "listener.demo.auth": "open",
                "listener.demo.mounts": "/ws room room=porch realm=porch"}
    with Cluster(gateways=1, settings=settings) as cluster:
        client = cluster.gateway(0).connect("/ws", demo=True)
        client.join("anybody")
        assert refused(url(cluster.gateway(0), "/ws")) == 401
