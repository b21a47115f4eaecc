"""Coming again: what was missed and nothing else, as the same user or as a stranger."""

import sqlite3

import pytest

from harness import wait_for


def contents(frames):
    return [frame["content"] for frame in frames if frame["type"] in ("public", "private")]


def gaps(frames):
    return [frame for frame in frames if frame["type"] == "gap"]


def forget(cluster, client):
    """The hub holds no connection of this client any more, not even a lingering one."""
    wait_for(
        lambda: all(u["client_id"] != client.client_id for u in cluster.hubctl("users")),
        f"{client.name} is still there",
    )


@pytest.mark.parametrize("again", [0, 1], ids=["same gateway", "another gateway"])
def test_exactly_what_was_missed(cluster, again):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ana.join("tea")
    ben.join("tea")
    ben.say("1", room="lobby")
    ben.say("2", room="tea")
    ben.tell(ana.user, "3")
    ben.skip()
    assert contents(ana.catch_up()) == ["1", "2", "3"]
    ana.drop()
    for number in range(4, 10):
        ben.say(str(number), room="tea" if number % 2 else "lobby")
    ben.tell(ana.user, "10")
    ben.tell(ana.user, "11")
    assert all(frame["type"] != "error" for frame in ben.catch_up())
    back = cluster.gateway(again).native("ana", resume=ana.resume, since=ana.since())
    assert back.welcomed["resumed"] and back.user == ana.user
    assert back.welcomed["resume"] == ana.resume
    heard = back.missed()
    assert gaps(heard) == []
    assert contents(f for f in heard if f.get("room") == "lobby") == ["4", "6", "8"]
    assert contents(f for f in heard if f.get("room") == "tea") == ["5", "7", "9"]
    assert contents(f for f in heard if "room" not in f) == ["10", "11"]
    ben.say("12")
    assert contents([back.hear_message()]) == ["12"]
    assert back.hears_nothing_more()


