"""What `podsnoop schema` says of records. That all records of all cases are so is seen at the end of each: lab/schema.py."""
import copy
import json

from lab import equal, true
from lab.lab import PODSNOOP
from lab.schema import Mismatch, check_record


def printed_schema(lab):
    done = lab.podsnoop("schema")
    equal(done.returncode, 0, "exit status")
    return json.loads(done.stdout)


def fields(schema, path=""):
    """Every field below, by its path, with what the schema says of it."""
    for name, about in schema.get("properties", {}).items():
        yield f"{path}{name}", about
        yield from fields(about, f"{path}{name}.")
        yield from fields(about.get("items", {}), f"{path}{name}[].")


def exchange(lab):
    lab.pair()
    lab.nginx()
    tracer = lab.trace("--headers", "user-agent")
    lab.get("/small")
    (record,) = tracer.wait(1)
    tracer.end()
    return record


def refused(record, *path, value):
    """Whether the record is refused where the field at `path` is `value`; it is left out where that is `...`."""
    changed = copy.deepcopy(record)
    within = changed
    for name in path[:-1]:
        within = within[name]
    if value is ...:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    try:
        check_record(PODSNOOP, changed)
    except Mismatch as mismatch:
        return path[-1] in str(mismatch)
    return False


def test_says_all_of_every_field(lab):
    for name, record in printed_schema(lab)["$defs"].items():
        equal(record["properties"]["type"]["const"], name.split("-http")[0].split("-tcp")[0].split("-probe")[0], "type")
        for path, about in fields(record):
            where = f"{name}: {path}"
            true(about["description"], f"{where} has no description")
            equal("x-null" in about, "null" in about["type"], f"{where}: whether it says when it is null")
            true("_us" not in path.split(".")[-1] or about["type"] == "object" or about.get("x-unit") == "microseconds", f"{where}: unit")
            true("_bytes" not in path.split(".")[-1] or about.get("x-unit") == "bytes", f"{where}: unit")
            true(None in about.get("enum", [None]) or "x-null" not in about, f"{where}: its words lack null")


def test_names_words(lab):
    http = dict(fields(printed_schema(lab)["$defs"]["http"]))
    equal(http["side"]["enum"], ["client", "server", "between", None], "sides")
    equal(http["request.version"]["enum"], ["1.0", "1.1"], "versions")
    equal(http["flags"]["items"]["enum"], ["midstream", "pipelined", "early", "body-gap", "retransmit", "truncated-head"], "flags")
    equal(http["request.headers"]["x-only-with"], "--headers", "what adds headers")
    equal(http["client.pod.uid"]["type"], ["string", "null"], "a pod's UID")


def test_others_agree(lab):
    """Debian's validator takes the schema for one, and the records that it takes are those that ours does."""
    import jsonschema  # pylint: disable=import-outside-toplevel
    schema = printed_schema(lab)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    record = exchange(lab)
    validator.validate(record)
    for change in {"end": "soon"}, {"flags": ["late"]}, {"netns": "lo"}, {"request": 1}, {"time": "today"}:
        true(not validator.is_valid(record | change), f"a record with {change} is taken")


def test_refuses(lab):
    record = exchange(lab)
    check_record(PODSNOOP, record)
    true(refused(record, "end", value="soon"), "an end that there is not")
    true(refused(record, "end", value=None), "an end that is unknown, and cannot be")
    true(refused(record, "time", value="2026-01-01T00:00:00Z"), "a time without nanoseconds")
    true(refused(record, "time", value="2026-13-01T00:00:00.000000000Z"), "a month that there is not")
    true(refused(record, "client", "address", value="10.0.0.256"), "an address that is none")
    true(refused(record, "request", "body_bytes", value=-1), "less than nothing")
    true(refused(record, "request", "headers", "user-agent", value=1), "a header that is a number")
    true(refused(record, "flags", value=["early", "early"]), "a flag told twice")
    true(refused(record, "latency_us", "wait", value=...), "a field that is missing")
    true(refused(record, "response", "reason", value="OK"), "a field that is not described")
    true(refused(record, "netns", value=True), "a truth for a number")
    true(refused(record, "type", value="htpp"), "a type that there is not")
