"""A podsnoop that runs as long as the soak does: what it holds is looked at again and again."""
import json
import os
import pathlib
import signal
import threading

from lab import Failure, equal, true
from lab import ledger as books

WARM_UP = 1 / 6  # of the time: until its tables have the size that this traffic needs
MEMORY = 2048  # KiB that it may hold more at the end than at the beginning
DESCRIPTORS = 3  # as many more: a namespace that is just being looked at
PATIENCE = 30  # seconds for its end on a machine that is busy


class Watched:
    """`status` is the exit status it must have, `says` what it must have said on standard error by then, `loses` whether
    the soak makes it lose packets."""

    def __init__(self, name, tracer, status=0, says=(), loses=False):
        self.name, self.tracer, self.process = name, tracer, tracer.process
        self.status, self.says, self.loses = status, says, loses
        self.memory, self.descriptors = [], []

    def look(self):
        if not self.process.running():
            raise Failure(f"{self.name} ended by itself: {self.process.stderr}")
        self.memory.append(self.process.memory())
        self.descriptors.append(len(os.listdir(f"/proc/{self.process.pid}/fd")))

    def check_memory(self):
        return self.check_flat(self.memory, MEMORY, "KiB of memory")

    def check_descriptors(self):
        return self.check_flat(self.descriptors, DESCRIPTORS, "file descriptors")

    def check_flat(self, samples, more, what):
        """The most of the last third is about the most of the first, once warm."""
        warm = samples[int(len(samples) * WARM_UP):]
        third = len(warm) // 3
        true(third >= 3, f"too few looks at it: {samples}")
        first, last = max(warm[:third]), max(warm[-third:])
        true(last <= first + more, f"{first} {what} at first, {last} at the end: {samples}")
        return f"{first} {what} at first, {last} at the end"

    def check_end(self):
        """It ends as asked, and its books balance."""
        self.process.signal(signal.SIGINT)
        equal(self.process.wait(PATIENCE), self.status, f"exit status ({self.process.stderr})")
        for text in self.says:
            true(text in self.process.stderr, f"it did not say '{text}': {self.process.stderr}")
        ledger = json.loads(pathlib.Path(self.tracer.ledger_path).read_text(encoding="utf-8"))
        books.check(ledger, lossy=True)
        seen, full = ledger["packets"]["seen"], ledger["packets"]["dropped"]["ring-full"]
        true(seen > 100, f"it saw next to nothing: {ledger}")
        true(not self.loses or full > 0, f"its ring was never full: {ledger}")
        return f"{seen} packets seen, {full} of them lost as the ring was full"


class SlowReader(threading.Thread):
    """Takes less from a pipe than comes, and all that is left once the other end is closed."""

    def __init__(self):
        super().__init__(daemon=True)
        self.pipe, self.end = os.pipe()
        self.hurry = threading.Event()

    def run(self):
        while os.read(self.pipe, 4096):
            self.hurry.wait(0.2)
        os.close(self.pipe)

    def started(self):
        """The reader is the only one who holds the pipe now."""
        os.close(self.end)
        self.start()

    def join(self, timeout=PATIENCE):
        self.hurry.set()
        super().join(timeout)
