"""What podsnoop can still do when it reads bytes that anybody may have sent: each thread has given up the rest by then."""
import json
import os
import pathlib
import signal
import subprocess

from lab import equal, true, wait_for
from lab.check import Skip
from lab.kubelet import Kubelet
from lab.lab import PODSNOOP
from lab.pod import web

TRACED = ("http", "tcp", "red", "map")
FILTER = "2"  # Seccomp: in /proc/PID/status: a filter (SECCOMP_MODE_FILTER)


def threads(pid):
    """What each thread's /proc/PID/task/TID/status says, by its fields' names. One that ended meanwhile says nothing."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            lines = (task / "status").read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.append(dict(line.split(":", 1) for line in lines))
    return [{name: value.strip() for name, value in thread.items()} for thread in found]


def check_confined(process, count, what):
    """So many threads, each with its filter. The first has one when it is ready; others put theirs on as they start."""
    def confined():
        return len(each := threads(process.pid)) >= count and all(thread["Seccomp"] == FILTER for thread in each)

    wait_for(confined, f"filter on each of {count} threads of {what}: {threads(process.pid)}")
    for thread in threads(process.pid):
        equal(thread["NoNewPrivs"], "1", f"no_new_privs of {what}")


def capabilities(process):
    """Of its first thread."""
    thread, = [each for each in threads(process.pid) if each["Pid"] == each["Tgid"]]
    return {int(thread[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")}


def test_pods(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    for command in TRACED:
        tracer = lab.trace_on(cluster.node, command=command, filtered=True)
        check_confined(tracer.process, 3, command)  # the loop, pods, owners of sockets
        if command == "http":  # and what is left is enough for a pod that comes
            later = cluster.pod("shop", "later", {"app": web(80)}, ports={"app": [80]})
            wait_for(lambda: lab.curl(f"http://{later.address}/small") and tracer.records, "record of a pod that came")
            lab.curl(f"http://{cart.address}/small")
        tracer.end()


def test_kernel_events(lab):
    for command in "oom", "backlog":
        process = lab.start(None, PODSNOOP, command)
        wait_for(lambda: "podsnoop: tracing" in process.stderr or not process.running(), "ready line")
        if "podsnoop: tracing" not in process.stderr:
            raise Skip(f"this kernel has nothing for {command}: {process.stderr}")
        check_confined(process, 2, command)
        process.signal(signal.SIGINT)
        equal(process.wait(), 0, "exit status")


def test_standard_input(lab):
    """Nothing came yet, and nothing is left: no capability, one thread, a filter."""
    for command in TRACED:
        process = lab.start(None, PODSNOOP, command, "-r", "-", stdin=subprocess.PIPE)
        wait_for(lambda: "podsnoop: tracing" in process.stderr, "ready line")
        check_confined(process, 1, command)
        equal(capabilities(process), {0}, f"capabilities of {command}")
        process.child.stdin.close()
        process.wait()


def calls(lab, *words, **options):
    """The system calls of podsnoop and its threads, one a line with the thread's number before it."""
    trace = f"{lab.folder}/calls"
    subprocess.run(["strace", "-f", "-q", "-e", "trace=seccomp,read,pread64,openat,recvfrom,recvmsg,connect", "-o", trace,
                    PODSNOOP, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, **options)
    lines = pathlib.Path(trace).read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines:
        raise Skip("strace cannot trace here")
    return lines


def position(lines, *parts):
    """Of the first line that has all of these."""
    found = [number for number, line in enumerate(lines) if all(part in line for part in parts)]
    true(found, f"no call has {parts}")
    return found[0]


def test_file(lab):
    """A capture's first byte is read behind the filter, be it in a file or unpacked from one."""
    lab.pair(), lab.nginx()
    saved = f"{lab.folder}/seen.pcapng"
    tracer = lab.trace("-w", saved)
    lab.get("/small")
    tracer.expect("GET /small 0 -> 200 13 complete")
    subprocess.run(["gzip", "-k", saved], check=True)
    for path in saved, f"{saved}.gz":
        lines = calls(lab, "http", "-r", path)
        opened = position(lines, "openat(", f'"{path}"')
        descriptor = lines[opened].rpartition(" = ")[2]
        true(position(lines, "seccomp(", "= 0") < position(lines[opened:], f"read({descriptor},") + opened,
             f"{path} is read first")
    done = lab.podsnoop("http", "-o", "json", "-r", f"{saved}.gz")
    equal(json.loads(done.stdout)["request"]["target"], "/small", "what the packed file tells")


def test_kubelet(lab):
    """Whatever thread asks it has a filter, in each command that asks."""
    lab.pair()
    with Kubelet(lab.server) as kubelet, lab.server.entered():
        for command in (["http", "-i", "lo", "--duration", "1s"], ["pods"], ["check"]):
            lines = calls(lab, *command, "--kubelet", "http://127.0.0.1:10250/pods")
            asked = position(lines, "connect(", "10250")
            thread = lines[asked].split()[0]
            true(position(lines, "seccomp(", "= 0", f"{thread} ") < asked, f"{command[0]} asks first: {lines[asked]}")
        true(kubelet.heads, "the kubelet was not asked")


def test_left_behind_file(lab):
    """The file of -w is opened once: later the privileges for that may be gone. Others of it can still be made."""
    lab.pair(), lab.nginx()
    saved = pathlib.Path(lab.folder, "of-a-user.pcapng")
    saved.touch(mode=0o600)
    os.chown(saved, 65534, 65534)
    tracer = lab.trace("-w", saved)
    lab.get("/small")
    tracer.expect("GET /small 0 -> 200 13 complete")
    true("without writing" not in tracer.stderr, tracer.stderr)
    true(lab.podsnoop("http", "-r", saved, "-o", "json").stdout.count(b"\n") == 1, "the file does not have the exchange")


def test_switched_off(lab):
    """For who has to find out whether the filter is what goes wrong: it traces, and check says so."""
    lab.pair(), lab.nginx()
    os.environ["PODSNOOP_SECCOMP"] = "off"
    try:
        tracer = lab.trace()
        row = checked_seccomp(lab)
    finally:
        del os.environ["PODSNOOP_SECCOMP"]
    equal({thread["Seccomp"] for thread in threads(tracer.process.pid)} & {FILTER}, inherited(), "filters")
    lab.get("/small")
    tracer.expect("GET /small 0 -> 200 13 complete")
    equal(row["state"], "missing", f"{row}")
    equal(checked_seccomp(lab)["state"], "ok")


def inherited():
    """Whether this test itself runs behind a filter, as in some containers."""
    return {thread["Seccomp"] for thread in threads(os.getpid())} & {FILTER}


def checked_seccomp(lab):
    lines = lab.podsnoop("check", "-o", "json").stdout.splitlines()
    row, = [record for record in map(json.loads, lines) if record["name"] == "seccomp"]
    return row
