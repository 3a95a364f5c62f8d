"""What curl and nginx say to each other in ordinary use."""
from lab import equal, true
from lab.lab import CLIENT, SERVER, SERVER6

GIB = 1 << 30
HEADERS = 256  # bytes a packet's headers and the ring's own take, at most


def test_keep_alive(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small", "/page", "/nowhere?q=1", "/moved", "/small")
    records = tracer.expect(
        "GET /small 0 -> 200 13 complete",
        "GET /page 0 -> 200 20000 complete",
        "GET /nowhere?q=1 0 -> 404 153 complete",
        "GET /moved 0 -> 301 169 complete",
        "GET /small 0 -> 200 13 complete",
    )
    equal([record["latency_us"]["connect"] is not None for record in records], [True] + [False] * 4,
          "a connect time, on the connection's first exchange only")
    equal(len({record["client"]["port"] for record in records}), 1, "connections")
    for record in records:
        equal((record["client"]["address"], record["server"]["address"], record["server"]["port"]),
              (CLIENT, SERVER, 80), "addresses")
        equal((record["interface"], record["netns"]), ("eth0", lab.server.inode), "where it was seen")
        equal(record["request"]["host"], SERVER, "host")


def test_connections(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    for _ in range(20):
        lab.get("/small", options=["-H", "Connection: close"])
    tracer.expect(*["GET /small 0 -> 200 13 complete"] * 20)


def test_head(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/page", "/small", options=["--head"])
    tracer.expect("HEAD /page 0 -> 200 0 complete", "HEAD /small 0 -> 200 0 complete")


def test_post(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/upload?form", options=["--data", "name=value"])
    tracer.expect("POST /upload?form 10 -> 201 7 complete")


def test_chunked_upload(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/upload", options=["-T", lab.file("body", 300_000), "-H", "Transfer-Encoding: chunked", "-H", "Expect:"])
    lab.get("/small")
    tracer.expect("PUT /upload 300000 -> 201 7 complete", "GET /small 0 -> 200 13 complete")


def test_continue(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/upload", options=["-T", lab.file("body", 3_000_000), "-H", "Expect: 100-continue"])
    tracer.expect("PUT /upload 3000000 -> 201 7 complete")


def test_no_content(lab):
    lab.pair(), lab.nginx()
    etag = [line for line in lab.get("/small", options=["--head"]).decode().splitlines() if line.startswith("ETag:")]
    tracer = lab.trace()
    lab.get("/empty", "/small", "/page", options=["-H", "If-None-Match: " + etag[0].removeprefix("ETag: ")])
    tracer.expect("GET /empty 0 -> 204 0 complete", "GET /small 0 -> 304 0 complete",
                  "GET /page 0 -> 200 20000 complete")


def test_slow_response(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    seconds = float(lab.get("/slow", options=["-o", "/dev/null", "-w", "%{time_total}"]))
    record = tracer.expect("GET /slow 0 -> 200 20000 complete")[0]
    latency = record["latency_us"]
    true(latency["response"] > 200_000, f"nginx took its time for the body, but response is {latency['response']} us")
    true(latency["total"] <= seconds * 1e6, f"total {latency['total']} us is more than curl's own {seconds} s")


def test_ipv6(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small", "/page", server=f"[{SERVER6}]")
    records = tracer.expect("GET /small 0 -> 200 13 complete", "GET /page 0 -> 200 20000 complete")
    equal([(record["client"]["address"], record["server"]["address"]) for record in records],
          [("fd77::1", "fd77::2")] * 2, "addresses")


def test_download_1gib(lab):
    lab.pair()
    nginx = lab.nginx()
    with open(nginx.www / "gib", "wb") as file:
        file.truncate(GIB)
    tracer = lab.trace()
    lab.get("/gib", "/small", options=["-o", "/dev/null", "-o", "/dev/null"])
    tracer.expect(f"GET /gib 0 -> 200 {GIB} complete", "GET /small 0 -> 200 13 complete")
    captured, kept = tracer.ledger["bytes"]["captured"], tracer.ledger["packets"]["kept"]
    share = (captured + kept * HEADERS) / GIB
    lab.note(f"of a download of 1 GiB, {captured} bytes of payload and the headers of {kept} packets entered the ring: "
             f"less than {share:.2%}")
    true(share < 0.01, f"{share:.2%} of the body's bytes entered the ring")


def test_upload_large(lab):
    lab.pair(), lab.nginx()
    size = 256 << 20
    tracer = lab.trace()
    lab.get("/upload", options=["-T", lab.file("body", size), "-H", "Expect:"])
    tracer.expect(f"PUT /upload {size} -> 201 7 complete")
