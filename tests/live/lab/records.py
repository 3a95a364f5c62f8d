"""What every record must be, and how a case writes the ones it expects."""
import datetime
import re

from .check import Failure, equal, true

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
SIDES = {"client", "server", "between", None}
ENDS = {"complete", "reset", "closed", "timeout", "gap", "upgraded", "capture-end", "evicted"}
CONNECTION_ENDS = {"fin", "reset", "refused", "timeout", "reused", "capture-end", "evicted"}
CONNECTION_FLAGS = {"midstream", "one-way", "half-open", "reordered"}
FLAGS = {"midstream", "pipelined", "early", "body-gap", "retransmit", "truncated-head"}
FIELDS = {"type", "time", "side", "interface", "netns", "client", "server", "request", "response", "latency_us", "end",
          "flags"}
PHASES = ("connect", "request", "wait", "response", "total")


def told(records):
    """A line for each record. Of an exchange: `METHOD TARGET REQUEST-BODY -> STATUS RESPONSE-BODY END FLAGS...`; a half
    that was not seen is `?`. Of a connection: `CLIENT-BYTES/SERVER-BYTES END FLAGS...`, `opened` at its start."""
    return [line_of_exchange(record) if record["type"] == "http" else line_of_connection(record) for record in records]


def line_of_connection(record):
    if record["type"] == "tcp-open":
        return "opened"
    by = [f"by {record['reset_by']}"] if record["reset_by"] else []
    return " ".join([f"{record['client_bytes']}/{record['server_bytes']}", record["end"], *by, *sorted(record["flags"])])


def line_of_exchange(record):
    request, response = record["request"], record["response"]
    asked = f"{request['method']} {request['target']} {request['body_bytes']}" if request else "?"
    answered = f"{response['status']} {response['body_bytes']}" if response else "?"
    return " ".join([asked, "->", answered, record["end"], *sorted(record["flags"])])


def check_record(record):
    try:
        check_seen(record)
        {"http": check_exchange, "tcp": check_connection, "tcp-open": check_opened}[record["type"]](record)
    except (KeyError, TypeError) as error:
        raise Failure(f"a record lacks {error}: {record}") from None


def check_seen(record):
    """What records of the network have in common."""
    true(TIME.fullmatch(record["time"]), f"time {record['time']!r} is not RFC 3339 with nanoseconds")
    at = datetime.datetime.fromisoformat(record["time"][:26] + "+00:00")
    age = datetime.datetime.now(datetime.timezone.utc) - at
    true(abs(age.total_seconds()) < 600, f"time {record['time']} is not now")
    true(record["side"] in SIDES, f"side {record['side']!r}")
    for peer in (record["client"], record["server"]):
        true(isinstance(peer["address"], str) and 0 < peer["port"] < 65536 and "pod" in peer, f"peer {peer}")
    equal(len(set(record["flags"])), len(record["flags"]), "flags that are told once")


def check_exchange(record):
    missing = FIELDS - set(record)
    true(not missing, f"a record lacks {missing}: {record}")
    true(record["end"] in ENDS, f"end {record['end']!r}")
    true(set(record["flags"]) <= FLAGS, f"flags {record['flags']}")
    true(record["request"] or record["response"], f"neither request nor response: {record}")
    for half in (record["request"], record["response"]):
        if half is not None:
            true(half["version"] in ("1.0", "1.1"), f"version {half['version']!r}")
            true(half["head_bytes"] > 0 and half["body_bytes"] >= 0, f"sizes of {half}")
    check_latency(record)


def check_connection(record):
    true(record["end"] in CONNECTION_ENDS, f"end {record['end']!r}")
    true(set(record["flags"]) <= CONNECTION_FLAGS, f"flags {record['flags']}")
    equal(record["reset_by"] is not None, record["end"] in ("reset", "refused"), f"whether somebody reset it: {record}")
    equal(record["retransmits"], record["client_retransmits"] + record["server_retransmits"], "retransmits")
    for name in ("duration_us", "client_bytes", "server_bytes", "client_zero_windows", "server_zero_windows", "syns"):
        true(record[name] >= 0, f"{name} {record[name]}")
    for end in "client", "server":
        smoothed, least = record[f"{end}_rtt_us"], record[f"{end}_rtt_min_us"]
        equal(smoothed is None, least is None, f"whether the {end}'s round trip is known")
        true(smoothed is None or 0 <= least <= smoothed, f"the {end}'s least round trip {least} is above {smoothed}")
    for name in "connect_us", "rtt_us":
        true(record[name] is None or record[name] >= 0, f"{name} {record[name]}")


def check_opened(record):
    for name in ("duration_us", "client_bytes", "server_bytes", "retransmits", "end"):
        equal(record[name], None, f"{name} of a connection that goes on")


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
