"""What an operator does, step by step, and what 5,000 clients notice: run by tests/rehearsal/run, in the
container's network."""

import argparse
import csv
import os
import pathlib
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import textwrap
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "scenario"), str(TOP / "tests" / "bench")]
sys.dont_write_bytecode = True

from crowd import Crowd  # noqa: E402
from driver import files  # noqa: E402
from harness import wait_for  # noqa: E402

PAGE = TOP / "docs" / "operations.md"
BEGIN, END = "<!-- transcript: begin -->", "<!-- transcript: end -->"
PORTS = (8001, 8002, 8003)
PORT_OF_TLS = 443
QUIET_SECONDS = 15
OUTPUT_LINES = 6

# As docs/operations.md tells operators to have it.
CONFIGURATION = """[gateway]
drain_seconds = {drain}
[listener chat]
trusted_proxies = loopback
"""
# As docs/systemd.md has it: HAProxy asks for the status on a port.
STATUS_ON_A_PORT = """[Service]
PrivateNetwork=no
IPAddressDeny=
IPAddressAllow=localhost
SocketBindDeny=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
ExecStart=
ExecStart=/usr/sbin/hubbub-gateway --config /etc/hubbub/hubbub.conf --set gateway.name=gw-%i --set gateway.status=127.0.0.1:1%i
"""


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--leader", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--drain", type=int, default=30)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


