"""Messages of HTTP as they should come, and what is not HTTP/1.x."""
import pathlib

from capture import tcpdump
from lab import wait_for
from lab.lab import SERVER
from lab.network import command
from packets import read, write

from .traffic import DECOY, KEEP_ALIVE, KEPT_ALIVE, OK, captured, get, ok


def keep_alive(lab, out):
    """Three exchanges on one connection, text like a request in a body."""
    write(out("pcap"), captured(lab, KEEP_ALIVE))
    return KEPT_ALIVE


def pipelined(lab, out):
    """Three requests in one segment, the answers one by one."""
    requests = b"".join(data for who, data in KEEP_ALIVE if who == "c")
    write(out("pcap"), captured(lab, [("c", requests), *(step for step in KEEP_ALIVE if step[0] == "s")]))
    return [KEPT_ALIVE[0], *(line + " pipelined" for line in KEPT_ALIVE[1:])]


def chunked(lab, out):
    """A request and a response in chunks, with an extension and a trailer."""
    body = b"5;name=\"v\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n"
    write(out("pcap"), captured(lab, [
        ("c", b"PUT /chunks HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n" + body),
        ("s", b"HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), ("s", body[:9]), ("s", body[9:]),
        get("/next"), ok(b"")]))
    return ["PUT /chunks 6 -> 201 6 complete", "GET /next 0 -> 200 0 complete"]


def no_body(lab, out):
    """No body after HEAD, in 204 and 304, whatever their headers say (RFC 9112 6.3)."""
    write(out("pcap"), captured(lab, [
        ("c", b"HEAD /head HTTP/1.1\r\nHost: shop.test\r\n\r\n"), ("s", OK % 9000),
        get("/304"), ("s", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"),
        get("/204"), ("s", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
        get("/last"), ok(b"ok")]))
    return ["HEAD /head 0 -> 200 0 complete", "GET /304 0 -> 304 0 complete", "GET /204 0 -> 204 0 complete",
            "GET /last 0 -> 200 2 complete"]


def interim(lab, out):
    """100 and 103 before the response."""
    write(out("pcap"), captured(lab, [
        ("c", b"POST /expect HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
        ("s", b"HTTP/1.1 100 Continue\r\n\r\n"), ("c", b"body"),
        ("s", b"HTTP/1.1 103 Early Hints\r\nLink: </style>\r\n\r\n"), ok(b"done")]))
    return ["POST /expect 4 -> 200 4 complete"]


def upgrade(lab, out):
    """After 101 the connection is something else, though it looks like HTTP."""
    write(out("pcap"), captured(lab, [
        ("c", b"GET /chat HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        ("s", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"),
        ("c", DECOY), ok(b"no answer")]))
    return ["GET /chat 0 -> 101 0 upgraded"]


def connect_method(lab, out):
    """After a 2xx to CONNECT the connection is a tunnel."""
    write(out("pcap"), captured(lab, [
        ("c", b"CONNECT bank.test:443 HTTP/1.1\r\nHost: bank.test:443\r\n\r\n"),
        ("s", b"HTTP/1.1 200 Connection established\r\n\r\n"), ("c", DECOY), ok(b"no answer")]))
    return ["CONNECT bank.test:443 0 -> 200 0 upgraded"]


def early(lab, out):
    """An answer while the request is still being sent."""
    write(out("pcap"), captured(lab, [
        ("c", b"POST /big HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2000\r\n\r\n" + b"u" * 1000),
        ("s", b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n"), ("c", b"u" * 1000)]))
    return ["POST /big 2000 -> 413 3 complete early"]


def http2(lab, out):
    """HTTP/2 by prior knowledge is recognised and not decoded."""
    write(out("pcap"), captured(lab, [("c", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])),
                                      ("s", bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))]))
    return []


def tls(lab, out):
    """TLS is recognised and not decoded."""
    lab.pair()
    key, certificate = f"{lab.folder}/key.pem", f"{lab.folder}/certificate.pem"
    command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=shop.test",
            "-keyout", key, "-out", certificate)
    server = lab.start(lab.server, "openssl", "s_server", "-www", "-accept", "443", "-key", key, "-cert", certificate)
    wait_for(lambda: b"ACCEPT" in server.stdout, "ready TLS server")
    path = pathlib.Path(lab.folder) / "tls.pcap"
    with tcpdump(lab, path, "--time-stamp-precision=nano"):
        lab.curl("--insecure", f"https://{SERVER}/")
    write(out("pcap"), read(path))
    return []
