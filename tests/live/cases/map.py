"""podsnoop map: who calls whom, live."""
import json
import subprocess
import sys
import xml.etree.ElementTree as xml

from lab import equal, true, wait_for
from lab.lab import CLIENT, SERVER
from lab.pod import IDLE, web

# What would end a label, a line or an arrow in a picture, in the fifteen bytes of a process's name.
HOSTILE = b'"];x->y[\\<b>&\n\x1b'
ANSWER = """
import http.server, sys
with open("/proc/self/comm", "wb") as comm:
    comm.write(sys.argv[1].encode("utf-8", "surrogateescape"))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 8080), Answer).serve_forever()
"""


def records_of(tracer):
    return [json.loads(line) for line in tracer.text.splitlines()]


def told(records):
    def name(party):
        return party["pod"]["name"] if party["pod"] else party["address"]

    return sorted((name(record["client"]), name(record["server"]), record["server"]["port"], record["requests"], record["errors"])
                  for record in records)


def test_pods(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"app": IDLE})
    back = cluster.pod("shop", "back", {"app": IDLE})
    tracer = lab.trace_on(cluster.node, command="map", bulky=True)
    for _ in range(3):
        front.curl(f"http://{cart.address}/small", f"http://{cart.address}/small")
    back.curl(f"http://{cart.address}/small")
    lab.curl(f"http://{cart.address}/small", namespace=cluster.node)
    tracer.end()
    equal(told(records_of(tracer)), sorted([("front", "cart", 80, 6, 0), ("back", "cart", 80, 1, 0), ("10.244.0.1", "cart", 80, 1, 0)]), "edges")


def test_every_interval(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("--interval", "200ms", command="map", bulky=True)
    for count in 1, 2:
        lab.get("/small", "/broken")
        wait_for(lambda wanted=count: sum(r["requests"] for r in records_of(tracer)) == 2 * wanted, "edges of an interval that is over")
    tracer.end()
    records = records_of(tracer)
    true(len(records) >= 2, f"edges of one interval only: {records}")
    equal({edge[:3] for edge in told(records)}, {(CLIENT, SERVER, 80)}, "edges")
    equal(sum(record["errors"] for record in records), 2, "errors")


def test_hostile_process(lab):
    """A process may have any name; Graphviz shows it, and it makes no box or arrow."""
    lab.pair()
    lab.start(lab.server, sys.executable, "-c", ANSWER, HOSTILE.decode())
    lab.curl("--retry", 50, "--retry-connrefused", "--retry-delay", 0, f"http://{SERVER}:8080/")
    dot, mermaid = (lab.trace(command="map", output=output) for output in ("dot", "mermaid"))
    lab.curl(f"http://{SERVER}:8080/")
    dot.end(), mermaid.end()
    drawn = subprocess.run(["dot", "-Tsvg"], input=dot.text.encode(), capture_output=True, timeout=30)
    equal((drawn.returncode, drawn.stderr), (0, b""), f"Graphviz's exit status, and what it says of {dot.text}")
    svg = xml.fromstring(drawn.stdout)
    groups = [group.get("class") for group in svg.iter() if group.get("class") in ("node", "edge")]
    equal(sorted(groups), ["edge", "node", "node"], "boxes and arrows")
    texts = "".join(svg.itertext())
    true('"];x->y[\\<b>&\\x0a' in texts, f"the process's name: {texts}")
    true("#34;#93;#59;x-#62;y#91;#92;#60;b#62;#38;#92;x0a" in mermaid.text, f"the process's name: {mermaid.text}")


def test_nothing_happened(lab):
    lab.pair()
    for output, wanted in ("json", ""), ("mermaid", 'flowchart LR\n  note["no requests were seen"]\n'):
        tracer = lab.trace(command="map", output=output, bulky=True)
        tracer.end()
        equal(tracer.text, wanted, f"{output} of nothing")


def test_wrong_output(lab):
    done = lab.podsnoop("map", "-r", "/dev/null", "-o", "svg")
    equal(done.returncode, 2, "exit status")
    true(b"it is none of table, wide, json, csv, influx, dot, mermaid" in done.stderr, done.stderr)
