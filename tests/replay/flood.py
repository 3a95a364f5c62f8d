#!/usr/bin/env python3
"""Writes a pcap of raw IP to standard output that asks too much of whoever reads it.

Usage: tests/replay/flood.py connections|pipelined|holes|heads|paths COUNT

`paths` are whole exchanges, each of another client for another path: one of ten fails.
"""
import struct
import sys

REQUEST = b"GET /some/path/of/usual/length?id=12345 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: load/1.0\r\n\r\n"
SERVER = 0x0A_FF_00_01
SYN, RST, SYN_ACK, PSH_ACK = 0x02, 0x04, 0x12, 0x18


class Capture:
    def __init__(self):
        self.out, self.records, self.microseconds = sys.stdout.buffer, [], 1_700_000_000_000_000
        self.out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))  # LINKTYPE_RAW

    def segment(self, source, destination, seq, ack, flags, payload=b""):
        self.microseconds += 10
        length = 40 + len(payload)
        self.records.append(
            struct.pack("<IIII", *divmod(self.microseconds, 1_000_000), length, length)
            + struct.pack(">BBHHHBBHII", 0x45, 0, length, 0, 0, 64, 6, 0, source[0], destination[0])
            + struct.pack(">HHIIBBHHH", source[1], destination[1], seq % 2**32, ack, 0x50, flags, 65535, 0, 0) + payload)
        if len(self.records) == 4096:
            self.flush()

    def flush(self):
        self.out.write(b"".join(self.records))
        self.records.clear()

    def connect(self, number, per_client=50_000):
        client, server = (0x0A_00_00_00 + number // per_client, 1024 + number % 50_000), (SERVER, 80)
        self.segment(client, server, 1000, 0, SYN)
        self.segment(server, client, 5000, 1001, SYN_ACK)
        return client, server


    def exchange(self, client, server, path, status):
        request = f"GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode()
        response = f"HTTP/1.1 {status} S\r\nContent-Length: 4\r\n\r\nbody".encode()
        self.segment(client, server, 1001, 5001, PSH_ACK, request)
        self.segment(server, client, 5001, 1001 + len(request), PSH_ACK, response)
        self.segment(client, server, 1001 + len(request), 5001 + len(response), RST)


def main(kind, count):
    capture = Capture()
    if kind == "pipelined":
        client, server = capture.connect(0)
    for number in range(count):
        if kind == "pipelined":
            capture.segment(client, server, 1001 + number * len(REQUEST), 5001, PSH_ACK, REQUEST)
            continue
        client, server = capture.connect(number, *((1,) if kind == "paths" else ()))
        if kind == "connections":
            capture.segment(client, server, 1001, 5001, PSH_ACK, REQUEST)
        elif kind == "paths":
            capture.exchange(client, server, f"/path/{number}", 500 if number % 10 == 0 else 200)
        elif kind == "heads":
            capture.segment(client, server, 1001, 5001, PSH_ACK, REQUEST[:-2] + b"X: " + b"x" * 1000)
        elif kind == "holes":
            capture.segment(client, server, 1001 + 1000, 5001, PSH_ACK, b"y" * 1000)
    capture.flush()


main(sys.argv[1], int(sys.argv[2]))
