"""Real load balancers in front of a cluster, each with the configuration file that is delivered.

Only addresses and paths are put in place of those in the file; what is to be replaced must be
there, so a file that changes its form fails here and not in silence.
"""

import csv
import os
import socket
import ssl
import subprocess

from harness import ROOT, Cluster, Process, as_settings, reserve_port, wait_for

HAPROXY_FILE = ROOT / "deploy" / "haproxy" / "hubbub.cfg"
CONTAINER_FILE = ROOT / "deploy" / "container" / "haproxy.cfg"
NGINX_FILE = ROOT / "deploy" / "nginx" / "hubbub.conf"

# What the balancers need around the delivered file, as Debian's own files have it.
HAPROXY_GLOBAL = """\
global
    stats socket {folder}/stats.sock mode 600 level admin
    log stderr format raw local0
"""
NGINX_AROUND = """\
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1000; }}
http {{
{temporary}
    include {file};
}}
"""


def certificate(folder):
    """Writes certificate.pem, key.pem and both.pem; a context that trusts it."""
    key, cert = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command += " -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*command.split(), "-keyout", key, "-out", cert], check=True, capture_output=True
    )
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    return ssl.create_default_context(cafile=cert)


def delivered(path, replacements):
    text = path.read_text()
    for old, new in replacements.items():
        assert old in text, f"{path.name} has no {old!r}"
        text = text.replace(old, str(new))
    return text


class Balancer(Process):
    def __init__(self, name, cluster, arguments, check):
        super().__init__(name, cluster.folder, arguments)
        self._check = check
        self._held = []

    def reserve(self):
        self._held.append(reserve_port())
        return self._held[-1].getsockname()[1]

    def check(self):
        """What its own check of the configuration says: (status, output)."""
        done = subprocess.run(self._check, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def begin(self):
        self.start()
        wait_for(lambda: self.listens() or not self.alive(), f"{self.name} listens")
        assert self.alive(), self.log()
        return self


class Haproxy(Balancer):
    """Ports: `port` for TLS that ends here, `through` for what is passed on, `plain` for HTTP."""

    def __init__(self, cluster, name="haproxy", changes=None):
        folder = cluster.folder / name
        folder.mkdir()
        files = [folder / "global.cfg", folder / "hubbub.cfg"]
        words = ["haproxy", "-f", files[0], "-f", files[1]]
        super().__init__(name, cluster, [*words, "-db"], [*words, "-c"])
        self.port, self.through, self.plain = (self.reserve() for _ in range(3))
        self._stats = folder / "stats.sock"
        places = {
            "bind :443 ": f"bind 127.0.0.1:{self.port} ",
            "bind :8443\n": f"bind 127.0.0.1:{self.through}\n",
            "bind :80\n": f"bind 127.0.0.1:{self.plain}\n",
            "/etc/haproxy/hubbub.pem": cluster.folder / "both.pem",
        }
        for number, gateway in enumerate(cluster.gateways, 1):
            places[f"127.0.0.1:{8000 + number} "] = f"127.0.0.1:{gateway.port} "
            places[f"127.0.0.1:{8010 + number} "] = f"127.0.0.1:{gateway.demo_port} "
            places[f"port {9100 + number} "] = f"port {gateway.status_path} "
        files[0].write_text(HAPROXY_GLOBAL.format(folder=folder))
        files[1].write_text(delivered(HAPROXY_FILE, {**places, **(changes or {})}))

    def listens(self):
        # The socket for questions gets its name after ports are listened at.
        return self._stats.exists() and super().listens()

    def servers(self, backend="hubbub_gateways"):
        """What it thinks of each gateway, and to how many connections that led, by name."""
        with socket.socket(socket.AF_UNIX) as stats:
            stats.connect(str(self._stats))
            stats.sendall(b"show stat\n")
            answer = b"".join(iter(lambda: stats.recv(1 << 16), b"")).decode()
        rows = csv.DictReader(answer.lstrip("# ").splitlines())
        return {
            row["svname"]: row
            for row in rows
            if row["pxname"] == backend and row["svname"] not in ("FRONTEND", "BACKEND")
        }

    def thinks(self, name, word):
        return self.servers()[name]["status"].startswith(word)


class ContainerHaproxy(Haproxy):
    """As deploy/container has it, with the gateways at addresses instead of names."""

    def __init__(self, cluster, name="haproxy-container"):
        folder = cluster.folder / name
        folder.mkdir()
        file = folder / "haproxy.cfg"
        words = ["haproxy", "-f", file]
        Balancer.__init__(self, name, cluster, [*words, "-db"], [*words, "-c"])
        self.port = self.reserve()
        self._stats = folder / "stats.sock"
        places = {
            # As many descriptors as that a machine of tests may not have.
            "maxconn 40000": f"maxconn 1000\n\tstats socket {self._stats} mode 600 level admin",
            "bind :8000\n": f"bind 127.0.0.1:{self.port}\n",
        }
        for number, gateway in enumerate(cluster.gateways[:2], 1):
            places[f"gateway-{number}:8000"] = f"127.0.0.1:{gateway.port}"
        file.write_text(delivered(CONTAINER_FILE, places))


class Nginx(Balancer):
    def __init__(self, cluster, name="nginx", changes=None):
        folder = cluster.folder / name
        folder.mkdir()
        around, file = folder / "nginx.conf", folder / "hubbub.conf"
        words = ["nginx", "-p", folder, "-c", around, "-e", "stderr"]
        super().__init__(name, cluster, words, [*words, "-t"])
        self.port, self.plain = self.reserve(), self.reserve()
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
        around.write_text(
            NGINX_AROUND.format(folder=folder, user=user, temporary=temporary, file=file)
        )
        places = {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "/etc/ssl/hubbub": cluster.folder,
            "/var/log/nginx": folder,
        }
        for number, gateway in enumerate(cluster.gateways, 1):
            places[f"127.0.0.1:{8000 + number} "] = f"127.0.0.1:{gateway.port} "
        file.write_text(delivered(NGINX_FILE, {**places, **(changes or {})}))


def balanced_cluster(settings=None):
    """Three gateways as the delivered files want them; `demo` takes PROXY headers and then TLS."""
    cluster = Cluster(
        gateways=3,
        settings={
            "listener.chat.trusted_proxies": "127.0.0.1",
            "listener.demo.profile": "chat",
            "listener.demo.proxy_protocol": "yes",
            "listener.demo.trusted_proxies": "127.0.0.1",
            **(settings or {}),
        },
        start=False,
    )
    cluster.tls = certificate(cluster.folder)
    for gateway in cluster.gateways:
        gateway.held_status = reserve_port()
        gateway.status_path = gateway.held_status.getsockname()[1]
        gateway.arguments += as_settings(
            {
                "gateway.status": f"127.0.0.1:{gateway.status_path}",
                "listener.demo.tls_certificate": cluster.folder / "certificate.pem",
                "listener.demo.tls_key": cluster.folder / "key.pem",
            }
        )
    return cluster
