"""Every line of JSON must be as `podsnoop schema` says, and have no field of which it does not speak.

The validator knows the words of JSON Schema that the schema uses, and refuses any other: so none is overlooked.
"""
import datetime
import functools
import ipaddress
import json
import re
import subprocess

from .check import Failure, equal

# Of a test's output. A flood's lines are alike, and to look at some of them takes as long as they do to come.
MOST_LINES = 2000
NOTES = {"description", "x-unit", "x-null", "x-only-with"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
         "null": type(None)}


class Mismatch(Exception):
    """A value is not as the schema says, and where."""


def demand(condition, path, what):
    if not condition:
        raise Mismatch(f"{path or 'the line'}: {what}")


def is_of(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def check_format(value, name):
    {"ipv4": ipaddress.IPv4Address, "ipv6": ipaddress.IPv6Address, "date-time": lambda text: datetime.datetime.fromisoformat(text[:26])}[name](value)


def check(value, schema, path=""):
    for word, rule in schema.items():
        if word in NOTES or word in ("properties", "items", "required", "additionalProperties") or value is None and word != "type":
            continue  # of an object or a list: below
        if word == "type":
            names = rule if isinstance(rule, list) else [rule]
            demand(any(is_of(value, name) for name in names), path, f"{value!r} is not {' or '.join(names)}")
        elif word in ("enum", "const"):
            demand(value in (rule if word == "enum" else [rule]), path, f"{value!r} is not {rule}")
        elif word == "minimum":
            demand(value >= rule, path, f"{value} is below {rule}")
        elif word == "pattern":
            demand(re.search(rule, value), path, f"{value!r} is not like {rule}")
        elif word == "uniqueItems":
            demand(len(set(value)) == len(value), path, f"{value} has one twice")
        elif word == "format":
            try:
                check_format(value, rule)
            except ValueError as error:
                raise Mismatch(f"{path}: {error}") from None
        elif word == "anyOf":
            check_any(value, rule, path)
        else:
            raise Mismatch(f"{path}: the schema has the word {word}, which is not known here")
    if isinstance(value, dict):
        check_members(value, schema, path)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema["items"], f"{path}[{number}]")


def check_any(value, schemas, path):
    reasons = []
    for schema in schemas:
        try:
            return check(value, schema, path)
        except Mismatch as mismatch:
            reasons.append(str(mismatch))
    raise Mismatch("; ".join(reasons))


def check_members(value, schema, path):
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name in schema.get("required", ()):
        demand(name in value, path, f"has no {name}")
    for name, member in value.items():
        demand(name in known or others, path, f"has {name}, which the schema does not know")
        check(member, known.get(name, others), f"{path}.{name}" if path else name)


@functools.cache
def records(program):
    """The schemas of the kinds of records, by the `type` that they have."""
    done = subprocess.run([program, "schema"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    equal(done.returncode, 0, f"exit status of podsnoop schema ({done.stderr.decode()})")
    whole = json.loads(done.stdout)
    kinds = {}
    for reference in whole["anyOf"]:
        schema = whole["$defs"][reference["$ref"].removeprefix("#/$defs/")]
        kinds.setdefault(schema["properties"]["type"]["const"], []).append(schema)
    return kinds


def check_record(program, record):
    kinds = records(program)
    demand(record.get("type") in kinds, "type", f"the schema knows no {record.get('type')!r}")
    check_any(record, kinds[record["type"]], "")


def check_lines(program, text):
    """Those of the lines that are records of JSON, evenly chosen where there are very many."""
    lines = [line for line in text.splitlines() if line.startswith(b'{"type":')]
    for line in lines[::len(lines) // MOST_LINES + 1]:
        try:
            check_record(program, json.loads(line))
        except Mismatch as mismatch:
            raise Failure(f"not as the schema says: {mismatch}: {line.decode()}") from None


def check_process(program, process):
    """What it has printed, and the ledger that it wrote."""
    if str(program) not in process.argv:
        return
    if process.stdout_path.exists():  # measurements take it away, as it lies in memory
        check_lines(program, process.stdout)
    if "--ledger" in process.argv:
        try:
            with open(process.argv[process.argv.index("--ledger") + 1], "rb") as file:
                check_lines(program, file.read())
        except OSError:
            return  # it wrote none, which is the case's business
