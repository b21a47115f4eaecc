"""Where the figures go: the terminal, a JSON file, and, if wished, the documentation.

Nothing is written before everything is there, and each file is replaced in one step.
"""

import json

from driver import chart, files, table

BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"


def place_lines(machine):
    """Where it was measured."""
    yield (f"{machine['when']}: {machine['processor']}, {machine['processors']} processors, "
           f"{machine['memory_gib']:g} GiB; {machine['system']}, Linux {machine['kernel']}; "
           f"the files of servers on {machine['file_system']}, where one commit of 4 KiB takes "
           f"{machine['commit_ms']:.2f} ms. Load before the run: {machine['load_before']:g}.")


def machine_lines(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield from place_lines(machine)
    yield ""
    yield f"Versions: {versions}."


def note(bench, rounds):
    """How often each was run, if that is not the same for all."""
    counts = {case: bench.rounds_of(case) for case in bench.runs}
    fewer = {case: count for case, count in counts.items() if count < rounds}
    text = f"Medians of {rounds} interleaved rounds" if rounds > 1 else "One run of each"
    if bench.quick:
        text += ", all of them short"
    if fewer:
        text += "; fewer of " + ", ".join(f"`{case}` ({n})" for case, n in fewer.items())
    return text + "."


def markdown(bench, machine, rounds, picture):
    lines = [*machine_lines(machine), "", note(bench, rounds)]
    if picture:
        lines += ["", f"![{chart.TITLE}](images/performance.svg)"]
    lines += ["", *table.compared(bench, machine["commit_ms"]), "", *table.own(bench)]
    while lines[-1] == "":
        lines.pop()
    return "\n".join(lines)


def write_json(path, bench, machine, rounds):
    failures = [{"case": case, "server": server, "reason": reason}
                for (case, server), reason in bench.failures.items()]
    files.replace(path, json.dumps({"machine": machine, "quick": bench.quick, "rounds": rounds,
                                    "runs": bench.runs, "failures": failures}, indent=1) + "\n")


def write_documentation(page, picture, bench, machine, rounds):
    """The part of the page between the markers, and the picture."""
    files.parted(page, BEGIN, END)
    drawn = chart.draw(bench, machine)
    generated = markdown(bench, machine, rounds, drawn is not None)
    if drawn is not None:
        files.replace(picture, drawn)
    files.replace_between(page, BEGIN, END, generated)
