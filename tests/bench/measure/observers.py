"""The programs that watch: podsnoop and its peers, as a person would run them to see every exchange."""
import dataclasses
import json
import mmap
import pathlib
import re
import signal
import subprocess
import sys

from lab.check import Failure, wait_for
from lab.lab import PODSNOOP

from . import usage

HERE = pathlib.Path(__file__).resolve().parent
REST = 20.0  # seconds that a program may take to catch up with what it has captured


@dataclasses.dataclass(frozen=True)
class Observer:
    """`live` watches INTERFACE, `read` reads FILE; FOLDER is its own, PODS a kubelet's account of the pods. `ready` is
    what its standard error says once it watches, `dropped` what it says there of packets that it lost, `counted` of
    messages that it told. Where it says nothing of those, `told` is what stands once in its output for each exchange.
    `share` is the part of a file that it is given, where it is very slow."""
    name: str
    live: tuple
    read: tuple = ()
    ready: str = "listening on"
    dropped: str = None
    counted: str = None
    told: bytes = None
    share: float = 1.0

    @property
    def sink(self):
        """What it prints goes where it costs least, unless it must be counted; then it is kept in memory."""
        return None if self.told else subprocess.DEVNULL

    def exchanges(self, said, *printed):
        """How many it told, by its standard error or what it printed; None where neither tells."""
        if self.counted:
            return sum(map(int, re.findall(self.counted, said))) // 2  # requests and responses
        if self.told:
            return sum(count(path, self.told) for path in printed)
        return None


RESPONSE = ("-Y", "http.response", "-T", "fields", "-e", "frame.time_epoch", "-e", "ip.src", "-e", "tcp.srcport",
            "-e", "ip.dst", "-e", "tcp.dstport", "-e", "http.response.code", "-e", "http.time", "-e", "http.request.uri")


def podsnoop(name="podsnoop", output="json"):
    options = ("-o", output, "--pods", "PODS", "--ledger", "FOLDER/ledger.json")
    return Observer(name, (PODSNOOP, "http", "-i", "INTERFACE", *options), (PODSNOOP, "http", "-r", "FILE", *options),
                    ready="podsnoop: tracing")


OBSERVERS = {observer.name: observer for observer in (
    podsnoop(),
    Observer("tcpdump", ("tcpdump", "-i", "INTERFACE", "-s", "96", "-w", "/dev/null"),
             ("tcpdump", "-r", "FILE", "-w", "/dev/null"), dropped=r"(\d+) packets dropped by kernel"),
    Observer("httpry", ("httpry", "-i", "INTERFACE"), ("httpry", "-r", "FILE"), ready="Starting capture",
             dropped=r"(\d+) packets dropped", counted=r"(\d+) http packets parsed"),
    Observer("tcpflow", ("tcpflow", "-i", "INTERFACE", "-c"), ("tcpflow", "-r", "FILE", "-o", "FOLDER/flows"),
             told=b"HTTP/1.1 200 OK\r\n"),
    Observer("tshark", ("tshark", "-i", "INTERFACE", *RESPONSE), ("tshark", "-r", "FILE", *RESPONSE),
             ready="Capture started", dropped=r"(\d+) packets? dropped", told=b"\t200\t", share=0.1),
)}


# What there is to any of them that listens by a packet socket.
DEAF = Observer("a socket that keeps nothing", (sys.executable, HERE / "deaf_socket.py", "INTERFACE"))

# Every pod of a node, in its own namespace.
FOLLOWER = Observer("podsnoop", (PODSNOOP, "http", "-o", "json", "--ledger", "FOLDER/ledger.json"), ready="podsnoop: tracing")


def words(argv, **names):
    """The command line with the capital words replaced."""
    for word in map(str, argv):
        for name, value in names.items():
            word = word.replace(name.upper(), str(value))
        yield word


def count(path, what):
    """How often it stands in a file."""
    if path.stat().st_size == 0:
        return 0
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found, at = 0, content.find(what)
        while at >= 0:
            found, at = found + 1, content.find(what, at + len(what))
        return found


class Watch:
    """An observer that runs, in a namespace."""

    def __init__(self, lab, observer, namespace, interface, pods, stdout=None):
        self.observer = observer
        self.folder = pathlib.Path(lab.folder) / f"{observer.name}-{len(lab.processes)}"
        self.folder.mkdir()
        argv = words(observer.live, interface=interface, pods=pods, folder=self.folder)
        self.process = lab.start(namespace, *argv, cwd=self.folder, stdout=stdout or observer.sink)
        wait_for(self.ready, f"ready {observer.name}")

    def ready(self):
        if not self.process.running():
            raise Failure(f"{self.observer.name} ended: {self.process.stderr}")
        return self.observer.ready in self.process.stderr

    def cpu(self):
        return usage.cpu(self.process.pid)

    def rest(self):
        usage.wait_until_rested(self.process.pid, REST)

    def peak_mib(self):
        return usage.peak_mib(self.process.pid)

    def end(self):
        """Ends it as a user would. Gives the exchanges it told, the packets it lost, and podsnoop's ledger."""
        self.process.signal(signal.SIGINT)
        self.process.wait(REST)
        dropped = self.observer.dropped and sum(map(int, re.findall(self.observer.dropped, self.process.stderr)))
        told = self.observer.exchanges(self.process.stderr, self.process.stdout_path)
        self.process.stdout_path.unlink()  # it lies in memory
        if not self.observer.name.startswith("podsnoop"):
            return told, dropped, None
        ledger = json.loads((self.folder / "ledger.json").read_text(encoding="utf-8"))
        return ledger["requests"]["complete"], sum(ledger["packets"]["dropped"].values()), ledger
