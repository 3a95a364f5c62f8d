"""podsnoop tcp: what is told of a connection is what the kernels at its ends know of it."""
import json
import re
import socket
import struct
import threading

from lab import Failure, RawServer, connect, equal, read_exactly, reset, told, true, wait_for
from lab.lab import CLIENT, SERVER, SERVER6
from lab.network import command, drop, without_offload
from lab.pod import IDLE, web

PORT = 5432
FLOOD = 100_000


def trace(lab, *options, **how):
    return lab.trace(*options, command="tcp", **how)


def answered(size):
    """A talk that reads 5 bytes and answers with `size`."""
    return lambda connection: (read_exactly(connection, 5), connection.sendall(b"x" * size))


def ask(connection):
    """Asks, reads all there is, and closes."""
    with connection:
        connection.sendall(b"query")
        size = 0
        while data := connection.recv(65536):
            size += len(data)
    return size


def received(namespace):
    """Packets that came in by eth0."""
    return json.loads(namespace.ip("-s", "-j", "link", "show", "eth0"))[0]["stats64"]["rx"]["packets"]


def test_curl(lab):
    lab.pair(), lab.nginx()
    tracer = trace(lab)
    lab.get("/small", "/small")
    lab.get("/page")
    record = tracer.wait(2)[0]
    lines = tracer.end()
    equal([line.split()[1:] for line in told(lines)], [["fin"], ["fin"]], "how they ended")
    equal((record["server"]["address"], record["server"]["port"], record["side"]), (SERVER, 80, "server"), "whose it was")
    true(0 < record["connect_us"] <= record["duration_us"], f"connect {record['connect_us']}")
    equal(record["syns"], 1, "SYNs")
    true(record["client_rtt_us"] is not None and record["rtt_us"] is not None, "no round trip")


def test_any_protocol(lab):
    """And both families, from both sides."""
    client, server = lab.pair()
    for namespace, side in (client, "client"), (server, "server"):
        tracer = trace(lab, namespace=namespace)
        for address in SERVER, SERVER6:
            with RawServer(server, answered(1_000_000), PORT, address):
                equal(ask(connect(client, address, PORT)), 1_000_000, "bytes")
        for record in tracer.expect("5/1000000 fin", "5/1000000 fin"):
            equal(record["side"], side, "side")


