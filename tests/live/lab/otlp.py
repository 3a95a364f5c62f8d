"""What a line of OTLP's JSON may hold: the messages of opentelemetry-proto that podsnoop writes, field by field.

OTLP's JSON is Protobuf's JSON with exceptions: ids are hex and not base64, enumerators are numbers and not names. 64-bit
integers are texts. A field that is not of its message is a mistake here, though readers pass over it."""
import json
import re

from .check import true

DIGITS, HEX = re.compile(r"-?[0-9]+"), re.compile(r"[0-9a-f]+")


def is_int(value, bits):
    return isinstance(value, str) and DIGITS.fullmatch(value) and -(1 << 63) <= int(value) < 1 << bits


def is_id(value, digits):
    return isinstance(value, str) and HEX.fullmatch(value) and len(value) == digits and set(value) != {"0"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_small(value):  # 32 bits, or an enumerator
    return is_number(value) and 0 <= value < 1 << 32 and value == int(value)


KINDS = {
    "text": lambda value: isinstance(value, str),
    "yes": lambda value: isinstance(value, bool),
    "number": is_number,
    "small": is_small,
    "int64": lambda value: is_int(value, 63),
    "fixed64": lambda value: is_int(value, 64) and int(value) >= 0,
    "trace id": lambda value: is_id(value, 32),
    "span id": lambda value: is_id(value, 16),
}
# A list stands for a repeated field.
MESSAGES = {
    "Line": {"resourceSpans": ["ResourceSpans"], "resourceMetrics": ["ResourceMetrics"]},
    "ResourceSpans": {"resource": "Resource", "scopeSpans": ["ScopeSpans"]},
    "Resource": {"attributes": ["KeyValue"]},
    "ScopeSpans": {"scope": "Scope", "spans": ["Span"]},
    "Scope": {"name": "text", "version": "text"},
    "Span": {"traceId": "trace id", "spanId": "span id", "parentSpanId": "span id", "traceState": "text", "flags": "small",
             "name": "text", "kind": "small", "startTimeUnixNano": "fixed64", "endTimeUnixNano": "fixed64",
             "attributes": ["KeyValue"], "status": "Status"},
    "Status": {"code": "small"},
    "KeyValue": {"key": "text", "value": "AnyValue"},
    "AnyValue": {"stringValue": "text", "boolValue": "yes", "intValue": "int64", "doubleValue": "number",
                 "arrayValue": "ArrayValue"},
    "ArrayValue": {"values": ["AnyValue"]},
    "ResourceMetrics": {"resource": "Resource", "scopeMetrics": ["ScopeMetrics"]},
    "ScopeMetrics": {"scope": "Scope", "metrics": ["Metric"]},
    "Metric": {"name": "text", "unit": "text", "sum": "Sum", "histogram": "Histogram"},
    "Sum": {"dataPoints": ["NumberDataPoint"], "aggregationTemporality": "small", "isMonotonic": "yes"},
    "Histogram": {"dataPoints": ["HistogramDataPoint"], "aggregationTemporality": "small"},
    "NumberDataPoint": {"attributes": ["KeyValue"], "startTimeUnixNano": "fixed64", "timeUnixNano": "fixed64",
                        "asInt": "int64"},
    "HistogramDataPoint": {"attributes": ["KeyValue"], "startTimeUnixNano": "fixed64", "timeUnixNano": "fixed64",
                           "count": "fixed64", "sum": "number", "max": "number", "bucketCounts": ["fixed64"],
                           "explicitBounds": ["number"]},
}
NEEDED = {"Span": {"traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"},
          "NumberDataPoint": {"startTimeUnixNano", "timeUnixNano", "asInt"},
          "HistogramDataPoint": {"startTimeUnixNano", "timeUnixNano", "count", "bucketCounts", "explicitBounds"}}


def check(value, kind, where):
    if isinstance(kind, list):
        true(isinstance(value, list), f"{where} is no list: {value}")
        for element in value:
            check(element, kind[0], where)
        if kind == ["KeyValue"]:
            keys = [element["key"] for element in value]
            true(len(keys) == len(set(keys)), f"{where} has a key twice: {keys}")
    elif kind in KINDS:
        true(KINDS[kind](value), f"{where} is no {kind}: {value!r}")
    else:
        true(isinstance(value, dict), f"{where} is no {kind}: {value!r}")
        true(NEEDED.get(kind, set()) <= set(value), f"{where} lacks what a {kind} needs: {value}")
        for key, member in value.items():
            true(key in MESSAGES[kind], f"a {kind} has no {key}: {value}")
            check(member, MESSAGES[kind][key], f"{where}.{key}")


def read(text):
    """The lines, each of them checked."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        check(line, "Line", "line")
        true(len(line) == 1, f"a line is one kind of request: {list(line)}")
    return lines


def spans(text):
    return [span for line in read(text) for resource in line["resourceSpans"] for scope in resource["scopeSpans"]
            for span in scope["spans"]]


def metrics(text):
    return [metric for line in read(text) for resource in line["resourceMetrics"] for scope in resource["scopeMetrics"]
            for metric in scope["metrics"]]


def attributes(of):
    return {each["key"]: next(iter(each["value"].values())) for each in of["attributes"]}
