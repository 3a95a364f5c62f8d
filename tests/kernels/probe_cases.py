"""What must be true of what a virtual machine left of its kernel's events. A case is a function whose name starts with
`test_`; see guest/probes for what happened. What it returns are notes."""
from cases import test_confined  # noqa: F401: of these machines too
from lab import equal, true

POD = "/kubepods/burstable/pod11111111-2222-3333-4444-555555555555"
CONTAINER = f"{POD}/{'a' * 64}"
LIMIT = 24 << 20


def traced(report, name, wanted):
    """Checks one trace: how many records, that Ctrl-C ended it well, and its ledger. Returns the records."""
    messages = report[f"{name}/messages"]
    equal(report[f"{name}/status"].strip(), "0", f"exit status of a program that said {messages!r}")
    records = report.objects(f"{name}/records")
    equal(len(records), wanted, f"records in {records} of a program that said {messages!r}")
    (books,) = report.objects(f"{name}/ledger")
    equal(books["records"], {"seen": wanted, "printed": wanted}, "the ledger's records")
    equal(set(books["lost"].values()), {0}, "the ledger's losses")
    return records


def mechanism(report, name):
    """What the ready line says is in use, and what is lost by it."""
    return report[f"{name}/messages"].splitlines()[0].removeprefix("podsnoop: tracing OOM kills by ").removesuffix("; Ctrl-C ends it")


def release(report):
    """The kernel's version, as (6, 1)."""
    return tuple(int(number) for number in report["release"].split(".")[:2])


def kills(report, name):
    """How many the kernel counted meanwhile."""
    before, after = (int(report[f"{name}/vmstat-{when}"].split()[1]) for when in ("before", "after"))
    return after - before


def check_victim(record, pid, comm, cgroup):
    victim = record["victim"]
    equal({key: victim[key] for key in ("pid", "comm", "uid", "cgroup", "oom_score_adj")},
          {"pid": pid, "comm": comm, "uid": 0, "cgroup": cgroup, "oom_score_adj": 0}, "victim")


def check_sizes(victim, anon):
    true(anon * 0.7 <= victim["anon_rss_bytes"] <= anon, f"some {anon} bytes of anonymous memory: {victim}")
    true(victim["total_vm_bytes"] > victim["anon_rss_bytes"], f"address space: {victim}")
    true(anon / 1000 < victim["pgtables_bytes"] < anon, f"page tables: {victim}")
    for size in ("file_rss_bytes", "shmem_rss_bytes"):
        true(0 <= victim[size] < 8 << 20, f"{size}: {victim}")


def check_limit(record, cgroup, bytes_=LIMIT):
    equal(record["scope"], "cgroup", "scope")
    equal({key: record["limit"][key] for key in ("cgroup", "bytes")}, {"cgroup": cgroup, "bytes": bytes_}, "limit")
    usage = record["limit"]["usage_bytes"]
    true(bytes_ * 0.9 <= usage <= bytes_, f"usage at a limit of {bytes_}: {usage}")


def check_kill(report, name, source, limit=CONTAINER, pid="pid"):
    """One process killed in the container, by itself. Returns its record."""
    (record,) = traced(report, name, 1)
    equal(kills(report, name), 1, "kills the kernel counted")
    pid = int(report[f"{name}/{pid}"])
    check_victim(record, pid, "traffic", CONTAINER)
    check_sizes(record["victim"], LIMIT)
    equal((record["trigger"]["pid"], record["trigger"]["comm"]), (pid, "traffic"), "trigger")
    check_limit(record, limit)
    equal(record["group"], None, "group")
    equal(record["source"], source, "source")
    return record


def test_oom_container(report):
    check_kill(report, "oom-container", "kprobe")
    equal(mechanism(report, "oom-container"), "kprobe", "mechanism")


def test_oom_pod(report):
    check_kill(report, "oom-pod", "kprobe", limit=POD)


def test_oom_child(report):
    record = check_kill(report, "oom-child", "kprobe", pid="child")
    true(record["victim"]["pid"] != int(report["oom-child/pid"]), "the child is killed, not the container's first process")


