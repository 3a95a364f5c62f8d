"""podsnoop check: what it finds on this very machine, on a node with pods, and where something is missing."""
import csv
import io
import json
import pathlib
import pty
import shutil
import signal
import subprocess
import termios
import time

from lab import equal, true, wait_for
from lab.check import TIMEOUT
from lab.lab import PODSNOOP
from lab.pod import IDLE
from lab.raw import RawServer

STATES = {"ok", "degraded", "missing"}
COMMANDS = {"http", "tcp", "red", "map", "oom", "backlog", "pods"}
# Who has no right but those that every user has. A user may not read where the tests are built.
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")


def checked(lab, *options, status=0, namespace=None, wrapper=(), **how):
    """The records by name, the ways to a kubelet as a list under "kubelet"; and what it said."""
    done = lab.podsnoop("check", "-o", "json", *options, namespace=namespace, wrapper=wrapper, **how)
    said = done.stderr.decode()
    equal(done.returncode, status, f"exit status ({said})")
    by_name, kubelet = {}, []
    for line in done.stdout.decode().splitlines():
        record = json.loads(line)
        equal(list(record), ["type", "name", "state", "detail", "hint", "needed_for"], "keys")
        equal(record["type"], "check")
        true(record["state"] in STATES and record["name"] and record["detail"], f"no check: {record}")
        true(record["needed_for"] and COMMANDS.issuperset(record["needed_for"]), f"commands: {record}")
        if record["name"] == "kubelet":
            kubelet.append(record)
        else:
            true(record["name"] not in by_name, f"told twice: {record}")
            by_name[record["name"]] = record
    return by_name | {"kubelet": kubelet}, said


def states(records, *names):
    return {name: records[name]["state"] for name in names}


def test_as_root(lab):
    """All that http needs is there, as the other cases show; and what it says of the kernel is so."""
    records, said = checked(lab)
    equal(said, "", "what it says")
    needed = ("CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_BPF", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "packet-filter", "tcp-filter",
              "packet-socket", "http", "tcp")
    equal(states(records, *needed), dict.fromkeys(needed, "ok"))
    # In a container the first process may be none of ours to look at.
    true(records["network-namespaces"]["state"] != "missing", f"{records['network-namespaces']}")
    true(subprocess.run(["uname", "-r"], capture_output=True, text=True).stdout.strip() in records["kernel"]["detail"],
         f"kernel: {records['kernel']}")
    unified = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
    equal(records["cgroup"]["detail"] == "version 2", unified, f"whether {records['cgroup']} is right")
    if not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        equal(records["btf"]["state"], "missing")
    true("btf" in records and {"kprobe", "fentry", "raw-tracepoint", "tracepoint", "kernel-log"} < set(records),
         f"what probes need is not told: {sorted(records)}")


def test_commands(lab):
    """What is missing says whom it concerns."""
    records, _ = checked(lab)
    equal({name: records[name]["needed_for"] for name in ("packet-filter", "tcp-filter", "packet-socket", "processes")},
          {"packet-filter": ["http", "red", "map"], "tcp-filter": ["tcp"], "packet-socket": ["http", "tcp", "red", "map"],
           "processes": ["http", "tcp", "red", "map", "oom", "backlog", "pods"]})


def test_probes_as_they_run(lab):
    """What it says of oom and backlog is what they then say themselves."""
    lab.pair()
    records, _ = checked(lab)
    for name in "oom", "backlog":
        process = lab.start(None, PODSNOOP, name, "-o", "json", "--duration", "100ms")
        process.wait()
        runs = "podsnoop: tracing" in process.stderr
        equal(runs, records[name]["state"] != "missing", f"whether {name} runs ({records[name]}, {process.stderr})")


def test_mechanisms_left_out(lab):
    """As on a kernel that has none of them: oom and backlog say what they use instead, and http does not care."""
    records, _ = checked(lab, "--without", "btf,fentry,kprobe,raw-tracepoint,tracepoint,kmsg,netstat")
    lost = ("btf", "fentry", "kprobe", "raw-tracepoint", "tracepoint", "kernel-log", "oom", "backlog")
    equal(states(records, "http", *lost), {"http": "ok"} | dict.fromkeys(lost, "missing"))
    true("--btf" in records["btf"]["hint"], f"no hint: {records['btf']}")
    records, _ = checked(lab, "--without", "btf,fentry,kprobe")
    equal(records["backlog"]["state"], "degraded", f"{records['backlog']}")


