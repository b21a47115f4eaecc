"""What processes hold: everything goes back once all have left, and memory does not climb."""

import collections

RETURNING = ("hubbub_hub_clients", "hubbub_hub_gateways", "hubbub_gateway_clients",
             "hubbub_gateway_connections", "hubbub_gateway_queue_bytes",
             "hubbub_gateway_pinned_bytes", "hubbub_gateway_commands_held",
             "hubbub_gateway_link_queue_bytes")
# The store opens some of its files with the first message and keeps them.
MORE_DESCRIPTORS = {"hub": 4, "gateway": 0}
SLOPE_BYTES_PER_HOUR = 1 << 20
WARM_UP = 0.25            # of a process's life
LEAST_HOURS = 0.5         # for a slope to be judged
LEAST_SAMPLES = 30


def check(run, findings):
    """Slopes by (process, pid): (hours watched, bytes per hour)."""
    ends = _by_phase(run, "end")
    for name, before in _by_phase(run, "baseline").items():
        after = ends.get(name)
        if after is None:
            findings.add("resources", run.load_over, f"{name}: nothing is known of its end")
            continue
        _check_return(name, before, after, findings)
    rooms = {phase: (status or {}).get("rooms") for phase, status in run.statuses.items()}
    if rooms.get("end") != rooms.get("baseline"):
        findings.add("resources", run.load_over, f"rooms with members: {rooms}")
    slopes = slopes_of(run)
    for (name, pid), (hours, slope) in slopes.items():
        if run.about.get("hours") and hours >= LEAST_HOURS and slope > SLOPE_BYTES_PER_HOUR:
            findings.add("resources", run.load_over, f"{name} ({pid}): its memory climbs by "
                         f"{slope / 2**20:.2f} MiB/h over {hours:.2f} h")
    return slopes


def _by_phase(run, phase):
    return {line["process"]: line for line in run.samples if line["phase"] == phase}


def _check_return(name, before, after, findings):
    role = "hub" if name == "hub" else "gateway"
    if after["fds"] > before["fds"] + MORE_DESCRIPTORS[role]:
        findings.add("resources", after["t"],
                     f"{name}: {after['fds']} descriptors, {before['fds']} at the beginning")
    for gauge in RETURNING:
        was = (before["gauges"] or {}).get(gauge)
        now = (after["gauges"] or {}).get(gauge)
        if was != now:
            findings.add("resources", after["t"], f"{name}: {gauge} {now}, {was} at the beginning")


def slopes_of(run):
    lives = collections.defaultdict(list)
    for line in run.samples:
        if line["phase"] == "load" and line["t"] <= run.load_over:
            lives[line["process"], line["pid"]].append((line["t"] / 3600, line["allocated"]))
    slopes = {}
    for life, points in lives.items():
        points = points[int(len(points) * WARM_UP):]
        if len(points) >= LEAST_SAMPLES:
            slopes[life] = (points[-1][0] - points[0][0], slope_of(points))
    return slopes


def slope_of(points):
    """The least squares' slope."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0.0
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
