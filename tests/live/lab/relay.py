"""A wire that is long: frames of one interface come out of another one later. Kernels come without netem, and a test must know
how long it takes."""
import collections
import select
import socket
import threading
import time

ETH_P_ALL = 0x0003


class Relay:
    """Between two interfaces of a namespace, while it is entered."""

    def __init__(self, namespace, one, other, delay):
        self.delay = delay
        with namespace.entered():
            self.ends = [self.open(name) for name in (one, other)]
        self.stop, self.stopped = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)

    @staticmethod
    def open(name):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.bind((name, 0))
        end.setblocking(False)
        return end

    def run(self):
        on_their_way = collections.deque()  # (when it arrives, where, the frame), in this order
        while True:
            wait = max(0.0, on_their_way[0][0] - time.monotonic()) if on_their_way else None
            ready, _, _ = select.select([*self.ends, self.stopped], [], [], wait)
            if self.stopped in ready:
                return
            now = time.monotonic()
            while on_their_way and on_their_way[0][0] <= now:
                _, end, frame = on_their_way.popleft()
                end.send(frame)
            for end, other in zip(self.ends, reversed(self.ends)):
                if end in ready:
                    frame, (_, _, kind, *_) = end.recvfrom(65536)
                    if kind != socket.PACKET_OUTGOING:
                        on_their_way.append((now + self.delay, other, frame))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.close()
        self.thread.join()
        for end in self.ends:
            end.close()