def test_as_any_user(lab):
    """Nothing works, each thing that is missing is told, and what to do about it."""
    program = f"{lab.folder}/podsnoop"
    shutil.copy(PODSNOOP, program)
    done = subprocess.run([*NOBODY, program, "check", "-o", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30, cwd="/")
    equal(done.returncode, 1, f"exit status ({done.stderr})")
    lines = done.stderr.splitlines()
    true(len(lines) == 2 and lines[0].startswith("podsnoop: http cannot run here: ") and lines[1].startswith("hint: "),
         f"what it says: {lines}")
    records = {record["name"]: record for record in map(json.loads, done.stdout.splitlines())}
    capabilities = [name for name in records if name.startswith("CAP_")]
    lost = [*capabilities, "packet-filter", "tcp-filter", "packet-socket", "network-namespaces", "http", "tcp"]
    true("CAP_NET_RAW" in capabilities, f"capabilities: {capabilities}")
    equal(states(records, *lost), dict.fromkeys(lost, "missing"))
    for name in (*capabilities, "packet-filter", "tcp-filter"):
        true("root" in records[name]["hint"], f"no hint: {records[name]}")


def test_without_a_capability(lab):
    """Without CAP_SYS_ADMIN http runs where it is, but enters no pod's namespace."""
    records, _ = checked(lab, wrapper=("setpriv", "--bounding-set=-sys_admin"))
    equal(states(records, "CAP_SYS_ADMIN", "CAP_NET_RAW", "network-namespaces", "packet-filter", "http", "tcp"),
          {"CAP_SYS_ADMIN": "missing", "CAP_NET_RAW": "ok", "network-namespaces": "missing", "packet-filter": "ok",
           "http": "degraded", "tcp": "degraded"})
    records, said = checked(lab, wrapper=("setpriv", "--bounding-set=-net_raw"), status=1)
    equal(states(records, "CAP_NET_RAW", "packet-filter", "tcp-filter", "packet-socket", "http", "tcp"),
          {"CAP_NET_RAW": "missing", "packet-filter": "ok", "tcp-filter": "ok", "packet-socket": "missing", "http": "missing",
           "tcp": "missing"})
    true("http cannot run here" in said, f"what it says: {said}")


def test_node_without_kubelet(lab):
    """The node's own files name the pods, so that the kubelet is not missed much."""
    cluster = lab.cluster()
    for name in "cart", "front":
        cluster.pod("shop", name, {"app": IDLE})
    records, _ = checked(lab, namespace=cluster.node)
    equal((records["node-files"]["state"], records["node-files"]["detail"]), ("ok", "2 pods"))
    equal(states(records, "processes", "network-namespaces", "http"), dict.fromkeys(("processes", "network-namespaces", "http"), "ok"))
    true(records["kubelet"], "no kubelet was asked")
    for way in records["kubelet"]:
        equal(way["state"], "degraded", f"{way}")
        true("connection refused" in way["detail"], f"{way}")
    # From beside the node, as a debug pod sees it; and from elsewhere without saying where the node is.
    records, _ = checked(lab, "--root", f"/proc/{cluster.node.first}/root", namespace=lab.client)
    equal((records["node-files"]["state"], records["node-files"]["detail"]), ("ok", "2 pods"))


def test_root_of_nothing(lab):
    """A root directory that is no node's."""
    root = pathlib.Path(lab.folder) / "root"
    root.mkdir()
    node = lab.namespace("node")
    records, _ = checked(lab, "--root", root, namespace=node)
    equal(states(records, "http", "processes", "node-files"), {"http": "ok", "processes": "missing", "node-files": "missing"})
    true("/proc" in records["node-files"]["detail"], f"{records['node-files']}")
    equal([way["state"] for way in records["kubelet"]], ["missing"] * len(records["kubelet"]))
    true(records["kubelet"], "no kubelet was asked")


def test_saved_answer(lab):
    """Instead of a kubelet; a wrong one is missing, and http runs."""
    path = pathlib.Path(lab.folder) / "pods.json"
    path.write_text('{"items": []}')
    records, _ = checked(lab, "--pods", path)
    equal((records["pods-file"]["state"], records["kubelet"]), ("ok", []))
    path.write_text("no JSON")
    equal(checked(lab, "--pods", path)[0]["pods-file"]["state"], "missing")


def silent_kubelet(lab):
    """Takes connections at the kubelet's port, and never answers."""
    node = lab.namespace("node")
    return node, RawServer(node, lambda connection: connection.recv(1 << 20) and connection.recv(1), port=10250)


def ends_at_once(lab, *words):
    """A kubelet that never answers is waited for; Ctrl-C ends that."""
    node, server = silent_kubelet(lab)
    with server:
        process = lab.start(node, PODSNOOP, *words, "--root", lab.folder)
        established = lambda: " 01 " in node.proc_net("tcp")  # noqa: E731
        wait_for(established, "connection to the kubelet")
        started = time.monotonic()
        process.signal(signal.SIGINT)
        equal(process.wait(), 0, f"exit status ({process.stderr})")
        true(time.monotonic() - started < 2, "it went on waiting for the kubelet")
    return process


def test_interrupt(lab):
    process = ends_at_once(lab, "check", "-o", "json")
    names = [json.loads(line)["name"] for line in process.stdout.splitlines()]
    true("http" in names and "kubelet" not in names, f"what was told by then: {names}")


def test_interrupt_of_pods(lab):
    equal(ends_at_once(lab, "pods").stdout, b"", "output")


def test_formats(lab):
    done = lab.podsnoop("check", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    equal(next(row for row in rows if row["name"] == "http")["state"], "ok", "http in CSV")
    table = lab.podsnoop("check").stdout.decode().splitlines()
    equal(table[0].split(), ["NAME", "STATE", "DETAIL"], "headings")
    true(len(table) > len(rows), f"rows: {table}")
    equal(lab.podsnoop("check", "-o", "wide").stdout.decode().splitlines()[0].split(),
          ["NAME", "STATE", "NEEDED", "FOR", "DETAIL"], "headings of wide")


def on_a_terminal(columns, *words):
    """What a program shows on a terminal of so many columns, as lines."""
    ours, its = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        termios.tcsetwinsize(its, (24, columns))
        with open(its, "wb", buffering=0) as terminal:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=terminal,
                                       stderr=subprocess.DEVNULL)
        shown = b""
        try:
            while piece := screen.read(65536):
                shown += piece
        except OSError:  # EIO: nobody has the terminal any more
            pass
        process.wait(TIMEOUT)
    return shown.decode().replace("\r", "").splitlines()


def test_folded(lab):
    """On a terminal reasons are folded, not cut."""
    whole = lab.podsnoop("check", "--color", "never").stdout.decode().split()
    for columns in 60, 80:
        lines = on_a_terminal(columns, PODSNOOP, "check", "--color", "never")
        equal([line for line in lines if len(line) > columns], [], "lines that are too long")
        equal(" ".join(lines).split(), whole, f"words in {columns} columns")
