"""tests/bench/instructions can fail: its judgement of counts that are right, worse, better, foreign.

Counting takes valgrind and a release build; here the counts are those of the baseline itself.
"""

import json
import subprocess

import pytest

from harness import ROOT

TOOL = ROOT / "tests" / "bench" / "instructions"
BASELINE = json.loads((ROOT / "tests" / "bench" / "instructions.json").read_text("utf-8"))
METRIC = next(iter(BASELINE["counts"]))
TOP = [["json_parse", 40.0, 45.5], ["in libc", 10.0, None]]


def run(tmp_path, baseline, *options, counts=None, versions=None):
    """The tool's finished process with these counts instead of its own counting."""
    counts = BASELINE["counts"] if counts is None else counts
    counted = {
        "counts": counts,
        "versions": versions or BASELINE["versions"],
        "top": {metric: TOP for metric in counts},
    }
    (tmp_path / "counted.json").write_text(json.dumps(counted), "utf-8")
    (tmp_path / "baseline.json").write_text(json.dumps(baseline), "utf-8")
    return subprocess.run(
        [TOOL, *options, "--counted", tmp_path / "counted.json",
         "--baseline", tmp_path / "baseline.json"],
        capture_output=True, text=True, check=False,
    )


def changed(factor):
    """The baseline as if METRIC had cost so many times as much when it was made."""
    counts = {**BASELINE["counts"], METRIC: round(BASELINE["counts"][METRIC] * factor)}
    return {**BASELINE, "counts": counts}


def test_the_same_counts_pass(tmp_path):
    done = run(tmp_path, BASELINE, "--check")
    assert done.returncode == 0, done.stdout
    assert "within their tolerance" in done.stdout and "note" not in done.stdout


@pytest.mark.parametrize("factor", [0.5, 0.9, 0.94])
def test_what_became_dearer_fails_and_is_named(tmp_path, factor):
    done = run(tmp_path, changed(factor), "--check")
    assert done.returncode == 1
    was, now = round(BASELINE["counts"][METRIC] * factor), BASELINE["counts"][METRIC]
    assert f"{METRIC}: {was:,} instructions in the baseline, now {now:,} (+" in done.stdout
    assert "5% is tolerated" in done.stdout
    assert "1 of" in done.stdout


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_within_the_tolerance_nothing_is_said(tmp_path, factor):
    done = run(tmp_path, changed(factor), "--check")
    assert done.returncode == 0 and METRIC not in done.stdout


def test_what_became_cheaper_is_said_and_passes(tmp_path):
    done = run(tmp_path, changed(1.5), "--check")
    assert done.returncode == 0
    assert f"note: {METRIC}" in done.stdout and "renew the baseline" in done.stdout


def test_a_metric_that_only_one_side_has_fails(tmp_path):
    fewer = {name: n for name, n in BASELINE["counts"].items() if name != METRIC}
    done = run(tmp_path, {**BASELINE, "counts": fewer}, "--check")
    assert done.returncode == 1 and f"{METRIC}: not in the baseline" in done.stdout
    done = run(tmp_path, BASELINE, "--check", counts=fewer)
    assert done.returncode == 1 and f"{METRIC}: not in what was counted" in done.stdout


def test_other_versions_are_said_and_only_the_inexplicable_fails(tmp_path):
    versions = {**BASELINE["versions"], "libwebsockets17": "9.9"}
    done = run(tmp_path, changed(0.8), "--check", versions=versions)
    assert done.returncode == 0, done.stdout
    assert "other versions" in done.stdout
    assert f"libwebsockets17: {BASELINE['versions']['libwebsockets17']}, here 9.9" in done.stdout
    done = run(tmp_path, changed(0.6), "--check", versions=versions)
    assert done.returncode == 1 and METRIC in done.stdout


def test_renewing_writes_the_baseline_and_the_page_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- instructions: begin -->\nold\n<!-- instructions: end -->\nbehind\n")
    done = run(tmp_path, changed(0.5), "--write", "--page", page)
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "baseline.json").read_text("utf-8"))
    assert written["counts"] == BASELINE["counts"]
    text = page.read_text("utf-8")
    assert text.startswith("before\n<!-- ") and text.endswith(" -->\nbehind\n")
    assert "old" not in text and f"{BASELINE['counts'][METRIC]:,}" in text
    assert "| `json_parse` | 40.0 % | 45.5 % |" in text
    assert run(tmp_path, written, "--check").returncode == 0


def test_without_its_markers_a_page_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no markers\n")
    done = run(tmp_path, BASELINE, "--write", "--page", page)
    assert done.returncode != 0 and "markers" in done.stderr
    assert page.read_text() == "no markers\n"


def test_the_page_has_the_tables_of_the_baseline():
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    section = page.split("<!-- instructions: begin -->")[1].split("<!-- instructions: end -->")[0]
    for metric, count in BASELINE["counts"].items():
        row = metric.split(": ")[1]
        cells = next(line for line in section.splitlines() if line.startswith(f"| {row} |"))
        assert f" {count:,} " in cells, f"{metric}: renew the page with the baseline (--write)"
