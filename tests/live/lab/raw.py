"""Servers and clients that put exactly the bytes on the wire that a case asks for."""
import contextlib
import socket
import struct
import threading

from .check import TIMEOUT


def connect(namespace, address, port=80):
    """A client's socket; every send is a segment of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.entered():
        connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect((address, port))
    return connection


def read_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError(f"the other end closed after {len(data)} of {count} bytes")
        data += piece
    return bytes(data)


def read_head(connection):
    """A start line and header section, with the empty line; not one byte more."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        head += read_exactly(connection, 1)
    return bytes(head)


def reset(connection):
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class RawServer:
    """Calls talk(connection) for every connection, each in a thread. Use it in a `with`: leaving it waits for the
    talks to end and raises what went wrong in them."""

    def __init__(self, namespace, talk, port=8080, address="0.0.0.0"):
        self.talk = talk
        self.threads = []
        self.errors = []
        with namespace.entered():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.listener = socket.create_server((address, port), family=family)
        self.acceptor = threading.Thread(target=self.accept, daemon=True)

    def accept(self):
        with contextlib.suppress(OSError):  # the listener was shut down
            while True:
                connection, _ = self.listener.accept()
                connection.settimeout(TIMEOUT)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
                self.threads.append(thread)
                thread.start()

    def serve(self, connection):
        try:
            with connection:
                self.talk(connection)
        except Exception as error:
            self.errors.append(error)

    def __enter__(self):
        self.acceptor.start()
        return self

    def __exit__(self, kind, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join(TIMEOUT)
        self.listener.close()
        for thread in self.threads:
            thread.join(TIMEOUT)
        if kind is None and self.errors:
            raise self.errors[0]
