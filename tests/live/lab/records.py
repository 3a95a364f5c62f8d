"""What every record of an exchange must be, and how a case writes the ones it expects."""
import datetime
import re

from .check import Failure, equal, true

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
SIDES = {"client", "server", "between", None}
ENDS = {"complete", "reset", "closed", "timeout", "gap", "upgraded", "capture-end", "evicted"}
FLAGS = {"midstream", "pipelined", "early", "body-gap", "retransmit", "truncated-head"}
FIELDS = {"type", "time", "side", "interface", "netns", "client", "server", "request", "response", "latency_us", "end",
          "flags"}
PHASES = ("connect", "request", "wait", "response", "total")


def told(records):
    """A line for each record: `METHOD TARGET REQUEST-BODY -> STATUS RESPONSE-BODY END FLAGS...`; a half that was not
    seen is `?`."""
    return [line_of(record) for record in records]


def line_of(record):
    request, response = record["request"], record["response"]
    asked = f"{request['method']} {request['target']} {request['body_bytes']}" if request else "?"
    answered = f"{response['status']} {response['body_bytes']}" if response else "?"
    return " ".join([asked, "->", answered, record["end"], *sorted(record["flags"])])


def check_exchange(record):
    try:
        check(record)
    except (KeyError, TypeError) as error:
        raise Failure(f"a record lacks {error}: {record}") from None


def check(record):
    missing = FIELDS - set(record)
    true(not missing, f"a record lacks {missing}: {record}")
    equal(record["type"], "http", "type")
    true(TIME.fullmatch(record["time"]), f"time {record['time']!r} is not RFC 3339 with nanoseconds")
    at = datetime.datetime.fromisoformat(record["time"][:26] + "+00:00")
    age = datetime.datetime.now(datetime.timezone.utc) - at
    true(abs(age.total_seconds()) < 600, f"time {record['time']} is not now")
    true(record["side"] in SIDES, f"side {record['side']!r}")
    true(record["end"] in ENDS, f"end {record['end']!r}")
    true(set(record["flags"]) <= FLAGS, f"flags {record['flags']}")
    equal(len(set(record["flags"])), len(record["flags"]), "flags that are told once")
    for peer in (record["client"], record["server"]):
        true(isinstance(peer["address"], str) and 0 < peer["port"] < 65536 and "pod" in peer, f"peer {peer}")
    true(record["request"] or record["response"], f"neither request nor response: {record}")
    for half in (record["request"], record["response"]):
        if half is not None:
            true(half["version"] in ("1.0", "1.1"), f"version {half['version']!r}")
            true(half["head_bytes"] > 0 and half["body_bytes"] >= 0, f"sizes of {half}")
    check_latency(record)


def check_latency(record):
    latency = record["latency_us"]
    equal(sorted(latency), sorted(PHASES), "latency's phases")
    for phase, value in latency.items():
        true(value is None or value >= 0, f"{phase} {value} is negative")
    if record["end"] == "complete" and record["request"] and record["response"]:
        for phase in PHASES[1:]:
            true(latency[phase] is not None, f"{phase} is unknown in a complete exchange: {record}")
        # Each is rounded to a microsecond. An early response overlaps its request.
        if "early" not in record["flags"]:
            parts = latency["request"] + latency["wait"] + latency["response"]
            true(abs(parts - latency["total"]) <= 3, f"the phases' sum {parts} is not the total {latency['total']}")
