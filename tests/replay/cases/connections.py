"""Connections of real kernels, with losses, as podsnoop tcp reads them in a capture, tshark reads them, and the kernels
counted."""
import collections
import json
import pathlib
import socket
import subprocess

from capture import podsnoop, tcpdump
from lab import RawServer, connect, equal, read_exactly, reset, true
from lab.lab import SERVER
from lab.network import drop, without_offload
from lab.records import check_record

PORT = 5432
FIELDS = ("tcp.stream", "tcp.srcport", "tcp.flags.reset", "tcp.seq", "tcp.len")


def streams(path):
    """(client's port, bytes each way, who reset it) of each connection, as tshark tells."""
    command = ["tshark", "-nr", path, "-T", "fields", *(word for field in FIELDS for word in ("-e", field))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = {}
    for line in done.stdout.splitlines():
        stream, port, is_reset, seq, length = line.split("\t")
        seen = found.setdefault(stream, {"client": port, "end": collections.Counter(), "reset": None})
        sender = "client" if port == seen["client"] else "server"
        if int(length) > 0:  # sequence numbers are relative: the first byte's is 1
            seen["end"][sender] = max(seen["end"][sender], int(seq) + int(length) - 1)
        if is_reset in ("1", "True"):
            seen["reset"] = sender
    return sorted((int(seen["client"]), seen["end"]["client"], seen["end"]["server"], seen["reset"]) for seen in found.values())


def told(records):
    """The same as podsnoop tells it."""
    return sorted((record["client"]["port"], record["client_bytes"], record["server_bytes"], record["reset_by"])
                  for record in records)


def test_losses(lab):
    client, server = lab.pair()
    for namespace in client, server:
        without_offload(namespace, "eth0")
    # Bare ACKs get through: what is sent again because the last one was lost comes behind a connection's end.
    drop(client, "prerouting", f"tcp sport {PORT} meta length > 100 numgen inc mod 31 == 5")
    drop(server, "prerouting", f"tcp dport {PORT} meta length > 100 numgen inc mod 29 == 7")
    path = pathlib.Path(lab.folder) / "losses.pcap"

    def talk(connection):
        kind, = read_exactly(connection, 1)
        if kind == 0:
            connection.sendall(b"x" * 300_000)
        elif kind == 1:
            read_exactly(connection, 300_000)
        else:
            reset(connection)

    def call(kind):
        with connect(client, SERVER, PORT) as connection:
            connection.sendall(bytes([kind]))
            if kind == 1:
                connection.sendall(b"y" * 300_000)
                connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass

    with tcpdump(lab, path):
        with RawServer(server, talk, PORT):
            for kind in (0, 1, 2, 0, 1):
                call(kind)
        with client.entered():
            attempt = socket.socket()
        true(attempt.connect_ex((SERVER, PORT + 1)) != 0, "it is not refused")
    records = [json.loads(line) for line in podsnoop(lab, path, command="tcp")]
    for record in records:
        check_record(record)
    equal(told(records), streams(path), "connections (client's port, bytes each way, who reset it), as against tshark's")
    again = [sum(record[f"{end}_retransmits"] for record in records) for end in ("client", "server")]
    equal(again, [client.retransmitted(), server.retransmitted()], "segments sent again, as against the kernels' own count")
    lab.note(f"{len(records)} connections agree, with {sum(again)} segments sent again")
    true(sum(again) > 10, "nothing was lost: this proves nothing")
