"""Windows of a real Chromium, and the chat they open.

The tests know the chat only as a `Site`. By default it is a cluster of our own daemons; with
HUBBUB_PAGE_URL set it is whatever runs there, and tests that stop or kick something are skipped.
"""
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

pytest.importorskip("selenium", reason="python3-selenium is not installed")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402

from chat_page import ChatPage  # noqa: E402

CHROMIUM_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--lang=en-US",
]
# Kept from the first moment of each document on, before any script of the page runs.
COLLECT_VIOLATIONS = """
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


class ClusterSite:
    """The chat as the scenario harness runs it: a hub, two gateways, each with its own port."""

    def __init__(self, cluster, keys=None, by_tls=False):
        self.cluster = cluster
        self.keys = keys
        self.by_tls = by_tls

    def url(self, gateway=0):
        scheme = "https" if self.by_tls else "http"
        return f"{scheme}://127.0.0.1:{self.cluster.gateway(gateway).port}/"

    def stop_gateway(self, gateway):
        self.cluster.gateway(gateway).kill()

    def start_gateway(self, gateway):
        self.cluster.gateway(gateway).start()

    def pause_gateway(self, gateway):
        self.cluster.gateway(gateway).signal(signal.SIGSTOP)

    def resume_gateway(self, gateway):
        self.cluster.gateway(gateway).signal(signal.SIGCONT)

    def stop_hub(self):
        self.cluster.hub.kill()

    def start_hub(self):
        self.cluster.hub.start()

    def kick(self, name, reason):
        self.cluster.hubctl("kick", name, "--reason", reason)

    def sign(self, user, seconds=3600):
        """A token of that user, where the site asks for one."""
        return self.keys.token("k1", user, seconds)

    def announce(self, text):
        self.cluster.hubctl("say", text)


class RunningSite:
    """A chat that is already running somewhere."""

    by_tls = False

    def __init__(self, url):
        self.base = url

    def url(self, gateway=0):
        return self.base

    def __getattr__(self, name):
        pytest.skip(f"{self.base} cannot be told: {name}")


def pytest_configure(config):
    config.addinivalue_line("markers", "mounts(table): what the chat listener mounts")
    config.addinivalue_line("markers", "needs_token: clients have to prove who they are")
    config.addinivalue_line("markers", "by_tls: the chat listener has a certificate")
    config.addinivalue_line("markers", "settings(dict): settings of the daemons")


@pytest.fixture
def site(request):
    running = os.environ.get("HUBBUB_PAGE_URL")
    if running:
        yield RunningSite(running)
        return
    from harness import Cluster

    settings = {}
    for mark in request.node.iter_markers("settings"):
        settings.update(mark.args[0])
    for mark in request.node.iter_markers("mounts"):
        settings["listener.chat.mounts"] = mark.args[0]
    with tempfile.TemporaryDirectory(prefix="hubbub-keys-") as folder:
        keys = None
        if request.node.get_closest_marker("needs_token"):
            from tokens import Keys

            keys = Keys(pathlib.Path(folder))
            keys.secret("k1")
            settings |= {"auth.mode": "token", "auth.keys": keys.setting()}
        by_tls = request.node.get_closest_marker("by_tls") is not None
        if by_tls:
            from authority import Authority

            authority = Authority(pathlib.Path(folder))
            authority.issue("here")
            settings |= authority.settings("here")
        with Cluster(gateways=2, settings=settings) as cluster:
            yield ClusterSite(cluster, keys, by_tls)


def start_chromium(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
    for flag in CHROMIUM_FLAGS + [f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(shutil.which("chromedriver") or "/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COLLECT_VIOLATIONS})
    return driver


@pytest.fixture(scope="session")
def drivers():
    """Browsers that were started so far; starting one takes longer than most tests."""
    started = []
    profiles = []

    def numbered(number):
        while len(started) <= number:
            profiles.append(tempfile.mkdtemp(prefix="hubbub-chromium-"))
            started.append(start_chromium(profiles[-1]))
        return started[number]

    yield numbered
    for driver in started:
        driver.quit()
    for profile in profiles:
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def window(drivers, site):
    """window(name, gateway=0, width=1280, height=800, **query) -> ChatPage; it has joined if named.

    Whatever the test did, no window may have broken the security policy or thrown an error.
    """
    pages = []

    def opened(name, gateway=0, width=1280, height=800, dark=False, **query):
        driver = drivers(len(pages))
        # Nobody has told the browser of an authority that lives as long as a test.
        driver.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": site.by_tls})
        page = ChatPage(driver, site.url(gateway), query)
        pages.append(page)
        page.resize(width, height)
        page.prefer(dark)
        page.open_fresh()
        if name is not None:
            page.join(name)
        return page

    yield opened
    problems = [problem for page in pages for problem in page.problems()]
    for page in pages:
        page.leave()
    assert not problems