def test_still_open_at_the_end(lab):
    client, server = lab.pair()
    tracer = trace(lab, "--open")
    done = threading.Event()
    with RawServer(server, lambda connection: done.wait(10), PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(b"12345")
        tracer.wait(1)
        equal(told(tracer.records), ["opened"], "records at the start")
        records = tracer.end()
        done.set()
    equal(told(records), ["opened", "5/0 capture-end"], "records")


def test_open_before(lab):
    client, server = lab.pair()
    with RawServer(server, answered(10), PORT):
        connection = connect(client, SERVER, PORT)
        tracer = trace(lab)
        ask(connection)
        record, = tracer.expect("5/10 fin midstream")
        equal((record["client"]["address"], record["connect_us"]), (CLIENT, None), "client and handshake")


def test_refused(lab):
    client, _ = lab.pair()
    tracer = trace(lab)
    with client.entered():
        attempt = socket.socket()
    equal(attempt.connect_ex((SERVER, PORT)) != 0, True, "whether it is refused")
    record, = tracer.expect("0/0 refused by server")
    equal(record["connect_us"], None, "connect")


def test_reset_by_the_client(lab):
    client, server = lab.pair()
    tracer = trace(lab)
    with RawServer(server, lambda connection: (read_exactly(connection, 5), connection.sendall(b"1234567")), PORT):
        connection = connect(client, SERVER, PORT)
        connection.sendall(b"query")
        read_exactly(connection, 7)
        reset(connection)
        tracer.expect("5/7 reset by client")


def test_reset_by_the_server(lab):
    client, server = lab.pair()
    tracer = trace(lab)
    with RawServer(server, lambda connection: (read_exactly(connection, 5), reset(connection)), PORT):
        try:
            ask(connect(client, SERVER, PORT))
            raise Failure("the connection was not reset")
        except ConnectionResetError:
            pass
        tracer.expect("5/0 reset by server")


def test_unanswered(lab):
    """SYNs that nobody answers, as with a firewall."""
    client, server = lab.pair()
    command(*client.inside("sysctl", "-q", "-w", "net.ipv4.tcp_syn_retries=1"))
    drop(server, "prerouting", f"tcp dport {PORT}")
    tracer = trace(lab, namespace=client)
    with client.entered():
        attempt = socket.socket()
    true(attempt.connect_ex((SERVER, PORT)) != 0, "it is answered")
    record, = tracer.wait(1)
    tracer.end()
    equal(told([record]), ["0/0 timeout"], "record")
    retries = client.retransmitted()  # newer kernels add some, all a second apart (tcp_syn_linear_timeouts)
    equal((record["syns"], record["client_retransmits"]), (1 + retries, retries), "SYNs, and retransmits")
    true(abs(record["duration_us"] - retries * 1_000_000) < 300_000, f"the last SYN is said to come after {record['duration_us']} us")


def lossy(lab, sender_is_server, namespace_of_capture):
    """A megabyte one way while one of 23 segments is dropped behind both captures."""
    client, server = lab.pair()
    for namespace in client, server:
        without_offload(namespace, "eth0")
    size, (sender, receiver) = 1_000_000, (server, client) if sender_is_server else (client, server)
    drop(receiver, "prerouting", f"tcp {'sport' if sender_is_server else 'dport'} {PORT} meta length > 100 numgen inc mod 23 == 7")
    tracer = trace(lab, namespace=namespace_of_capture(client, server))

    def talk(connection):
        if sender_is_server:
            connection.sendall(b"x" * size)
        else:
            read_exactly(connection, size)

    with RawServer(server, talk, PORT):
        with connect(client, SERVER, PORT) as connection:
            if sender_is_server:
                read_exactly(connection, size)
            else:
                connection.sendall(b"x" * size)
                connection.shutdown(socket.SHUT_WR)
                equal(connection.recv(1), b"", "the server's end")
    record, = tracer.wait(1)
    tracer.end()
    mine, others = ("server", "client") if sender_is_server else ("client", "server")
    equal(record[f"{mine}_bytes"], size, "bytes")
    equal(record["end"], "fin", "end")
    true(sender.retransmitted() > 20, "nothing was lost: this proves nothing")
    equal((record[f"{mine}_retransmits"], record[f"{others}_retransmits"]),
          (sender.retransmitted(), receiver.retransmitted()), "retransmits, as the kernels count them")


def test_loss_seen_by_the_sender(lab):
    lossy(lab, True, lambda client, server: server)


def test_loss_seen_by_the_receiver(lab):
    lossy(lab, False, lambda client, server: server)


def test_round_trip(lab):
    """20 ms away, as the kernel that sends measures it too, from either side."""
    client, server = lab.distant_pair(0.010)
    tracers = [trace(lab, namespace=namespace) for namespace in (client, server)]
    measured = []

    def talk(connection):
        for _ in range(30):
            connection.sendall(b"x" * 1000)
            read_exactly(connection, 1)
        shown = command(*server.inside("ss", "-tino", "sport", "=", PORT))
        measured.append([1000 * float(re.search(rf"\b{name}:([0-9.]+)", shown)[1]) for name in ("rtt", "minrtt")])

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        for _ in range(30):
            read_exactly(connection, 1000)
            connection.sendall(b"y")
        equal(connection.recv(1), b"", "the end")
    (smoothed, least), = measured
    lab.note(f"the kernel's rtt {smoothed} us, at least {least} us")
    for tracer, near, far in (tracers[0], "client", "server"), (tracers[1], "server", "client"):
        record, = tracer.wait(1)
        tracer.end()
        lab.note(", ".join(f"{name} {record[name]}" for name in record if "rtt" in name or name == "connect_us"))
        if lab.retransmitted():
            continue
        true(abs(record["rtt_us"] - smoothed) < 0.3 * smoothed, f"rtt {record['rtt_us']} us, the kernel's is {smoothed} us")
        sum_of_least = record["client_rtt_min_us"] + record["server_rtt_min_us"]
        true(abs(sum_of_least - least) < 0.1 * least, f"least {sum_of_least} us, the kernel's is {least} us")
        true(record[f"{near}_rtt_min_us"] < 5_000 < 20_000 <= record[f"{far}_rtt_min_us"] + 500, f"on each side: {record}")
        true(20_000 <= record["connect_us"] < 60_000, f"connect {record['connect_us']} us")


def test_zero_window(lab):
    """A reader that stops for a while."""
    client, server = lab.pair()
    tracer = trace(lab)
    full, read = threading.Event(), threading.Event()

    def talk(connection):
        full.wait(10)
        while connection.recv(1 << 20):
            pass

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.settimeout(0.3)
        sent = 0
        try:
            while True:
                sent += connection.send(b"x" * 65536)
        except TimeoutError:
            full.set()
        connection.settimeout(10)
        connection.shutdown(socket.SHUT_WR)
        equal(connection.recv(1), b"", "the end")
    record, = tracer.wait(1)
    tracer.end()
    equal(record["client_bytes"], sent, "bytes")
    true(record["server_zero_windows"] >= 1 and record["client_zero_windows"] == 0, f"zero windows of {record}")


def test_filters(lab):
    client, server = lab.pair()
    tracers = {options: trace(lab, *options, filtered=True)
               for options in [("--errors",), ("--slower-than", "200ms"), ("--port", str(PORT)), ("-c", "1")]}
    with client.entered():
        attempt = socket.socket()
    attempt.connect_ex((SERVER, PORT + 1))
    hold = threading.Event()
    with RawServer(server, lambda connection: (hold.wait(0.3), connection.sendall(b"slow")), PORT):
        connection = connect(client, SERVER, PORT)
        equal(read_exactly(connection, 4), b"slow", "answer")
        connection.close()
    refused, slow = "0/0 refused by server", "0/4 fin"
    for (options, tracer), wanted in zip(tracers.items(), [refused, slow, slow, refused]):
        tracer.wait(1)
        tracer.end()
        equal(told(tracer.records), [wanted], f"records with {options}")
        if options[0] != "-c":
            equal(tracer.ledger["connections"]["seen"], 2, f"connections counted with {options}")


def test_saved(lab):
    """What is saved gives the same records and the same ledger again."""
    client, server = lab.pair()
    path, ledger = f"{lab.folder}/saved.pcapng", f"{lab.folder}/again.json"
    tracer = trace(lab, "-w", path)
    with RawServer(server, answered(1_000_000), PORT):
        ask(connect(client, SERVER, PORT))
    tracer.expect("5/1000000 fin")
    done = lab.podsnoop("tcp", "-r", path, "-o", "json", "--ledger", ledger)
    equal(done.returncode, 0, f"exit status of -r ({done.stderr})")
    equal(done.stdout.decode(), tracer.text, "records of -r")
    with open(ledger, encoding="utf-8") as file:
        equal(json.load(file), tracer.ledger, "ledger of -r")
    equal(tracer.ledger["bytes"]["captured"], 0, "payload in the ring")


def test_pods(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    tracer = lab.trace_on(cluster.node, "--pod", "shop/cart", command="tcp", filtered=True)
    front.curl(f"http://{cart.address}/small")
    record, = tracer.wait(1)
    tracer.end()
    equal([record[end]["pod"] and record[end]["pod"]["name"] for end in ("client", "server")], ["front", "cart"], "pods")
    equal((record["server"]["pod"]["container"], record["side"], record["end"]), ("app", "server", "fin"), "the rest")


def test_flood(lab):
    """100,000 connections that are opened and never answered."""
    client, server = lab.pair()
    drop(server, "prerouting", f"tcp dport {PORT}")
    tracer = trace(lab, "--buffer", "64MiB", bulky=True)
    with client.entered():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    for number in range(FLOOD):
        ports = struct.pack(">HH", 1024 + number % 60_000, PORT + number // 60_000)
        raw.sendto(ports + struct.pack(">IIBBHHH", number, 0, 0x50, 0x02, 64240, 0, 0), (SERVER, 0))
    raw.close()
    wait_for(lambda: received(server) >= FLOOD, "SYNs at the server")
    memory = tracer.process.memory()
    tracer.end()
    lab.note(f"{memory / 1024:.1f} MiB of memory, {tracer.ledger['connections']}")
    equal(tracer.ledger["connections"]["seen"], FLOOD, "connections")
    true(tracer.ledger["limits"]["connections-evicted"] >= FLOOD - 65_536, "evicted connections are not counted")
    true(memory < 64 * 1024, f"{memory} KiB of memory")
