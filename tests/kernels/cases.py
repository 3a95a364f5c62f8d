"""What must be true of the report that a virtual machine left. A case is a function whose name starts with `test_`; see
guest/scenario for what happened. What it returns are notes."""
from lab import equal, ledger, told, true
from lab.records import check_record

SMALL = "GET /small 0 -> 200 13 complete"
LARGE_BYTES = 8 << 20
LARGE = f"GET /large 0 -> 200 {LARGE_BYTES} complete"
MISSING = "GET /missing 0 -> 404 124 complete"  # with busybox's own page
LOOPBACK = [SMALL] * 10 + [MISSING, SMALL]
ACROSS = [SMALL, SMALL, LARGE]


def traced(report, name, *wanted):
    """Checks one trace: its records, that Ctrl-C ended it well with one summary, and its ledger. Returns that."""
    messages = report[f"{name}/messages"]
    equal(report[f"{name}/status"].strip(), "0", f"exit status of a program that said {messages!r}")
    # One may pass another that waits for the node to say whose it is.
    records = sorted(report.objects(f"{name}/records"), key=lambda record: record["time"])
    for record in records:
        check_record(record)
        # An emulated machine is slow enough for TCP to send again what was not lost.
        record["flags"] = [flag for flag in record["flags"] if flag != "retransmit"]
    equal(told(records), list(wanted), "records")
    (books,) = report.objects(f"{name}/ledger")
    ledger.check(books)
    ledger.check_records(books, records)
    lines = messages.splitlines()
    equal(len(lines), 3, f"lines of its messages, which are {messages!r}")
    ready, exchanges, packets = lines
    true(ready.startswith("podsnoop: tracing HTTP on "), f"a ready line: {ready!r}")
    true(f" {len(wanted)} exchanges ({len(wanted)} complete) in " in exchanges, f"a summary of exchanges: {exchanges!r}")
    true(packets.endswith(", 0 dropped"), f"a summary of packets: {packets!r}")
    return books


def without_its_body(books):
    """Checks that the filter let hardly anything of a large body into the ring."""
    true(books["packets"]["skipped"]["body"] > 0, f"no segment of a large body was skipped: {books['packets']}")
    captured = books["bytes"]["captured"]
    true(captured < LARGE_BYTES / 100, f"{captured} bytes were captured of a body of {LARGE_BYTES}")
    return f"{captured} bytes captured, {books['packets']['skipped']['body']} segments skipped"


def test_alone(report):
    """It starts where there is no other file: no library, no /proc, nothing."""
    equal(report["alone.status"].strip(), "0", f"exit status of a program that said {report['alone']!r}")
    true(report["alone"].startswith("podsnoop "), f"its version: {report['alone']!r}")


def test_confined(report):
    """Each thread was behind its filter when it was ready, and no system call was refused to any, as the kernel's log would
    tell."""
    refused = [line for line in report["dmesg"].splitlines() if "type=1326" in line]
    equal(refused, [], "refused system calls")
    filters = (report["loopback/seccomp"] or report["oom-container/seccomp"]).splitlines()
    true(len(filters) >= 2, f"two threads at least: {filters}")
    equal(set(filters), {"Seccomp:\t2"}, "filters of its threads")


def test_loopback(report):
    traced(report, "loopback", *LOOPBACK)
    # Linux tells this from 5.16 on.
    return " ".join(report["loopback/verified"].split())


def test_download(report):
    return without_its_body(traced(report, "download", LARGE, SMALL))


def test_clock_steps(report):
    """An hour back and forward again: no interval waits for the clock, and no request is lost."""
    equal(report["clock/status"].strip(), "0", f"exit status of a program that said {report['clock/messages']!r}")
    records = report.objects("clock/records")
    equal([record["requests"] for record in records], [1, 1, 1], f"requests of the intervals {records}")
    equal([record["latency_us"]["measured"] for record in records], [1, 1, 1], "latencies measured")
    (books,) = report.objects("clock/ledger")
    ledger.check(books)
    equal(books["requests"]["complete"], 3, "complete requests in the ledger")


def test_veth(report):
    return without_its_body(traced(report, "veth", *ACROSS))


def test_netns(report):
    return without_its_body(traced(report, "netns", *ACROSS))


def test_any_interface(report):
    return without_its_body(traced(report, "any", *ACROSS))


def test_without_btf(report):
    true("vmlinux" in report["btf"], f"this kernel never had BTF, so hiding it shows nothing: {report['btf']!r}")
    equal(report["btf-hidden"], "", "what is left of the kernel's BTF")
    traced(report, "without-btf", *LOOPBACK)


def test_bpf_filter(report):
    """tests/bpf, all of it, on this kernel."""
    said = report["bpf_filter"]
    equal(report["bpf_filter.status"].strip(), "0", f"exit status of bpf_filter, which said:\n{said}\n")
    true("skipped:" not in said, f"bpf_filter skipped a test:\n{said}")
    (count,) = [line for line in said.splitlines() if line.startswith("[doctest] test cases:")]
    return count.removeprefix("[doctest] ")
