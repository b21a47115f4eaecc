"""Operators care for the store while people talk: copies, going back, forgetting."""

import threading

from harness import wait_for


def bytes_of_store(cluster):
    names = [path for path in cluster.folder.iterdir() if path.name.startswith("hubbub.db")]
    return b"".join(path.read_bytes() for path in names)


def test_a_copy_is_taken_while_people_talk_and_brought_back(cluster):
    ana = cluster.gateway(0).native("ana")
    ben = cluster.gateway(1).native("ben")
    copy = cluster.folder / "copy.db"
    done = threading.Event()
    answers = []

    def back_up():
        answers.append(cluster.hubctl("store", "backup", str(copy)))
        done.set()

    assert ana.ask("public", content="0")["seq"] == 1
    operator = threading.Thread(target=back_up)
    operator.start()
    said = 0
    epoch = ben.positions["lobby"][0]
    while not done.is_set() or said < 20:
        said += 1
        assert ana.ask("public", content=str(said))["seq"] == said + 1
    operator.join()
    assert copy.stat().st_mode & 0o7777 == 0o600
    assert cluster.hubctl("store", "backup", str(copy), check=False).returncode == 1
    assert cluster.hubctl("store", "check")

    answer = cluster.hubctl("store", "restore", str(copy), "--yes", check=False)
    assert answer.returncode == 0, answer.stderr
    wait_for(lambda: not cluster.hub.alive(), "the hub goes on with the old store")
    cluster.hub.start()
    cluster.wait_ready()
    # Who had stayed is told that numbers begin anew, and hears what the copy has.
    gap = ben.hear_type("gap")
    assert gap["reason"] == "epoch" and gap["room"] == "lobby"
    ben.hear_until(lambda frame: frame.get("content") == "0")
    assert ana.ask("public", content="after")["type"] == "ack"
    after = ben.hear_until(lambda frame: frame.get("content") == "after")
    assert after["epoch"] != epoch


def test_a_forgotten_user_is_nowhere_in_the_files(cluster):
    ana = cluster.gateway(0).native("Ana-With-A-Name")
    ben = cluster.gateway(1).native("ben")
    for number in range(50):
        assert ana.ask("public", content=f"words-of-ana {number}")["type"] == "ack"
        assert ben.ask("public", content=f"words-of-ben {number}")["type"] == "ack"
        assert ana.ask("private", to=ben.user, content=f"words-of-ana {number}")["type"] == "ack"
        assert ben.ask("private", to=ana.user, content=f"to-ana {number}")["type"] == "ack"
    user = ana.user
    refused = cluster.hubctl("store", "forget", f"open/{user}", "--yes", check=False)
    assert refused.returncode == 1 and "online" in refused.stderr
    ana.send({"type": "bye"})
    ana.closed()
    wait_for(lambda: len(cluster.hubctl("users")) == 1, "ana is still online")
    assert b"words-of-ana" in bytes_of_store(cluster)
    cluster.hubctl("store", "forget", f"open/{user}", "--yes")
    history = ben.ask("history", room="lobby")["messages"]
    assert history and all("ana" not in message["content"] for message in history)

    def is_gone():
        held = bytes_of_store(cluster)
        return not any(word in held for word in (b"words-of-ana", b"Ana-With-A-Name", b"to-ana"))

    wait_for(is_gone, "something of ana is left in the files")
    assert b"words-of-ben" in bytes_of_store(cluster)
    assert ben.ask("public", content="life goes on")["seq"] == 101


def test_one_who_only_passed_by_is_forgotten_too(cluster):
    ana = cluster.gateway(0).room(as_="Ana-Who-Passed")
    ana.say("words-of-ana")
    assert ana.hear()["content"] == "words-of-ana"
    ana.close()
    wait_for(lambda: cluster.hubctl("users") == [], "ana is still online")
    assert b"words-of-ana" in bytes_of_store(cluster)
    cluster.hubctl("store", "forget", f"open/{ana.client_id}", "--yes")
    wait_for(
        lambda: not any(w in bytes_of_store(cluster) for w in (b"words-of-ana", b"Ana-Who-Passed")),
        "something of ana is left in the files",
    )
