"""The probe dialects on a demo listener and the mount table."""

import pytest

from client import refused


def test_echo(cluster):
    client = cluster.gateway(0).connect(demo=True)
    for text in ("hi", "", "😀"):
        client.send(text)
        assert client.hear_text() == "小菠萝收到的消息是: " + text
    client.send(b"x")
    assert client.closed()[0] == 1003


def test_items(cluster):
    gateway = cluster.gateway(0)
    client = gateway.connect(
        "/items/h%C3%A9/ws?q=a+b%26c&token=t", demo=True, extra_headers={"Cookie": "session=s"}
    )
    client.send("hi")
    assert client.hear_text() == "cookie or token value is:s"
    assert client.hear_text() == "query param value is:a b&c"
    assert client.hear_text() == "Message text was: hi, for item ID: hé"
    client.send("again")
    assert client.hear_text() == "cookie or token value is:s"

    client = gateway.connect("/items/x/ws?token=t%2541", demo=True)
    client.send("hi")
    assert client.hear_text() == "cookie or token value is:t%41"
    assert client.hear_text() == "Message text was: hi, for item ID: x"


@pytest.mark.parametrize("target", ["/items/x/ws", "/items/x/ws?token=", "/items/x/ws?q=1"])
def test_items_without_credential_is_401(cluster, target):
    assert refused(f"ws://127.0.0.1:{cluster.gateway(0).demo_port}{target}") == 401


@pytest.mark.parametrize("target", ["/nowhere", "/ws/", "/ws/7/8", "/items/x/ws?token=t", "/"])
def test_other_paths_are_refused(cluster, target):
    status = refused(f"ws://127.0.0.1:{cluster.gateway(0).port}{target}")
    assert status == (404 if target != "/" else status) and status != 101


def test_mirror_is_mountable(make_cluster):
    cluster = make_cluster(gateways=1, settings={"listener.demo.mounts": "/mirror mirror, /ws echo"})
    client = cluster.gateway(0).connect("/mirror", demo=True)
    for message in (b"\x00\xff" * 1000, "text", "", b"", "x" * 65536):
        client.send(message)
        assert client.hear_text() == message
    client.send("x" * 65537)
    assert client.closed()[0] == 1009
