"""What real programs say to each other, read twice."""
import gzip
import pathlib
import shutil

from capture import podsnoop, tcpdump, tshark
from compare import compare
from lab import RawServer, Skip, connect, read_head, reset, true, wait_for
from lab.lab import SERVER

PYTHON_SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = sys.argv[1]
    def do_GET(self):
        body = b"p" * 3000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for size in (1, 10, 5000):
            self.wfile.write(b"%x\\r\\n%s\\r\\n" % (size, b"c" * size))
        self.wfile.write(b"0\\r\\n\\r\\n")
    def log_message(self, *_): pass
print("ready", flush=True)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
PYTHON_CLIENT = """
import http.client, sys
for _ in range(3):
    connection = http.client.HTTPConnection(sys.argv[1], 8080)
    for number in range(20):
        connection.request("GET", f"/get?{number}")
        connection.getresponse().read()
        connection.request("POST", f"/post?{number}", b"b" * 100 * number)
        connection.getresponse().read()
    connection.close()
"""
NODE_SERVER = """
require("http").createServer((request, response) => {
  let size = 0;
  request.on("data", (data) => size += data.length);
  request.on("end", () => {
    if (request.url.startsWith("/length")) response.setHeader("Content-Length", 5);
    response.write("node:");
    setTimeout(() => response.end(request.url.startsWith("/length") ? "" : "x".repeat(size)), 1);
  });
}).listen(8080, "0.0.0.0", () => console.log("ready"));
"""
NODE_CLIENT = """
const http = require("http"), agent = new http.Agent({keepAlive: true, maxSockets: 4});
const one = (number) => new Promise((done) => {
  const path = (number % 3 ? "/echo?" : "/length?") + number, method = number % 2 ? "POST" : "GET";
  const request = http.request({host: process.argv[2], port: 8080, path, method, agent}, (response) => {
    response.on("data", () => {});
    response.on("end", done);
  });
  if (method == "POST") for (let part = 0; part < number % 7; ++part) request.write("y".repeat(part * 400));
  request.end();
});
Promise.all([...Array(200).keys()].map(one)).then(() => agent.destroy());
"""
ZIPPED = gzip.compress(b"hello, world " * 100)
WRK_PIPELINE = """
init = function() requests = {}; for i = 1, 8 do requests[i] = wrk.format("GET", "/small?" .. i) end
  all = table.concat(requests) end
request = function() return all end
"""
# wrk counts in seconds; these are too many exchanges for tshark.
WRK_STOP = """
seen = 0
response = function() seen = seen + 1; if seen == 1000 then wrk.thread:stop() end end
"""


def check(lab, path, at_least):
    lines = podsnoop(lab, path)
    agreed, notes = compare(lines, tshark(path))
    true(agreed >= at_least, f"only {agreed} exchanges, {at_least} were made")
    lab.note(f"{agreed} exchanges agree with tshark's")
    for note in notes:
        lab.note(note)


def serve(lab, *argv):
    server = lab.start(lab.server, *argv)
    wait_for(lambda: server.stdout, "ready server")


def test_curl_nginx(lab):
    lab.pair(), lab.nginx()
    path = pathlib.Path(lab.folder) / "curl.pcap"
    big = lab.file("big", 300_000)
    etag = next(line.split(b": ")[1] for line in lab.get("/small", options=["--head"]).splitlines()
                if line.startswith(b"ETag"))
    with tcpdump(lab, path):
        lab.get("/small", "/page", "/nowhere?q=1", "/moved", "/empty", "/broken", "/cookie")
        lab.get("/small", "/page", options=["--head"])
        lab.get("/page", "/page", options=["-r", "100-299"])
        lab.get("/page", options=["-r", "0-9,100-109"])
        lab.get("/small", "/page", options=["-H", "If-None-Match: " + etag.decode().strip()])
        lab.get("/small", "/page", options=["--http1.0"])
        lab.get("/upload", options=["-T", big, "-H", "Expect:"])
        lab.get("/upload", options=["-T", big, "-H", "Expect:", "-H", "Transfer-Encoding: chunked"])
        lab.get("/upload", options=["-T", big, "-H", "Expect: 100-continue"])
        lab.get("/upload?form", "/echo", options=["--data", "name=value"])
        lab.curl("--max-time", "0.2", f"http://{SERVER}/slow", status=28)
        lab.curl("--noproxy", "", "--proxy", f"http://{SERVER}:80", "http://elsewhere.test/small?absolute")
    check(lab, path, 22)


def run_wrk(lab, script, at_least):
    lab.pair(), lab.nginx()
    path, lua = pathlib.Path(lab.folder) / "wrk.pcap", pathlib.Path(lab.folder) / "wrk.lua"
    lua.write_text(script + WRK_STOP)
    with tcpdump(lab, path):
        wrk = lab.start(lab.client, "wrk", "-c", 4, "-t", 1, "-d", "1s", "-s", lua, f"http://{SERVER}/small")
        wrk.wait()
    check(lab, path, at_least)


def test_wrk(lab):
    run_wrk(lab, "", 1000)


def test_wrk_pipelined(lab):
    run_wrk(lab, WRK_PIPELINE, 1000)


def test_python(lab):
    lab.pair()
    path = pathlib.Path(lab.folder) / "python.pcap"
    for version in ("HTTP/1.1", "HTTP/1.0"):
        serve(lab, "python3", "-c", PYTHON_SERVER, version)
        with tcpdump(lab, path):
            client = lab.start(lab.client, "python3", "-c", PYTHON_CLIENT, SERVER)
            client.wait(30)
        check(lab, path, 120)
        lab.processes[-3].kill()


def test_node(lab):
    if not shutil.which("node"):
        raise Skip("node is not installed")
    lab.pair()
    path = pathlib.Path(lab.folder) / "node.pcap"
    serve(lab, "node", "-e", NODE_SERVER)
    with tcpdump(lab, path):
        client = lab.start(lab.client, "node", "-e", NODE_CLIENT, "-", SERVER)
        client.wait(30)
    check(lab, path, 200)


def test_raw(lab):
    """Byte by byte, gzip in chunks, until close, reset, Upgrade, CONNECT."""
    answers = {
        "/gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
                 % (len(ZIPPED), ZIPPED),
        "/close": b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "/upgrade": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nanything",
        "there.test:443": b"HTTP/1.1 200 Connected\r\n\r\n",
        "/length": b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n",
    }

    def talk(connection):
        target = read_head(connection).split(b" ")[1].decode()
        # Of chunks that come byte by byte tshark 4.0 sometimes makes no response but a "Continuation".
        answer, size = answers[target], len(answers[target]) if target == "/gzip" else 1
        for at in range(0, len(answer), size):
            connection.send(answer[at:at + size])
        if target == "/length":
            reset(connection)

    lab.pair()
    path = pathlib.Path(lab.folder) / "raw.pcap"
    with RawServer(lab.server, talk), tcpdump(lab, path):
        for target in answers:
            method = "CONNECT" if target.startswith("there") else "GET"
            with connect(lab.client, SERVER, 8080) as connection:
                for byte in f"{method} {target} HTTP/1.1\r\nHost: raw.test\r\n\r\n".encode():
                    connection.send(bytes([byte]))
                try:
                    while connection.recv(4096):
                        pass
                except ConnectionResetError:
                    pass
    check(lab, path, len(answers))
