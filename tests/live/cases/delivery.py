"""A written stream never describes its own delivery: what carries the records away is no record, as far as it is known."""
import contextlib
import json
import os

from lab import equal, true, wait_for
from lab.lab import SERVER
from lab.pod import IDLE, web

# Asks a server something for each line that it reads, over one connection, and then writes it.
SENDER = """
import http.client, sys
server = http.client.HTTPConnection(sys.argv[1])
for line in sys.stdin.buffer:
    server.request("GET", "/small?sent")
    server.getresponse().read()
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""


class Pipeline:
    """podsnoop on the client's eth0, whose records a program of that namespace sends to the server. `between` stands
    between the two. With a node podsnoop traces its pods, and the program is on the node and sends to an `address`."""

    def __init__(self, lab, *options, between=(), command="http", node=None, address=SERVER):
        with contextlib.ExitStack() as ends:
            def pipe():
                return [ends.enter_context(os.fdopen(end, mode)) for end, mode in zip(os.pipe(), "rw")]

            first = last = pipe()
            if between:
                last = pipe()
                lab.start(None, *between, stdin=first[0], stdout=last[1])
            self.sender = lab.start(node or lab.client, "python3", "-c", SENDER, address, stdin=last[0])
            how = {"command": command, "stdout": first[1], "bulky": True}
            self.tracer = lab.trace_on(node, *options, **how) if node else lab.trace(*options, netns=lab.client.name, **how)

    def sent(self):
        return [json.loads(line) for line in self.sender.stdout.splitlines()]

    def wait(self, count):
        wait_for(lambda: len(self.sent()) >= count, f"{count} records that were sent")

    def end(self):
        """The records that were sent, and the ledger."""
        self.tracer.end()
        equal(self.sender.wait(), 0, "the sender's exit status")
        return self.sent(), self.tracer.ledger


def targets(records):
    return [record["request"]["target"] for record in records]


def check_left_out(lab, pipeline):
    lab.get("/small?first", "/small?second")
    pipeline.wait(2)
    lab.get("/small?last")
    pipeline.wait(3)
    records, ledger = pipeline.end()
    equal(targets(records), ["/small?first", "/small?second", "/small?last"], "records")
    equal(ledger["excluded"]["self"], 3, "requests of the sender")
    equal(ledger["requests"]["seen"], 3 + ledger["excluded"]["self"], "requests in the ledger")
    true("of what carries this output away" in pipeline.tracer.stderr, f"not said: {pipeline.tracer.stderr}")


def test_what_reads_the_pipe(lab):
    lab.pair(), lab.nginx()
    check_left_out(lab, Pipeline(lab))


def test_what_ends_a_longer_pipeline(lab):
    lab.pair(), lab.nginx()
    check_left_out(lab, Pipeline(lab, between=("jq", "--unbuffered", "-c", ".")))


def test_all_of_it_where_that_is_asked_for(lab):
    """Then each record's delivery is a record in turn, without end."""
    lab.pair(), lab.nginx()
    pipeline = Pipeline(lab, "--no-exclude-self")
    lab.get("/small")
    pipeline.wait(20)
    records, ledger = pipeline.end()
    equal(set(targets(records)), {"/small", "/small?sent"}, "records")
    equal(ledger["excluded"]["self"], 0, "left out")


def test_others_at_the_same_server(lab):
    """Neither the server nor the address makes it: only who holds the connection."""
    lab.pair(), lab.nginx()
    pipeline = Pipeline(lab)
    lab.get("/small?sent")
    pipeline.wait(1)
    lab.get("/small?sent")
    pipeline.wait(2)
    records, _ = pipeline.end()
    equal(targets(records), ["/small?sent", "/small?sent"], "records")


def test_connections(lab):
    lab.pair(), lab.nginx()
    pipeline = Pipeline(lab, command="tcp")
    lab.get("/small")
    pipeline.wait(1)
    records, ledger = pipeline.end()
    equal([record["server_bytes"] > 0 for record in records], [True], "records")
    equal((ledger["connections"]["seen"], ledger["excluded"]["self"]), (2, 1), "connections")


def test_a_node_that_sends_to_one_of_its_pods(lab):
    """Seen in the pod's namespace, where the node's program has no socket."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    pipeline = Pipeline(lab, node=cluster.node, address=cart.address)
    front.curl(f"http://{cart.address}/small?first")
    pipeline.wait(1)
    front.curl(f"http://{cart.address}/small?last")
    pipeline.wait(2)
    records, ledger = pipeline.end()
    equal(targets(records), ["/small?first", "/small?last"], "records")
    equal(ledger["excluded"]["self"], 2, "requests of the sender")


def test_a_file_leaves_out_the_same(lab):
    lab.pair(), lab.nginx()
    capture = f"{lab.folder}/written.pcapng"
    pipeline = Pipeline(lab, "-w", capture)
    lab.get("/small")
    pipeline.wait(1)
    lab.get("/page")
    pipeline.wait(2)
    records, ledger = pipeline.end()
    again = lab.podsnoop("http", "-r", capture, "-o", "json", "--ledger", f"{lab.folder}/again")
    equal([json.loads(line) for line in again.stdout.splitlines()], records, "records of the file")
    with open(f"{lab.folder}/again", encoding="utf-8") as file:
        equal(json.load(file)["excluded"], ledger["excluded"], "left out of the file")
    whole = lab.podsnoop("http", "-r", capture, "-o", "json", "--no-exclude-self")
    equal(len(whole.stdout.splitlines()), 2 + ledger["excluded"]["self"], "all records of the file")
