"""Kernel events of real pods: whose they are. By whichever mechanism this kernel has, and by those that any has. Each
mechanism by itself is tested by tests/kernels."""
import json
import pathlib
import signal

from lab import equal, true, wait_for
from lab.lab import PODSNOOP
from lab.network import command
from lab.pod import IDLE

LIMIT = 24 << 20
# Fills its memory with zeroes; a shell is left to tell of its end.
HOG = ("sh", "-c", "python3 -c 'bytearray(64 << 20)'; true")

# Listens, and never accepts. A backlog of 4 takes 5.
DEAF = ("python3", "-c", "import socket, time; listener = socket.create_server(('', 8080), backlog=4); time.sleep(600)")


def traced(lab, cluster, name, *options):
    """podsnoop oom or backlog on the node, ready."""
    process = lab.start(cluster.node, PODSNOOP, name, "-o", "json", *options)
    wait_for(lambda: "podsnoop: tracing" in process.stderr or not process.running(), "ready line")
    return process


def records_of(process):
    return [json.loads(line) for line in process.stdout.splitlines()]


def ended(process, count):
    """Its records, once there are so many, and after Ctrl-C."""
    wait_for(lambda: len(records_of(process)) >= count, f"{count} records of a program that said {process.stderr!r}")
    process.signal(signal.SIGINT)
    equal(process.wait(), 0, "exit status")
    return records_of(process)


def whose(pod):
    return pod and "/".join(pod[key] for key in ("namespace", "name", "container") if pod[key])


def set_limit(path, limit):
    """By whichever version of cgroups controls memory."""
    for folder, name in ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"):
        file = pathlib.Path(folder + path, name)
        if file.exists():
            return file.write_text(str(limit))
    raise AssertionError(f"nothing controls the memory of {path}")


def killed_in_a_pod(lab, *options, mount=False):
    """A process beyond its container's limit, and one beyond its pod's."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE, "side": IDLE})
    if mount:
        command(*cluster.node.inside("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"))
    process = traced(lab, cluster, "oom", *options)
    app = f"{cart.cgroup}/{cart.containers['app'].id}"
    set_limit(app, LIMIT)
    cart.run(*HOG, container="app")
    wait_for(lambda: len(records_of(process)) == 1, f"the record of a program that said {process.stderr!r}")
    set_limit(app, 1 << 40)
    set_limit(cart.cgroup, LIMIT)
    cart.run(*HOG, container="side")
    records = ended(process, 2)
    equal([(whose(record["victim"]["pod"]), whose(record["limit"]["pod"]), record["limit"]["cgroup"], record["scope"],
            record["limit"]["bytes"], record["victim"]["comm"]) for record in records],
          [("shop/cart/app", "shop/cart/app", app, "cgroup", LIMIT, "python3"),
           ("shop/cart/side", "shop/cart", cart.cgroup, "cgroup", LIMIT, "python3")], "kills")
    for record in records:
        equal(record["trigger"]["pod"], record["victim"]["pod"], "the trigger's pod")
        true(LIMIT / 2 < record["victim"]["anon_rss_bytes"] <= LIMIT, f"some 24 MB: {record['victim']}")
    return {record["source"] for record in records}


def test_oom_best(lab):
    lab.note(f"by {killed_in_a_pod(lab)}")


def test_oom_tracepoint(lab):
    equal(killed_in_a_pod(lab, "--without", "kprobe,fentry,raw-tracepoint", mount=True), {"tracepoint"}, "source")


def test_oom_kmsg(lab):
    equal(killed_in_a_pod(lab, "--without", "kprobe,fentry,raw-tracepoint,tracepoint"), {"kmsg"}, "source")


def test_oom_selected(lab):
    """One pod's kills are asked for; both are counted."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    front = cluster.pod("shop", "front", {"app": IDLE})
    process = traced(lab, cluster, "oom", "--pod", "shop/front")
    for pod in cart, front:
        set_limit(pod.cgroup, LIMIT)
        pod.run(*HOG)
    equal([whose(record["victim"]["pod"]) for record in ended(process, 1)], ["shop/front/app"], "kills")
    true("2 OOM kills in" in process.stderr, f"both are counted: {process.stderr!r}")


def test_unknown_pod(lab):
    cluster = lab.cluster()
    cluster.pod("shop", "cart", {"app": IDLE})
    done = lab.podsnoop("oom", "--pod", "shop/carr", namespace=cluster.node)
    equal(done.returncode, 1, "exit status")
    true(b"no such pod on this node: shop/carr" in done.stderr, f"why: {done.stderr!r}")


def overflows_in(pod):
    names, values = [line.split() for line in pod.proc_net("netstat").splitlines() if line.startswith("TcpExt:")]
    return int(dict(zip(names, values))["ListenOverflows"])


def fill(lab, cluster, pod, more):
    """Connections that nobody accepts, until there is no room, and some more. Each of these sends one SYN."""
    script = ("import socket, sys, time\n"
              f"held = [socket.create_connection(('{pod.address}', 8080)) for _ in range(5)]\n"
              f"for _ in range({more}):\n"
              "    late = socket.socket(); late.setblocking(False)\n"
              f"    late.connect_ex(('{pod.address}', 8080)); late.close()\n"
              "print('done', flush=True); time.sleep(600)")
    filling = lab.start(cluster.node, "python3", "-c", script)
    wait_for(lambda: b"done" in filling.stdout, "connections")
    return filling


def test_backlog(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": DEAF}, ports={"app": [8080]})
    process = traced(lab, cluster, "backlog")
    fill(lab, cluster, cart, 7)
    wait_for(lambda: sum(record["count"] for record in records_of(process)) >= 7, "7 overflows")
    records = ended(process, 1)
    equal(sum(record["count"] for record in records), overflows_in(cart), "overflows, as its namespace counted them")
    equal(overflows_in(cart), 7, "overflows of its namespace")
    for record in records:
        listener = record["listener"]
        equal((whose(listener["pod"]), listener["address"], listener["port"], listener["netns"], listener["comm"]),
              ("shop/cart/app", "0.0.0.0", 8080, cart.netns, "python3"), "listener")
        equal((record["queue"]["length"], record["queue"]["limit"]), (5, 4), "queue")
    lab.note(f"by {records[0]['source']}")


def test_backlog_list(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": DEAF}, ports={"app": [8080]})
    fill(lab, cluster, cart, 3)
    done = lab.podsnoop("backlog", "--list", "-o", "json", "--pod", "shop/cart", namespace=cluster.node)
    equal(done.returncode, 0, f"exit status of a program that said {done.stderr!r}")
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    equal(record["type"], "listener", "type")
    equal(whose(record["listener"]["pod"]), "shop/cart/app", "pod")
    equal(record["queue"], {"length": 5, "limit": 4}, "queue")
    equal(record["namespace_overflows"], 3, "overflows of the namespace")


def test_closed_pipe(lab):
    """`podsnoop oom | head -1` is over when head is, though nothing more happens."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    shell = lab.start(cluster.node, "bash", "-c", f"'{PODSNOOP}' oom -o json | head -1; exit ${{PIPESTATUS[0]}}")
    wait_for(lambda: "podsnoop: tracing" in shell.stderr, "ready line")
    set_limit(cart.cgroup, LIMIT)
    cart.run(*HOG)
    equal(shell.wait(), 0, "podsnoop's exit status")
    equal(shell.stdout.count(b"\n"), 1, "lines")
