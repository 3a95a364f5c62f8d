"""What must be true of what a virtual machine left of its kernel's events where the kernel is locked down: no probe can be
attached, and what is used instead is told. See guest/probes for what happened."""
from lab import equal, true

from cases import test_confined  # noqa: F401: of this machine too
from probe_cases import CONTAINER, POD, check_kill, check_limit, mechanism, overflows_of, traced


def test_oom_container(report):
    check_kill(report, "oom-container", "kmsg")
    said = mechanism(report, "oom-container")
    for reason in ("kprobe: operation not permitted", "raw tracepoint: programs may not read the kernel's memory", "tracepoint: tracefs"):
        true(reason in said, f"{reason!r} in {said!r}")


def test_oom_pod(report):
    check_kill(report, "oom-pod", "kmsg", limit=POD)


def test_oom_child(report):
    check_kill(report, "oom-child", "kmsg", pid="child")


def test_oom_group(report):
    """In which of the group's cgroups they were, the log tells only of the first."""
    records = traced(report, "oom-group", 3)
    equal(sorted(record["victim"]["pid"] for record in records),
          sorted(int(report[f"oom-group/{name}"]) for name in ("pid", "sleep1", "sleep2")), "victims")
    equal([record["victim"]["cgroup"] for record in records], [CONTAINER, None, None], "cgroups")
    equal({(record["group"], record["time"]) for record in records}, {(CONTAINER, records[0]["time"])}, "group and time")
    for record in records:
        check_limit(record, CONTAINER)


def test_oom_node(report):
    (record,) = traced(report, "oom-node", 1)
    equal((record["scope"], record["limit"], record["victim"]["pid"]), ("node", None, int(report["oom-node/pid"])), "scope, limit and victim")


def test_backlog(report):
    """Three listeners in one namespace: their overflows are counted, all of them."""
    records = overflows_of(report, "backlog")
    equal({record["source"] for record in records}, {"netstat"}, "source")
    true("kprobe: operation not permitted" in report["backlog/messages"], "what is missing")


def test_backlog_one_listener(report):
    for record in overflows_of(report, "backlog-netstat"):
        equal((record["listener"]["address"], record["listener"]["port"]), ("127.0.0.1", 7005), "listener")


def test_backlog_flood(report):
    records = overflows_of(report, "backlog-flood")
    equal({record["listener"]["port"] for record in records}, {7004}, "listener")
