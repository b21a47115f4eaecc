"""The report of a run: report.md and soak.svg in its folder, and if wished a part of
docs/guarantees.md.
"""

import json
import os
import time

from driver import files, machine

from soak import check_presence, plots, tell

BEGIN = "<!-- soak: begin -->"
END = "<!-- soak: end -->"


def place_of(binaries):
    """What it ran on, in one sentence."""

    version = machine.number(machine.said(binaries / "hubbub-hub", "--version"))
    processor = machine.first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$")
    system = machine.first_match("/etc/os-release", r"^PRETTY_NAME=(.+)$")
    return (f"hubbub {version}, {time.strftime('%Y-%m-%d', time.gmtime())}: {processor}, "
            f"{os.cpu_count()} processors; {system}, Linux {machine.number(os.uname().release)}")


def promises(verdict):
    """Promises that have a number, and what was seen of them."""
    kills = check_presence.figures(verdict.kill_times.values())
    hubs = check_presence.figures(verdict.hub_times.values())
    by_hub = sum(row.ended for row in verdict.kinds if row.kind.on == "hub")
    lost = sum(verdict.findings.count(kind) for kind in ("lost", "duplicated", "misordered"))
    yield "| promise | seen | kept |"
    yield "|---|---|---|"
    yield (f"| a killed gateway's users are gone from every list within "
           f"{tell.seconds(check_presence.PROMISED_SECONDS)} while the hub runs | "
           f"{kills['within_promise']} of {kills['measured']}; median "
           f"{tell.seconds(kills['median_s'])}, longest {tell.seconds(kills['longest_s'])} | "
           f"{'yes' if kills['within_promise'] == kills['measured'] else '**no**'} |")
    unexplained = verdict.findings.count("disconnected")
    yield (f"| no client is disconnected by what happens to the hub | {by_hub + unexplained} "
           f"| {'yes' if by_hub + unexplained == 0 else '**no**'} |")
    yield (f"| what was acknowledged is not lost, doubled or reordered | {lost} of "
           f"{verdict.counts['acknowledged']:,} | {'yes' if lost == 0 else '**no**'} |")
    yield (f"| the hub knows everybody again after its start (no time is promised) | median "
           f"{tell.seconds(hubs['median_s'])}, longest {tell.seconds(hubs['longest_s'])} "
           f"of {hubs['measured']} | |")


def summary(verdict, place):
    """What stands in the documentation, too."""
    counts, life = verdict.counts, verdict.life
    lasted = (verdict.run.about.get("ended", 0) - verdict.run.about.get("began", 0)) / 60
    yield (f"`{verdict.run.about.get('command')}` ({lasted:.1f} minutes)")
    yield ""
    yield f"{place}."
    yield ""
    yield (f"{counts['clients']:,} clients with {counts['connections']:,} connections said "
           f"{counts['said']:,} messages; {counts['acknowledged']:,} were acknowledged, "
           f"{counts['refused']:,} refused, all together were heard {counts['heard']:,} times. "
           f"{counts['quiet_moments']} quiet moments. The longest wait for an answer was "
           f"{tell.seconds(life['longest_wait_s'])}; whose connection a fault ended was in again "
           f"after {tell.seconds(life['median_reconnect_s'])} (median), "
           f"{tell.seconds(life['longest_reconnect_s'])} at the most.")
    yield ""
    yield from promises(verdict)
    yield ""
    yield from tell.table(verdict)


def resources(verdict):
    yield "| process | watched | memory per hour |"
    yield "|---|---:|---:|"
    for (name, pid), (hours, slope) in sorted(verdict.slopes.items()):
        yield f"| {name} ({pid}) | {hours * 60:.1f} min | {slope / 2**20:+.2f} MiB |"


def write(verdict, folder, binaries):
    """report.md, soak.svg and result.json."""
    place = place_of(binaries)
    picture = plots.draw(verdict, place)
    lines = ["# Soak test", "", *summary(verdict, place), "", "## Found", "",
             *tell.found(verdict), "", "## Resources", "",
             "Without kills a process lives long enough for its slope to mean something "
             "(`--hours`).", "", *resources(verdict), ""]
    if verdict.run.heard_from_before:
        lines += [f"Heard by newcomers of a gateway that was catching up, from before they came: "
                  f"{verdict.run.heard_from_before}.", ""]
    if picture:
        files.replace(folder / "soak.svg", picture)
        lines += ["![What the processes held, and the faults](soak.svg)", ""]
    files.replace(folder / "report.md", "\n".join(lines))
    files.replace(folder / "result.json", json.dumps(
        {"about": verdict.run.about, "place": place, "counts": verdict.counts,
         "life": verdict.life, "findings": verdict.findings.counts()}, indent=1) + "\n")


def write_documentation(verdict, page, picture, binaries):
    """The generated section of docs/guarantees.md, and its picture."""
    place = place_of(binaries)
    found = list(tell.found(verdict))
    drawn = plots.draw(verdict, place)
    lines = [*summary(verdict, place), "", *found]
    if drawn:
        files.parted(page, BEGIN, END)
        files.replace(picture, drawn)
        lines += ["", f"![What the processes held, and the faults](images/{picture.name})"]
    files.replace_between(page, BEGIN, END, "\n".join(lines))