def test_oom_group(report):
    """Version 1 has no such thing."""
    if not report["oom-group/status"]:
        return "version 1 of cgroups: there are no groups"
    records = traced(report, "oom-group", 3)
    pids = [int(report[f"oom-group/{name}"]) for name in ("pid", "sleep1", "sleep2")]
    equal(sorted(record["victim"]["pid"] for record in records), sorted(pids), "victims")
    equal(records[0]["victim"]["comm"], "traffic", "the victim that was chosen")
    equal({record["time"] for record in records}, {records[0]["time"]}, "time")
    for record in records:
        equal(record["group"], CONTAINER, "group")
        equal(record["victim"]["cgroup"], CONTAINER, "victim's cgroup")
        equal(record["trigger"]["pid"], pids[0], "trigger")
        check_limit(record, CONTAINER)


def test_oom_crowd(report):
    """300 processes, their parent, and the one that was chosen; nobody reads of them until they are gone."""
    if not report["oom-crowd/status"]:
        return "version 1 of cgroups: there are no groups"
    equal(report["oom-crowd/status"].strip(), "0", "exit status")
    records = report.objects("oom-crowd/records")
    (books,) = report.objects("oom-crowd/ledger")
    lost = books["lost"].pop("ring-full")
    equal(set(books["lost"].values()), {0}, "other losses")
    equal((books["records"]["seen"], len(records) + lost), (len(records), 302), "records, and with those lost")
    true(lost > 50, f"more than the ring has room for: {lost} lost")
    equal({(record["group"], record["time"]) for record in records}, {(CONTAINER, records[0]["time"])}, "group and time")
    true(f", {lost} events lost (ring full)" in report["oom-crowd/messages"], "the summary")
    return f"{lost} lost"


def test_oom_node(report):
    (record,) = traced(report, "oom-node", 1)
    check_victim(record, int(report["oom-node/pid"]), "traffic", "/")
    true(record["victim"]["anon_rss_bytes"] > 200 << 20, f"most of the machine's memory: {record['victim']}")
    equal((record["scope"], record["limit"], record["group"]), ("node", None, None), "scope, limit and group")


def test_oom_fentry(report):
    check_kill(report, "oom-fentry", "fentry")


def test_oom_raw_tracepoint(report):
    """Before Linux 6.8, but for fixes, it shows a process id only, and what is used is the tracepoint's record by perf."""
    check_kill(report, "oom-raw-tracepoint", "tracepoint")
    said = mechanism(report, "oom-raw-tracepoint")
    true(said.startswith("tracepoint, with the limit from the kernel's log, "), f"what the log is for: {said!r}")
    raw = "raw tracepoint: it tells a process id only" not in said
    equal(raw, "comm" in report["mark_victim"], f"whether the raw tracepoint is in use, on this kernel: {said!r}")
    return "raw" if raw else "by perf"


def test_oom_tracepoint(report):
    check_kill(report, "oom-tracepoint", "tracepoint")
    true("raw tracepoint: turned off by --without" in mechanism(report, "oom-tracepoint"), "what is not in use")


def test_oom_kmsg(report):
    check_kill(report, "oom-kmsg", "kmsg")


def test_oom_no_tracefs(report):
    check_kill(report, "oom-no-tracefs", "kmsg")
    true("tracepoint: tracefs: not mounted" in mechanism(report, "oom-no-tracefs"), "what is missing")


def test_oom_nothing(report):
    equal(report["oom-nothing.status"].strip(), "1", "exit status where there is no mechanism at all")
    (said,) = report["oom-nothing"].splitlines()
    true(said.startswith("podsnoop: cannot see OOM kills: kprobe: turned off by --without; "), f"why: {said!r}")


def test_oom_without_btf(report):
    equal(report["btf-hidden"], "", "what is left of the kernel's BTF")
    check_kill(report, "oom-without-btf", "tracepoint")
    true("kprobe: /sys/kernel/btf/vmlinux is not there; --btf names a file" in mechanism(report, "oom-without-btf"), "what is missing")


