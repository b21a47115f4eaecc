"""The page, the JSON Schema and the AsyncAPI document of the native protocol say the same."""

import json
import re

import jsonschema
import pytest
import yaml

from native_schema import DEFINITIONS, DOCS, SCHEMA, check, complaints

PAGE = (DOCS / "dialects" / "native.md").read_text()
ASYNCAPI = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())


def examples(side):
    fences = re.findall(rf"^```json {side}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [line for fence in fences for line in fence.splitlines()]


def frames(side):
    """The types of a side's frames, in the order of the schema."""
    found = [d["properties"]["type"]["const"] for name, d in DEFINITIONS.items()
             if name.startswith(side + "_") and "type" in d.get("properties", {})]
    assert len(found) > 10
    return found


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("side", ["client", "server"])
def test_every_example_of_the_page_is_valid(side):
    lines = examples(side)
    for line in lines:
        check(side, json.loads(line))
        # As the server writes it: compact and unescaped.
        assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")) == line
    assert {json.loads(line)["type"] for line in lines} == set(frames(side)), "a frame has no example"


@pytest.mark.parametrize("side", ["client", "server"])
def test_the_union_names_every_frame(side):
    named = [entry["$ref"].rsplit("/", 1)[1] for entry in DEFINITIONS[side + "_frame"]["oneOf"]]
    assert named == [f"{side}_{name}" for name in frames(side)]


def test_every_error_code_is_on_the_page():
    table = PAGE.split("| code | |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == DEFINITIONS["error_code"]["enum"]


def test_asyncapi_refers_to_what_is_there():
    channel = ASYNCAPI["channels"]["/ws"]
    for operation, side in (("publish", "client"), ("subscribe", "server")):
        listed = [entry["$ref"] for entry in channel[operation]["message"]["oneOf"]]
        assert listed == [f"#/components/messages/{side}_{name}" for name in frames(side)]
    for name, message in ASYNCAPI["components"]["messages"].items():
        assert message["payload"]["$ref"] == f"./native.schema.json#/definitions/{name}"
        side, kind = name.split("_", 1)
        assert message["name"] == kind and name in DEFINITIONS and side in ("client", "server")


@pytest.mark.parametrize(
    "side, frame",
    [
        ("server", {"type": "ack", "id": "1", "epoch": 1, "seq": 1, "durability": "disk"}),
        ("server", {"type": "bye", "code": 1012, "retry_after_ms": 1, "more": 1}),
        ("server", {"type": "system", "content": "x", "timestamp": "2025-03-14 05:05:40"}),
        ("server", {"type": "error", "code": "oops", "content": "x"}),
        ("server", {"type": "gap", "epoch": 2**53, "from": 1, "to": 2, "reason": "expired"}),
        ("client", {"type": "public"}),
        ("client", {"type": "typing", "room": "lobby", "to": "x"}),
        ("client", {"type": "hello", "since": {"rooms": {"No": None}}}),
        ("client", {"type": "join", "since": [1]}),
        ("client", {"type": "shout"}),
    ],
)
def test_the_schema_refuses(side, frame):
    assert complaints(side, frame)
