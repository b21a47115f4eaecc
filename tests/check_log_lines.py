#!/usr/bin/python3
"""docs/troubleshooting.md explains every line that is logged as a warning or an error, and no other."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
PAGE = TOP / "docs" / "troubleshooting.md"
STRING = r"(?:\s*\"(?:[^\"\\]|\\.)*\")+"
CALL = re.compile(
    rf"\blog_(?:warn|error|always|plain|write)\s*\(([^;\"]*)({STRING})(?:\s*:({STRING}))?"
)
QUIET = re.compile(r"LOG_LEVEL_(INFO|DEBUG)")


def logged():
    """{line: file} of all warnings and errors in the daemons' source."""
    found = {}
    for folder in ("common", "gateway", "hub"):
        for path in sorted((TOP / folder).glob("*.c")):
            for before, *either in CALL.findall(path.read_text(encoding="utf-8")):
                for words in filter(None, either):
                    line = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', words))
                    if not QUIET.search(before):
                        found.setdefault(line, path.relative_to(TOP))
    return found


def explained():
    table = PAGE.read_text(encoding="utf-8").split("## By log line", 1)[1]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.M))


def main():
    lines, page = logged(), explained()
    for line in sorted(set(lines) - page):
        print(f"{PAGE.name} does not explain '{line}' of {lines[line]}")
    for line in sorted(page - set(lines)):
        print(f"{PAGE.name} explains '{line}', which nothing logs")
    if page != set(lines):
        return 1
    print(f"{PAGE.name} explains all {len(lines)} warnings and errors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
