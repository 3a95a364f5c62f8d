"""Memory stays bounded, whatever comes in: a million of each."""
import json
import os
import pathlib
import subprocess
import sys

from lab import equal, true
from lab.lab import PODSNOOP
from lab.ledger import check as check_ledger

LIMIT_MIB = 64
MILLION = 1_000_000
FLOOD = pathlib.Path(__file__).resolve().parent.parent / "flood.py"


def flood(lab, kind, *command, output=os.devnull):
    """Reads a flood from a pipe; gives its ledger. Records go to `output`."""
    ledger = pathlib.Path(lab.folder) / "ledger.json"
    with subprocess.Popen([sys.executable, FLOOD, kind, str(MILLION)], stdout=subprocess.PIPE) as source, \
            open(output, "wb") as records:
        reader = subprocess.Popen([PODSNOOP, *(command or ("http",)), "-r", "-", "-o", "json", "--ledger", ledger], stdin=source.stdout,
                                  stdout=records, stderr=subprocess.PIPE)
        source.stdout.close()
        said = reader.stderr.read().decode()
        _, status, usage = os.wait4(reader.pid, 0)
        reader.returncode = os.waitstatus_to_exitcode(status)
    equal(reader.returncode, 0, f"exit status ({said})")
    counts = json.loads(ledger.read_text())
    check_ledger(counts)
    peak = usage.ru_maxrss / 1024
    lab.note(f"peak {peak:.1f} MiB, {usage.ru_utime + usage.ru_stime:.1f} s of processor time, limits {counts['limits']}"
             + (f", {counts['requests']['unanswered']['evicted']} requests evicted" if "requests" in counts else ""))
    true(peak < LIMIT_MIB, f"peak {peak:.1f} MiB of memory, {LIMIT_MIB} are allowed")
    return counts


def sums(lab, groups, *command):
    """Whatever has no group of its own is counted all the same."""
    output = pathlib.Path(lab.folder) / "records.json"
    counts = flood(lab, "paths", *command, output=output)
    records = [json.loads(line) for line in output.read_text().splitlines()]
    equal(counts["requests"]["complete"], MILLION, "complete requests")
    for field, wanted in ("requests", MILLION), ("errors", MILLION // 10), ("unanswered", 0):
        equal(sum(record[field] for record in records), wanted, f"{field} of all groups")
    for start in {record["time"] for record in records}:
        block = [record["other"] for record in records if record["time"] == start]
        equal(block, [False] * groups + [True], "groups, and the others")


def test_red_paths(lab):
    sums(lab, 1000, "red", "--by", "path", "--raw-paths")


def test_red_clients(lab):
    sums(lab, 10, "red", "--by", "client", "--groups", "10", "--interval", "30s")


def test_map(lab):
    sums(lab, 50, "map", "--edges", "50", "--interval", "20s")


def test_connections(lab):
    counts = flood(lab, "connections")
    equal(counts["requests"]["seen"], MILLION, "requests")
    true(counts["limits"]["connections-evicted"] > 900_000, "evicted connections are not counted")


def test_connections_without_http(lab):
    counts = flood(lab, "connections", "tcp")
    equal(counts["connections"]["seen"], MILLION, "connections")
    true(counts["limits"]["connections-evicted"] > 900_000, "evicted connections are not counted")


def test_pipelined(lab):
    counts = flood(lab, "pipelined")
    equal(counts["requests"]["seen"], MILLION, "requests")
    true(counts["requests"]["unanswered"]["evicted"] > 900_000, "evicted requests are not counted")


def test_holes(lab):
    """Connections that each wait for a lost segment."""
    flood(lab, "holes")


def test_unfinished_heads(lab):
    flood(lab, "heads")
