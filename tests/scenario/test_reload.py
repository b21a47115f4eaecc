"""SIGHUP: what changes at once for those who are connected, what is refused, what waits for a restart."""

import signal
import subprocess

import pytest

from client import refused
from harness import BIN, PATIENCE, Cluster, wait_for

GOOD = {
    "log": {"level": "info"},
    "limits": {"content_bytes": 100, "messages_burst": 200},
    "listener chat": {"origins": ""},
}


class Settings:
    """A configuration file that the hub and the gateway of a cluster were started with."""

    def __init__(self, folder):
        self.path = folder / "hubbub.conf"
        self.put(GOOD)

    def put(self, sections, extra=""):
        lines = []
        for section, keys in sections.items():
            lines += [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items())]
        self.path.write_text("\n".join(lines) + "\n" + extra)

    def change(self, **changes):
        """The good file with other values: section=dict(key=value)."""
        sections = {name: dict(keys) for name, keys in GOOD.items()}
        for name, keys in changes.items():
            sections.setdefault(name.replace("_", " "), {}).update(keys)
        self.put(sections)


def count(process, result):
    kind = "hub" if process.name == "hub" else "gateway"
    return process.metric(f'hubbub_{kind}_reloads_total{{result="{result}"}}')


def reload(process, result="applied"):
    """Returns what the process logged about it."""
    before, logged = count(process, result), len(process.log())
    process.signal(signal.SIGHUP)
    wait_for(lambda: count(process, result) > before, f"{process.name} has not {result} it")
    return process.log()[logged:]


@pytest.fixture(scope="module")
def world():
    cluster = Cluster(gateways=1, start=False)
    settings = Settings(cluster.folder)
    for process in cluster.processes():
        process.arguments += ["--config", str(settings.path)]
        process.environment = {"HUBBUB_SET__LIMITS__QUEUE_SECONDS": "77"}
    cluster.hub.arguments += ["--set", f"hub.record={cluster.folder / 'record'}"]
    cluster.start()
    with cluster:
        yield cluster, settings


@pytest.fixture
def settings(world):
    cluster, settings = world
    settings.put(GOOD)
    yield settings
    settings.put(GOOD)
    for process in cluster.processes():
        reload(process)


@pytest.fixture
def gateway(world):
    return world[0].gateway(0)


def test_limits_change_for_those_who_are_connected(gateway, settings):
    ana = gateway.room(as_="ana")
    ana.say("x" * 100)
    assert len(ana.hear()["content"]) == 100
    settings.change(limits={"content_bytes": 10, "messages_burst": 77})
    log = reload(gateway)
    assert "setting changed setting=limits.content_bytes from=100 to=10" in log
    assert "settings read again changed=2 need_restart=0" in log
    ana.say("x" * 11)
    assert ana.error() == "too_long"
    ana.say("x" * 10)
    assert ana.hear()["content"] == "x" * 10
    assert gateway.native("eve").welcomed["limits"]["messages_burst"] == 77
    ana.close()


def test_origins_change_for_newcomers_alone(gateway, settings):
    url = f"ws://127.0.0.1:{gateway.port}/ws"
    ana = gateway.room(as_="ana", origin="https://old.example")
    settings.change(listener_chat={"origins": "https://new.example"})
    log = reload(gateway)
    assert 'listener.chat.origins from="" to=https://new.example' in log
    assert refused(url, origin="https://old.example") == 403
    ben = gateway.room(as_="ben", origin="https://new.example")
    ben.say("hello")
    ana.hear_until(lambda frame: frame.get("content") == "hello")
    ana.close()
    ben.close()


def test_proxies_are_believed_from_then_on(world, gateway, settings):
    def address(name):
        clients = [c for c in world[0].hubctl("users") if c["name"] == name]
        return clients[0]["address"]

    claim = {"X-Forwarded-For": "192.0.2.9"}
    ana = gateway.room(as_="ana", extra_headers=claim)
    settings.change(listener_chat={"trusted_proxies": "loopback"})
    reload(gateway)
    ben = gateway.room(as_="ben", extra_headers=claim)
    assert address("ana").startswith("127.0.0.1")
    assert address("ben") == "192.0.2.9"
    ana.close()
    ben.close()


