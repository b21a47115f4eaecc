"""The picture of docs/performance.md: some figures of all servers as multiples of the floor's."""

import dataclasses
import html

from driver import svg, table
from driver.cases import BY_KEY
from driver.svg import MARGIN, WIDTH, step_of

TITLE = "Hubbub beside other servers, as multiples of a bare send() loop"

GAP = 40
PANEL = (WIDTH - 2 * MARGIN - GAP) // 2
LABEL = 132    # names of servers stand left of the bars
VALUE = 134    # their values to the right
LINE, HEAD, FOOT = 24, 46, 34

NAMES = {
    "floor": "send() loop",
    "floor-coalesce": "once per turn",
    "nats": "nats",
    "jetstream": "nats JetStream",
    "nchan": "nginx nchan",
    "node": "node ws",
    "hubbub": "Hubbub",
    "hubbub-memory": "Hubbub, memory",
}

STYLE = """
    .ours { fill: #1c2321; font-weight: 650; }
    .value { paint-order: stroke; stroke: #fbfaf7; stroke-width: 5px; stroke-linejoin: round; }
    .one { stroke: #59635f; stroke-dasharray: 3 3; }
    .goal { stroke: #b3471d; stroke-width: 2; }
    .bar { fill: #a9b4af; }
    .bar-floor { fill: #cfd4d0; }
    .bar-ours { fill: #0c7567; }
    .bar-memory { fill: #7fb9ad; }
    @media (prefers-color-scheme: dark) {
      .ours { fill: #eef2f0; }
      .value { stroke: #161b1a; }
      .one { stroke: #8d9994; }
      .goal { stroke: #f0885a; }
      .bar { fill: #5d6a65; }
      .bar-floor { fill: #3d4744; }
      .bar-ours { fill: #35b39e; }
      .bar-memory { fill: #1f6b5f; }
    }
"""


@dataclasses.dataclass(frozen=True)
class Panel:
    title: str
    hint: str
    case: str
    key: str
    unit: str
    decimals: int
    goal: float = None
    scale: float = 1


PANELS = (
    Panel("Broadcast to {clients:,}: CPU per delivery", "less is better", "broadcast",
          "cpu_us_per_delivery", "us", 2, 1.05),
    Panel("Most deliveries per second to {clients:,}", "more is better", "most", "deliveries_per_s",
          "M/s", 2, 6, 1e-6),
    Panel("Broadcast to {clients:,}: CPU per delivery", "less is better", "crowd",
          "cpu_us_per_delivery", "us", 2, 1.10),
    Panel("Broadcast to {clients:,}: latency p99", "less is better", "crowd",
          "latency_p99_ms", "ms", 1, 1.15),
    Panel("Private: CPU per message", "less is better", "private", "cpu_us_per_message", "us", 1),
    Panel("{clients:,} come in", "less is better", "connect", "connect_s", "s", 2),
)


def bars_of(panel, bench):
    """(server, value, multiple of the floor's) of those that were measured."""
    floor = bench.figure(panel.case, "floor", panel.key)
    if not isinstance(floor, (int, float)) or floor <= 0:
        return []
    values = ((server, bench.figure(panel.case, server, panel.key)) for server in NAMES)
    return [(server, value, value / floor) for server, value in values
            if isinstance(value, (int, float))]


def bar_class(server):
    return {"hubbub": "bar-ours", "hubbub-memory": "bar-memory", "floor": "bar-floor",
            "floor-coalesce": "bar-floor"}.get(server, "bar")


def draw_panel(panel, title, bars, left, top):
    """One panel with its upper left corner there: lines first, bars, then the texts."""
    scale_left, room = left + LABEL, PANEL - LABEL - VALUE
    largest = max([ratio for *_, ratio in bars] + [panel.goal or 0])
    bottom = top + HEAD + LINE * len(bars)

    def place(ratio):
        return scale_left + room * ratio / largest

    def upright(kind, ratio, above=0):
        return (f'<line class="{kind}" x1="{place(ratio):.1f}" x2="{place(ratio):.1f}" '
                f'y1="{top + HEAD - above}" y2="{bottom}"/>')

    yield (f'<text class="panel" x="{left}" y="{top + 16}">{html.escape(title)}</text>'
           f'<text class="note" x="{left}" y="{top + 34}">{panel.hint}</text>')
    step = step_of(largest)
    for count in range(int(largest / step) + 1):
        yield (upright("grid", count * step) + f'<text class="tick" '
               f'x="{place(count * step):.1f}" y="{bottom + 15}">{count * step:g}x</text>')
    for index, (server, _, ratio) in enumerate(bars):
        yield (f'<rect class="{bar_class(server)}" x="{scale_left}" '
               f'y="{top + HEAD + LINE * index + 4}" rx="2" '
               f'width="{max(place(ratio) - scale_left, 1):.1f}" height="{LINE - 8}"/>')
    yield upright("one", 1)
    if panel.goal is not None:
        yield upright("goal", panel.goal, 4)
    for index, (server, value, ratio) in enumerate(bars):
        line = top + HEAD + LINE * index + 16
        ours = " ours" if server == "hubbub" else ""
        text = f"{table.cell(value * panel.scale, panel.decimals)} {panel.unit} · {ratio:.2f}x"
        yield (f'<text class="name{ours}" x="{left}" y="{line}">{NAMES[server]}</text>'
               f'<text class="value{ours}" x="{place(ratio) + 6:.1f}" y="{line}">{text}</text>')


def draw(bench, machine):
    """The picture as SVG; None if nothing was measured that would be in it."""
    panels = [(panel, BY_KEY[panel.case].named(panel.title, bench.quick), bars)
              for panel in PANELS if (bars := bars_of(panel, bench))]
    if not panels:
        return None
    parts, top = [], 84
    for index in range(0, len(panels), 2):
        pair = panels[index:index + 2]
        for column, (panel, title, bars) in enumerate(pair):
            parts += draw_panel(panel, title, bars, MARGIN + column * (PANEL + GAP), top)
        top += HEAD + LINE * max(len(bars) for *_, bars in pair) + FOOT
    place = f"{machine['processor']}, Linux {machine['kernel']}, {machine['when']}"
    return svg.card(
        TITLE, described(panels),
        "Dashed: the send() loop, 1x. Solid line: the bar that Hubbub sets itself.",
        parts, top + 22, place, STYLE)


def described(panels):
    """The same in words, for those who do not see it."""
    return " ".join(
        f"{title}: " + ", ".join(f"{NAMES[server]} {ratio:.2f}x" for server, _, ratio in bars)
        + "." for _, title, bars in panels)
