"""Capture files: what it costs to read them, of exchanges that really took place."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from lab.check import Failure, equal, wait_for
from measure import usage
from measure.figures import at_most, table
from measure.ground import Ground, Load
from measure.observers import OBSERVERS, count, words
from measure.rounds import interleave

HEADS = ["reader", "CPU us/exchange", "of tcpdump's", "found %", "RSS MiB"]
PATIENCE = 300  # seconds for one reading
LARGE_EXCHANGES = 500


class Recording:
    """A file with what tcpdump, given room enough to lose nothing, saw of some traffic."""

    def __init__(self, ground, name, make_traffic):
        self.path = pathlib.Path(ground.lab.folder) / name
        tcpdump = ground.lab.start(ground.node, "tcpdump", "-i", ground.interface, "-Z", "root", "-s", "0", "-B", 512 << 10,
                                   "-w", self.path)
        wait_for(lambda: "listening on" in tcpdump.stderr, "tcpdump listening")
        self.exchanges = make_traffic()
        # What it still has in its ring is written when nothing else is to be read.
        size = -1
        while size != (size := self.path.stat().st_size):
            time.sleep(1.0)
        tcpdump.signal(signal.SIGINT)
        tcpdump.wait()
        lost = re.search(r"(\d+) packets dropped by kernel", tcpdump.stderr)
        equal(int(lost[1]), 0, "packets that the recording lost")

    def part(self, share):
        """Its beginning, and the exchanges in it."""
        path = self.path.with_suffix(f".{share}")
        if not path.exists():
            with open(self.path, "rb") as whole, open(path, "wb") as part:
                part.write(whole.read(int(self.path.stat().st_size * share)))
        return path, count(path, b"HTTP/1.1 200 OK\r\n")


def small_traffic(ground, seconds):
    return lambda: ground.run(Load("/small"), seconds).exchanges


def large_traffic(ground):
    def make():
        connection = http.client.HTTPConnection(ground.addresses[1])
        with ground.client.entered():
            connection.connect()
        for _ in range(LARGE_EXCHANGES):
            connection.request("GET", "/large")
            equal(len(connection.getresponse().read()), 1 << 20, "bytes of a reply")
        connection.close()
        return LARGE_EXCHANGES
    return make


def read(lab, observer, path, exchanges, pods):
    """One reading of a file, from the program's start to its end."""
    folder = pathlib.Path(lab.folder) / "reading"
    folder.mkdir(exist_ok=True)
    argv = list(words(observer.read, file=path, pods=pods, folder=folder))
    with open(folder / "printed", "wb") as out, open(folder / "said", "wb") as said:
        process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=observer.sink or out, stderr=said)
    peak, used = watch_to_its_end(process)
    if process.returncode not in (0, 2):  # 2: a part's last packet is cut
        raise Failure(f"{' '.join(argv)}: exit status {process.returncode}: {(folder / 'said').read_text()}")
    left = [path for path in folder.rglob("*") if path.is_file()]
    said = (folder / "said").read_text()
    told = observer.exchanges(said, *left)
    if observer.name == "podsnoop":
        told = json.loads((folder / "ledger.json").read_text())["requests"]["complete"]
    for path in left:
        path.unlink()
    sample = {"cpu": (used.ru_utime + used.ru_stime) / exchanges * 1e6, "rss": peak}
    if told is not None:
        sample["found"] = min(told / exchanges, 1.0)
    return sample


def watch_to_its_end(process):
    """Gives its peak of memory as last seen, since what wait() tells begins with the memory of who started it, and the
    CPU it used."""
    peak, end = 0, time.monotonic() + PATIENCE
    try:
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                return peak, used
            if time.monotonic() > end:
                raise Failure(f"{process.args[0]} still reads after {PATIENCE} s")
            peak = max(peak, usage.status(process.pid, "VmHWM") / 1024)
            time.sleep(0.01)
    except BaseException:
        process.kill()
        raise


def measure(settings, ground, recording):
    subjects = {"control": lambda: read(ground.lab, OBSERVERS["tcpdump"], recording.path, recording.exchanges, None)}
    for name in settings.observers:
        observer = OBSERVERS[name]
        path, exchanges = ((recording.path, recording.exchanges) if observer.share == 1 else recording.part(observer.share))
        subjects[name] = lambda observer=observer, path=path, exchanges=exchanges: read(
            ground.lab, observer, path, exchanges, ground.pods_file)
    return interleave(settings, subjects)


def file_table(title, rounds):
    tcpdump = rounds.figure("tcpdump", "cpu")
    rows = []
    for name in rounds.names:
        cpu, found = rounds.figure(name, "cpu"), rounds.figure(name, "found")
        rows.append([name, cpu.text("{:.2f}"), (cpu / tcpdump).text("{:.2f}"),
                     "-" if not found else f"{min(found.values) * 100:.2f}", rounds.figure(name, "rss").text("{:.0f}")])
    return table(title, HEADS, rows)


def cpu_against(rounds, peer, limit):
    control = rounds.figure("control", "cpu") / rounds.figure("tcpdump", "cpu")
    ratio = rounds.figure("podsnoop", "cpu") / rounds.figure(peer, "cpu")
    return at_most(f"CPU, of {peer}'s", ratio, limit, control=control, form="{:.3f}")


def complete_and_small(rounds):
    found = rounds.figure("podsnoop", "found")
    found.values = [1 - min(found.values)]
    return [at_most("exchanges not found, worst round", found, 0, form="{:.6f}"),
            at_most("RSS, MiB", rounds.figure("podsnoop", "rss"), 16, form="{:.1f}")]


def file_small(settings, lab):
    ground = Ground(lab)
    recording = Recording(ground, "small.pcap", small_traffic(ground, settings.seconds * 4))
    rounds = measure(settings, ground, recording)
    size = recording.path.stat().st_size / 1e6
    return ([file_table(f"{recording.exchanges:,} exchanges of 100 bytes, {size:.0f} MB", rounds)],
            [cpu_against(rounds, "tcpdump", 2.0), cpu_against(rounds, "httpry", 1 / 10), cpu_against(rounds, "tshark", 1 / 100),
             *complete_and_small(rounds)])


def file_large(settings, lab):
    ground = Ground(lab)
    recording = Recording(ground, "large.pcap", large_traffic(ground))
    rounds = measure(settings, ground, recording)
    size = recording.path.stat().st_size / 1e6
    return ([file_table(f"{recording.exchanges:,} exchanges of 1 MiB, {size:.0f} MB", rounds)],
            [cpu_against(rounds, "tcpdump", 0.5), *complete_and_small(rounds)])


CASES = {"file-small": file_small, "file-large": file_large}
