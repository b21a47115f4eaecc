"""The units under a real systemd: run by tests/boot/run, in the container's network."""

import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))

from client import Client  # noqa: E402
from harness import wait_for  # noqa: E402

LEADER = sys.argv[1]
PORTS = (8001, 8002)
HUB, (ONE, TWO) = "hubbub-hub.service", (f"hubbub-gateway@{port}.service" for port in PORTS)

CONFIGURATION = """
[gateway]
drain_seconds = 2
[listener chat]
"""

# Patience is shortened, but for the hub, so that gateways have to bear one that hangs. A drain has to say that
# it takes longer than a stop may.
DROP_INS = {
    "hubbub-hub.service": "[Unit]\nStartLimitBurst=16\n[Service]\nWatchdogSec=16s\n",
    "hubbub-gateway@.service": "[Service]\nWatchdogSec=4s\nTimeoutStopSec=1s\n",
}


def inside(*command, check=True, text=""):
    """What a command in the container says."""
    done = subprocess.run(
        ["nsenter", "--target", LEADER, "--all", "--", *command],
        input=text, capture_output=True, text=True, timeout=60, check=False,
    )
    if check:
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout if check else done


def systemctl(*words):
    return inside("systemctl", *words)


def prop(unit, name):
    return systemctl("show", "--value", "-p", name, unit).strip()


def write(path, text):
    inside("sh", "-c", f'mkdir -p "$(dirname {path})" && cat >{path}', text=text)


def step(words):
    print(f"{time.monotonic() - BEGAN:6.1f} s  {words}", flush=True)


def active(*units):
    return all(prop(unit, "ActiveState") == "active" for unit in units)


def client(port, name):
    return Client.connect(f"ws://127.0.0.1:{port}/ws").join(name)


def talk(speaker, listener, words):
    speaker.say(words)
    listener.hear_until(lambda frame: frame.get("content") == words)
    speaker.hear_until(lambda frame: frame.get("content") == words)


def restarts(*units):
    return [int(prop(unit, "NRestarts")) for unit in units]


def pid(unit):
    return prop(unit, "MainPID")


def status_of(process):
    lines = inside("cat", f"/proc/{process}/status").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def test_start():
    wait_for(lambda: inside("systemctl", "is-active", "multi-user.target", check=False).returncode == 0,
             "the container does not come up", 60)
    write("/etc/hubbub/hubbub.conf", CONFIGURATION)
    for unit, text in DROP_INS.items():
        write(f"/etc/systemd/system/{unit}.d/test.conf", text)
    systemctl("daemon-reload")
    systemctl("enable", "--now", ONE, TWO, "hubbub.target")
    wait_for(lambda: active(HUB, ONE, TWO), "the units are not active")
    modes = inside("stat", "-c", "%a %U:%G", "/run/hubbub/hub.sock", "/run/hubbub/admin.sock", "/var/lib/hubbub")
    assert modes.splitlines() == ["660 root:hubbub-gateway", "660 root:hubbub-admin", "700 hubbub-hub:hubbub-hub"]
    for unit in (HUB, ONE):
        facts = status_of(pid(unit))
        assert (facts["NoNewPrivs"], facts["Seccomp"], facts["CapBnd"]) == ("1", "2", "0" * 16), facts


def test_operators():
    inside("useradd", "--groups", "hubbub-admin", "ana")
    inside("useradd", "ben")
    listed = inside("runuser", "-u", "ana", "--", "hubctl", "gateways", "--tsv").splitlines()
    assert sorted(line.split("\t")[0] for line in listed[1:]) == ["gw-8001", "gw-8002"], listed
    assert inside("runuser", "-u", "ben", "--", "hubctl", "status", check=False).returncode != 0


def test_backup_and_restore():
    """Files of the hub's are where the hub may write."""
    inside("hubctl", "store", "backup", "/var/lib/hubbub/backup")
    before = pid(HUB)
    inside("hubctl", "store", "restore", "/var/lib/hubbub/backup", "--yes")
    wait_for(lambda: pid(HUB) not in ("0", before) and active(HUB), "the hub does not start again")


def test_hub_restart(ana, ben):
    before = pid(ONE), pid(TWO)
    systemctl("restart", HUB)
    talk(ana, ben, "restarted")
    inside("kill", "-KILL", pid(HUB))
    ana.say("killed")
    assert ben.hear()["content"] == "killed" and ana.hear()["content"] == "killed"
    assert (pid(ONE), pid(TWO)) == before