def test_oom_btf_file(report):
    check_kill(report, "oom-btf-file", "kprobe")


def test_oom_other_btf(report):
    """Types of another kernel would have something read, somewhere."""
    for name, why in ("oom-btf-garbage", "/scenario: it cannot be read as BTF"), ("oom-btf-other", "/btf_trial.o: it is not of this kernel"):
        ready, summary = [line for line in report[name].splitlines() if line.startswith("podsnoop: ")]
        true(ready.startswith("podsnoop: tracing OOM kills by tracepoint, with the limit from the kernel's log, "), f"what is used: {ready!r}")
        true(f"kprobe: {why}; " in ready, f"why: {ready!r}")
    ready = report["backlog-btf-other"].splitlines()[0]
    true("by netstat, " in report["backlog-btf-other"] and "kprobe: /btf_trial.o: it is not of this kernel; " in report["backlog-btf-other"],
         f"backlog: {ready!r}")


def test_no_symbol(report):
    """Without oom_kill_process the kernel's own types still lead there."""
    check_kill(report, "oom-no-symbol", "fentry")
    equal(mechanism(report, "oom-no-symbol"), "fentry", "mechanism")
    said = report["backlog-no-symbol"]
    true("by netstat, " in said and "backlog_ack_v4_kprobe: the kernel has no such function" in said, f"what is missing: {said!r}")


def overflows_of(report, name):
    """The records of a trace; their sum is what the kernel counted."""
    messages = report[f"{name}/messages"]
    equal(report[f"{name}/status"].strip(), "0", f"exit status of a program that said {messages!r}")
    records = report.objects(f"{name}/records")
    before, after = (int(report[f"{name}/overflows-{when}"]) for when in ("before", "after"))
    equal(sum(record["count"] for record in records), after - before, f"ListenOverflows of the namespace, and of {records}")
    for record in records:
        equal(record["listener"]["netns"], int(report[f"{name}/netns"]), "network namespace")
        equal((record["queue"]["name"], record["cookie"]), ("accept", False), "queue")
    return records


def check_families(report, name, source):
    """Three listeners, each with 4 overflows at the ACK and a known number at the SYN."""
    records = overflows_of(report, name)
    counts = {}
    for record in records:
        listener, queue = record["listener"], record["queue"]
        equal(record["source"], source, "source")
        # A backlog of 8 takes 9.
        equal((queue["length"], queue["limit"]), (9, 8), f"queue of {record}")
        where = (listener["address"], listener["port"], record["client"]["address"], record["stage"])
        counts[where] = counts.get(where, 0) + record["count"]
    equal(counts, {("127.0.0.1", 7001, "127.0.0.1", "ack"): 4, ("127.0.0.1", 7001, "127.0.0.1", "syn"): 6,
                   ("::1", 7002, "::1", "ack"): 4, ("::1", 7002, "::1", "syn"): 7,
                   ("::", 7003, "127.0.0.1", "ack"): 4, ("::", 7003, "127.0.0.1", "syn"): 8}, "overflows")
    return records


def test_backlog(report):
    records = check_families(report, "backlog", "kprobe")
    if "cgroup_version=1" not in report["cmdline"]:
        equal({record["listener"]["cgroup"] for record in records}, {CONTAINER}, "cgroup")
    else:
        true("kprobe, without the cgroup where a listener's process is not found (cgroups of version 1); " in report["backlog/messages"],
             f"what is lost: {report['backlog/messages']!r}")


def test_backlog_fentry(report):
    """Linux 6.1 got a function with seven arguments by a fix, and cannot attach there before 6.6."""
    messages = report["backlog-fentry/messages"]
    if "backlog_ack_v4_fentry: not supported" in messages:
        equal(release(report), (6, 1), "the one kernel that has not")
        equal({record["source"] for record in overflows_of(report, "backlog-fentry")}, {"netstat"}, "source")
        return "by netstat: fentry takes no function with so many arguments"
    check_families(report, "backlog-fentry", "fentry")


