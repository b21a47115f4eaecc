"""Fixtures: `cluster` is a hub and two gateways; `make_cluster` takes any shape."""

import pytest

from harness import Cluster


@pytest.fixture
def make_cluster():
    made = []

    def make(**shape):
        made.append(Cluster(**shape))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def cluster(request):
    with Cluster() as one:
        yield one
        report = getattr(request.node, "report_call", None)
        if report is not None and report.failed:
            one.show_logs()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.report_call = report