def test_reload(ana, ben):
    before = [pid(unit) for unit in (HUB, ONE, TWO)]
    for unit in (HUB, ONE, TWO):
        systemctl("reload", unit)
        assert active(unit), unit
    assert [pid(unit) for unit in (HUB, ONE, TWO)] == before
    wait_for(lambda: prop(ONE, "StatusText") == "serving; 1 clients", "there is no line on the state")
    talk(ana, ben, "reloaded")


def test_hub_hangs(ana, ben):
    """Its own watchdog ends it; gateways, whose patience is much shorter, go on."""
    before, counts = pid(HUB), restarts(ONE, TWO)
    inside("kill", "-STOP", before)
    ana.say("while it hangs")
    wait_for(lambda: pid(HUB) not in ("0", before) and active(HUB), "the hub is not restarted", 60)
    # That took longer than what is held for a hub: the answer may be that it was away.
    ana.hear_until(lambda frame: frame.get("content") == "while it hangs" or frame.get("type") == "error")
    assert restarts(ONE, TWO) == counts
    talk(ana, ben, "after that")


def test_both_die_at_once(ana, ben, number):
    """The hub sees that the process is gone although it sees nothing in /proc."""
    inside("kill", "-KILL", pid(HUB), pid(TWO))
    assert ben.closed()[0] == 1006
    left = ana.hear_until(lambda frame: frame.get("type") == "system")
    assert left["content"].startswith(ben.name), left
    wait_for(lambda: active(HUB, TWO), "they do not come again")
    wait_for(lambda: inside("hubctl", "gateways", "--tsv").count("\n") == 3, "a gateway is not linked")
    return client(PORTS[1], f"ben{number}")


def test_gateway_restart(ana):
    """It drains; who comes meanwhile is served, and goes at the end; who comes then waits and is served by the next one."""
    before = pid(TWO)
    systemctl("restart", "--no-block", TWO)
    wait_for(lambda: prop(TWO, "ActiveState") == "deactivating", "it does not stop")
    newcomer = client(PORTS[1], "eve")
    talk(newcomer, ana, "I was not refused")
    assert pid(TWO) == before
    assert newcomer.closed()[0] == 1012
    newcomer = client(PORTS[1], "eve again")
    talk(newcomer, ana, "nor now")
    newcomer.close()
    wait_for(lambda: pid(TWO) not in ("0", before) and active(TWO), "no other takes its place")


def test_operator_drain(ana, ben):
    before = pid(TWO)
    inside("hubctl", "drain", "gw-8002", "--over", "3s")
    assert ben.closed()[0] == 1012
    wait_for(lambda: pid(TWO) not in ("0", before) and active(TWO), "no other takes its place")
    return client(PORTS[1], "ben3")


def test_gateway_hangs(ana, ben):
    before = pid(TWO)
    inside("kill", "-STOP", before)
    wait_for(lambda: pid(TWO) not in ("0", before) and active(TWO), "it is not restarted", 60)
    ana.hear_until(lambda frame: frame.get("type") == "system" and frame["content"].startswith(ben.name))


def test_bad_configuration(ana):
    """Is refused once, not for ever, and mended by a start."""
    write("/etc/hubbub/hubbub.conf", "[gateway]\ndrain_seconds = soon\n")
    systemctl("stop", "hubbub-gateway@8002.socket", TWO)
    assert inside("systemctl", "start", TWO, check=False).returncode != 0
    wait_for(lambda: prop(TWO, "ActiveState") == "failed", "it goes on trying")
    assert "drain_seconds" in inside("journalctl", "-u", TWO, "-n", "20", "-o", "cat")
    write("/etc/hubbub/hubbub.conf", CONFIGURATION)
    systemctl("start", TWO)
    dora = client(PORTS[1], "dora")
    talk(dora, ana, "mended")
    return dora


def test_bad_configuration_of_the_hub(ana, ben):
    """Gateways that look for it start it again and again, but not for ever; they stay."""
    write("/etc/hubbub/hubbub.conf", "[hub]\nclients_max = many\n")
    inside("systemctl", "restart", HUB, check=False)
    wait_for(lambda: prop("hubbub-hub.socket", "ActiveState") == "failed", "it goes on trying", 60)
    write("/etc/hubbub/hubbub.conf", CONFIGURATION)
    systemctl("reset-failed", "hubbub-*")
    systemctl("start", "hubbub.target")
    wait_for(lambda: active(HUB, ONE, TWO), "they do not come again")
    wait_for(lambda: inside("hubctl", "gateways", "--tsv").count("\n") == 3, "a gateway is not linked")
    talk(ana, ben, "mended, too")


