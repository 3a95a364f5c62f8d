"""Exchanges that do not end well."""
import threading

from lab import RawServer, connect, equal, read_exactly, read_head, reset, told
from lab.check import TIMEOUT
from lab.lab import SERVER

PORT = 8080
REQUEST = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
PARTIAL = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"p" * 100


def talked(lab, talk, *options):
    """A client that asks and then reads until the connection ends, in whatever way."""
    client, server = lab.pair()
    tracer = lab.trace(*options)
    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(REQUEST)
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
    return tracer


def test_reset_in_the_response(lab):
    client, server = lab.pair()
    tracer = lab.trace()
    read = threading.Event()

    def talk(connection):
        read_head(connection)
        connection.sendall(PARTIAL)
        read.wait(TIMEOUT)
        reset(connection)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(REQUEST)
        read_exactly(connection, len(PARTIAL))
        read.set()
        tracer.expect("GET /x 0 -> 200 100 reset")


def test_reset_by_the_client(lab):
    client, server = lab.pair()
    tracer = lab.trace()

    def talk(connection):
        read_head(connection)
        try:
            connection.recv(1)
        except ConnectionResetError:
            pass

    with RawServer(server, talk, PORT):
        connection = connect(client, SERVER, PORT)
        connection.sendall(REQUEST)
        reset(connection)
        tracer.expect("GET /x 0 -> ? reset")


def test_reset_before_an_answer(lab):
    tracer = talked(lab, lambda connection: (read_head(connection), reset(connection)))
    tracer.expect("GET /x 0 -> ? reset")


def test_closed_in_the_response(lab):
    tracer = talked(lab, lambda connection: (read_head(connection), connection.sendall(PARTIAL)))
    tracer.expect("GET /x 0 -> 200 100 closed")


def test_closed_without_an_answer(lab):
    tracer = talked(lab, lambda connection: read_head(connection))
    tracer.expect("GET /x 0 -> ? closed")


def test_no_answer(lab):
    client, server = lab.pair()
    tracer = lab.trace("--timeout", "1s")
    with RawServer(server, lambda connection: (read_head(connection), connection.recv(1)), PORT):
        with connect(client, SERVER, PORT) as connection:
            connection.sendall(REQUEST)
            tracer.wait(1, timeout=5)  # told when the time is up, not when the connection ends
            equal(told(tracer.records), ["GET /x 0 -> ? timeout"], "records")
    tracer.end()


def test_still_waiting_at_the_end(lab):
    client, server = lab.pair()
    lab.nginx()
    tracer = lab.trace()

    def talk(connection):
        read_head(connection)
        connection.sendall(PARTIAL)
        connection.recv(1)

    with RawServer(server, talk, PORT), connect(client, SERVER, PORT) as connection:
        connection.sendall(REQUEST)
        read_exactly(connection, len(PARTIAL))
        lab.get("/small")  # a later exchange that is told shows that the earlier bytes were read too
        tracer.wait(1)
        records = tracer.end()
    equal(told(records), ["GET /small 0 -> 200 13 complete", "GET /x 0 -> 200 100 capture-end"], "records")


def test_not_http(lab):
    client, server = lab.pair()
    tracer = lab.trace()

    def talk(connection):
        connection.sendall(b"220 mail ready\r\n")
        read_exactly(connection, 1006)
        connection.sendall(b"250 ok\r\n")

    with RawServer(server, talk, 2525), connect(client, SERVER, 2525) as connection:
        read_exactly(connection, 16)
        connection.sendall(b"EHLO\r\n" + b"\x00\xff" * 500)
        read_exactly(connection, 8)
    lab.nginx()
    lab.get("/small")
    tracer.expect("GET /small 0 -> 200 13 complete")