class Operator:
    """Types commands into the container, and writes down what was typed and said."""

    def __init__(self, leader):
        self.leader = leader
        self.lines = []
        self.began = time.monotonic()

    def note(self, words):
        self.lines.append(f"# {words}")
        print(f"{time.monotonic() - self.began:6.1f} s  {words}", flush=True)

    def run(self, command, patience=180):
        done = subprocess.run(
            ["nsenter", "--target", self.leader, "--all", "--", "env", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
             "TERM=dumb", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", f"cd /srv && {command}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout + done.stderr

    def type(self, command, shown=None, keep=None):
        """What took how long; `shown` is what stands in the transcript, `keep` which lines of the output."""
        began = time.monotonic()
        said = self.run(command)
        took = time.monotonic() - began
        self.lines.append(f"$ {shown or command}")
        lines = [line.rstrip() for line in said.splitlines() if not keep or re.search(keep, line)]
        self.lines += lines[:OUTPUT_LINES] + (["..."] if len(lines) > OUTPUT_LINES else [])
        print(f"{time.monotonic() - self.began:6.1f} s  $ {shown or command}  ({took:.1f} s)", flush=True)
        return took

    def write(self, path, text):
        inside = pathlib.Path(f"/proc/{self.leader}/root{path}")
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_text(text, encoding="utf-8")


def haproxy_file():
    """The delivered one: the way that is not used taken out, and the ports of status put in place."""
    text = (TOP / "deploy" / "haproxy" / "hubbub.cfg").read_text(encoding="utf-8")
    text, other = text.split("# The other way: ")
    assert "hubbub_through" in other
    for number, port in enumerate(PORTS, 1):
        old, new = f"127.0.0.1:{port} check port {9100 + number} ", f"127.0.0.1:{port} check port {10000 + port} "
        assert old in text
        text = text.replace(old, new)
    return text


class Balancer:
    """What HAProxy counts."""

    def __init__(self, leader):
        self.path = str(pathlib.Path("/proc", leader, "root", "run", "haproxy", "admin.sock"))

    def rows(self):
        with socket.socket(socket.AF_UNIX) as stats:
            stats.connect(self.path)
            stats.sendall(b"show stat\n")
            answer = b"".join(iter(lambda: stats.recv(1 << 16), b"")).decode()
        rows = csv.DictReader(answer.lstrip("# ").splitlines())
        return {row["svname"]: row for row in rows if row["pxname"] == "hubbub_gateways"}

    def all_up(self):
        try:
            rows = self.rows()
        except OSError:
            return False
        return all(rows[f"gw-{number + 1}"]["status"] == "UP" for number in range(len(PORTS)))

    def sessions(self):
        rows = self.rows()
        return " + ".join(f"{int(rows[f'gw-{number + 1}']['scur']):,}" for number in range(len(PORTS)))


def install(operator, options):
    name = f"hubbub_{options.version}_amd64.deb"
    operator.note("a fresh Debian 12, systemd as its first process, HAProxy of Debian")
    operator.type(f"apt install -y ./{name} ./hubbub-client_{options.version}_amd64.deb",
                  f"apt install ./{name} ./hubbub-client_{options.version}_amd64.deb", "^Setting up hubbub|newly installed")
    operator.note("/etc/hubbub/hubbub.conf: drain_seconds and trusted_proxies; status on ports for HAProxy, as in systemd.md")
    operator.write("/etc/hubbub/hubbub.conf", CONFIGURATION.format(drain=options.drain))
    operator.write("/etc/systemd/system/hubbub-gateway@.service.d/status.conf", STATUS_ON_A_PORT)
    operator.type("hubbub-hub --check-config --config /etc/hubbub/hubbub.conf")
    operator.type("systemctl daemon-reload; systemctl enable --now hubbub.target " +
                  " ".join(f"hubbub-gateway@{port}" for port in PORTS), keep="^$")
    operator.write("/etc/haproxy/hubbub.cfg", haproxy_file())
    operator.run("install -m 600 hubbub.pem /etc/haproxy/hubbub.pem")
    operator.run("echo 'EXTRAOPTS=\"-f /etc/haproxy/hubbub.cfg\"' >>/etc/default/haproxy")
    operator.type("haproxy -c -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/hubbub.cfg && systemctl restart haproxy")
    operator.type("hubctl gateways")


def number(value):
    return f"{value:,}"


def ms(seconds):
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"


def answers(window):
    return f"{ms(statistics.median(window.answers))} / {ms(max(window.answers))}" if window.answers else "none"


def row(name, took, window, moved):
    beyond = f"{ms(statistics.median(window.beyond))} / {ms(max(window.beyond))}" if window.beyond else "-"
    abrupt = sum(count for code, count in window.ends.items() if code != 1012)
    return (f"| {name} | {took} | {moved} | {number(abrupt)} | {number(sum(window.refused.values()))} | "
            f"{number(len(window.visitors))}, {ms(max(window.visitors))} | {answers(window)} | {ms(window.silence)} | {beyond} | {ms(window.lag)} |")


def restart_gateway(operator, port):
    took = operator.type(f"systemctl restart hubbub-gateway@{port}", f"time systemctl restart hubbub-gateway@{port}")
    began = time.monotonic()
    operator.run(f"until curl -sf http://127.0.0.1:{10000 + port}/readyz; do sleep 0.1; done")
    took += time.monotonic() - began
    operator.lines.append(f"real {took:.1f}s, until /readyz says ready")
    return took


def faults(windows, account):
    """What should not have been."""
    hub = windows["hub"]
    for name, window in windows.items():
        for code, count in window.ends.items():
            if code != 1012 or name in ("quiet", "hub"):
                yield f"{name}: {count} connections ended with {code}"
        for why, count in (*window.refused.items(), *window.errors.items()):
            yield f"{name}: {count} times {why}"
    if hub.away:
        yield f"{len(hub.away)} were away while the hub was upgraded"
    for name in ("lost", "doubled", "skipped", "gaps", "not resumed", "heard, not acknowledged", "not answered"):
        if account[name]:
            yield f"{account[name]} {name}"


def rehearse(operator, options):
    windows, rows = {}, []
    install(operator, options)
    balancer = Balancer(operator.leader)
    wait_for(balancer.all_up, "HAProxy knows the gateways", 60)
    crowd = Crowd(options.clients, PORT_OF_TLS, options.certificate)
    began = time.monotonic()
    crowd.come()
    operator.note(f"{crowd.present():,} clients came in by TLS in {time.monotonic() - began:.0f} s; they talk, and others come and go")
    crowd.talk()
    crowd.look()
    operator.type("hubctl gateways")
    time.sleep(QUIET_SECONDS)
    windows["quiet"] = window = crowd.look()
    rows.append(row("nothing", f"{window.seconds:.0f} s", window, 0))

    newer = f"hubbub_{options.version}+1_amd64.deb"
    operator.note("the upgrade of the hub")
    took = operator.type(f"apt install -y ./{newer}", f"apt install ./{newer}", "^Setting up hubbub|upgraded,")
    time.sleep(QUIET_SECONDS)
    windows["hub"] = window = crowd.look()
    rows.append(row("`apt install`: the hub", f"{took:.1f} s", window, len(window.away)))
    operator.note(f"connected through HAProxy, by gateway: {balancer.sessions()}")
    for port in PORTS:
        operator.note(f"gw-{port}")
        took = restart_gateway(operator, port)
        wait_for(lambda: crowd.present() == options.clients, "all are in again", 120)
        windows[f"gw-{port}"] = window = crowd.look()
        rows.append(row(f"`systemctl restart hubbub-gateway@{port}`", f"{took:.1f} s", window, number(len(window.away))))
        operator.note(f"connected through HAProxy, by gateway: {balancer.sessions()}")
    operator.type("hubctl gateways")
    wait_for(lambda: crowd.hush() == 0, "all is answered", 60)
    time.sleep(3)
    windows["end"] = crowd.look()
    account = crowd.account()
    crowd.end()
    return windows, rows, account


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    return f"{os.cpu_count()} cores ({model}), Linux {os.uname().release.split('-')[0]}"


def wrapped(words):
    return textwrap.fill(words, 150, break_on_hyphens=False, break_long_words=False)


COLUMNS = ("", "took", "moved", "ended otherwise", "refused", "visitors let in, longest", "acknowledged after: median / worst",
           "nobody heard anything for", "back in, beyond the time told: median / worst", "the crowd's own delay")


def page(operator, options, rows, account, loads):
    yield wrapped(
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, by `tests/rehearsal/run --clients {options.clients} --drain {options.drain}`: {machine()}, "
        f"which had the hub, three gateways, HAProxy and the {options.clients:,} clients at once: the load was {loads[0]:.0f} before and "
        f"{loads[1]:.0f} at the end. Clients speak `native` and come by TLS through HAProxy with the [delivered file](load-balancers.md). The newer "
        "package has the same programs under a higher version. Outputs are shortened.")
    yield from ("", "```", *operator.lines, "```", "")
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" + "|---:" * (len(COLUMNS) - 1) + "|"
    yield from rows
    yield ""
    yield wrapped(
        f"{account['said']:,} messages were said, {account['expected']:,} deliveries of them due: **{account['lost']} lost, {account['doubled']} doubled**, "
        f"{account['skipped'] + account['gaps']} gaps in any stream, {account['not resumed']} taken for somebody else, {account['not answered']} without an answer. "
        "*Moved* got a `bye` and 1012 and came in elsewhere; a *visitor* came ten times a second, was let in and left, so that each moment had somebody "
        "to refuse. *The crowd's own delay* is the worst of what the clients' program was late itself; it is in the other times.")


def main():
    options = parse()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    operator = Operator(options.leader)
    load = os.getloadavg()[0]
    try:
        wait_for(lambda: subprocess.run(
            ["nsenter", "--target", options.leader, "--all", "--", "systemctl", "is-active", "--quiet", "multi-user.target"],
            check=False).returncode == 0, "the container comes up", 60)
        windows, rows, account = rehearse(operator, options)
    except BaseException:
        print(operator.run("journalctl --no-pager -o short-monotonic -n 80"))
        raise
    finally:
        os.kill(int(options.leader), signal.SIGRTMIN + 4)
    text = "\n".join(page(operator, options, rows, account, (load, os.getloadavg()[0])))
    print(text)
    wrong = list(faults(windows, account))
    for words in wrong:
        print(f"WRONG: {words}")
    if options.write:
        files.replace_between(PAGE, BEGIN, END, text)
    return 1 if wrong else 0


sys.exit(main())
