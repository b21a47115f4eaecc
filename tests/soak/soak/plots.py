"""The picture of a run: memory, descriptors, waits and clients over time, with marks where faults
began.
"""

import html

from driver import svg

from soak import check_life, schedule

PANEL_HEIGHT, GAP, TOP, LABEL, LEGEND = 150, 52, 128, 66, 110
POINTS = 400   # of a line at most; each is the most of its share of the time
STEPS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

STYLE = """
    .line { fill: none; stroke-width: 1.4; }
    .line-0 { stroke: #0c7567; } .line-1 { stroke: #b3471d; } .line-2 { stroke: #4f6bb0; }
    .line-3 { stroke: #8d5aa8; } .line-4 { stroke: #7f8a2e; } .line-5 { stroke: #59635f; }
    .mark { stroke-width: 1; opacity: 0.5; }
    .mark-hub { stroke: #b3471d; } .mark-gateway { stroke: #4f6bb0; }
    .mark-relay { stroke: #8d9994; stroke-dasharray: 2 3; }
    .left { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .line-0 { stroke: #35b39e; } .line-1 { stroke: #f0885a; } .line-2 { stroke: #8fa8ea; }
      .line-3 { stroke: #c79be0; } .line-4 { stroke: #c3cf63; } .line-5 { stroke: #b4beba; }
      .mark-hub { stroke: #f0885a; } .mark-gateway { stroke: #8fa8ea; }
    }
"""


def thinned(points, begin, end):
    """At most POINTS of them, each the most of its share of the time."""
    most = {}
    for t, value in points:
        place = int((t - begin) / max(end - begin, 1e-9) * POINTS)
        if place not in most or value > most[place][1]:
            most[place] = (t, value)
    return [most[place] for place in sorted(most)]


def lines_of(run):
    """(title, unit, {name: [(t, value)]}) of each panel."""
    memory, descriptors, online = {}, {}, {}
    for line in run.samples:
        name = line["process"]
        memory.setdefault(name, []).append((line["t"], line["allocated"] / 2**20))
        descriptors.setdefault(name, []).append((line["t"], line["fds"]))
        online.setdefault("clients", []).append((line["t"], line["online"]))
    waits = [(begin, end - begin) for begin, end in check_life.waits(run)]
    return (("Memory that each process allocated", "MiB", memory),
            ("Descriptors of each process", "", descriptors),
            ("Wait for an answer, by when it was said; the longest", "s", {"longest": waits}),
            ("Clients that are in", "", online))


def _panel(run, title, unit, lines, top, begin, end):
    left, right = svg.MARGIN + LABEL, svg.WIDTH - svg.MARGIN - LEGEND
    bottom = top + PANEL_HEIGHT
    highest = max((value for points in lines.values() for _, value in points), default=1) or 1
    step = svg.step_of(highest, STEPS)

    def x(t):
        return left + (right - left) * (t - begin) / max(end - begin, 1e-9)

    def y(value):
        return bottom - PANEL_HEIGHT * value / highest

    yield f'<text class="panel" x="{svg.MARGIN}" y="{top - 10}">{html.escape(title)}</text>'
    for count in range(int(highest / step) + 1):
        at = y(count * step)
        yield (f'<line class="grid" x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
               f'<text class="tick left" x="{left - 6}" y="{at + 4:.1f}">'
               f'{count * step:g} {unit}</text>')
    for fault in run.faults:
        on = schedule.BY_NAME[fault.kind].on
        yield (f'<line class="mark mark-{on}" x1="{x(fault.t):.1f}" x2="{x(fault.t):.1f}" '
               f'y1="{top}" y2="{bottom}"/>')
    for number, (name, points) in enumerate(sorted(lines.items())):
        path = " ".join(f"{x(t):.1f},{y(value):.1f}" for t, value in thinned(points, begin, end))
        yield (f'<polyline class="line line-{number % 6}" points="{path}"/>'
               f'<line class="line line-{number % 6}" x1="{right + 10}" x2="{right + 26}" '
               f'y1="{top + 8 + 18 * number}" y2="{top + 8 + 18 * number}"/>'
               f'<text class="name" x="{right + 32}" y="{top + 12 + 18 * number}">{name}</text>')
    seconds = svg.step_of(end - begin, (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200))
    for count in range(int((end - begin) / seconds) + 1):
        shown = f"{count * seconds / 60:g} min" if seconds >= 60 else f"{count * seconds:g} s"
        yield (f'<text class="tick" x="{x(begin + count * seconds):.1f}" y="{bottom + 15}">'
               f'{shown}</text>')


def draw(verdict, machine):
    """The picture as SVG; None if nothing was sampled."""
    run = verdict.run
    if not run.samples:
        return None
    begin, end = run.samples[0]["t"], run.samples[-1]["t"]
    parts, top = [], TOP
    for title, unit, lines in lines_of(run):
        parts += _panel(run, title, unit, lines, top, begin, end)
        top += PANEL_HEIGHT + GAP
    described = " ".join(f"{row.count} times: {row.kind.shown}." for row in verdict.kinds)
    return svg.card(
        f"Soak test, seed {run.about.get('seed')}", described,
        "Upright lines: faults of the hub (red), of gateways (blue), of networks (grey, dotted).",
        parts, top + 20, machine, STYLE)
