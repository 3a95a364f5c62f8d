"""Captures by tcpdump, and what podsnoop and tshark read in them."""
import contextlib
import json
import subprocess
import xml.etree.ElementTree as xml
from dataclasses import dataclass

from lab import Failure, equal, wait_for
from lab.lab import PODSNOOP
from lab.ledger import check, check_records
from lab.schema import check_lines

# The longest packet there is here. tcpdump sets aside as much for each, of its buffer.
SNAP = 66_000


@contextlib.contextmanager
def tcpdump(lab, path, *options, namespace=None, interface="eth0", expression="tcp"):
    """Captures into `path` what goes on meanwhile."""
    dump = lab.start(namespace or lab.server, "tcpdump", "-i", interface, "-s", SNAP, "-n", "-U", "-B", "131072",
                     "--immediate-mode", *options, "-w", path, expression)
    wait_for(lambda: "listening on" in dump.stderr, "listening tcpdump")
    yield
    # The last packets are on their way to tcpdump; it has no sign of having got them all but that no more come.
    size = -1
    while size != (size := path.stat().st_size):
        with contextlib.suppress(subprocess.TimeoutExpired):
            dump.child.wait(0.3)
    dump.child.terminate()
    dump.wait()
    if "\n0 packets dropped by kernel" not in dump.stderr:
        raise Failure(f"tcpdump lost packets: {dump.stderr}")


def podsnoop(lab, path, stdin=None, command="http"):
    """The records of a capture, as lines of JSON. Its ledger is checked."""
    ledger = f"{lab.folder}/ledger.json"
    done = subprocess.run([PODSNOOP, command, "-r", path, "-o", "json", "--ledger", ledger], stdin=stdin,
                          capture_output=True, timeout=120)
    equal(done.returncode, 0, f"podsnoop's exit status ({done.stderr.decode()})")
    check_lines(PODSNOOP, done.stdout)
    lines = done.stdout.decode().splitlines()
    with open(ledger, encoding="utf-8") as file:
        counts = json.load(file)
    check(counts)
    check_records(counts, [json.loads(line) for line in lines])
    return lines


@dataclass
class Message:
    """One HTTP message as tshark tells it."""
    frame: int
    client: tuple        # address and port
    fields: dict         # of the first of each name: its text
    body: int            # bytes after transfer decoding, before content decoding

    @property
    def is_request(self):
        return "http.request.method" in self.fields


def tshark(path):
    """All HTTP messages of a capture, in tshark's order."""
    command = ["tshark", "-r", path, "-2", "-n", "-T", "pdml", "-Y", "http", "-o", "tcp.desegment_tcp_streams:TRUE",
               "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "http.decompress_body:FALSE",
               "-o", "http.desegment_body:TRUE", "-d", "tcp.port==8080,http"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        messages = []
        for _, packet in xml.iterparse(process.stdout):
            if packet.tag == "packet":
                messages += messages_of(packet)
                packet.clear()
        error = process.stderr.read()
    if process.returncode != 0:
        raise Failure(f"tshark: {error.decode()}")
    return messages


def messages_of(packet):
    frame, ends = 0, {}
    for layer in packet.iter("proto"):
        if layer.get("name") == "frame":
            frame = int(first(layer, "frame.number"))
        elif layer.get("name") in ("ip", "ipv6"):
            ends = {side: first(layer, f"{layer.get('name')}.{side}") for side in ("src", "dst")}
        elif layer.get("name") == "tcp" and first(layer, "tcp.srcport"):
            ports = {side: int(first(layer, f"tcp.{side}port")) for side in ("src", "dst")}
        elif layer.get("name") == "http":
            fields = {}
            for field in layer.iter("field"):
                fields.setdefault(field.get("name"), field.get("show"))
            if "http.request.method" not in fields and "http.response.code" not in fields:
                continue  # the rest of one that it could not put together
            side = "src" if "http.request.method" in fields else "dst"
            # A body with a Content-Encoding is left as it is, and called data.
            body = next((field for field in layer.iter("field") if field.get("name") == "http.file_data"), None)
            size = int(body.get("size") if body is not None else fields.get("data.len", 0))
            yield Message(frame, (ends[side], ports[side]), fields, size)


def first(layer, name):
    return next((field.get("show") for field in layer.iter("field") if field.get("name") == name), None)
