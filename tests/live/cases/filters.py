"""Filters choose what is printed, never what is counted."""
from lab import equal, told
from lab.lab import SERVER

REQUESTS = 7  # that traffic() makes


def traffic(lab):
    lab.get("/small", "/nowhere", "/broken", "/moved", "/slow")
    lab.get("/echo?q=1", options=["--data", "abc", "-H", "Host: cart.shop"])
    lab.get("/page", options=["--head"])


def chosen(lab, cases):
    """For each of (options, lines): only the exchanges of these lines are printed, all are counted."""
    lab.pair(), lab.nginx()
    for options, lines in cases:
        tracer = lab.trace(*options, filtered=True)
        traffic(lab)
        tracer.wait(len(lines))
        tracer.end()
        came = [line.split(" complete")[0] for line in told(tracer.records)]
        equal(sorted(came), sorted(lines), f"chosen by {' '.join(options)}")
        equal(tracer.ledger["requests"]["seen"], REQUESTS, f"requests counted with {' '.join(options)}")


SMALL = "GET /small 0 -> 200 13"
NOWHERE = "GET /nowhere 0 -> 404 153"
BROKEN = "GET /broken 0 -> 503 197"
MOVED = "GET /moved 0 -> 301 169"
SLOW = "GET /slow 0 -> 200 20000"
ECHO = "POST /echo?q=1 3 -> 200 9"
HEAD = "HEAD /page 0 -> 200 0"
ALL = [SMALL, NOWHERE, BROKEN, MOVED, SLOW, ECHO, HEAD]


def test_status(lab):
    chosen(lab, [
        (["--status", "404"], [NOWHERE]),
        (["--status", "5xx"], [BROKEN]),
        (["--status", ">=400"], [NOWHERE, BROKEN]),
        (["--status", "301,5xx"], [MOVED, BROKEN]),
    ])


def test_method(lab):
    chosen(lab, [(["--method", "POST"], [ECHO]), (["--method", "HEAD,POST"], [ECHO, HEAD])])


def test_path(lab):
    chosen(lab, [(["--path", "/s*"], [SMALL, SLOW]), (["--path", "/echo*"], [ECHO])])


def test_host(lab):
    chosen(lab, [(["--host", "*.shop"], [ECHO])])


def test_port(lab):
    chosen(lab, [(["--port", "80"], ALL)])


def test_errors(lab):
    chosen(lab, [(["--errors"], [BROKEN])])


def test_slower_than(lab):
    chosen(lab, [(["--slower-than", "150ms"], [SLOW])])


def test_together(lab):
    chosen(lab, [(["--status", "2xx", "--method", "GET", "--path", "/s*", "--slower-than", "150ms"], [SLOW])])


def test_other_port(lab):
    """An exchange on another port is not printed."""
    lab.pair(), lab.nginx()
    tracer = lab.trace("--port", "8080,9090", filtered=True)
    lab.get("/small")
    equal(tracer.end(), [], "records")
