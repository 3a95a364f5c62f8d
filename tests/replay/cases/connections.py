"""Connections of real kernels, with losses, read by podsnoop tcp and by tshark."""
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
FIELDS = ("tcp.stream", "tcp.srcport", "tcp.flags.reset", "tcp.seq", "tcp.len",
          "tcp.analysis.retransmission", "tcp.analysis.out_of_order")


def streams(path):
    """(client's port, bytes each way, segments sent again each way, who reset it) of each connection, as tshark tells."""
    command = ["tshark", "-nr", path, "-T", "fields", *(word for field in FIELDS for word in ("-e", field))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = {}
    for line in done.stdout.splitlines():
        stream, port, is_reset, seq, length, again, overtaken = line.split("\t")
        seen = found.setdefault(stream, {"client": port, "end": collections.Counter(), "again": collections.Counter(), "reset": None})
        sender = "client" if port == seen["client"] else "server"
        if int(length) > 0:  # sequence numbers are relative: the first byte's is 1
            seen["end"][sender] = max(seen["end"][sender], int(seq) + int(length) - 1)
        if again or overtaken:
            seen["again"][sender] += 1
        if is_reset in ("1", "True"):
            seen["reset"] = sender
    return sorted((int(seen["client"]), seen["end"]["client"], seen["end"]["server"], seen["again"]["client"],
                   seen["again"]["server"], seen["reset"]) for seen in found.values())


def told(lines):
    """The same as podsnoop tells it."""
    records = [json.loads(line) for line in lines]
    for record in records:
        check_record(record)
    return sorted((record["client"]["port"], record["client_bytes"], record["server_bytes"], record["client_retransmits"],
                   record["server_retransmits"], record["reset_by"]) for record in records)


def test_losses(lab):
    client, server = lab.pair()
    for namespace in client, server:
        without_offload(namespace, "eth0")
    drop(client, "prerouting", f"tcp sport {PORT} numgen inc mod 31 == 5")
    drop(server, "prerouting", f"tcp dport {PORT} numgen inc mod 29 == 7")
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
    mine, theirs = told(podsnoop(lab, path, command="tcp")), streams(path)
    equal(mine, theirs, "connections (client's port, bytes, segments sent again, who reset it), as against tshark's")
    lab.note(f"{len(mine)} connections agree, with {sum(line[3] + line[4] for line in mine)} segments sent again")
    true(sum(line[3] + line[4] for line in mine) > 10, "nothing was lost: this proves nothing")
