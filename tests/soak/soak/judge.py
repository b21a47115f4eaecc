"""From the logs of a run to its report and exit status."""

import sys

from soak import checker, report, tell


def judge(folder, binaries, top):
    """1 if anything was found. With `top`, the folder of the sources, docs/guarantees.md is
    written.
    """
    verdict = checker.check(folder)
    report.write(verdict, folder, binaries)
    if top is not None:
        docs = top / "docs"
        report.write_documentation(verdict, docs / "guarantees.md", docs / "images" / "soak.svg",
                                   binaries)
    print("\n".join(tell.lines(verdict)))
    print(f"{folder / 'report.md'}", file=sys.stderr)
    return 1 if verdict.findings.all else 0
