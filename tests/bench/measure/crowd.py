"""A node with many pods, each a process in a network namespace and a control group of its own, joined to a bridge. They
are no more than what podsnoop looks at: no container runtime makes hundreds of pods in the time of a measurement."""
import contextlib
import os
import pathlib
import subprocess

from lab import cgroups
from lab.check import wait_for
from lab.network import bridge, command
from lab.node import Machine

HERE = pathlib.Path(__file__).resolve().parent
# The node's own processes, /run and /var. The first process makes the pods and waits.
BOOT = """
set -e
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var
mkdir -p /var/log/pods /var/lib/kubelet/pods /var/tmp
exec python3 -B "$@"
"""


class CrowdPod:
    """As much of a Namespace as nginx and wrk need to run in it."""

    def __init__(self, pid):
        self.path = f"/proc/{pid}/ns/net"

    def inside(self, *argv):
        return ["nsenter", f"--net={self.path}", "--", *map(str, argv)]

    def proc_net(self, name):
        return command(*self.inside("cat", f"/proc/thread-self/net/{name}"))

    def parenting(self):
        return contextlib.nullcontext()


class Crowd(Machine):
    def __init__(self, lab, size):
        super().__init__(f"podsnoop-live-{os.getpid()}-crowd{size}")
        lab.callback(self.remove)
        names = [f"/kubepods/besteffort/pod{uid_of(number)}/{number:064x}" for number in range(size)]
        lab.callback(lambda: [cgroups.remove(os.path.dirname(name)) for name in names])
        for name in names:
            cgroups.make(name)
        # One hierarchy tells whose processes they are: that of version 2, which sockets tell too, where there is one.
        mounts = cgroups.mounts()
        mount = next((mount for mount in mounts if (mount / "cgroup.controllers").exists()), mounts[0])
        self.begin(lab, "sh", "-c", BOOT, "sh", HERE / "crowd_node.py", mount, *names)
        wait_for(lambda: b"ready" in self.process.stdout, f"{size} pods", timeout=60)
        pids = children(self.first)
        self.join(pids)
        self.pods = [CrowdPod(pid) for pid in pids]

    def join(self, pids):
        """Gives each pod an eth0 on the node's bridge, and its address."""
        bridge(self, "cni0")
        batch(self.inside(), [f"link add veth{number} type veth peer name eth0 netns {pid}" for number, pid in enumerate(pids)] +
              [f"link set veth{number} master cni0 up" for number in range(len(pids))])
        self.addresses = [f"10.78.{number >> 8}.{number & 255}" for number in range(1, len(pids) + 1)]
        for pid, address in zip(pids, self.addresses):
            batch(["nsenter", f"--net=/proc/{pid}/ns/net", "--"],
                  ["link set lo up", f"address add {address}/16 dev eth0", "link set eth0 up"])


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def uid_of(number):
    return f"5f0c1a52-0000-4000-8000-{number:012}"


def batch(prefix, lines):
    subprocess.run([*prefix, "ip", "-batch", "-"], input="\n".join(lines), text=True, check=True, capture_output=True)
