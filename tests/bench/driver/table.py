"""The rows of the tables: which figure of which case, and what bar ours is held against."""

import dataclasses

from driver.cases import BY_KEY

COLUMNS = {
    "floor": "floor",
    "floor-coalesce": "floor, once per turn",
    "nats": "nats",
    "jetstream": "nats, JetStream",
    "nchan": "nchan",
    "node": "node ws",
    "hubbub": "**hubbub**",
    "hubbub-memory": "hubbub, memory",
}


@dataclasses.dataclass(frozen=True)
class Bar:
    """`ours` is at most (or, with `least`, at least) `factor` times the other one's figure."""

    factor: float
    other: str = None
    ours: str = "hubbub"
    least: bool = False
    commits: int = 0

    def text(self):
        sign = "≥" if self.least else "≤"
        if self.other is None:
            text = f"{sign} {self.factor:,g}"
        else:
            text = f"{sign} {self.factor:g} x {COLUMNS[self.other]}"
        if self.commits:
            text += f" + {self.commits} commits"
        return text + (", in memory" if self.ours.endswith("memory") else "")

    def judge(self, figures, commit_ms):
        """(reached, met): what ours is in units of the other; None where a figure is missing."""
        ours = figures.get(self.ours)
        other = figures.get(self.other) if self.other else 1
        if not isinstance(ours, (int, float)) or not isinstance(other, (int, float)):
            return None, False
        limit = self.factor * other + self.commits * commit_ms
        reached = ours / other if other else 0
        return reached, ours >= limit if self.least else ours <= limit


@dataclasses.dataclass(frozen=True)
class Row:
    title: str
    case: str
    key: str
    decimals: int = 2
    bars: tuple = ()
    scale: float = 1


COMPARED = (
    Row("broadcast to {clients:,} at {rate}/s: CPU us per delivery", "broadcast",
        "cpu_us_per_delivery", bars=(Bar(1.05, "floor"),)),
    Row("its latency p50, ms", "broadcast", "latency_p50_ms"),
    Row("its latency p99, ms", "broadcast", "latency_p99_ms"),
    Row("most deliveries/s to {clients:,} with p99 < 100 ms", "most", "deliveries_per_s", 0,
        (Bar(6, "floor", least=True), Bar(6, "nats", least=True),
         Bar(0.7, "floor-coalesce", least=True))),
    Row("the generator's share of its core then, %", "most", "load_cpu_percent", 0),
    Row("broadcast to {clients:,} at {rate}/s: CPU us per delivery", "crowd", "cpu_us_per_delivery",
        bars=(Bar(1.10, "floor"),)),
    Row("its latency p50, ms", "crowd", "latency_p50_ms"),
    Row("its latency p99, ms", "crowd", "latency_p99_ms", bars=(Bar(1.15, "floor"),)),
    Row("{clients:,} come in: s until the last is in", "connect", "connect_s", 3,
        (Bar(0.6, "nats"),)),
    Row("s until all have been told of all", "connect", "quiet_s", 3),
    Row("RSS bytes per idle connection", "connect", "rss_per_client", 0, (Bar(3500),)),
    Row("PSS bytes per idle connection", "connect", "pss_per_client", 0),
    Row("kernel slabs per connection, both ends, bytes", "connect", "kernel_slab_per_client", 0),
    Row("private at {rate:,}/s among {clients:,}: CPU us per message", "private",
        "cpu_us_per_message",
        bars=(Bar(0.6, "jetstream"), Bar(0.6, "nats"), Bar(0.45, "nats", "hubbub-memory"))),
    Row("its latency p50, ms", "private", "latency_p50_ms", 3,
        (Bar(3, "nats", "hubbub-memory"), Bar(3, "nats", commits=2))),
    Row("its latency p99, ms", "private", "latency_p99_ms", 3),
    Row("until the sender's copy or answer, p50, ms", "private", "copy_p50_ms", 3),
    Row("while {churn}/s come and go: CPU us per delivery", "churn", "cpu_us_per_delivery"),
    Row("its latency p99, ms", "churn", "latency_p99_ms"),
)


