"""Many join at once: all are in, and what lists cost is bounded."""

import json

from client import Client
from harness import wait_for


def join_at_once(clients):
    Client.send_all(
        [(client, {"username": f"user-{number:03}"}) for number, client in enumerate(clients)]
    )


def test_300_join_at_once_and_lists_stay_bounded(cluster):
    total = 300
    clients = cluster.crowd(total)
    join_at_once(clients)
    wait_for(lambda: len(cluster.hubctl("users")) == total, "all are in")

    everyone = {f"user-{number:03}" for number in range(total)}
    for client in clients:
        client.hear_until(
            lambda f: f["type"] == "user_list" and {u["username"] for u in f["users"]} == everyone
        )
    ids = {user["username"]: user["client_id"] for user in json.loads(clients[0].heard[-1])["users"]}
    assert len(set(ids.values())) == total
    for number, client in enumerate(clients):
        client.client_id = ids[f"user-{number:03}"]

    lists = sum(len(f) for c in clients for f in c.heard if f.startswith('{"type": "user_list"'))
    one_list = len(clients[0].heard[-1])
    unbounded = one_list * total * total / 3
    assert lists < unbounded / 4, f"{lists} bytes of lists; a full list each time: {unbounded:.0f}"

    clients[0].skip()
    clients[1].skip()
    clients[0].say("made it")
    assert clients[1].hear_until(lambda f: f.get("content") == "made it")


def test_everybody_hears_of_every_join(cluster):
    watcher = cluster.gateway(0).room(as_="watcher")
    total = 50
    join_at_once(cluster.crowd(total))
    heard = set()
    while len(heard) < total:
        frame = watcher.hear()
        if frame["type"] == "system":
            heard.add(frame["content"].removesuffix(" 进入聊天室"))
    assert heard == {f"user-{number:03}" for number in range(total)}
