"""Every wrong start is one clear sentence, the right exit status and no half-start."""

import os
import socket
import stat
import subprocess

import pytest

from harness import BIN, PATIENCE, Cluster, http_get, wait_for


def start(program, *arguments, **options):
    return subprocess.run(
        [BIN / program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )


def assert_sentence(done, status, *words):
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == status, done.stderr
    assert len(lines) == 1, done.stderr
    for word in words:
        assert str(word) in lines[0], done.stderr


@pytest.mark.parametrize("program", ["hubbub-hub", "hubbub-gateway"])
class TestConfiguration:
    @pytest.mark.parametrize(
        "text, words",
        [
            ("[limits]\nmesage_bytes = 5\n", ["limits.mesage_bytes", "message_bytes"]),
            ("[limits]\nclients = 5\nclients = 6\n", ["limits.clients"]),
            ("[limits]\nclients = many\n", ["limits.clients", "many"]),
            ("[limits]\nclients = -1\n", ["limits.clients"]),
            ("[limits]\nclients = 99999999999999999999\n", ["limits.clients"]),
            ("[nowhere]\na = 1\n", ["nowhere"]),
            ("clients = 5\n", ["clients"]),
            ("[limits\nclients = 5\n", ["hubbub.conf:1"]),
            ("\x00\x01\x02", []),
        ],
    )
    def test_bad_file(self, program, text, words, tmp_path):
        file = tmp_path / "hubbub.conf"
        file.write_text(text)
        assert_sentence(start(program, "--config", file), 2, file, *words)

    def test_all_mistakes_in_one_run(self, program, tmp_path):
        """Of the file, the environment and the command line; beyond a bound their number."""
        file = tmp_path / "hubbub.conf"
        file.write_text("[limits]\nmesage_bytes = 5\nclients = many\n[nowhere]\na = 1\n[hub]\nsocket_mode = 9\n")
        environment = {**os.environ, "HUBBUB_SET__LIMITS__COMMANDS": "none"}
        for arguments in (["--check-config"], []):
            done = start(program, "--config", file, "--set", "log.level=loud", *arguments, env=environment)
            assert done.returncode == 2 and done.stdout == ""
            places = [f"({file}:2)", f"({file}:3)", f"({file}:4)", f"({file}:7)",
                      "(HUBBUB_SET__LIMITS__COMMANDS in the environment)", "(--set)"]
            lines = done.stderr.splitlines()
            assert len(lines) == len(places), done.stderr
            for line, place in zip(lines, places):
                assert line.startswith(f"{program}: ") and line.endswith(place), done.stderr
        file.write_text("[limits]\n" + "nonsense = 1\n" * 25)
        lines = start(program, "--config", file, "--check-config").stderr.splitlines()
        assert len(lines) == 21 and lines[-1] == f"{program}: and 5 more"

    def test_file_that_cannot_be_read(self, program, tmp_path):
        missing = tmp_path / "missing.conf"
        pipe = tmp_path / "pipe.conf"
        os.mkfifo(pipe)
        for file in (missing, tmp_path, pipe, "/dev/zero"):
            assert_sentence(start(program, "--config", file), 2, file)

    def test_bad_arguments(self, program, tmp_path):
        for arguments in (["--frobnicate"], ["stray"], ["--config"], ["--set", "x"],
                          ["--set", "limits.nothing=1"]):
            assert_sentence(start(program, *arguments), 2)

    def test_printed_configuration_is_a_configuration(self, program, tmp_path):
        printed = start(program, "--set", "limits.clients=77", "--print-config")
        assert printed.returncode == 0
        file = tmp_path / "printed.conf"
        file.write_text(printed.stdout)
        again = start(program, "--config", file, "--print-config")
        assert again.returncode == 0 and again.stdout == printed.stdout
        assert start(program, "--config", file, "--check-config").returncode == 0

    def test_help_and_version(self, program):
        for option in ("--help", "--version"):
            done = start(program, option)
            assert done.returncode == 0 and done.stdout and not done.stderr


@pytest.mark.parametrize(
    "setting, words",
    [
        ("listener.chat.mounts=/ws nonsense", ["listener.chat.mounts", "nonsense"]),
        ("listener.chat.mounts=/ws room, /ws echo", ["listener.chat.mounts", "/ws"]),
        ("listener.chat.profile=chatty", ["listener.chat.profile", "chatty"]),
        ("listener.chat.address=nonsense", ["listener.chat.address", "nonsense"]),
    ],
)
def test_bad_mounts_and_addresses_are_found_by_check_config(setting, words):
    assert_sentence(start("hubbub-gateway", "--set", setting, "--check-config"), 2, *words)


def test_files_that_a_gateway_names_are_checked(tmp_path):
    """Each file has its own sentence, and a certificate's does not hide its key's."""
    secret = tmp_path / "secret"
    secret.write_text("x" * 40)
    secret.chmod(0o644)
    short = tmp_path / "short"
    short.write_text("x")
    short.chmod(0o600)
    done = start(
        "hubbub-gateway",
        "--set", "auth.mode=token",
        "--set", f"auth.keys=a:{secret} b:{short} c:{tmp_path}/missing",
        "--set", f"listener.chat.tls_certificate={tmp_path}/none.pem",
        "--set", f"listener.chat.tls_key={secret}",
        "--set", "listener.chat.mounts=/ws nonsense",
        "--check-config",
    )
    assert done.returncode == 2 and done.stdout == ""
    begins = ["listener.chat.mounts: no dialect", "listener.chat.tls_certificate: ", "listener.chat.tls_key: ",
              f"auth.keys: {secret} is open to everybody", "auth.keys: key 'b' is a secret of 1 bytes",
              f"auth.keys: {tmp_path}/missing cannot be read"]
    lines = done.stderr.splitlines()
    assert len(lines) == len(begins), done.stderr
    for line, begin in zip(lines, begins):
        assert line.startswith(f"hubbub-gateway: {begin}"), done.stderr


def test_what_a_hub_names_is_checked(tmp_path):
    foreign = tmp_path / "foreign.db"
    foreign.write_text("something else entirely")
    settings = ["--set", f"store.path={foreign}", "--set", "hub.allow_users=no-such-user",
                "--set", "hub.admin_group=no-such-group", "--set", f"hub.record={tmp_path}"]
    done = start("hubbub-hub", *settings, "--check-config")
    assert done.returncode == 2 and done.stdout == ""
    words = ["no-such-user", "no-such-group", "hub.record: ", f"the store {foreign} is not a Hubbub store"]
    lines = done.stderr.splitlines()
    assert len(lines) == len(words), done.stderr
    for line, word in zip(lines, words):
        assert word in line, done.stderr
    assert foreign.read_text() == "something else entirely"


def test_files_without_a_beginning_or_an_end_hold_nobody_up(tmp_path):
    """A pipe that nobody writes to, a file as long as a disk, an endless device, a folder."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    long = tmp_path / "long"
    with open(long, "wb") as file:
        file.truncate(10 * 1024**3)
    secret = tmp_path / "secret"
    secret.write_text("x" * 40)
    for path in (secret, long):
        path.chmod(0o600)
    config = tmp_path / "hubbub.conf"
    config.write_text(f"[auth]\nmode = token\nkeys = k:{secret}\n")
    for file in (pipe, long):
        assert_sentence(start("hubbub-replay", file), 2, file)
    assert_sentence(start("hubctl", "token", "verify", "--file", pipe, "--config", config), 1)
    assert_sentence(start("hubbub-chat", "--ca", pipe, "--send", "x", "wss://127.0.0.1:1"), 2)
    for file in (pipe, "/dev/zero"):
        assert_sentence(start("hubbub-hub", "--set", f"store.path={file}", "--set",
                              f"hub.socket={tmp_path}/hub.sock", "--set", f"hub.admin_socket={tmp_path}/a.sock"), 1, file)


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(
            "hubbub-gateway",
            "--set", f"listener.chat.address=127.0.0.1:{port}",
            "--set", f"gateway.hub_socket={tmp_path}/hub.sock",
        )
        assert done.returncode == 1
        assert f"127.0.0.1:{port}" in done.stderr


def test_a_second_hub_is_refused_and_the_first_goes_on(cluster):
    done = start(
        "hubbub-hub",
        "--set", f"hub.socket={cluster.hub_socket}",
        "--set", f"hub.admin_socket={cluster.folder}/other.sock",
        "--set", "store.durability=memory",
    )
    assert done.returncode == 1 and str(cluster.hub_socket) in done.stderr
    ana = cluster.gateway(0).room(as_="ana")
    assert ana.hears_nothing_more()
    assert cluster.hubctl("status")["clients"] == 1


def test_a_stale_socket_is_replaced_and_a_file_is_not(make_cluster):
    cluster = make_cluster(start=False)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(cluster.hub_socket))
    cluster.start()
    assert stat.S_IMODE(cluster.hub_socket.stat().st_mode) == 0o660

    precious = cluster.folder / "precious"
    precious.write_text("keep me")
    done = start("hubbub-hub", "--set", f"hub.socket={precious}",
                 "--set", f"hub.admin_socket={cluster.folder}/other.sock",
                 "--set", "store.durability=memory")
    assert done.returncode == 1 and str(precious) in done.stderr
    assert precious.read_text() == "keep me"


def test_folders_that_are_missing_or_forbidden_are_named(tmp_path):
    missing = tmp_path / "missing" / "hub.sock"
    done = start("hubbub-hub", "--set", f"hub.socket={missing}",
                 "--set", f"hub.admin_socket={tmp_path}/admin.sock",
                 "--set", "store.durability=memory")
    assert done.returncode == 1 and str(missing) in done.stderr
    long = tmp_path / ("x" * 200)
    done = start("hubbub-hub", "--set", f"hub.socket={long}",
                 "--set", f"hub.admin_socket={tmp_path}/admin.sock",
                 "--set", "store.durability=memory")
    assert done.returncode == 2 and "hub.socket" in done.stderr and "107" in done.stderr
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        done = start("hubbub-hub", "--set", f"hub.socket={tmp_path}/hub.sock",
                     "--set", f"hub.admin_socket={tmp_path}/admin.sock",
                 "--set", "store.durability=memory")
        assert done.returncode == 1 and str(tmp_path) in done.stderr


def test_a_stranger_on_the_hub_socket_costs_only_itself(cluster):
    for bytes_ in (b"", b"\x00", b"\x00\x00\x00\x00", b"\xff" * 64, b"\x00\x00\x00\x02\x91\x63",
                   b"\x00\x00\x00\x05\xdd\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(cluster.hub_socket))
            raw.settimeout(15)
            try:
                raw.sendall(bytes_)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert {row["name"] for row in cluster.hubctl("gateways")} == {"gw-1", "gw-2"}


def test_status_pages():
    with Cluster(gateways=1) as cluster:
        for process in (cluster.hub, cluster.gateway(0)):
            assert http_get(process.status_path, "/healthz")[0] == 200
            assert http_get(process.status_path, "/readyz")[0] == 200
            status, body = http_get(process.status_path, "/metrics")
            assert status == 200 and "# TYPE hubbub_build_info gauge" in body
            assert "_turn_seconds_count " in body
            assert http_get(process.status_path, "/other")[0] == 404
        ana = cluster.gateway(0).room(as_="ana")
        wait_for(lambda: cluster.gateway(0).metric("hubbub_gateway_clients") == 1, "one client")
        ana.close()
        wait_for(lambda: cluster.gateway(0).metric("hubbub_gateway_clients") == 0, "no client")
