"""Processes die, hang and come back; those who can go on do not notice more than they must."""

import signal

from harness import wait_for


def names(frame):
    return [user["username"] for user in frame["users"]]


def test_a_killed_gateway_takes_its_users_with_it_at_once(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    cleo = cluster.gateway(1).room(as_="cleo")
    ana.skip()
    cluster.gateway(1).kill()
    gone = set()
    while gone != {"ben", "cleo"}:
        frame = ana.hear()
        if frame["type"] == "system":
            gone.add(frame["content"].removesuffix(" 已离开"))
    assert ana.hears_nothing_more()
    assert [user["name"] for user in cluster.hubctl("users")] == ["ana"]
    assert ben.closed()[0] == cleo.closed()[0] == 1006

    cluster.gateway(1).start()
    cluster.wait_ready()
    back = cluster.gateway(1).room(as_="ben")
    assert names(ana.hear()) == ["ana", "ben"]
    ana.skip()
    back.say("here again")
    assert ana.hear()["content"] == "here again"


def test_a_killed_hub_disconnects_nobody(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    cluster.hub.kill()
    for gateway in cluster.gateways:
        wait_for(lambda g=gateway: not g.ready(), "the gateway has not noticed")
        assert gateway.healthy()
    ana.say("anyone?")
    ana.tell(ben.client_id, "you?")

    cluster.hub.start()
    cluster.wait_ready()
    wait_for(lambda: len(cluster.hubctl("users")) == 2, "both are online again")
    for member in (ana, ben):
        assert member.hear()["content"] == "anyone?"
        assert member.hear()["content"] == "you?"
    ana.say("back")
    assert ana.hear()["content"] == "back"
    assert ben.hear()["content"] == "back"
    ana.tell(ben.client_id, "same id")
    assert ben.hear()["to"] == ben.client_id
    assert ana.hear()["from"] == ana.client_id
    assert ana.hears_nothing_more() and ben.hears_nothing_more()


def test_who_left_while_the_hub_was_away_is_gone_when_it_is_back(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.skip()
    cluster.hub.kill()
    wait_for(lambda: not cluster.gateway(0).ready(), "the gateway has not noticed")
    ben.close()
    newcomer = cluster.gateway(1).connect()
    newcomer.send({"username": "dora"})
    cluster.hub.start()
    cluster.wait_ready()
    dora = newcomer.hear_until(lambda f: f["type"] == "user_list" and "dora" in names(f))
    assert names(dora) == ["ana", "dora"]
    heard = []
    while len(heard) < 2:
        frame = ana.hear()
        if frame["type"] == "system":
            heard.append(frame["content"])
    assert sorted(heard) == ["ben 已离开", "dora 进入聊天室"]
    assert ana.hears_nothing_more()


def test_a_gateway_may_start_before_its_hub(make_cluster):
    cluster = make_cluster(start=False)
    for gateway in cluster.gateways:
        gateway.start()
        wait_for(gateway.healthy, "the gateway is not alive")
        assert not gateway.ready()
    early = cluster.gateway(0).connect()
    early.send({"username": "early"})
    early.send({"type": "public", "content": "first"})
    cluster.hub.start()
    cluster.wait_ready()
    assert names(early.hear()) == ["early"]
    assert early.hear()["content"] == "early 进入聊天室"
    assert early.hear_type("public")["content"] == "first"
    ben = cluster.gateway(1).room(as_="ben")
    ben.say("hi")
    assert early.hear_type("public")["content"] == "hi"


def test_commands_do_not_wait_for_ever(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.hold_seconds": 1})
    ana = cluster.gateway(0).room(as_="ana")
    cluster.hub.kill()
    wait_for(lambda: not cluster.gateway(0).ready(), "the gateway has not noticed")
    ana.say("anyone?")
    assert ana.error() == "unavailable"


def test_a_hanging_hub_is_noticed_and_forgiven(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    cluster.hub.signal(signal.SIGSTOP)
    wait_for(lambda: not cluster.gateway(0).ready(), "the gateway has not noticed")
    cluster.hub.signal(signal.SIGCONT)
    cluster.wait_ready()
    wait_for(lambda: len(cluster.hubctl("users")) == 2, "both are online again")
    ana.say("and on it goes")
    assert ana.hear_type("public")["content"] == "and on it goes"
    assert ben.hear_type("public")["content"] == "and on it goes"


def test_a_hanging_gateway_does_not_hold_up_the_others(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    cluster.gateway(1).room(as_="ben")
    ana.hear_until(lambda f: f.get("content") == "ben 进入聊天室")
    cluster.gateway(1).signal(signal.SIGSTOP)
    for number in range(50):
        ana.say(f"n{number}")
        assert ana.hear_type("public")["content"] == f"n{number}"
    ana.hear_until(lambda f: f.get("content") == "ben 已离开")
    cluster.gateway(1).signal(signal.SIGCONT)
    ana.hear_until(lambda f: f.get("content") == "ben 进入聊天室")


def test_a_gateway_that_comes_back_in_time_was_never_away(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    ana.hear_until(lambda f: f.get("content") == "ben 进入聊天室")
    cluster.gateway(1).signal(signal.SIGSTOP)
    wait_for(lambda: len(cluster.hubctl("gateways")) == 1, "the hub gives the link up")
    assert len(cluster.hubctl("users")) == 2
    ana.say("is ben still there")
    assert ana.hear_type("public")["content"] == "is ben still there"
    cluster.gateway(1).signal(signal.SIGCONT)
    cluster.wait_ready()
    assert ben.hear_type("public")["content"] == "is ben still there"
    ben.say("I never left")
    assert ana.hear()["content"] == "I never left"
    assert ana.hears_nothing_more()


def test_a_gateway_that_is_killed_is_known_to_be_dead(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    cluster.gateway(1).room(as_="ben")
    ana.hear_until(lambda f: f.get("content") == "ben 进入聊天室")
    cluster.gateway(1).kill()
    # By its end and not by the grace of a broken link: the next turn of the hub knows it already.
    wait_for(lambda: len(cluster.hubctl("gateways")) == 1, "the link is lost")
    assert len(cluster.hubctl("users")) == 1
    ana.hear_until(lambda f: f.get("content") == "ben 已离开")


def test_a_dead_client_is_given_up(make_cluster):
    cluster = make_cluster(
        gateways=1, settings={"limits.ping_seconds": 1, "limits.pong_seconds": 1}
    )
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(0).room(as_="ben")
    ana.pause_reading()
    assert ben.hear_until(lambda f: f.get("content") == "ana 已离开")


def test_a_client_that_says_no_name_is_asked_to_leave(make_cluster):
    cluster = make_cluster(gateways=1, settings={"limits.login_seconds": 1})
    silent = cluster.gateway(0).connect()
    named = cluster.gateway(0).room(as_="named")
    assert silent.closed()[0] == 1008
    assert named.hears_nothing_more()


def test_a_stopped_gateway_says_1012(cluster):
    ana = cluster.gateway(0).room(as_="ana")
    ben = cluster.gateway(1).room(as_="ben")
    assert cluster.gateway(1).stop() == 0
    assert ben.closed()[0] == 1012
    assert ana.hear_until(lambda f: f.get("content") == "ben 已离开")


def test_a_stopped_hub_leaves_no_socket_behind(cluster):
    assert cluster.hub.stop() == 0
    assert not cluster.hub_socket.exists()
    assert not cluster.admin_socket.exists()
    assert not cluster.hub.status_path.exists()