def test_without_since_only_mail_that_was_not_read(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    for number in range(4):
        ben.tell(ana.user, f"mail {number}")
    ben.skip()
    assert contents(ana.catch_up()) == ["mail 0", "mail 1", "mail 2", "mail 3"]
    assert ana.ask("read", inbox=2)["inbox"] == 2
    ana.drop()
    ben.say("missed")
    ben.skip()
    back = cluster.gateway(1).native("ana", resume=ana.resume)
    assert back.welcomed["read"] == 2 and back.welcomed["inbox"][1] == 4
    assert contents(back.missed()) == ["mail 2", "mail 3"]


def test_over_a_restart_of_the_hub(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ben.say("before")
    ben.tell(ana.user, "mail before")
    ben.skip()
    assert contents(ana.catch_up()) == ["before", "mail before"]
    epoch = ana.positions["lobby"][0]
    ana.drop()
    forget(cluster, ana)
    ben.tell(ana.user, "while away", id="w")
    ben.skip()
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    ben.say("after")
    ben.skip()
    back = cluster.gateway(1).native("ana", resume=ana.resume, since=ana.since())
    assert back.welcomed["resumed"] and back.user == ana.user
    heard = back.missed()
    assert gaps(heard) == []
    assert sorted(contents(heard)) == ["after", "while away"]
    assert back.positions["lobby"][0] == epoch


def test_clients_stay_over_a_restart_of_the_hub(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ana.say("before", id="1")
    ana.skip()
    cluster.hub.kill()
    ana.say("meanwhile", id="2")
    cluster.hub.start()
    cluster.wait_ready()
    assert ana.hear_until(lambda f: f.get("id") == "2")["type"] == "ack"
    ben.say("after")
    ben.hear_until(lambda f: f.get("content") == "after")
    assert ben.positions["lobby"][1] == 3
    ana.hear_until(lambda f: f.get("content") == "after")
    tab = cluster.gateway(1).native("ana", resume=ana.resume)
    assert tab.user == ana.user and tab.welcomed["resumed"]


def test_a_long_absence_is_read_in_parts(make_cluster):
    cluster = make_cluster(settings={"limits.messages_burst": 100000})
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    ana.drop()
    for number in range(1500):
        ben.say(f"{number} " + "x" * 300)
    ben.skip()
    back = cluster.gateway(0).native("ana", resume=ana.resume, since=ana.since())
    ben.say("last")
    frame = back.hear_until(lambda f: f.get("content") == "last")
    assert frame["seq"] == 1501 and back.positions["lobby"][1] == 1501


def test_where_nothing_was_said_nothing_is_missed(cluster):
    ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
    assert ana.welcomed["rooms"] == [{"room": "lobby", "epoch": 0, "seq": 0, "members": 1}]
    assert ana.ask("rooms")["rooms"][0]["epoch"] == 0
    ben.send({"type": "bye"})
    ben.closed()
    cluster.hub.kill()
    cluster.hub.start()
    cluster.wait_ready()
    back = cluster.gateway(0).native("ben", resume=ben.resume, since=ben.since())
    back.say("first")
    for client in (ana, back):
        frame = client.hear_message()
        assert (frame["type"], frame.get("content"), frame.get("seq")) == ("public", "first", 1)


class TestGaps:
    def test_expired(self, make_cluster):
        cluster = make_cluster(
            settings={"class.small.rooms": "small*", "class.small.keep_messages": 10}
        )
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ana.join("small")
        ben.join("small")
        ana.drop()
        for number in range(1, 101):
            ben.say(str(number), room="small")
        ben.skip()

        def caught_up():
            back = cluster.gateway(0).native("ana", resume=ana.resume, since=ana.since())
            heard = back.missed()
            assert back.positions["small"][1] == 100
            back.send({"type": "bye"})
            return heard if gaps(heard) else None

        heard = wait_for(caught_up, "old messages are kept")
        gap = heard[0]
        assert (gap["type"], gap["room"], gap["from"], gap["reason"]) == (
            "gap", "small", 1, "expired",
        )  # fmt: skip
        assert contents(heard) == [str(n) for n in range(gap["to"] + 1, 101)]
        assert len(gaps(heard)) == 1

    def test_epoch(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ben.say("one")
        ben.skip()
        epoch = ben.positions["lobby"][0]
        other = 12345 if epoch != 12345 else 54321
        ana.send({"type": "bye"})
        back = cluster.gateway(0).native("ana", since={"rooms": {"lobby": [other, 7]}})
        heard = back.missed()
        assert heard[0] == {
            "type": "gap", "room": "lobby", "epoch": other, "from": 8, "to": 0, "reason": "epoch",
        }  # fmt: skip
        assert contents(heard) == ["one"]
        assert back.positions["lobby"] == [epoch, 1]

    def test_read(self, make_cluster):
        cluster = make_cluster(settings={"store.read_hours": 0})
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        for number in range(1, 6):
            ben.tell(ana.user, str(number))
        ben.skip()
        ana.skip()
        assert ana.ask("read", inbox=3)["type"] == "read"
        inbox = ana.positions[None][0]
        ana.drop()

        def caught_up():
            back = cluster.gateway(1).native(
                "ana", resume=ana.resume, since={"inbox": [inbox, 0], "rooms": {}}
            )
            heard = back.missed()
            assert back.positions[None] == [inbox, 5]
            back.send({"type": "bye"})
            return heard if gaps(heard) else None

        heard = wait_for(caught_up, "read mail is kept")
        assert heard[0] == {"type": "gap", "epoch": inbox, "from": 1, "to": 3, "reason": "read"}
        assert contents(heard) == ["4", "5"]

    def test_a_closed_room_begins_anew(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ana.join("tea")
        ben.join("tea")
        ben.say("old", room="tea")
        ben.skip()
        ana.skip()
        ana.drop()
        cluster.hubctl("room", "close", "tea", "--yes", json_output=False)
        left = ben.hear_until(lambda f: f["type"] == "left")
        assert (left["room"], left["reason"]) == ("tea", "closed")
        ben.join("tea")
        ben.say("new", room="tea")
        ben.skip()
        back = cluster.gateway(0).native("ana", resume=ana.resume, since=ana.since())
        heard = [f for f in back.missed() if f.get("room") == "tea"]
        assert [(f["type"], f.get("reason")) for f in heard] == [("gap", "epoch"), ("public", None)]


class TestSecrets:
    @pytest.mark.parametrize(
        "secret",
        ["", "x", "0" * 40, "z" * 40, "'; --", "\u0000", "\u202e" * 10, "y" * 5000],
    )
    def test_garbage_makes_a_stranger(self, cluster, secret):
        ana = cluster.gateway(0).native("ana", resume=secret)
        assert ana.welcomed["resumed"] is False
        assert ana.welcomed["inbox"] == [0, 0]
        assert ana.user == ana.client_id and len(ana.resume) == 40

    def test_a_guess_is_no_secret(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        ben.tell(ana.user, "for ana alone")
        ben.skip()
        ana.drop()
        forget(cluster, ana)
        wrong = ana.resume[:-1] + ("0" if ana.resume[-1] != "0" else "1")
        for guess in (wrong, ana.client_id, ana.client_id + ben.resume[8:], ana.resume.upper()):
            if guess == ana.resume:
                continue
            eve = cluster.gateway(1).native("ana", resume=guess, since=ana.since())
            assert not eve.welcomed["resumed"] and eve.user != ana.user
            assert "for ana alone" not in contents(eve.catch_up())
        assert cluster.gateway(1).native("ana", resume=ana.resume).user == ana.user

    def test_it_expires(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        assert ana.welcomed["limits"]["resume_seconds"] == 86400
        ben.tell(ana.user, "mail")
        ben.skip()
        for client in (ana, ben):
            client.send({"type": "bye"})
            client.closed()
        assert cluster.hub.stop() == 0
        # The clock of a test cannot be turned forward by a day: what was seen is moved back.
        with sqlite3.connect(cluster.folder / "hubbub.db") as store:
            age = "UPDATE users SET seen_ms = seen_ms - 86400000 * ? WHERE id = ?"
            store.execute(age, (1.01, ana.user.encode()))
            store.execute(age, (0.99, ben.user.encode()))
        store.close()
        cluster.hub.start()
        cluster.wait_ready()
        again = cluster.gateway(0).native("ana", resume=ana.resume)
        assert not again.welcomed["resumed"] and again.user != ana.user
        assert again.welcomed["inbox"] == [0, 0]
        assert cluster.gateway(0).native("ben", resume=ben.resume).welcomed["resumed"]

    def test_a_stranger_is_told_that_its_places_are_unknown(self, cluster):
        places = {"inbox": [123, 4], "rooms": {"lobby": [77, 3]}}
        ana = cluster.gateway(0).native("ana", resume="0" * 40, since=places)
        heard = [ana.hear_message(), ana.hear_message()]
        heard.sort(key=lambda frame: frame["epoch"])
        assert heard == [
            {"type": "gap", "room": "lobby", "epoch": 77, "from": 4, "to": 0, "reason": "epoch"},
            {"type": "gap", "epoch": 123, "from": 5, "to": 0, "reason": "epoch"},
        ]
        assert ana.hears_nothing_more()

    def test_a_second_connection_has_its_own_id(self, cluster):
        ana, ben = cluster.gateway(0).native("ana"), cluster.gateway(1).native("ben")
        tab = cluster.gateway(1).native("ana", resume=ana.resume)
        assert tab.welcomed["resumed"] and tab.user == ana.user
        assert tab.client_id != ana.client_id
        ben.tell(ana.user, "to both")
        ben.skip()
        assert contents(ana.catch_up()) == ["to both"]
        assert contents(tab.catch_up()) == ["to both"]
        ana.send({"type": "bye"})
        ana.closed()
        ben.tell(ana.user, "to one")
        ben.skip()
        assert contents(tab.catch_up()) == ["to one"]

    def test_the_id_comes_back_with_the_user(self, cluster):
        ana = cluster.gateway(0).native("ana")
        ana.send({"type": "bye"})
        ana.closed()
        forget(cluster, ana)
        back = cluster.gateway(1).native("ana", resume=ana.resume)
        assert (back.user, back.client_id) == (ana.user, ana.client_id)


class TestPresence:
    """Who came and went, by user; `marker` comes last, so what is before it is all there was."""

    @staticmethod
    def differences(client, until):
        joined, left = [], []
        while True:
            frame = client.hear_until(lambda f: f["type"] == "presence" and "snapshot" not in f)
            joined += [user["username"] for user in frame["joined"]]
            left += [user["username"] for user in frame["left"]]
            if until in joined:
                return joined[: joined.index(until)], left

    def watcher(self, cluster):
        ben = cluster.gateway(1).native("ben")
        cluster.gateway(0).native("first")
        self.differences(ben, "first")
        return ben

    def test_a_second_tab_is_no_join(self, cluster):
        ben = self.watcher(cluster)
        ana = cluster.gateway(0).native("ana")
        assert self.differences(ben, "ana") == ([], [])
        tab = cluster.gateway(1).native("ana", resume=ana.resume)
        assert tab.user == ana.user
        tab.send({"type": "bye"})
        tab.closed()
        forget(cluster, tab)
        cluster.gateway(0).native("marker")
        assert self.differences(ben, "marker") == ([], [])
        snapshot = cluster.gateway(0).native("eve").hear_type("presence")
        assert snapshot["count"] == 5
        assert sorted(u["username"] for u in snapshot["joined"]) == [
            "ana", "ben", "eve", "first", "marker",
        ]  # fmt: skip

    def test_a_reconnect_within_the_grace_time_is_no_leave(self, cluster):
        ben = self.watcher(cluster)
        ana = cluster.gateway(0).native("ana")
        assert self.differences(ben, "ana") == ([], [])
        ana.drop()
        back = cluster.gateway(0).native("ana", resume=ana.resume, since=ana.since())
        assert (back.user, back.client_id) == (ana.user, ana.client_id)
        cluster.gateway(0).native("marker")
        assert self.differences(ben, "marker") == ([], [])

    def test_after_the_grace_time_it_is_a_leave(self, cluster):
        ben = self.watcher(cluster)
        ana = cluster.gateway(0).native("ana")
        assert self.differences(ben, "ana") == ([], [])
        ana.drop()
        left = ben.hear_until(lambda f: f["type"] == "presence" and f["left"])
        assert left["left"] == [{"user": ana.user, "username": "ana"}] and left["count"] == 2

    def test_bye_is_a_leave_at_once(self, cluster):
        ben = self.watcher(cluster)
        ana = cluster.gateway(0).native("ana")
        assert self.differences(ben, "ana") == ([], [])
        ana.send({"type": "bye"})
        ben.hear_until(lambda f: f["type"] == "presence" and f["left"], patience=1.5)
