"""One capture in every form it can have: the same records."""
import json
import pathlib
import subprocess

from capture import podsnoop, tcpdump, tshark
from compare import compare
from lab import equal, true, wait_for
from lab.lab import PODSNOOP
from lab.network import command

PATHS = ("/small", "/page", "/nowhere", "/empty", "/upload")


def captured(lab, name="one.pcap", *options, **how):
    lab.pair(), lab.nginx()
    path = pathlib.Path(lab.folder) / name
    with tcpdump(lab, path, *options, **how):
        lab.get(*PATHS)
        lab.get("/small", "/page", options=["--head"])
    return path


def without_place(lines):
    """The records without what a file can lack: the interface's name."""
    records = [json.loads(line) for line in lines]
    for record in records:
        record["interface"] = None
    return records


def test_formats(lab):
    path = captured(lab)
    wanted = without_place(podsnoop(lab, path))
    equal(len(wanted), len(PATHS) + 2, "exchanges")
    for name, form in (("pcapng", "pcapng"), ("nanoseconds", "nsecpcap")):
        command("editcap", "-F", form, path, path.with_suffix(f".{name}"))
    for file in sorted(path.parent.glob("one.*")):
        equal(without_place(podsnoop(lab, file)), wanted, f"records of {file.name}")
        zipped = file.with_name(file.name + ".gz")
        with open(zipped, "wb") as out:
            subprocess.run(["gzip", "-c", file], stdout=out, check=True)
        equal(podsnoop(lab, zipped), podsnoop(lab, file), f"records of {zipped.name}")
        for whole in (file, zipped):
            with open(whole, "rb") as stream:
                equal(podsnoop(lab, "-", stdin=stream), podsnoop(lab, file), f"records of {whole.name} from a pipe")


def test_raw(lab):
    """Without the Ethernet header, which editcap takes off."""
    path = captured(lab)
    command("editcap", "-C", "14", "-L", "-T", "rawip", path, path.with_suffix(".raw"))
    equal(podsnoop(lab, path.with_suffix(".raw")), podsnoop(lab, path), "records of raw IP")


def cooked(lab, *options):
    path = captured(lab, "cooked.pcap", *options, interface="any")
    lines = podsnoop(lab, path)
    # What nginx asks of itself over lo is there, too.
    asked = [json.loads(line) for line in lines if json.loads(line)["server"]["port"] == 80]
    equal(len(asked), len(PATHS) + 2, "exchanges from outside")
    equal([record["end"] for record in asked], ["complete"] * len(asked), "ends")


def test_cooked(lab):
    cooked(lab, "-y", "LINUX_SLL")


def test_cooked2(lab):
    cooked(lab, "-y", "LINUX_SLL2")


def test_while_it_is_written(lab):
    """tcpdump -w - | podsnoop http -r -: records come while tcpdump still runs."""
    lab.pair(), lab.nginx()
    with subprocess.Popen(lab.server.inside("tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-w", "-", "tcp"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as dump:
        try:
            while b"listening on" not in (line := dump.stderr.readline()):
                true(line, "tcpdump ended")
            reader = lab.start(None, PODSNOOP, "http", "-r", "-", "-o", "json", stdin=dump.stdout)
            lab.get("/small")
            wait_for(lambda: reader.stdout.count(b"\n") == 1, "record while the capture goes on")
            true(dump.poll() is None and reader.running(), "tcpdump or podsnoop ended")
            lab.get("/page")
            wait_for(lambda: reader.stdout.count(b"\n") == 2, "second record")
        finally:
            dump.terminate()
    equal(reader.wait(), 0, "podsnoop's exit status after the end of the pipe")


def test_no_capture(lab):
    """Of a pipe that is none, nothing is printed but the error; of one without packets, what comes before records."""
    empty_pcap = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    for output in "table", "csv":
        def read(text):
            return subprocess.run([PODSNOOP, "http", "-r", "-", "-o", output], input=text, capture_output=True, timeout=30)
        done = read(b"no capture\n")
        equal((done.returncode, done.stdout), (1, b""), f"exit status and {output} of what is no capture")
        true(b"neither pcap nor pcapng" in done.stderr, done.stderr)
        done = read(empty_pcap)
        equal((done.returncode, done.stdout.count(b"\n")), (0, 1), f"exit status and lines of {output} without a record")


def test_snap_length(lab):
    """Bodies that were cut off are counted all the same."""
    path = captured(lab)
    wanted = without_place(podsnoop(lab, path))
    command("editcap", "-s", "400", path, path.with_suffix(".short"))
    equal(without_place(podsnoop(lab, path.with_suffix(".short"))), wanted, "records of 400 bytes a packet")
    agreed, _ = compare(podsnoop(lab, path), tshark(path))
    equal(agreed, len(wanted), "exchanges tshark agrees with")
