"""Pods that come and go while podsnoop http runs: what it holds of them, with which privileges, and what idling costs."""
import json
import os
import pathlib
import time

from lab import equal, true, wait_for
from lab.network import command
from lab.pod import IDLE, web
from lab.sham import Sham

NET_ADMIN, NET_RAW, SYS_PTRACE, SYS_ADMIN, DAC_READ_SEARCH, BPF = 12, 13, 19, 21, 2, 39  # linux/capability.h
NODE = "10.77.0.2"


def descriptors(tracer):
    return len(os.listdir(f"/proc/{tracer.process.pid}/fd"))


def status(pid, name):
    """A number in /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def come_and_go(lab, shams, *options):
    """Ten pods come at a time, and go. Each is traced, and nothing of it stays."""
    cluster = lab.cluster()
    cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    tracer = lab.trace_on(cluster.node, *options, filtered=True)
    before, memory = descriptors(tracer), 0
    for wave in range(0, len(shams), 10):
        some = shams[wave:wave + 10]
        for sham in some:
            sham.start(lab, cluster.node)
        # Two of each: its namespace and its socket.
        wait_for(lambda: descriptors(tracer) >= before + 2 * len(some), f"namespaces of all pods (from {wave})")
        for sham in some:
            sham.end()
        wait_for(lambda: descriptors(tracer) <= before, f"end of what the pods had (from {wave})")
        size = int(status(tracer.process.pid, "VmSize"))
        memory = memory or size  # the first wave may make its heap larger
        true(size <= memory + 4096, f"it maps {size} KiB after job {wave} and the next, {memory} KiB at first")
    tracer.end()


def shams(count):
    return [Sham(f"job-{number}") for number in range(count)]


def test_pods_come_and_go(lab):
    come_and_go(lab, shams(50))


def test_pods_that_are_done(lab):
    """The kubelet keeps telling of a job's pod when it is over."""
    path, jobs = pathlib.Path(lab.folder, "pods.json"), shams(20)
    path.write_text(json.dumps({"kind": "PodList", "items": [job.described() for job in jobs]}))
    come_and_go(lab, jobs, "--pods", path)


def test_privileges(lab):
    """Linux keeps privileges a thread: every one has given up what it does not need."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    kept = {"": (SYS_PTRACE, SYS_ADMIN, NET_ADMIN, NET_RAW, BPF, DAC_READ_SEARCH),
            "-i lo": (SYS_PTRACE, SYS_ADMIN, NET_ADMIN, NET_RAW, BPF, DAC_READ_SEARCH)}
    for options, capabilities in kept.items():
        tracer = lab.trace_on(cluster.node, *options.split(), filtered=True)
        useful = sum(1 << number for number in capabilities)
        for task in sorted(pathlib.Path(f"/proc/{tracer.process.pid}/task").iterdir()):
            wait_for(lambda: not any(int(status(f"{task.parent.parent.name}/task/{task.name}", name), 16) & ~useful
                                     for name in ("CapEff", "CapPrm", "CapBnd")), f"privileges of {task} given up")
        main = int(status(tracer.process.pid, "CapEff"), 16)
        equal(main & (1 << SYS_PTRACE) != 0, not options, f"whether it can open processes' namespaces ({options})")
        tracer.end()
    # And what is left is enough.
    tracer = lab.trace_on(cluster.node, "-w", f"{lab.folder}/seen.pcapng")
    lab.curl(f"http://{cart.address}/small")
    record, = tracer.wait(1)
    equal(record["server"]["pod"]["name"], "cart", "pod")
    tracer.end()


def test_idle(lab):
    """Three pods that do nothing cost nothing."""
    cluster = lab.cluster()
    for name in "cart", "front", "bank":
        cluster.pod("shop", name, {"app": IDLE})
    tracer = lab.trace_on(cluster.node, filtered=True)

    def used():
        """Processor time of all its threads, in nanoseconds."""
        tasks = pathlib.Path(f"/proc/{tracer.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)

    # Pods that came shortly before are looked at more often, for some seconds.
    rates = []

    def idle():
        began, start = time.monotonic(), used()
        wait_for(lambda: time.monotonic() - began > 2, "two seconds", 3)
        rates.append((used() - start) / 1e9 / (time.monotonic() - began))
        return rates[-1] < 0.001

    wait_for(idle, "idling below a thousandth of a processor", 20)
    tracer.end()


def test_interface_of_the_node(lab):
    """Where all pods are traced, an interface of the node that comes back is traced again, with the node's addresses of
    then."""
    cluster = lab.cluster()
    cluster.pod("edge", "ingress", {"proxy": web(8080)}, ports={"proxy": [8080]}, host_network=True)
    tracer = lab.trace_on(cluster.node, filtered=True)
    lab.curl(f"http://{NODE}:8080/small?before")
    tracer.wait(1)
    lab.client.ip("link", "del", "eth0")
    wait_for(lambda: "eth0 went away" in tracer.stderr, "word of the interface that went")
    lab.client.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", cluster.node.name)
    for namespace, address in (lab.client, "10.77.0.1/24"), (cluster.node, f"{NODE}/24"):
        command("ip", "-n", namespace.name, "address", "add", address, "dev", "eth0")
        namespace.ip("link", "set", "eth0", "up")
    wait_for(lambda: "eth0 is back" in tracer.stderr, "word of the interface that came back")
    lab.curl(f"http://{NODE}:8080/small?after")
    records = tracer.wait(2)
    equal([(record["request"]["target"], record["server"]["pod"] and record["server"]["pod"]["name"]) for record in records],
          [("/small?before", "ingress"), ("/small?after", "ingress")], "exchanges")
    tracer.end()
