"""A verdict in words: the tables of the report, which are the same on the terminal and in the
documentation.
"""

SHOWN = 40   # findings that are written out of each kind


def seconds(value):
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def lines(verdict):
    """What the terminal shows."""
    counts, life = verdict.counts, verdict.life
    yield (f"{counts['clients']} clients, {counts['connections']} connections, "
           f"{counts['said']} messages said, {counts['acknowledged']} acknowledged, "
           f"{counts['refused']} refused, {counts['heard']} heard; "
           f"{counts['quiet_moments']} quiet moments")
    yield (f"longest wait for an answer {seconds(life['longest_wait_s'])}, "
           f"{life['reconnects']} connections ended by faults, in again after "
           f"{seconds(life['median_reconnect_s'])} (median), "
           f"{seconds(life['longest_reconnect_s'])} (longest)")
    yield ""
    yield from table(verdict)
    yield ""
    yield from found(verdict)


def table(verdict):
    """By kind of fault, in Markdown."""
    yield ("| fault | times | connections ended | longest wait for an answer "
           "| longest until in again | lost | doubled | reordered | ghosts, missing "
           "| presence exact: median, longest |")
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for row in verdict.kinds:
        presence = row.presence
        exact = "" if not presence["measured"] else (
            f"{seconds(presence['median_s'])}, {seconds(presence['longest_s'])} "
            f"({presence['measured']} measured)")
        ghosts = row.found.get("ghost", 0) + row.found.get("missing", 0)
        yield (f"| {row.kind.shown} | {row.count} | {row.ended} | {seconds(row.wait_s)} "
               f"| {seconds(row.back_s) if row.ended else '-'} | {row.found.get('lost', 0)} "
               f"| {row.found.get('duplicated', 0)} | {row.found.get('misordered', 0)} "
               f"| {ghosts} | {exact} |")


def found(verdict):
    findings = verdict.findings
    if not findings.all:
        yield "Nothing was found."
        return
    yield "Found: " + ", ".join(f"{count} {kind}" for kind, count in findings.counts().items()
                                if count)
    for kind, count in findings.counts().items():
        these = [one for one in findings.all if one.kind == kind]
        began = verdict.run.about.get("began", 0)
        for one in these[:SHOWN]:
            yield f"* {kind}, {one.t - began:.3f} s: {one.text}"
        if count > SHOWN:
            yield f"* {kind}: {count - SHOWN} more"
