"""A node with a container runtime: containerd, runc and the CNI plugins of Debian, in namespaces of their own.

Its network is one, so that the bridge, the veths and what the pods' Services put into the firewall touch no one. It has
its own /run and /var, so that what runtime and kubelet keep there is at the very paths of a real node. And it has its
own process ids, so that a tracer sees the pods of this lab only, and that ending its first process ends everything."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

from . import cgroups, image
from .check import Failure, wait_for
from .cri import Runtime
from .network import Namespace, command, set_namespace

CLONE_NEWPID = 0x20000000  # linux/sched.h
HOSTNAME = "node-1"
POD_SUBNET, POD_SUBNET6 = "10.244.0.0/24", "fd00:10:244::/64"

# Run from a folder with the two configurations.
BOOT = f"""
set -e
hostname {HOSTNAME}
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var
mkdir -p /run/cni /var/lib /var/log/containers /var/log/pods /var/tmp /var/www
ln -s /run /var/run
cp bridge.conflist /run/cni
cp containerd.toml /run
containerd --log-level error --config /run/containerd.toml &
# The first process inherits what the runtime's shims leave, so it waits for any child; it ends with the runtime.
wait $!
"""

# `native` copies the image's few files: overlayfs cannot be used on every file system. Without CAP_SYS_RESOURCE no
# process can be given the lower oom_score_adj that the runtime wants for pause containers.
CONTAINERD = f"""
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.overlayfs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
    "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image.NAME}"
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/run/cni"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
"""

CNI = {"cniVersion": "1.0.0", "name": "podsnoop-live", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False, "hairpinMode": True,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": POD_SUBNET}], [{"subnet": POD_SUBNET6}]],
              "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": True}, "snat": False}]}


class Machine(Namespace):
    """A network namespace with processes and mounts of its own, once its first process runs."""
    process = first = root = None

    def begin(self, lab, *argv, **options):
        """Starts its first process. Should this very program be killed, that one is too, and with it all that runs there."""
        self.process = lab.start(None, "setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={self.path}", "--",
                                 "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child=KILL", *argv, **options)
        lab.callback(self.halt)
        self.first = int(wait_for(self.child, "first process of the node"))
        self.root = pathlib.Path(f"/proc/{self.first}/root")  # its files, as seen from here

    def child(self):
        children = subprocess.run(["pgrep", "--parent", str(self.process.pid)], capture_output=True, text=True).stdout
        return children.strip()

    def halt(self):
        """The kernel kills all its processes with the first one, which is over when they are."""
        if self.first and self.process.running():
            os.kill(self.first, signal.SIGKILL)
            self.process.wait()

    def inside(self, *argv):
        return ["nsenter", f"--net={self.path}", f"--mount=/proc/{self.first}/ns/mnt", "--", *map(str, argv)]

    @contextlib.contextmanager
    def parenting(self):
        """What this thread starts meanwhile gets its process ids."""
        home, there = (os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                       for path in ("/proc/thread-self/ns/pid", f"/proc/{self.first}/ns/pid"))
        try:
            set_namespace(there, CLONE_NEWPID)
            try:
                yield
            finally:
                set_namespace(home, CLONE_NEWPID)
        finally:
            os.close(there)
            os.close(home)

    def proc_net(self, name):
        return pathlib.Path(f"/proc/{self.first}/net/{name}").read_text(encoding="utf-8")


class Node(Machine):
    def __init__(self, lab, name):
        super().__init__(name)
        lab.callback(self.remove)
        lab.namespaces.append(self)
        # No duplicate address detection on the bridge: the first pod would wait a second for it.
        for interfaces in "all", "default":
            command(*Namespace.inside(self, "sysctl", "-q", "-w", f"net.ipv6.conf.{interfaces}.accept_dad=0"))
        self.cgroups = []
        lab.callback(self.remove_cgroups)  # after the end of the processes in them
        self.boot(lab)
        socket = self.root / "run/containerd/containerd.sock"
        self.runtime = Runtime(socket)
        wait_for(self.ready, "container runtime")
        self.load_image(lab, socket)

    def boot(self, lab):
        folder = pathlib.Path(lab.folder) / self.name
        folder.mkdir()
        (folder / "containerd.toml").write_text(CONTAINERD)
        (folder / "bridge.conflist").write_text(json.dumps(CNI))
        self.begin(lab, "sh", "-c", BOOT, cwd=folder, noise="level=info")
        # Until then its /run is the machine's, where another runtime may listen.
        wait_for((self.root / "run/containerd.toml").exists, "node's own /run")

    def make_cgroup(self, path):
        self.cgroups.append(path)
        cgroups.make(path)

    def remove_cgroups(self):
        for path in self.cgroups:
            cgroups.remove(path)

    def ready(self):
        if not self.process.running():
            raise Failure("the container runtime ended")
        with contextlib.suppress(Failure):
            return self.runtime.status()

    def load_image(self, lab, socket):
        path = f"{lab.folder}/image.tar"
        image.write(path, lab.folder)
        command("ctr", "--address", socket, "--namespace", "k8s.io", "images", "import",
                "--snapshotter", "native", path)
        # The runtime hears of it by an event of its own.
        wait_for(lambda: self.runtime.has_image(image.NAME), "image in the runtime")
