"""Network namespaces and what joins them. All interfaces live inside the namespaces, none in the machine's own."""
import contextlib
import ctypes
import os
import subprocess

from .check import Failure, Skip

CLONE_NEWNET = 0x40000000  # linux/sched.h
libc = ctypes.CDLL(None, use_errno=True)


def command(*argv):
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, argv))}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """A named network namespace with its loopback up."""

    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"
        command("ip", "netns", "add", name)
        try:
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.remove()
            raise

    def remove(self):
        command("ip", "netns", "del", self.name)

    def ip(self, *words):
        return command("ip", "-n", self.name, *words)

    def inside(self, *argv):
        """The command line that runs argv in this namespace, in one process of that very id."""
        return ["nsenter", f"--net={self.path}", "--", *map(str, argv)]

    def proc_net(self, name):
        """A file of its /proc/net."""
        return command(*self.inside("cat", f"/proc/thread-self/net/{name}"))

    def retransmitted(self):
        return retransmitted(self.proc_net("snmp"))

    def parenting(self):
        """What this thread starts meanwhile has the process ids of the namespace, where it has its own."""
        return contextlib.nullcontext()

    @property
    def inode(self):
        return os.stat(self.path).st_ino

    @contextlib.contextmanager
    def entered(self):
        """This thread inside the namespace: the sockets it opens stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            set_namespace(there)
            try:
                yield
            finally:
                set_namespace(home)
        finally:
            os.close(there)
            os.close(home)


def retransmitted(snmp):
    """Segments that a namespace sent again since it was made: RetransSegs of RFC 4022."""
    names, values = [line.split() for line in snmp.splitlines() if line.startswith("Tcp:")]
    return int(values[names.index("RetransSegs")])


def set_namespace(descriptor, kind=CLONE_NEWNET):
    if libc.setns(descriptor, kind) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def join(one, other, one_name="eth0", other_name="eth0"):
    """A veth pair from one namespace to another, both ends up."""
    one.ip("link", "add", one_name, "type", "veth", "peer", "name", other_name, "netns", other.name)
    one.ip("link", "set", one_name, "up")
    other.ip("link", "set", other_name, "up")


def give_address(namespace, interface, *addresses):
    for address in addresses:
        # No duplicate address detection: an address that cannot be used for a second is one more wait.
        nodad = ["nodad"] if ":" in address else []
        namespace.ip("address", "add", address, "dev", interface, *nodad)


def without_offload(namespace, interface):
    """Each TCP segment is a frame, with its checksum, as a network card puts it on the wire."""
    command(*namespace.inside("ethtool", "-K", interface, "tso", "off", "gso", "off", "gro", "off", "tx", "off"))


def drop(namespace, hook, rule):
    """From now on, packets of this nftables rule are dropped at this hook of the IP stack."""
    for words in ("add table inet lossy", f"add chain inet lossy {hook} {{ type filter hook {hook} priority 0; }}",
                  f"add rule inet lossy {hook} {rule} drop"):
        command(*namespace.inside("nft", words))


def bridge(namespace, name, *ports):
    namespace.ip("link", "add", name, "type", "bridge")
    for port in ports:
        namespace.ip("link", "set", port, "master", name)
    namespace.ip("link", "set", name, "up")


def vxlan(namespace, name, local, remote, port, mtu):
    try:
        namespace.ip("link", "add", name, "type", "vxlan", "id", "42", "local", local, "remote", remote,
                     "dstport", port)
    except Failure as failure:
        raise Skip(f"this kernel has no VXLAN: {failure}") from None
    namespace.ip("link", "set", name, "mtu", mtu, "up")


def tag_traffic(namespace, interface, program, stacked):
    """Puts VLAN tags on all that leaves by the interface and takes them off what enters. Done by a traffic-control
    program, since VLAN devices are a part of the kernel that is often left out and this is not."""
    tag = "push_two" if stacked else "push_one"
    command("tc", "-n", namespace.name, "qdisc", "add", "dev", interface, "clsact")
    for direction, section in ("egress", tag), ("ingress", "pop_all"):
        command("tc", "-n", namespace.name, "filter", "add", "dev", interface, direction,
                "bpf", "direct-action", "object-file", program, "section", f"classifier/{section}")
