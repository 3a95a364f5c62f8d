"""Kernel events of real pods: whose they are. By whichever mechanism this kernel has, and by those that any has. Each
mechanism by itself is tested by tests/kernels."""
import csv
import json
import os
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
    output = () if "-o" in options else ("-o", "json")
    process = lab.start(cluster.node, PODSNOOP, name, *output, *options)
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
    if mount and not os.path.ismount("/sys/kernel/tracing"):
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


def test_oom_formats(lab):
    """One kill, told to several at once: each in its own format, until it is told or the time is over."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    told = {name: traced(lab, cluster, "oom", "-c", "1", "-o", name, "-n", "shop") for name in ("table", "wide", "json", "csv")}
    other = traced(lab, cluster, "oom", "-o", "csv", "--pod", "shop/c*", "--duration", "500ms", "--ledger", "-")
    set_limit(cart.cgroup, LIMIT)
    equal((other.wait(), other.stdout.decode().count("victim_pod_name,"), '"type":"ledger"' in other.stdout.decode().splitlines()[-1]),
          (0, 1, True), "exit status, header and ledger once the time is over")
    cart.run(*HOG)
    for name, process in told.items():
        equal(process.wait(), 0, f"exit status of the {name} after one record")
    (record,) = records_of(told["json"])
    lines = {name: process.stdout.decode().splitlines() for name, process in told.items()}
    (row,) = csv.DictReader(lines["csv"])
    victim = record["victim"]
    equal((row["type"], row["victim_pid"], row["victim_comm"], row["victim_pod_name"], row["limit_bytes"], row["source"]),
          ("oom", str(victim["pid"]), "python3", "cart", str(LIMIT), record["source"]), "as CSV")
    for name in "table", "wide":
        header, line = lines[name]
        equal(header.split()[:2], ["TIME", "VICTIM"], f"the {name}'s header")
        true("shop/cart" in line and str(victim["pid"]) in line and line.split()[2] == "python3", f"the {name}'s line: {line!r}")
    true("TRIGGER" in lines["wide"][0] and "TRIGGER" not in lines["table"][0], f"more in the wide one: {lines}")


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


def test_backlog_formats(lab):
    """As above, by the interval that was asked for, and of the pod that was asked for."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": DEAF}, ports={"app": [8080]})
    other = cluster.pod("shop", "other", {"app": DEAF}, ports={"app": [8080]})
    told = {name: traced(lab, cluster, "backlog", "-c", "1", "-o", name, "--pod", "shop/cart", "--interval", "100ms")
            for name in ("table", "json", "csv")}
    for pod in other, cart:
        fill(lab, cluster, pod, 1)
    for name, process in told.items():
        equal(process.wait(), 0, f"exit status of the {name} after one record")
    (record,) = records_of(told["json"])
    equal((whose(record["listener"]["pod"]), record["count"]), ("shop/cart/app", 1), "whose, and how often")
    (row,) = csv.DictReader(told["csv"].stdout.decode().splitlines())
    equal((row["listener_pod_name"], row["listener_port"], row["queue_limit"], row["count"]), ("cart", "8080", "4", "1"), "as CSV")
    header, line = told["table"].stdout.decode().splitlines()
    equal(header.split()[:2], ["TIME", "LISTENER"], "header")
    true("shop/cart:8080" in line and "python3" in line, f"line: {line!r}")


def test_without_privilege(lab):
    """Where nothing at all can be told, one line says why, and what helps; where something can, what."""
    nobody = "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"
    oom = lab.podsnoop("oom", "--duration", "1s", wrapper=nobody)
    equal((oom.returncode, oom.stdout), (1, b""), f"exit status and output of a program that said {oom.stderr!r}")
    what, hint = oom.stderr.decode().splitlines()
    true(what.startswith("podsnoop: cannot see OOM kills: kprobe: ") and "kmsg: /dev/kmsg: " in what, f"what is missing: {what!r}")
    equal(hint.split(), ["hint:", "run", "as", "root"], "what helps")
    backlog = lab.podsnoop("backlog", "--duration", "100ms", wrapper=nobody)
    equal(backlog.returncode, 0, "exit status of backlog, which can look at its own network namespace")
    true(b"tracing full queues of listeners by netstat, without stage and client, without network namespaces of others, " in backlog.stderr,
         f"what is lost: {backlog.stderr!r}")