def test_backlog_flood(report):
    """Exact counts, and a record a second at most: the first at once."""
    records = overflows_of(report, "backlog-flood")
    syn = [record for record in records if record["stage"] == "syn"]
    equal(sum(record["count"] for record in syn), 100_000, "SYNs")
    equal({record["listener"]["port"] for record in records}, {7004}, "port")
    (books,) = report.objects("backlog-flood/ledger")
    seconds = books["duration_us"] / 1e6
    true(len(syn) <= seconds * 2 + 2, f"{len(syn)} records in {seconds} s")
    true(syn[0]["client"]["address"].startswith("198.1"), f"the last client: {syn[0]}")
    return f"{len(syn)} records in {seconds:.1f} s"


def test_backlog_crowd(report):
    """4200 listeners overflow once each; 4096 are counted, and of most of them the ring has no room to say who made them."""
    if "crowd" not in report["cmdline"]:
        return "not in this machine"
    equal(report["backlog-crowd/status"].strip(), "0", "exit status")
    records = report.objects("backlog-crowd/records")
    before, after = (int(report[f"backlog-crowd/overflows-{when}"]) for when in ("before", "after"))
    equal(after - before, 4200, "overflows")
    (books,) = report.objects("backlog-crowd/ledger")
    equal(books["lost"]["table-full"], 104, "overflows of listeners beyond those counted")
    true(books["lost"]["ring-full"] > 3000, f"events beyond the ring: {books}")
    equal((sum(record["count"] for record in records), len({record["listener"]["port"] for record in records})), (4096, 4096),
          "overflows told, and listeners")
    return f"{books['duration_us'] / 1e6:.1f} s"


def test_backlog_netstat(report):
    records = overflows_of(report, "backlog-netstat")
    for record in records:
        equal((record["stage"], record["client"], record["source"]), (None, None, "netstat"), "what the counters do not tell")
        listener = record["listener"]
        equal((listener["address"], listener["port"], listener["comm"]), ("127.0.0.1", 7005, "traffic"), "listener")


def test_backlog_list(report):
    """What --list said while that listener's queue was full."""
    listed = [record for record in report.objects("backlog-netstat/list") if record["listener"]["port"] == 7005]
    (record,) = listed
    equal(record["queue"], {"length": 9, "limit": 8}, "queue")
    equal((record["listener"]["netns"], record["listener"]["comm"]), (int(report["backlog-netstat/netns"]), "traffic"), "listener")
    equal(record["namespace_overflows"], int(report["backlog-netstat/overflows-after"]), "overflows of the namespace")


def test_backlog_syn(report):
    """Two queues for 4, or 5 (see lib/probe/syn_queue_trial.hpp): of 20 SYNs the others are answered by cookies, of 30 dropped."""
    records = report.objects("backlog-syn/records")
    counts = {}
    for record in records:
        equal((record["queue"]["name"], record["queue"]["limit"], record["stage"]), ("syn", 4, "syn"), "queue")
        which = record["listener"]["port"], record["cookie"]
        counts[which] = counts.get(which, 0) + record["count"]
    cookies, drops = (int(report[f"backlog-syn/TCPReqQFull{name}"]) for name in ("DoCookies", "Drop"))
    equal(counts, {(7006, True): cookies, (7007, False): drops}, "SYNs answered by cookies and not at all")
    true(20 - cookies in (4, 5) and 20 - cookies == 30 - drops, f"room for 4 or 5: {counts}")
    equal(report["backlog-syn/overflows-after"], report["backlog-syn/overflows-before"], "ListenOverflows, which are others")
    return f"room for {20 - cookies}"


def test_backlog_nothing(report):
    equal(report["backlog-nothing.status"].strip(), "1", "exit status where there is no mechanism at all")
    (said,) = report["backlog-nothing"].splitlines()
    true("kprobe: turned off by --without; fentry: turned off by --without" in said, f"why: {said!r}")