def test_a_bad_file_keeps_everything(world, gateway, settings):
    cluster, _ = world
    ana = gateway.room(as_="ana")
    wrong = "[nowhere]\n[limits]\ncommands = none\n"
    settings.put({"limits": {"content_bytes": 10}, "log": {"level": "debug"}}, wrong)
    for process in cluster.processes():
        log = reload(process, "refused")
        assert "settings not read again, the old ones stay" in log
        assert f'mistakes=2 reason="there is no section [nowhere] ({settings.path}:5)"' in log
        assert f'another mistake in the settings mistake=2 reason="limits.commands: ' in log
        assert "setting changed" not in log
    ana.say("x" * 100)
    assert len(ana.hear()["content"]) == 100
    ana.close()


def test_what_needs_a_restart_is_said_until_then(world, gateway, settings):
    cluster, _ = world
    settings.change(limits={"header_bytes": 9000}, hub={"rooms_max": 7})
    for _ in range(2):
        log = reload(gateway)
        assert "it needs a restart setting=limits.header_bytes from=8192 to=9000" in log
        assert "settings read again changed=0 need_restart=1" in log
        log = reload(cluster.hub)
        assert "it needs a restart setting=hub.rooms_max from=10000 to=7" in log
        assert "header_bytes" not in log


def test_rules_for_rooms_bear_upon_who_is_in_them(world, gateway, settings):
    """And the hub's record has them: a core that is made to do it again does the same."""
    cluster, _ = world
    ana, ben = gateway.native("ana"), gateway.native("ben")
    for client in (ana, ben):
        client.send({"type": "join", "room": "tea"})
        client.hear_type("joined")
    settings.change(class_tea={"rooms": "tea", "read": ana.user})
    assert 'setting changed setting=class from="" to=tea' in reload(cluster.hub)
    assert ben.hear_type("left")["reason"] == "forbidden"
    settings.change(class_tea={"rooms": "tea", "read": ana.user, "write": "operators"})
    reload(cluster.hub)
    ana.send({"type": "public", "room": "tea", "content": "hello", "id": "1"})
    assert ana.hear_type("error")["code"] == "read_only"
    settings.change(
        class_tea={"rooms": "tea", "read": ana.user, "write": "operators"},
        hub={"operators": ana.user},
    )
    reload(cluster.hub)
    ana.send({"type": "public", "room": "tea", "content": "hello", "id": "2"})
    ana.hear_type("ack")
    done = subprocess.run(
        [BIN / "hubbub-replay", cluster.folder / "record"],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    assert done.returncode == 0 and "identical" in done.stdout, done.stdout + done.stderr
    ana.close()
    ben.close()


def test_the_environment_wins_over_the_file(gateway, settings):
    assert gateway.metric("hubbub_gateway_reloads_total") > 0
    settings.change(limits={"queue_seconds": 5})
    assert "settings read again changed=0 need_restart=0" in reload(gateway)


def test_the_hub_lets_in_whom_it_is_told_to(world, settings):
    hub = world[0].hub
    settings.change(hub={"allow_users": "nobody-of-this-name"}, log={"level": "debug"})
    log = reload(hub, "refused")
    assert "there is no user nobody-of-this-name" in log
    settings.change(hub={"allow_users": "daemon"}, log={"level": "debug"})
    log = reload(hub)
    assert "setting changed setting=log.level from=info to=debug" in log
    assert 'setting changed setting=hub.allow_users from="" to=daemon' in log


def test_who_ends_is_not_ended_by_it(make_cluster):
    cluster = make_cluster(gateways=1)
    # While clients go, while all is put away, and while the sanitizer has its last look.
    for process in (*cluster.gateways, cluster.hub):
        process.ask_to_stop()
        while process.alive():
            process.signal(signal.SIGHUP)
        assert process.stop() == 0, process.log()
