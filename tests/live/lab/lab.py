"""One case's laboratory: whatever it makes is gone when the case ends, however it ends."""
import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import network, schema
from .check import Failure, equal
from .cluster import Cluster
from .network import Namespace, command, give_address, join
from .nginx import Nginx
from .process import Process
from .refusals import Refusals
from .relay import Relay
from .tracer import Tracer

ROOT = pathlib.Path(__file__).resolve().parents[3]
PODSNOOP = pathlib.Path(os.environ.get("PODSNOOP", ROOT / "build/tools/podsnoop")).resolve()
CURL = ("curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*")
CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
CLIENT6, SERVER6 = "fd77::1", "fd77::2"
numbers = itertools.count(1)


def why_unavailable():
    """Why nothing of this can run here, or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        command("unshare", "--net", "true")
    except (Failure, OSError) as error:
        return f"this machine lets no one make network namespaces: {error}"
    return None


class Lab(contextlib.ExitStack):
    def __init__(self, case):
        super().__init__()
        self.case = case
        self.notes = []  # what the case wants told with its result
        self.processes = []
        self.namespaces = []
        self.folder = self.refusals = None
        self.client = self.server = None

    def __enter__(self):
        super().__enter__()
        self.folder = tempfile.mkdtemp(prefix="podsnoop-live-")
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o755)  # servers that are not root read in it
        self.refusals = Refusals()
        self.callback(self.refusals.close)
        self.push(self.check_outputs)
        return self

    def __exit__(self, *failure):
        # Read now what a failure wants to tell: the folder goes with the rest.
        self.said = [text for process in self.processes if (text := process.said())]
        return super().__exit__(*failure)

    def check_outputs(self, failure, *_):
        """Whatever a case was about, each line of JSON that came is one of the schema's, and no system call was refused.
        Programs have ended by now."""
        if failure is None:
            equal(self.refusals.of(PODSNOOP), [], "system calls that podsnoop was refused")
            for process in self.processes:
                schema.check_process(PODSNOOP, process)

    def said_by_programs(self):
        return self.said

    def namespace(self, role):
        # The process id keeps two runs at once apart, and says whose a left-over one is.
        namespace = Namespace(f"podsnoop-live-{os.getpid()}-{next(numbers)}-{role}")
        self.callback(namespace.remove)
        self.namespaces.append(namespace)
        return namespace

    def pair(self):
        """A client and a server joined by a veth, eth0 on both sides, with addresses of both families."""
        self.client, self.server = self.namespace("client"), self.namespace("server")
        join(self.client, self.server)
        give_address(self.client, "eth0", f"{CLIENT}/24", f"{CLIENT6}/64")
        give_address(self.server, "eth0", f"{SERVER}/24", f"{SERVER6}/64")
        return self.client, self.server

    def pods(self, node, bridged=True):
        """Two pods on a node, as a CNI plugin joins them: veths with their far ends on the node's bridge cni0; or
        routed by the node, each veth its own subnet. Gives the pods and their addresses."""
        pods, addresses = [], []
        for number in (1, 2):
            pod = self.namespace(f"pod{number}")
            join(node, pod, f"veth{number}", "eth0")
            subnet = 0 if bridged else number
            address = f"10.78.{subnet}.{number}"
            give_address(pod, "eth0", f"{address}/24")
            if not bridged:
                give_address(node, f"veth{number}", f"10.78.{number}.254/24")
                pod.ip("route", "add", "default", "via", f"10.78.{number}.254")
            pods.append(pod)
            addresses.append(address)
        if bridged:
            network.bridge(node, "cni0", "veth1", "veth2")
        else:
            command(*node.inside("sysctl", "-q", "-w", "net.ipv4.ip_forward=1"))
        return pods, addresses

    def distant_pair(self, delay):
        """The pair again, so far apart that each frame takes `delay` seconds. Frames are as small on both interfaces as
        they are on a wire."""
        self.client, self.server = self.namespace("client"), self.namespace("server")
        between = self.namespace("between")
        for namespace, name in (self.client, "left"), (self.server, "right"):
            join(namespace, between, "eth0", name)
            network.without_offload(namespace, "eth0")
        give_address(self.client, "eth0", f"{CLIENT}/24")
        give_address(self.server, "eth0", f"{SERVER}/24")
        self.enter_context(Relay(between, "left", "right", delay))
        return self.client, self.server

    def vlan(self, stacked=False, inline=False):
        """The pair again, its traffic tagged by both ends: the outer tag in the packet's metadata, as network cards
        leave it; with `inline`, in the frame as it leaves the sender."""
        client, server = self.pair()
        program = f"{self.folder}/vlan.o"
        architecture = command("g++", "-print-multiarch").strip()
        command("clang", "-O2", "-g", "-target", "bpf", "-idirafter", f"/usr/include/{architecture}",
                "-c", ROOT / "tests/live/lab/vlan.bpf.c", "-o", program)
        for namespace in (client, server):
            network.tag_traffic(namespace, "eth0", program, stacked)
            if inline:
                command(*namespace.inside("ethtool", "-K", "eth0", "tx-vlan-hw-insert", "off",
                                          "tx-vlan-stag-hw-insert", "off"))
        return client, server

    def vxlan(self, mtu=1450, port=4789):
        """The pair again, with a tunnel between the two as between nodes: vxlan0 on both sides. Gives the server's
        addresses in it. With an MTU above 1450 the packets that carry it are fragmented."""
        self.pair()
        for namespace, number, local, remote in (self.client, 1, CLIENT, SERVER), (self.server, 2, SERVER, CLIENT):
            network.vxlan(namespace, "vxlan0", local, remote, port, mtu)
            give_address(namespace, "vxlan0", f"10.79.9.{number}/24", f"fd79::{number}/64")
        return "10.79.9.2", "fd79::2"

    def cluster(self):
        """A node with a container runtime, and a machine beside it."""
        return Cluster(self)

    def nginx(self, namespace=None):
        return Nginx(self, namespace or self.server)

    def start(self, namespace, *argv, **options):
        """Starts a program; it is killed at the end at the latest."""
        with namespace.parenting() if namespace else contextlib.nullcontext():
            process = Process(self, namespace.inside(*argv) if namespace else [str(word) for word in argv], **options)
        self.processes.append(process)
        self.callback(process.kill)
        return process

    def trace(self, *options, command="http", namespace=None, netns=None, interfaces=("eth0",), **how):
        """podsnoop, in the server's namespace unless told otherwise, ready."""
        netns = netns or (namespace or self.server).name
        return Tracer(self, [PODSNOOP, command, "--netns", netns,
                             *(word for name in interfaces for word in ("-i", name)), *options], **how)

    def trace_on(self, node, *options, command="http", **how):
        """The same on a node. Where it looks is what the options say."""
        return Tracer(self, [PODSNOOP, command, *options], namespace=node, **how)

    def podsnoop(self, *argv, namespace=None, wrapper=(), **options):
        """Runs podsnoop to its end."""
        words = [*wrapper, PODSNOOP, *argv]
        with namespace.parenting() if namespace else contextlib.nullcontext():
            done = subprocess.run(namespace.inside(*words) if namespace else [str(word) for word in words],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=30, **options)
        if isinstance(done.stdout, bytes):
            schema.check_lines(PODSNOOP, done.stdout)
        return done

    def curl(self, *words, status=0, namespace=None):
        """Runs curl in the client's namespace and gives what it printed."""
        namespace = namespace or self.client
        with namespace.parenting():
            done = subprocess.run(namespace.inside(*CURL, *words), stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != status:
            raise Failure(f"curl {' '.join(map(str, words))}: exit status {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def get(self, *paths, options=(), server=SERVER):
        """One curl, and so one connection where the server keeps it: GETs of these paths."""
        return self.curl(*options, *(f"http://{server}{path}" for path in paths))

    def file(self, name, size):
        """A file of this many bytes that are all zero and take no room."""
        path = pathlib.Path(self.folder) / name
        with open(path, "wb") as file:
            file.truncate(size)
        return path

    def retransmitted(self):
        """Segments that the kernel sent again, in all the namespaces."""
        return sum(namespace.retransmitted() for namespace in self.namespaces)

    def note(self, text):
        self.notes.append(text)
