"""Frames of the native protocol against docs/native.schema.json."""

import json
import pathlib

import jsonschema

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
SCHEMA = json.loads((DOCS / "native.schema.json").read_text())
DEFINITIONS = SCHEMA["definitions"]


def _validator(name):
    # A definition of the schema as a schema of its own.
    return jsonschema.Draft7Validator({**SCHEMA, "anyOf": [{"$ref": f"#/definitions/{name}"}]})


_VALIDATORS = {name: _validator(name) for name in DEFINITIONS}


def complaints(side, frame):
    """What is wrong with a frame of `client` or `server`; empty if nothing is."""
    name = f"{side}_{frame.get('type')}"
    if name not in DEFINITIONS:
        return [f"{side} has no frame of type {frame.get('type')!r}"]
    return [f"{list(e.absolute_path)}: {e.message}" for e in _VALIDATORS[name].iter_errors(frame)]


def check(side, frame):
    """Returns the frame, or fails."""
    wrong = complaints(side, frame)
    assert not wrong, f"{side} frame {frame}: {wrong}"
    return frame
