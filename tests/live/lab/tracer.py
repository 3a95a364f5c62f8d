"""podsnoop, running: waiting for what it prints, ending it, and checking what must always hold."""
import json
import signal

from . import ledger as books
from .check import TIMEOUT, Failure, equal, true, wait_for
from .records import check_record, told


class Tracer:
    """With `output` other than json its output is text; then there are no records, and `text` has it. `filtered` says
    that not every record is printed; `lossy` that the case means to lose packets; `bulky` that the case
    reads the output's lines itself: they are too many to keep, or sums."""

    def __init__(self, lab, argv, output="json", filtered=False, lossy=False, bulky=False, stdout=None,
                 namespace=None):
        self.lab = lab
        self.output = output
        self.filtered = filtered
        self.lossy = lossy
        self.bulky = bulky
        self.ledger_path = f"{lab.folder}/ledger-{len(lab.processes)}.json"
        self.ledger = None
        self.process = lab.start(namespace, *argv, "-o", output, "--ledger", self.ledger_path, stdout=stdout)
        self.parsed = []
        self.offset = 0
        wait_for(self.ready, "ready line")

    def ready(self):
        if not self.process.running() and "podsnoop: tracing" not in self.process.stderr:
            raise Failure(f"podsnoop ended with exit status {self.process.wait()} before it was ready")
        return "podsnoop: tracing" in self.process.stderr

    @property
    def stderr(self):
        return self.process.stderr

    @property
    def text(self):
        return self.process.stdout.decode()  # strictly: what podsnoop prints is UTF-8

    @property
    def records(self):
        """The records so far. Every line of standard output must be one."""
        with open(self.process.stdout_path, "rb") as file:
            file.seek(self.offset)
            new = file.read()
        whole = new[:new.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.decode().splitlines():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise Failure(f"standard output has a line that is not JSON ({error}): {line!r}") from None
            check_record(record)
            self.parsed.append(record)
        return self.parsed

    def wait(self, count, timeout=TIMEOUT):
        """Waits for this many records in all."""
        try:
            wait_for(lambda: len(self.records) >= count, f"{count} records", timeout)
        except Failure as failure:
            raise Failure(f"{failure}, but {len(self.parsed)}: {told(self.parsed)}") from None
        return self.parsed

    def wait_for_lines(self, count, timeout=TIMEOUT):
        """Waits for this many lines of output, whatever they are."""
        lines, offset = 0, 0

        def enough():
            nonlocal lines, offset
            with open(self.process.stdout_path, "rb") as file:
                file.seek(offset)
                while new := file.read(1 << 20):
                    lines += new.count(b"\n")
                    offset += len(new)
            return lines >= count

        wait_for(enough, f"{count} lines of output", timeout)

    def end(self, how=signal.SIGINT):
        """Ends it as a user would, checks that it ended well and that its books balance."""
        if how is not None and self.process.running():
            self.process.signal(how)
        equal(self.process.wait(), 0, "podsnoop's exit status")
        with open(self.ledger_path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        equal(len(lines), 1, "lines of the ledger")
        self.ledger = json.loads(lines[0])
        books.check(self.ledger, self.lossy)
        if self.output != "json" or self.bulky:
            return None
        true(self.process.stdout[-1:] in (b"", b"\n"), "the last record's line is not ended")
        if not self.filtered:
            books.check_records(self.ledger, self.records)
        return self.records

    def expect(self, *lines):
        """Waits for as many records as there are lines, ends, and compares: see records.told()."""
        self.wait(len(lines))
        self.end()
        came = told(self.parsed)
        if self.lab.retransmitted():  # a busy machine's kernel really did, so the flag is right on any of them
            came = [line.replace(" retransmit", "") for line in came]
        equal(came, list(lines), "records")
        return self.parsed
