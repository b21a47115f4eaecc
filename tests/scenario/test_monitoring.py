"""What operators watch: metrics by Prometheus' own rules, and alerts, board and page that know them."""

import json
import pathlib
import re
import subprocess

import pytest

from authority import Authority
from harness import Cluster, http_get

TOP = pathlib.Path(__file__).resolve().parents[2]
ALERTS = TOP / "deploy" / "grafana" / "alerts.yaml"
BOARD = TOP / "deploy" / "grafana" / "hubbub.json"
PAGE = TOP / "docs" / "monitoring.md"
NAME = re.compile(r"\b(?:hubbub|process)_[a-z0-9_]+\b")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """(role, text) of each process after some chat; the demo listener has a certificate."""
    authority = Authority(tmp_path_factory.mktemp("ca"))
    authority.issue("demo")
    with Cluster(gateways=1, settings=authority.settings("demo", "demo")) as cluster:
        ana = cluster.gateway(0).room(as_="ana")
        native = cluster.gateway(0).native(as_="ben")
        ana.say("to all")
        native.hear_type("public")
        ana.tell(native.client_id, "to one")
        native.hear_type("private")
        yield [
            (process.name.rstrip("-1"), http_get(process.status_path, "/metrics")[1])
            for process in (cluster.hub, cluster.gateway(0))
        ]


def families(text):
    """{name: (help, labels)} of a scrape."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            found[name] = (words, set())
        elif not line.startswith("#"):
            found[name][1].update(re.findall(r'[{,]([a-z_]+)="', line))
    return {name: (words, labels - {"le"}) for name, (words, labels) in found.items()}


def promtool(*words, **options):
    return subprocess.run(
        ["promtool", *words], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_prometheus_finds_nothing_to_say(scraped):
    for role, text in scraped:
        done = promtool("check", "metrics", input=text)
        assert done.returncode == 0 and done.stdout + done.stderr == "", (role, done)


def test_traffic_is_counted_by_dialect_and_kind(scraped):
    text = scraped[1][1]
    for sample in (
        'hubbub_gateway_clients{dialect="room"} 1',
        'hubbub_gateway_clients{dialect="native"} 1',
        'hubbub_gateway_commands_total{dialect="room",kind="public"} 1',
        'hubbub_gateway_commands_total{dialect="room",kind="private"} 1',
        'hubbub_gateway_deliveries_total{dialect="native",kind="public"} 1',
        'hubbub_gateway_deliveries_total{dialect="native",kind="private"} 1',
    ):
        assert sample in text.splitlines()
    hub = scraped[0][1].splitlines()
    assert 'hubbub_hub_presence_changes_total{change="entered"} 2' in hub
    assert "hubbub_hub_inbox_messages_count 1" in hub
    assert "hubbub_hub_rooms 1" in hub


def test_alerts_and_board_know_their_metrics(scraped):
    known = {name for _, text in scraped for name in families(text)}
    known |= {f"{name}{end}" for name in known for end in ("_bucket", "_sum", "_count")}
    expressions = [panel_target["expr"] for panel in json.loads(BOARD.read_text())["panels"]
                   for panel_target in panel.get("targets", [])]
    assert len(expressions) > 30
    expressions += re.findall(r"expr: (.*)", ALERTS.read_text())
    for expression in expressions:
        for name in NAME.findall(expression):
            assert name in known | set(listed()), f"{name}, of {expression}"


def listed():
    """{metric: line} of the page's table."""
    return {m[1]: m[0] for m in re.finditer(r"^\| `([a-z0-9_]+)` \|.*$", PAGE.read_text(), re.M)}


def test_the_page_lists_every_metric_and_no_other(scraped):
    roles = {"hub": "H", "gw": "G"}
    wanted = {}
    for role, text in scraped:
        for name, (words, labels) in families(text).items():
            shown, seen, _ = wanted.setdefault(name, ([], set(), words))
            shown.append(roles[role])
            seen.update(labels)
    lines = {
        name: f"| `{name}` | {', '.join(shown)} | "
        f"{', '.join(f'`{label}`' for label in sorted(labels))} | {words} |"
        for name, (shown, labels, words) in wanted.items()
    }
    assert listed() == lines, "the table has to be:\n" + "\n".join(lines[n] for n in sorted(lines))
    for name in NAME.findall(PAGE.read_text()):
        assert name in lines, f"{name} is spoken of and does not exist"


def test_alerts_speak_when_they_should(tmp_path):
    tests = tmp_path / "alerts_test.yaml"
    source = pathlib.Path(__file__).with_name("alerts_test.yaml").read_text()
    tests.write_text(source.replace("ALERTS", str(ALERTS)))
    for done in (promtool("check", "rules", str(ALERTS)), promtool("test", "rules", str(tests))):
        assert done.returncode == 0, done.stdout + done.stderr
