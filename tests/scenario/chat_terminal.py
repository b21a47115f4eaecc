"""hubbub-chat as a process: on pipes, or on a terminal whose screen can be read."""

import fcntl
import json
import os
import pty
import re
import subprocess
import termios
import threading

from harness import BIN, PATIENCE, wait_for

CHAT = str(BIN / "hubbub-chat")


def environment(**variables):
    chosen = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    chosen["TZ"] = "UTC"
    chosen["HOME"] = "/nonexistent"
    chosen.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
    chosen.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1:exitcode=99")
    return {**chosen, **variables}


def url_of(gateway, path="/ws"):
    return f"ws://127.0.0.1:{gateway.port}{path}"


def run_chat(*arguments, typed="", **variables):
    """One whole run on pipes: what became of it."""
    return subprocess.run(
        [CHAT, *map(str, arguments)], input=typed, capture_output=True, text=True,
        timeout=PATIENCE, check=False, env=environment(**variables),
    )


def frames_of(done):
    """What --json printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


class PipedChat:
    """A run that goes on, with --json: say() a line, hear() the next frame that is wanted."""

    def __init__(self, *arguments, **variables):
        self._child = subprocess.Popen(
            [CHAT, "--json", *map(str, arguments)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(**variables),
        )
        self.heard = []
        self._mark = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            self.heard.append(json.loads(line))

    def say(self, line):
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def hear(self, **members):
        """The first frame with these members behind the last one that was asked for."""

        def found():
            for index in range(self._mark, len(self.heard)):
                if members.items() <= self.heard[index].items():
                    self._mark = index + 1
                    return self.heard[index]
            return None

        return wait_for(found, f"{members} among {self.heard[self._mark:]}")

    def contents(self):
        return [frame["content"] for frame in self.heard if frame["type"] == "public"]

    def wait(self):
        """The exit status, and what it said at its end."""
        status = self._child.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status, self._child.stderr.read()

    def end(self):
        """End of input; all that was said is answered then."""
        self._child.stdin.close()
        return self.wait()

    def kill(self):
        self._child.kill()
        self._child.wait(PATIENCE)


class Screen:
    """As much of a terminal as a line editor needs."""

    CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z@])|\x1b[()=>][0-9A-Za-z]?|[\x00-\x1f]|.", re.DOTALL)

    def __init__(self, columns):
        self.columns = columns
        self.rows = [[]]
        self.row = self.column = 0
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        # A sequence may be cut in two.
        cut = re.search(r"\x1b(\[[0-9;?]*)?$", text)
        self.rest = text[cut.start():] if cut else ""
        for match in self.CONTROL.finditer(text[: cut.start()] if cut else text):
            if match.group(2):
                self._control(match.group(2), match.group(1))
            elif match.group(0)[0] != "\x1b":
                self._put(match.group(0))

    def _line(self):
        while len(self.rows) <= self.row:
            self.rows.append([])
        return self.rows[self.row]

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            self._line()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            if self.column >= self.columns:
                self.row, self.column = self.row + 1, 0
            line = self._line()
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = character
            self.column += 1

    def _control(self, kind, numbers):
        count = int(numbers.split(";")[0] or 0) if numbers[:1] != "?" else 0
        line = self._line()
        if kind in "ABCD":
            moves = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}[kind]
            self.row = max(0, self.row + moves[0] * max(1, count))
            self.column = max(0, self.column + moves[1] * max(1, count))
        elif kind == "G":
            self.column = max(1, count) - 1
        elif kind == "K":
            del line[self.column:]
        elif kind == "J":
            del line[self.column:]
            del self.rows[self.row + 1:]
        elif kind == "P":
            del line[self.column:self.column + max(1, count)]
        elif kind == "@":
            line[self.column:self.column] = " " * max(1, count)

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]

    @property
    def now(self):
        """The line that the cursor is in."""
        return self.lines()[self.row]


def own_terminal():
    """Ctrl-C is a signal of the terminal's to whoever it belongs to."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class TerminalChat:
    """A run on a terminal: type() keys, see() what is on the screen."""

    def __init__(self, *arguments, columns=80, **variables):
        self.screen = Screen(columns)
        self.raw = ""
        master, slave = pty.openpty()
        termios.tcsetwinsize(master, (24, columns))
        self._before = termios.tcgetattr(slave)
        self._slave = slave
        self._master = master
        self._child = subprocess.Popen(
            [CHAT, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=own_terminal, env=environment(TERM="xterm", **variables),
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                text = os.read(self._master, 65536).decode(errors="replace")
            except OSError:
                return
            self.raw += text
            self.screen.feed(text)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def enter(self, line):
        self.type(line + "\r")

    def sees(self, pattern):
        """Waits for a line above the one that is edited."""

        def found():
            return next((line for line in self.screen.lines() if re.search(pattern, line)), None)

        return wait_for(found, f"{pattern!r} on the screen:\n" + "\n".join(self.screen.lines()))

    def edits(self, line):
        """Waits until this is the line that is edited."""
        wait_for(lambda: self.screen.now == line, f"{line!r} as the line that is edited")

    def signal(self, number):
        self._child.send_signal(number)

    def is_stopped(self):
        with open(f"/proc/{self._child.pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def resize(self, columns):
        """The kernel tells the process."""
        self.screen.columns = columns
        termios.tcsetwinsize(self._master, (24, columns))

    def terminal_is_as_before(self):
        return termios.tcgetattr(self._slave) == self._before

    def wait(self):
        """The exit status; the terminal is as it was."""
        status = self._child.wait(PATIENCE)
        assert self.terminal_is_as_before()
        return status

    def kill(self):
        self._child.kill()
        self._child.wait(PATIENCE)
        os.close(self._master)
        os.close(self._slave)
