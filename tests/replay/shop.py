#!/usr/bin/env python3
"""Writes a shop of twenty services: what its pods said to each other in a minute, and what the kubelet says of them.

Usage: tests/replay/shop.py CAPTURE PODS

podsnoop map -r CAPTURE --pods PODS -o dot | dot -Tsvg > map.svg
"""
import itertools
import json
import random
import struct
import sys

SYN, RST, SYN_ACK, PSH_ACK = 0x02, 0x04, 0x12, 0x18
# Namespace, service, replicas.
SERVICES = [
    ("edge", "gateway", 2), ("edge", "auth", 2), ("shop", "web", 3), ("shop", "cart", 2), ("shop", "catalog", 3),
    ("shop", "search", 2), ("shop", "checkout", 2), ("shop", "pricing", 1), ("shop", "stock", 2), ("shop", "reviews", 1),
    ("shop", "images", 1), ("pay", "payment", 2), ("pay", "fraud", 1), ("pay", "ledger", 1), ("ship", "shipping", 1),
    ("ship", "tracking", 1), ("ops", "mail", 1), ("ops", "metrics", 1), ("ops", "flags", 1), ("ops", "audit", 1),
]
# Client, server, requests in the minute, milliseconds, failures of a hundred.
CALLS = [
    ("gateway", "web", 600, 40, 0), ("gateway", "auth", 300, 5, 0), ("web", "cart", 240, 12, 0), ("web", "catalog", 500, 9, 0),
    ("web", "search", 120, 60, 2), ("web", "checkout", 40, 220, 12), ("web", "reviews", 90, 15, 0), ("catalog", "pricing", 400, 2, 0),
    ("catalog", "stock", 350, 3, 0), ("catalog", "images", 200, 8, 0), ("cart", "pricing", 150, 2, 0), ("cart", "stock", 100, 3, 0),
    ("checkout", "payment", 40, 180, 15), ("checkout", "shipping", 36, 25, 0), ("checkout", "mail", 36, 30, 0),
    ("payment", "fraud", 40, 70, 0), ("payment", "ledger", 34, 6, 0), ("shipping", "tracking", 30, 20, 0),
    ("auth", "flags", 30, 1, 0), ("web", "flags", 60, 1, 0), ("ledger", "audit", 34, 4, 0), ("search", "catalog", 60, 9, 0),
]
STRANGERS = 9  # clients of the gateway that are no pods
SCRAPED = ("gateway", "web", "cart", "catalog", "checkout", "payment")  # by metrics
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Shop:
    def __init__(self):
        self.random = random.Random(20261121)
        addresses = itertools.count(0x0A_F4_00_02)
        self.pods = {service: [(namespace, f"{service}-{self.word(9)}-{self.word(5)}", next(addresses)) for _ in range(replicas)]
                     for namespace, service, replicas in SERVICES}
        self.packets = []

    def word(self, length):
        return "".join(self.random.choices(ALPHABET, k=length))

    def address(self, service):
        return self.random.choice(self.pods[service])[2]

    def segment(self, at, source, destination, seq, ack, flags, payload=b""):
        length = 40 + len(payload)
        self.packets.append((at, struct.pack(">BBHHHBBHII", 0x45, 0, length, 0, 0, 64, 6, 0, source[0], destination[0])
                             + struct.pack(">HHIIBBHHH", source[1], destination[1], seq, ack, 0x50, flags, 65535, 0, 0) + payload))

    def call(self, client, server, milliseconds, failures):
        """One exchange on a connection of its own, some time in the minute."""
        at = self.random.randrange(0, 59_000_000)
        took = int(1000 * milliseconds * self.random.lognormvariate(0, 0.4))
        client, server = (client, self.random.randrange(32768, 61000)), (server, 8080)
        status = "503 Service Unavailable" if self.random.random() * 100 < failures else "200 OK"
        request = b"GET /items/%d HTTP/1.1\r\nHost: shop.example\r\n\r\n" % self.random.randrange(1000)
        response = f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nbody".encode()
        self.segment(at, client, server, 1000, 0, SYN)
        self.segment(at + 100, server, client, 5000, 1001, SYN_ACK)
        self.segment(at + 200, client, server, 1001, 5001, PSH_ACK, request)
        self.segment(at + 200 + took, server, client, 5001, 1001 + len(request), PSH_ACK, response)
        self.segment(at + 300 + took, client, server, 1001 + len(request), 5001 + len(response), RST)

    def write_capture(self, path):
        for client, server, requests, milliseconds, failures in CALLS:
            for _ in range(requests):
                self.call(self.address(client), self.address(server), milliseconds, failures)
        for _ in range(800):
            self.call(0xCB_00_71_00 + self.random.randrange(STRANGERS), self.address("gateway"), 50, 0)
        for service in SCRAPED:
            for _, _, address in self.pods[service]:
                for _ in range(4):
                    self.call(self.address("metrics"), address, 3, 0)
        start = 1_795_247_365_000_000
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))  # LINKTYPE_RAW
            for at, packet in sorted(self.packets, key=lambda each: each[0]):
                file.write(struct.pack("<IIII", *divmod(start + at, 1_000_000), len(packet), len(packet)) + packet)

    def write_pods(self, path):
        items = [{"metadata": {"namespace": namespace, "name": name, "uid": f"00000000-0000-4000-8000-{address:012x}"},
                  "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]},
                  "status": {"phase": "Running", "podIP": ".".join(map(str, address.to_bytes(4, "big")))}}
                 for pods in self.pods.values() for namespace, name, address in pods]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"kind": "PodList", "items": items}, file)


def write(capture, pods):
    shop = Shop()
    shop.write_capture(capture)
    shop.write_pods(pods)


if __name__ == "__main__":
    write(*sys.argv[1:])
