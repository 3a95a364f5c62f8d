"""What happens on a node while podsnoop runs on it: each is a thread that goes on until it is told to stop, and raises
what went wrong in it when it is joined."""
import contextlib
import itertools
import select
import signal
import socket
import subprocess
import threading

from lab import connect, equal, true
from lab.check import TIMEOUT
from lab.kubelet import response
from lab.lab import PODSNOOP, SERVER
from lab.network import drop
from lab.raw import RawServer, read_head, reset
from lab.sham import Sham

KUBELET, FLAPPING_KUBELET = 10250, 10251  # ports
PODS = (b'{"kind":"PodList","items":[{"metadata":{"name":"cart","namespace":"shop","uid":"6f25f8b8-66b3-4e4f-9d0c-000000000001"},'
        b'"spec":{},"status":{"phase":"Running","podIP":"%s"}}]}' % SERVER.encode())


class Disturbance(threading.Thread):
    """Calls step() over and over, with a pause of `pause` seconds in between. `steps` says how often."""

    def __init__(self, step, pause):
        super().__init__(daemon=True)
        self.step, self.pause = step, pause
        self.steps, self.error = 0, None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.wait(self.pause):
                self.step(self)
                self.steps += 1
        except Exception as error:
            self.error = error

    def wait(self, seconds):
        """Sleeps, but not beyond the end."""
        self.over.wait(seconds)

    def end(self):
        self.over.set()
        self.join(30)
        if self.error:
            raise self.error


def lose_packets(client, server):
    """One in fifty, each way: on the way out before they are captured, on the way in behind that."""
    for namespace in client, server:
        drop(namespace, "input", "tcp dport != 0 numgen random mod 100 < 1")
        drop(namespace, "output", "tcp dport != 0 numgen random mod 100 < 1")


def connections(client):
    """Connections that live for one exchange, or end in the middle of it, or never say anything that is HTTP."""
    turn = itertools.count()

    def step(_):
        with contextlib.suppress(OSError), connect(client, SERVER) as connection:
            number = next(turn)
            if number % 4 == 0:
                connection.sendall(b"GET /page HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                while connection.recv(65536):
                    pass
            elif number % 4 == 1:
                connection.sendall(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n" * 3)
                reset(connection)
            elif number % 4 == 2:
                connection.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf")
                connection.shutdown(socket.SHUT_RDWR)
            else:
                connection.sendall(bytes(range(256)) * 4)

    return Disturbance(step, 0.05)  # few enough for what is remembered of each not to count


def interface(server, name):
    """One of the interfaces that are traced goes down, away, and comes back."""
    def step(self):
        server.ip("link", "set", name, "down")
        self.wait(0.3)
        server.ip("link", "set", name, "up")
        self.wait(0.3)
        server.ip("link", "del", name)
        self.wait(0.3)
        server.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
        server.ip("link", "set", name, "up")

    return Disturbance(step, 1)


class Kubelet(Disturbance):
    """It fails in each way for some seconds, and is not there in between."""

    def __init__(self, namespace, port):
        super().__init__(Kubelet.fail, 1)
        self.namespace, self.port = namespace, port
        self.ways = itertools.cycle((
            lambda connection: connection.sendall(response(b"no", "500 Internal Server Error")),
            lambda connection: connection.sendall(response(b'{"items":[{"metadata":' + b"[" * 10_000)),
            lambda connection: connection.sendall(bytes(range(256)) * 256),
            self.answer_half,
            reset,
        ))

    def fail(self):
        with self.serving(next(self.ways)):
            self.wait(2)

    def serving(self, answer):
        def talk(connection):
            with contextlib.suppress(OSError):  # a client may not want to hear the rest
                read_head(connection)
                answer(connection)

        return RawServer(self.namespace, talk, self.port, "127.0.0.1")

    def answer_half(self, connection):
        connection.sendall(response(PODS)[:50])
        self.wait(2)


class FlappingKubelet(Kubelet):
    """It answers every other question, the first one too. A step is a question here."""

    def run(self):
        with self.serving(self.answer):
            self.over.wait()

    def answer(self, connection):
        self.steps += 1
        if self.steps % 2 == 1:
            connection.sendall(response(PODS))
        else:
            next(self.ways)(connection)


def pods(lab, node):
    """Some come, with a network namespace, a control group and a folder of logs each, and go."""
    numbers = itertools.count()

    def step(self):
        some = [Sham(f"job-{next(numbers)}") for _ in range(3)]
        for sham in some:
            sham.start(lab, node)
        self.wait(2)
        for sham in some:
            sham.end()

    return Disturbance(step, 1)


def stops(processes):
    """SIGSTOP and SIGCONT, for longer than a ring of packets has room."""
    turn = itertools.cycle(processes)

    def step(self):
        process = next(turn)
        process.signal(signal.SIGSTOP)
        self.wait(1.5)
        process.signal(signal.SIGCONT)

    return Disturbance(step, 3)


def readers_that_go(server):
    """As `podsnoop ... | head -1`, over and over, of one command after the other: each is over when its reader is."""
    turn = itertools.cycle((("http", "-o", "json"), ("http",), ("tcp", "-o", "csv"), ("red", "--interval", "100ms", "-o", "json")))

    def step(_):
        command, *options = next(turn)
        words = server.inside(PODSNOOP, command, "-i", "eth0", "--kubelet", f"http://127.0.0.1:{KUBELET}/pods", *options)
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                true(select.select([process.stdout], [], [], TIMEOUT)[0], f"{command} told nothing")
                process.stdout.readline()
                process.stdout.close()
                said = process.stderr.read().decode()
                equal(process.wait(TIMEOUT), 0, f"exit status of {command} whose reader went away ({said})")
            finally:
                process.kill()

    return Disturbance(step, 0.5)