def test_overrides(ana):
    """What docs/systemd.md says of a shared port, of status on a port and of a second listener."""
    for port in (8003, 8004):
        write(f"/etc/systemd/system/hubbub-gateway@{port}.socket.d/shared.conf",
              "[Socket]\nListenStream=\nListenStream=127.0.0.1:8000\nReusePort=yes\n")
    write("/etc/systemd/system/hubbub-gateway@8003.service.d/status.conf",
          "[Service]\nPrivateNetwork=no\nIPAddressDeny=\nIPAddressAllow=localhost\nSocketBindDeny=\n"
          "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nExecStart=\n"
          "ExecStart=/usr/sbin/hubbub-gateway --config /etc/hubbub/hubbub.conf --set gateway.name=gw-%i "
          "--set gateway.status=127.0.0.1:1%i\n")
    write("/etc/hubbub/hubbub.conf", CONFIGURATION + "[listener demo]\nprofile = demo\naddress = 127.0.0.1:9999\n")
    systemctl("daemon-reload")
    # There is no socket for the second listener of the file, and a gateway may bind no address itself.
    units = "hubbub-gateway@8004.socket", "hubbub-gateway@8004.service"
    assert inside("systemctl", "start", units[1], check=False).returncode != 0
    assert "listener demo: cannot make a socket" in inside("journalctl", "-o", "cat", "-u", units[1])
    systemctl("stop", *units)
    write("/etc/systemd/system/hubbub-gateway-demo@.socket",
          "[Socket]\nListenStream=127.0.0.1:1%i\nFileDescriptorName=demo\nService=hubbub-gateway@%i.service\n")
    write("/etc/systemd/system/hubbub-gateway@8004.service.d/demo.conf",
          "[Unit]\nRequires=hubbub-gateway-demo@%i.socket\n[Service]\nSockets=hubbub-gateway-demo@%i.socket\n")
    systemctl("daemon-reload")
    systemctl("start", units[1])
    demo = Client.connect("ws://127.0.0.1:18004/ws")
    demo.send("hello")
    assert demo.hear_text().endswith("hello")
    write("/etc/hubbub/hubbub.conf", CONFIGURATION)
    systemctl("start", "hubbub-gateway@8003.service")
    with urllib.request.urlopen("http://127.0.0.1:18003/readyz", timeout=20) as answer:
        assert answer.read() == b"ready\n"
    known = lambda gateway: gateway in inside("hubctl", "users", "--tsv")
    for number in range(64):
        talk(client(8000, f"shared{number}"), ana, f"shared {number}")
        if known("gw-8003") and known("gw-8004"):
            return
    raise AssertionError("all connections to the shared port go to one gateway")


def test_stop():
    systemctl("stop", "hubbub.target")
    wait_for(lambda: prop(HUB, "ActiveState") == "inactive", "the hub does not stop")
    wait_for(lambda: prop(ONE, "ActiveState") == "inactive", "a gateway does not stop")
    assert prop(HUB, "Result") == "success" and prop(ONE, "Result") == "success"
    assert inside("ls", "/run/hubbub") == ""
    said = inside("journalctl", "-o", "cat", "-u", "hubbub*")
    for words in ("timed out", "cannot raise", "Permission denied"):
        assert words not in said, said


def main():
    test_start()
    step("started")
    test_operators()
    test_backup_and_restore()
    step("operators may, others may not; backup and restore")
    ana, ben = client(PORTS[0], "ana"), client(PORTS[1], "ben")
    talk(ana, ben, "hello")
    test_hub_restart(ana, ben)
    step("restart and kill of the hub")
    test_reload(ana, ben)
    step("reload")
    ben = test_both_die_at_once(ana, ben, 2)
    step("hub and gateway killed at once")
    ben = test_operator_drain(ana, ben)
    step("drained by an operator")
    test_gateway_restart(ana)
    step("a gateway restarted")
    ben = client(PORTS[1], "ben4")
    test_gateway_hangs(ana, ben)
    step("a gateway hung")
    ben = client(PORTS[1], "ben5")
    test_hub_hangs(ana, ben)
    step("the hub hung")
    ben = test_bad_configuration(ana)
    test_bad_configuration_of_the_hub(ana, ben)
    step("a bad configuration")
    test_overrides(ana)
    step("drop-ins")
    test_stop()
    step("stopped")


BEGAN = time.monotonic()
try:
    main()
except BaseException:
    print(inside("journalctl", "-o", "short-monotonic", "-u", "hubbub*", "-n", "120", check=False).stdout)
    print(inside("systemctl", "status", "--no-pager", "hubbub*", check=False).stdout)
    raise
finally:
    os.kill(int(LEADER), signal.SIGRTMIN + 4)
