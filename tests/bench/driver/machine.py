"""What it ran on: the machine, the programs and how long its disk takes to commit."""

import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from driver.servers import NODE_MODULES, found

COMMITS = 50


def said(*command):
    """What a program prints of itself, or that it is missing."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).strip()


def package(name):
    return said("dpkg-query", "-W", "-f", "${Version}", name)


def number(text, where=r"\d+(\.\d+)+"):
    found = re.search(where, text)
    return found.group(0) if found else "missing"


def first_match(path, pattern):
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip().strip('"') if found else "unknown"


def versions(build):
    """By the names of the table's columns."""
    nchan = package("libnginx-mod-nchan")
    return {
        "hubbub": number(said(build / "bin" / "hubbub-hub", "--version")),
        "nats-server": number(said(found("nats-server"), "--version")),
        "nginx": number(said(found("nginx"), "-v")),
        "nchan": number(nchan.split(":")[-1]) if nchan else "missing",
        "node": number(said("node", "--version")),
        "ws": first_match(f"{NODE_MODULES}/ws/package.json", r'"version": "([^"]+)"')
        if os.path.exists(f"{NODE_MODULES}/ws/package.json") else "missing",
    }


def file_system(folder):
    """The type of the file system that a folder is on."""
    best, kind = "", "unknown"
    for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, point, this_kind = line.split()[:3]
        if len(point) >= len(best) and (folder + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, this_kind
    return kind


def commit_ms():
    """The median time of writing 4 KiB behind a file and having it on the disk."""
    took = []
    with tempfile.NamedTemporaryFile(prefix="hubbub-bench-", buffering=0) as file:
        for _ in range(COMMITS):
            began = time.monotonic()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - began) * 1000)
    return statistics.median(took)


def describe(build, cores):
    """Everything about the place that figures depend on."""
    return {
        "processor": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$"),
        "processors": os.cpu_count(),
        "cores": list(cores),
        "memory_gib": round(int(first_match("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / 2**20, 1),
        "kernel": number(os.uname().release),
        "system": first_match("/etc/os-release", r"^PRETTY_NAME=(.+)$"),
        "file_system": file_system(tempfile.gettempdir()),
        "commit_ms": round(commit_ms(), 3),
        "load_before": round(os.getloadavg()[0], 2),
        "when": time.strftime("%Y-%m-%d", time.gmtime()),
        "versions": versions(build),
    }
