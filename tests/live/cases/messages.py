"""Messages put on the wire by hand: framing and pairing that curl and nginx do not show."""
from lab import RawServer, connect, equal, read_exactly, read_head, told
from lab.lab import SERVER

PORT = 8080
REQUESTS = (b"GET /one HTTP/1.1\r\nHost: h\r\n\r\n"
            b"POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /"
            b"GET /three HTTP/1.1\r\nHost: h\r\n\r\n")
ANSWERS = (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
           b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nthree\r\n0\r\nTrailer: 1\r\n\r\n")
PIPELINED = ("GET /one 0 -> 200 3 complete",
             "POST /two 5 -> 404 0 complete pipelined",
             "GET /three 0 -> 200 5 complete pipelined")


def pipelined(lab, requests, answers):
    """Sends the requests in these pieces; only after the last one come the answers, in these pieces."""
    client, server = lab.pair()
    tracer = lab.trace()

    def talk(connection):
        read_exactly(connection, len(REQUESTS))
        for piece in answers:
            connection.sendall(piece)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        for piece in requests:
            connection.sendall(piece)
        equal(read_exactly(connection, len(ANSWERS)), ANSWERS, "answers")
    tracer.expect(*PIPELINED)


def bytewise(data):
    return [bytes([byte]) for byte in data]


def test_pipelined_in_one_segment(lab):
    pipelined(lab, [REQUESTS], [ANSWERS])


def test_pipelined_byte_by_byte(lab):
    pipelined(lab, bytewise(REQUESTS), bytewise(ANSWERS))


def test_pipelined_nginx(lab):
    client, _ = lab.pair()
    lab.nginx()
    tracer = lab.trace()
    with connect(client, SERVER) as connection:
        paths = [b"/small", b"/nowhere", b"/empty", b"/page"] * 5
        connection.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % path for path in paths[:-1])
                           + b"GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % paths[-1])
        while connection.recv(65536):
            pass
    expected = ["GET /small 0 -> 200 13 complete", "GET /nowhere 0 -> 404 153 complete",
                "GET /empty 0 -> 204 0 complete", "GET /page 0 -> 200 20000 complete"] * 5
    tracer.expect(expected[0], *(line + " pipelined" for line in expected[1:]))


def one_exchange(lab, request, response, close=False):
    """One exchange; the server closes after it where `close` says so, else the client does."""
    client, server = lab.pair()
    tracer = lab.trace("--timeout", "30s")

    def talk(connection):
        read_exactly(connection, len(request))
        connection.sendall(response)
        if not close:
            connection.recv(1)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(request)
        read_exactly(connection, len(response))
        if close:
            equal(connection.recv(1), b"", "after the response")
    return tracer


def test_chunked_download(lab):
    chunks = [b"a" * size for size in (1, 15, 16, 255, 4096, 70_000)]
    body = b"".join(b"%x;name=\"v;x\"\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"
    tracer = one_exchange(lab, b"GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n", response)
    tracer.expect(f"GET /chunked 0 -> 200 {sum(map(len, chunks))} complete")


def test_http_1_0_until_close(lab):
    tracer = one_exchange(lab, b"GET /old HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 12_345, close=True)
    record = tracer.expect("GET /old 0 -> 200 12345 complete")[0]
    equal((record["request"]["version"], record["response"]["version"]), ("1.0", "1.0"), "versions")
    equal(record["request"]["host"], None, "host of a request without one")


def test_no_body_whatever_the_headers_say(lab):
    """RFC 9112 6.3: no body after HEAD, nor in 204 and 304."""
    client, server = lab.pair()
    tracer = lab.trace()
    requests = [b"HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /304 HTTP/1.1\r\nHost: h\r\n\r\n",
                b"GET /204 HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /last HTTP/1.1\r\nHost: h\r\n\r\n"]
    answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"HTTP/1.1 304 N\r\nContent-Length: 5000\r\n\r\n",
               b"HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]

    def talk(connection):
        for request, answer in zip(requests, answers):
            read_exactly(connection, len(request))
            connection.sendall(answer)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        for request, answer in zip(requests, answers):
            connection.sendall(request)
            read_exactly(connection, len(answer))
    tracer.expect("HEAD /head 0 -> 200 0 complete", "GET /304 0 -> 304 0 complete", "GET /204 0 -> 204 0 complete",
                  "GET /last 0 -> 200 2 complete")


def test_early_response(lab):
    client, server = lab.pair()
    tracer = lab.trace()
    head = b"POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n"
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n"

    def talk(connection):
        read_head(connection)
        read_exactly(connection, 10_000)
        connection.sendall(answer)
        read_exactly(connection, 10_000)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(head + b"u" * 10_000)
        equal(read_exactly(connection, len(answer)), answer, "answer")
        connection.sendall(b"u" * 10_000)
    record = tracer.expect("POST /big 20000 -> 413 3 complete early")[0]
    equal(record["latency_us"]["wait"], 0, "wait of an early response")


def opaque(lab, request, answer):
    """After the answer the connection carries something that is not HTTP any more, though it looks like it."""
    client, server = lab.pair()
    tracer = lab.trace()
    decoy = b"GET /not-a-request HTTP/1.1\r\nHost: h\r\n\r\n"

    def talk(connection):
        read_head(connection)
        connection.sendall(answer)
        read_exactly(connection, len(decoy))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\x81\x05hello")
        connection.recv(1)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(request)
        read_exactly(connection, len(answer))
        connection.sendall(decoy)
        connection.recv(100)
    tracer.wait(1)
    return tracer


def test_upgrade(lab):
    tracer = opaque(lab, b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    tracer.expect("GET /chat 0 -> 101 0 upgraded")


def test_connect(lab):
    tracer = opaque(lab, b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n",
                    b"HTTP/1.1 200 Connection established\r\nContent-Length: 77\r\n\r\n")
    tracer.expect("CONNECT shop.example:443 0 -> 200 0 upgraded")


def test_decoy_in_a_body(lab):
    body = b"GET /decoy HTTP/1.1\r\nHost: h\r\n\r\nHTTP/1.1 500 Decoy\r\nContent-Length: 0\r\n\r\n"
    tracer = one_exchange(lab, b"POST /real HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
                          b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    equal(told(tracer.wait(1)), [f"POST /real {len(body)} -> 200 {len(body)} complete"], "records")
    tracer.end()
