"""One connection between two network namespaces, scripted and captured."""
import gzip
import pathlib
import socket

from capture import tcpdump
from lab import connect, read_exactly, reset
from lab.check import TIMEOUT
from lab.lab import SERVER
from packets import read


PORT = 8080
GET = b"GET %s HTTP/1.1\r\nHost: shop.test\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
DECOY = b"GET /not-a-request HTTP/1.1\r\nHost: shop.test\r\n\r\n"


def get(path):
    return "c", GET % path.encode()


def ok(body):
    return "s", OK % len(body) + body


KEEP_ALIVE = [get("/one"), ok(b"one"),
              ("c", b"POST /two HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nGET /"),
              ("s", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
              get("/three"), ok(b"3" * 1000)]
KEPT_ALIVE = ["GET /one 0 -> 200 3 complete", "POST /two 5 -> 404 0 complete", "GET /three 0 -> 200 1000 complete"]


def speak(lab, script, end="close", address=SERVER):
    """One connection. `script` says who ("c" or "s") sends what; each is received before the next is sent. `end` is
    `close`, `reset` (by the server), or `open`; then the two sockets are given back."""
    with lab.server.entered():
        listener = socket.create_server((address, PORT), reuse_port=False,
                                        family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    with listener:
        client = connect(lab.client, address, PORT)
        server, _ = listener.accept()
    server.settimeout(TIMEOUT)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for who, data in script:
        sender, receiver = (client, server) if who == "c" else (server, client)
        sender.sendall(data)
        read_exactly(receiver, len(data))
    if end == "open":
        return client, server
    if end == "reset":
        reset(server)
    else:
        server.shutdown(socket.SHUT_WR)
        client.recv(1)
        client.close()
    server.close()
    return None


def captured(lab, script, *options, end="close", address=SERVER, **how):
    """The packets of one connection, as tcpdump on the server's side saw them."""
    if lab.client is None:
        lab.pair()
    path = pathlib.Path(lab.folder) / "captured.pcap"
    with tcpdump(lab, path, "--time-stamp-precision=nano", *options, **how):
        speak(lab, script, end, address)
    return path if options else read(path)


def zip_into(out, plain):
    out("pcap.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
