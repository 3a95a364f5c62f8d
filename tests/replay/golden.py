"""Captures that are kept, and what must be told of them to the byte: records in .jsonl, the ledger in .ledger.json."""
import pathlib
import subprocess
import tempfile

from lab import Failure
from lab.lab import PODSNOOP

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
EXTENSIONS = (".pcap", ".pcapng", ".gz")


def captures():
    return sorted(path for path in GOLDEN.iterdir() if path.suffix in EXTENSIONS)


def expected_of(capture):
    """The files with the records and the ledger."""
    name = capture.name.split(".")[0]
    return GOLDEN / f"{name}.jsonl", GOLDEN / f"{name}.ledger.json"


def replay(capture):
    """The records and the ledger that podsnoop prints, as text."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as ledger:
        done = subprocess.run([PODSNOOP, "http", "-r", capture, "-o", "json", "--ledger", ledger.name],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        if done.returncode != 0:
            raise Failure(f"exit status {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode(), ledger.read()
