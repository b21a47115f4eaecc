"""Rooms above limits.list_members: ten thousand join, and presence stays within its budget."""

import contextlib
import json
import resource
import subprocess
import time

from client import without_time
from harness import BIN, wait_for

LOAD = BIN.parent / "tests" / "bench" / "hubbub-load"
CROWD = 10000
LIMIT = 500
BUDGET = 8388608
# For a machine that does ten other things, under sanitizers.
LONG = 240


@contextlib.contextmanager
def load(gateway, mode, clients, *options):
    """Clients of the room dialect in a process of their own: it checks that each finds itself."""
    command = [LOAD, mode, "--port", gateway.port, "--clients", clients, "--settle", 1]
    command += ["--patience", LONG, "--json", *options]
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def presence(gateway):
    return gateway.metric("hubbub_gateway_presence_bytes_total")


class Watch:
    """What presence may have cost since the first look at the counters."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.started = time.monotonic()
        self.before = presence(gateway)

    def check(self):
        bytes_said = presence(self.gateway) - self.before
        most = BUDGET * (time.monotonic() - self.started + 1)
        assert bytes_said <= most, f"{bytes_said:.0f} bytes, at most {most:.0f}"
        return bytes_said


def is_quiet(gateway):
    """Nothing was said between two looks that are further apart than any list waits."""
    before, since = presence(gateway), time.monotonic()
    wait_for(
        lambda: presence(gateway) != before or time.monotonic() - since > 1.5, "a clock that goes"
    )
    return presence(gateway) == before


def test_ten_thousand_join(make_cluster):
    _, most_open = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowd = min(CROWD, most_open - 500)
    gateway = make_cluster(gateways=1, settings={"limits.list_members": LIMIT}).gateway(0)
    with load(gateway, "idle", LIMIT, "--seconds", 10 * LONG):
        wait_for(lambda: gateway.metric("hubbub_gateway_clients") == LIMIT, "the room is full", LONG)
        wait_for(lambda: is_quiet(gateway), "they heard of each other", LONG)
        watch = Watch(gateway)
        with load(gateway, "connect", crowd - LIMIT) as many:
            wait_for(lambda: watch.check() and many.poll() is not None, "all are in", LONG)
            result = json.loads(many.stdout.read())
        assert result["clean"], result
        wait_for(lambda: gateway.metric("hubbub_gateway_clients") == LIMIT, "all are gone", LONG)
        # Down at the limit the room is told of all, as ever; so far it was a crowd.
        assert gateway.metric("hubbub_gateway_notices_summarised_total") > 0
        assert gateway.metric("hubbub_gateway_lists_shortened_total") > 0
        assert gateway.metric("hubbub_gateway_closes_total") <= crowd


def test_up_to_the_limit_clients_hear_what_they_always_heard(make_cluster):
    cluster = make_cluster(settings={"limits.list_members": 3})
    clients = [cluster.gateway(n % 2).room(as_=f"c{n}") for n in range(3)]
    names = clients[0].hear_until(lambda f: f["type"] == "user_list" and len(f["users"]) == 3)
    entries = ", ".join(
        '{"client_id": "%s", "username": "%s"}' % (user["client_id"], user["username"])
        for user in names["users"]
    )
    joined = '{"type": "system", "content": "c%d \\u8fdb\\u5165\\u804a\\u5929\\u5ba4", "timestamp": "T"%s}'
    assert clients[0].heard[-1] == '{"type": "user_list", "users": [%s]}' % entries
    assert without_time(clients[0].hear_text()) == joined % (2, "")

    last = cluster.gateway(1).connect()
    last.send({"username": "c3"})
    own = last.hear()
    assert [user["username"] for user in own["users"]] == ["c0", "c1", "c3"] and own["count"] == 4
    assert without_time(last.hear_text()) == joined % (3, ', "count": 4')
    assert without_time(clients[0].hear_text()) == joined % (3, ', "count": 4')
    shared = clients[0].hear()
    assert shared == {**names, "count": 4}

    last.close()
    clients[0].hear_until(lambda f: f["type"] == "user_list")
    assert clients[0].heard[-1] == '{"type": "user_list", "users": [%s]}' % entries
