"""gRPC's unary calls, with curl for HTTP/2 and as much of protobuf's encoding as that takes.

A message to send is a dictionary from field number to value: a whole number, text, another message, or a list of these
for a repeated field. An answer is a dictionary from field number to the list of what came; a field that holds a message
or text comes as bytes. A field that is not there has its default, as always in protobuf."""
import struct
import subprocess
import tempfile

from .check import Failure

VARINT, LENGTH_DELIMITED = 0, 2  # wire types; the others are for numbers of fixed width


def varint(number):
    data = bytearray()
    while number > 0x7f:
        data.append(number & 0x7f | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def message(**numbers):
    """A kind of message, of which each field is known by its name: `Point = message(x=1, y=2)`, `Point(x=7)`."""
    return lambda **fields: {numbers[name]: value for name, value in fields.items()}


def encode(fields):
    data = bytearray()
    for number, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, int):
                data += varint(number << 3 | VARINT) + varint(item)
                continue
            if isinstance(item, dict):
                item = encode(item)
            elif isinstance(item, str):
                item = item.encode()
            data += varint(number << 3 | LENGTH_DELIMITED) + varint(len(item)) + item
    return bytes(data)


def decode(data):
    fields, at = {}, 0

    def read_varint():
        nonlocal at
        number, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(data):
        key = read_varint()
        value = read_varint()
        if key & 7 == LENGTH_DELIMITED:
            value, at = data[at:at + value], at + value
        elif key & 7 != VARINT:
            raise Failure(f"the answer has wire type {key & 7}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


class Channel:
    """To the server that listens at this unix socket."""

    def __init__(self, socket):
        self.socket = socket

    def call(self, method, request):
        """A unary call of /PACKAGE.SERVICE/METHOD. gRPC puts one byte (not compressed) and the length before a message,
        and how it went behind the answer, in the trailers."""
        body = encode(request)
        with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as heads:
            done = subprocess.run(
                ["curl", "--silent", "--show-error", "--max-time", "60", "--http2-prior-knowledge",
                 "--unix-socket", self.socket, "--dump-header", heads.name, "--data-binary", "@-",
                 "--header", "Content-Type: application/grpc", "--header", "TE: trailers", f"http://runtime{method}"],
                input=struct.pack(">BI", 0, len(body)) + body, capture_output=True)
            lines = {name: value.strip() for name, _, value in (line.partition(":") for line in heads)}
        if done.returncode != 0:
            raise Failure(f"{method}: {done.stderr.decode().strip()}")
        if lines.get("grpc-status") != "0":
            raise Failure(f"{method}: {lines.get('grpc-message', lines)}")
        return decode(done.stdout[struct.calcsize(">BI"):])
