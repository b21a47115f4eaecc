"""The hub is upgraded and killed under a crowd of all dialects that talks: nobody notices.

How long they wait is the business of tests/bench/restart; here it may take as long as it likes.
"""

import json
import signal
import subprocess

from harness import BIN, wait_for

CROWD = BIN.parent / "tests" / "bench" / "hubbub-crowd"
# What is heard between two restarts, so that each finds messages on their way.
HEARD = 400
MOUNTS = ("/a room room=a, /a native room=a, /b room room=b, "
          "/ws/{user} direct, /ws/{client_id:int} pair")
GROUPS = ("room,/a,60,20,10", "native-ids,/a,30,20,10", "room,/b,60,20,0",
          "direct,/ws,30,0,10", "pair,/ws,20,0,10")


class Crowd:
    """hubbub-crowd, and what it says; it ends with the test."""

    def __init__(self, cluster):
        command = [CROWD, "--settle", 400, "--patience", 60]
        for gateway in cluster.gateways:
            command += ["--port", gateway.port]
        for group in GROUPS:
            command += ["--group", group]
        self.child = subprocess.Popen([str(word) for word in command], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def hear(self):
        line = self.child.stdout.readline()
        assert line, f"the crowd ended with {self.child.wait()}"
        return json.loads(line)

    def ask(self, word):
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()
        return self.hear()

    def hear_some(self):
        """Waits until so much was heard since the last look."""
        heard = 0

        def enough():
            nonlocal heard
            heard += self.ask("look")["heard"]
            return heard >= HEARD

        wait_for(enough, "the crowd goes on talking")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


def test_a_talking_crowd_hears_all_of_it_once_and_nothing_else(make_cluster):
    cluster = make_cluster(gateways=4, settings={"listener.chat.mounts": MOUNTS})
    with Crowd(cluster) as crowd:
        assert crowd.hear() == {"clients": 200}
        crowd.hear_some()
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            cluster.hub.signal(how)
            cluster.hub.child.wait()
            cluster.hub.start()
            crowd.hear_some()
        seen = crowd.ask("end")
    seen.pop("degraded")  # a slow machine may take a second for it
    assert seen["clean"], seen
    assert seen["heard"] == seen["expected"] > 5 * HEARD
    assert seen["gone"] == seen["notices"] == seen["refused"] == 0
