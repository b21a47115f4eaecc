"""A promise names the test that holds it: the test must be there."""

import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_every_promise_names_tests_that_exist():
    page = (TOP / "docs" / "guarantees.md").read_text()
    named = set(re.findall(r"`(test_\w+)`( \(unit\))?", page))
    scenarios = "\n".join(file.read_text() for file in (TOP / "tests" / "scenario").glob("*.py"))
    missing = [
        name
        for name, unit in named
        if not (
            (TOP / "tests" / "unit" / f"{name}.c").exists() if unit else f"def {name}(" in scenarios
        )
    ]
    assert len(named) > 20
    assert missing == []