@dataclasses.dataclass(frozen=True)
class Own:
    """A figure of ours alone, held against a number."""

    title: str
    case: str
    server: str
    key: str
    decimals: int
    bar: Bar
    scale: float = 1


OWN = (
    Own("hub: CPU us per public message to 4 gateways", "hub", "hub", "cpu_us_per_message", 2,
        Bar(12, ours="hub")),
    Own("with ids", "hub", "hub-ids", "cpu_us_per_message", 2, Bar(20, ours="hub-ids")),
    Own("in memory", "hub", "hub-memory", "cpu_us_per_message", 2, Bar(4, ours="hub-memory")),
    Own("most messages/s through hub and gateway, on disk", "routed", "hubbub",
        "deliveries_per_s", 0, Bar(60000, least=True), 0.5),
    Own("idle, {clients:,} clients with pings: % of a core", "idle", "hubbub", "cpu_percent", 2,
        Bar(1)),
)
SPREAD = 1.05


def cell(value, decimals):
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,.{decimals}f}"


def verdicts(bars, figures, commit_ms):
    """One line for each bar: what it is, how far we are, whether that is enough."""
    lines = []
    for bar in bars:
        reached, met = bar.judge(figures, commit_ms)
        if reached is None:
            lines.append(f"{bar.text()}: not measured")
        elif bar.other is None:
            lines.append(f"{bar.text()}: {'yes' if met else '**no**'}")
        else:
            lines.append(f"{bar.text()}: {reached:.2f}, {'yes' if met else '**no**'}")
    return "<br>".join(lines)


def figures_of(row, bench):
    figures = {}
    for server in COLUMNS:
        value = bench.figure(row.case, server, row.key) if has(row, bench, server) else None
        figures[server] = value * row.scale if isinstance(value, (int, float)) else value
    return figures


def has(row, bench, server):
    """Some figures are not told by all, such as answers where there are none."""
    runs = bench.runs.get(row.case, {}).get(server)
    return (row.case, server) in bench.failures or bool(runs) and row.key in runs[0]


def compared(bench, commit_ms):
    """The table beside others, as lines of Markdown."""
    yield "|  | " + " | ".join([*COLUMNS.values(), "bar for hubbub: reached"]) + " |"
    yield "|---|" + "---:|" * len(COLUMNS) + "---|"
    for row in COMPARED:
        figures = figures_of(row, bench)
        if all(value is None for value in figures.values()):
            continue
        cells = [cell(value, row.decimals) for value in figures.values()]
        title = BY_KEY[row.case].named(row.title, bench.quick)
        yield "| " + " | ".join([title, *cells,
                                 verdicts(row.bars, figures, commit_ms)]) + " |"


def own(bench):
    """The table of figures that only we have; nothing if there are none."""
    rows = [*own_rows(bench), *gateways(bench)]
    if rows:
        yield from ("|  | hubbub | bar |", "|---|---:|---|", *rows)


def own_rows(bench):
    for row in OWN:
        value = bench.figure(row.case, row.server, row.key)
        if value is None:
            continue
        value = value if isinstance(value, str) else value * row.scale
        verdict = verdicts((dataclasses.replace(row.bar, ours=""),), {"": value}, 0)
        title = BY_KEY[row.case].named(row.title, bench.quick)
        yield f"| {title} | {cell(value, row.decimals)} | {verdict} |"


def gateways(bench):
    """More gateways cost as much per delivery as one."""
    values = [bench.figure("gateways", name, "cpu_us_per_delivery")
              for name in ("hubbub", "hubbub-2", "hubbub-4")]
    if all(value is None for value in values):
        return
    shown = " / ".join(cell(value, 2) for value in values)
    verdict = "not measured"
    if all(isinstance(value, (int, float)) for value in values):
        spread = max(values) / min(values)
        verdict = f"{spread:.2f}, {'yes' if spread <= SPREAD else '**no**'}"
    yield ("| broadcast: CPU us per delivery with 1 / 2 / 4 gateways | "
           f"{shown} | within 5 %: {verdict} |")
