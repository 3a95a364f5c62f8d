"""What the user sees: tables on terminals, CSV, headers and bodies, and hostile bytes that harm no one."""
import contextlib
import csv
import fcntl
import io
import os
import pty
import re
import select
import struct
import termios
import unicodedata

from lab import connect, equal, true, wait_for
from lab.lab import SERVER

COLOR = re.compile(r"\x1b\[[0-9;]*m")
LONG = "/" + "very-long-path/" * 30
# What a stranger may put into a request target, and what would harm a terminal or JSON.
HOSTILE = [b"/esc\x1b[2J\x1b]0;owned\x07", b"/quote\"'\\", b"/latin\xe9\xff\xfe", b"/c1\xc2\x9b31m", b"/bidi\xe2\x80\xae",
           b"/cut\xe2\x82", b"/tab\tx", b"/wide\xe6\xbc\xa2\xe5\xad\x97" * 12, b"/del\x7f\x08\x08"]


def ask(lab, *targets):
    """Sends each target raw; nginx answers whatever it thinks of it, and may close."""
    for target in targets:
        with connect(lab.client, SERVER) as connection:
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(65536):
                    pass


def columns_of(line):
    """How many columns a terminal needs for it."""
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
               for sign in line)


def harmless(text, where, categories=("Cc", "Cf", "Cs")):
    """No control characters, C1 ones neither, nor ones that turn the direction of writing, but for line ends."""
    bad = sorted({repr(sign) for sign in text if sign != "\n" and unicodedata.category(sign) in categories})
    equal(bad, [], f"control characters in {where}")


class Terminal:
    """A pseudo terminal of so many columns."""

    def __init__(self, lab, columns):
        self.master, self.slave = pty.openpty()
        lab.callback(os.close, self.master)
        lab.callback(os.close, self.slave)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.data = b""

    def text(self):
        while select.select([self.master], [], [], 0)[0]:
            self.data += os.read(self.master, 65536)
        return self.data.decode().replace("\r\n", "\n")


def on_terminal(lab, columns, *options, targets=()):
    lab.pair(), lab.nginx()
    terminal = Terminal(lab, columns)
    tracer = lab.trace(*options, output="table", stdout=terminal.slave)
    lab.get("/small", "/nowhere", "/broken", LONG)
    ask(lab, *targets)
    lines = 4 + len(targets)  # and at least one of headings
    wait_for(lambda: terminal.text().count("\n") > lines, f"more than {lines} lines on the terminal")
    tracer.process.signal(2)
    equal(tracer.process.wait(), 0, "exit status")
    return terminal.text()


def fits(lab, columns):
    text = on_terminal(lab, columns, targets=HOSTILE)
    plain = COLOR.sub("", text)
    harmless(plain, "the table")
    for line in plain.splitlines():
        true(columns_of(line) <= columns, f"a line has {columns_of(line)} of {columns} columns: {line!r}")
    true("…" in plain, f"the long path was not cut:\n{plain}")
    return text


def test_terminal_of_80_columns(lab):
    text = fits(lab, 80)
    true(COLOR.search(text), f"a terminal, and no colour:\n{text!r}")
    for word in "GET", "/small", "200", "404", "503":
        true(word in COLOR.sub("", text), f"the table does not tell {word}:\n{text}")


def test_terminal_of_40_columns(lab):
    fits(lab, 40)


def test_no_color(lab):
    os.environ["NO_COLOR"] = "1"
    lab.callback(os.environ.pop, "NO_COLOR")
    equal(COLOR.findall(on_terminal(lab, 80)), [], "colours in spite of NO_COLOR")


def test_color_never(lab):
    equal(COLOR.findall(on_terminal(lab, 80, "--color", "never")), [], "colours in spite of --color never")


def as_text(lab, output, *options):
    lab.pair(), lab.nginx()
    tracer = lab.trace(*options, output=output)
    lab.get("/small", "/nowhere", LONG)
    ask(lab, *HOSTILE)
    tracer.wait_for_lines(3 + len(HOSTILE))
    tracer.end()
    return tracer.text


def test_table_in_a_file(lab):
    text = as_text(lab, "table")
    equal(COLOR.findall(text), [], "colours in a file")
    harmless(text, "the table")


def test_color_always(lab):
    text = as_text(lab, "table", "--color", "always")
    true(COLOR.search(text), f"no colour in spite of --color always:\n{text}")


def test_wide(lab):
    text = as_text(lab, "wide")
    harmless(text, "the wide table")
    true(LONG in text, f"the wide table cut the path:\n{text}")


def test_csv(lab):
    text = as_text(lab, "csv")
    harmless(text.replace("\r\n", "\n"), "CSV")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    equal({len(row) for row in rows}, {len(rows[0])}, "fields in a row")
    equal(len(rows), 1 + 3 + len(HOSTILE), "rows, with the headings")
    equal(len(set(rows[0])), len(rows[0]), "different headings")
    true(any("/small" in field for field in rows[1]), f"no target in {rows[1]}")


def test_json_with_hostile_bytes(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    ask(lab, *HOSTILE)
    records = tracer.wait(len(HOSTILE))
    tracer.end()
    equal(len(records), len(HOSTILE), "records")
    harmless(tracer.text, "JSON lines", categories=("Cc", "Cs"))
    targets = [record["request"]["target"] for record in records if record["request"]]
    true("/quote\"'\\" in targets, f"targets: {targets}")
    true("/esc\x1b[2J\x1b]0;owned\x07" in targets, f"targets: {targets}")


SECRETS = ["Authorization: Bearer secret-of-the-client", "Proxy-Authorization: Basic secret-of-the-client",
           "Cookie: id=secret-of-the-client"]


def with_headers(lab, *options):
    lab.pair(), lab.nginx()
    tracer = lab.trace("--headers", "user-agent,authorization,proxy-authorization,cookie,Set-Cookie,Server", *options)
    lab.get("/cookie", options=["-A", "agent/1", *(word for header in SECRETS for word in ("-H", header))])
    tracer.wait(1)
    tracer.end()
    return tracer.text


def test_headers_masked(lab):
    text = with_headers(lab)
    true("agent/1" in text and "nginx" in text, f"the headers asked for are not there: {text}")
    true("secret-of" not in text, f"a secret was told: {text}")
    for name in "authorization", "proxy-authorization", "cookie", "set-cookie":
        true(f'"{name}"' in text.lower(), f"{name} is not told, not even masked: {text}")


def test_show_secrets(lab):
    text = with_headers(lab, "--show-secrets")
    equal((text.count("secret-of-the-client"), text.count("secret-of-the-server")), (3, 1), "secrets told")


def test_headers_only_when_asked_for(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small", options=["-A", "agent/1"])
    tracer.wait(1)
    tracer.end()
    true("agent/1" not in tracer.text, f"a header nobody asked for: {tracer.text}")


def test_body_preview(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("--body", "5")
    lab.get("/echo", options=["--data", "abcdefgh"])
    record = tracer.wait(1)[0]
    tracer.end()
    equal((record["request"]["body"], record["response"]["body"]), ("abcde", "you a"), "previews of 5 bytes")
    equal((record["request"]["body_bytes"], record["response"]["body_bytes"]), (8, 9), "lengths")
