"""-w: what is saved gives the same records and the same ledger again, in one file or several, and on a full disk."""
import json
import os
import signal
import subprocess

from lab import equal, true, wait_for
from lab.check import TIMEOUT
from lab.lab import PODSNOOP, SERVER

LARGE = 200_000_000


def upload(lab, size):
    lab.curl("--data-binary", f"@{lab.file('upload', size)}", f"http://{SERVER}/echo")


def saved(lab):
    """Some traffic traced and saved: the file's path, and the tracer."""
    path = f"{lab.folder}/saved.pcapng"
    lab.pair()
    lab.file("large", LARGE).rename(lab.nginx().www / "large")
    tracer = lab.trace("-w", path)
    lab.get("/small", "/page", "/missing")
    lab.get("/large", options=("--output", "/dev/null"))
    upload(lab, 300_000)
    tracer.wait(5)
    tracer.end()
    return path, tracer


def read_again(lab, path):
    ledger = f"{lab.folder}/again.json"
    done = lab.podsnoop("http", "-r", path, "-o", "json", "--ledger", ledger)
    equal(done.returncode, 0, f"exit status of -r ({done.stderr})")
    with open(ledger, encoding="utf-8") as file:
        return done.stdout.decode(), json.load(file)


def test_same_records_again(lab):
    path, tracer = saved(lab)
    records, ledger = read_again(lab, path)
    equal(records, tracer.text, "records of -r")
    equal(ledger, tracer.ledger, "ledger of -r")
    true(ledger["packets"]["skipped"]["body"] > 0, "no body was left out: this proves nothing")


def test_others_open_it(lab):
    path, _ = saved(lab)
    tcpdump = subprocess.run(["tcpdump", "-nr", path], capture_output=True, text=True, timeout=TIMEOUT)
    equal(tcpdump.returncode, 0, f"exit status of tcpdump ({tcpdump.stderr})")
    true("GET /small" in tcpdump.stdout, "tcpdump shows no request")
    tshark = subprocess.run(["tshark", "-nr", path, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri"],
                            capture_output=True, text=True, timeout=4 * TIMEOUT)
    true("/missing" in tshark.stdout.split(), f"tshark shows {tshark.stdout}")


def test_read_and_write(lab):
    path, _ = saved(lab)
    first, ledger = read_again(lab, path)
    copy = f"{lab.folder}/copy.pcapng"
    equal(lab.podsnoop("http", "-r", path, "-w", copy).returncode, 0, "exit status of -r -w")
    second, ledger_of_copy = read_again(lab, copy)
    equal(second, first, "records of the copy")
    equal(ledger_of_copy, ledger, "ledger of the copy")


def test_rotation(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("-w", f"{lab.folder}/turn.pcapng", "--write-size", "64KiB", "--write-files", "3")
    for _ in range(100):
        upload(lab, 3_000)
    tracer.wait(100)
    tracer.end()
    names = sorted(name for name in os.listdir(lab.folder) if name.startswith("turn"))
    equal(names, ["turn.1.pcapng", "turn.2.pcapng", "turn.pcapng"], "files")
    for name in names:
        size = os.stat(f"{lab.folder}/{name}").st_size
        true(size < 64 * 1024 + 70_000, f"{name} has {size} bytes")
        done = lab.podsnoop("http", "-r", f"{lab.folder}/{name}", "-o", "json")
        equal(done.returncode, 0, f"exit status of -r {name} ({done.stderr})")
        true(b"/echo" in done.stdout, f"{name} has no exchange")


def test_full_disk(lab):
    """Writing stops with an error, tracing does not."""
    disk = f"{lab.folder}/disk"
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        lab.pair(), lab.nginx()
        program = lab.start(None, PODSNOOP, "http", "--netns", lab.server.name, "-i", "eth0", "-o", "json",
                            "-w", f"{disk}/full.pcapng")
        wait_for(lambda: "podsnoop: tracing" in program.stderr, "ready line")
        for _ in range(150):
            upload(lab, 3_000)
        wait_for(lambda: program.stdout.count(b"\n") == 150, "150 records")
        program.signal(signal.SIGINT)
        equal(program.wait(), 1, "exit status")
        true("no space left" in program.stderr, f"it does not say why: {program.stderr}")
        done = lab.podsnoop("http", "-r", f"{disk}/full.pcapng", "-o", "json")
        equal(done.returncode, 0, f"what was written before is no capture: {done.stderr}")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_standard_output_is_for_records(lab):
    done = lab.podsnoop("http", "-r", "/dev/null", "-w", "-")
    equal(done.returncode, 1, "exit status")
    true(b"standard output" in done.stderr, f"it does not say why: {done.stderr}")


def test_nothing_to_trace(lab):
    """What the named files had is lost only where there is something to put in its place."""
    capture = f"{lab.folder}/not-a-capture"
    with open(capture, "w", encoding="utf-8") as file:
        file.write("this is no capture\n")
    old = {name: f"{lab.folder}/{name}" for name in ("old.pcapng", "old.json")}
    for path in old.values():
        with open(path, "w", encoding="utf-8") as file:
            file.write("of yesterday\n" * 1000)
    words = ("-w", old["old.pcapng"], "--ledger", old["old.json"])
    equal(lab.podsnoop("http", "-r", capture, *words).returncode, 1, "exit status")
    for path in old.values():
        with open(path, encoding="utf-8") as file:
            equal(file.read(), "of yesterday\n" * 1000, f"{path}")
    # What comes through a pipe is known only when tracing has begun.
    piped = subprocess.run([PODSNOOP, "http", "-r", "-", *words[:2]], input=b"this is no capture\n", capture_output=True,
                           timeout=TIMEOUT)
    equal(piped.returncode, 1, "exit status")
    with open(old["old.pcapng"], encoding="utf-8") as file:
        equal(file.read(), "of yesterday\n" * 1000, "the file after what was no capture came through a pipe")
    lab.pair(), lab.nginx()
    tracer = lab.trace("-w", old["old.pcapng"])
    wait_for(lambda: os.stat(old["old.pcapng"]).st_size == 0, "the file is emptied where tracing begins")
    lab.get("/small")
    tracer.wait(1)
    tracer.end()
    equal(read_again(lab, old["old.pcapng"])[0], tracer.text, "records of -r")
