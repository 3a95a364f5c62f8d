"""podsnoop as a program: how it starts, how it ends, and what it says when it cannot."""
import os
import select
import shutil
import signal
import subprocess
import time

from lab import equal, told, true, wait_for
from lab.check import TIMEOUT
from lab.lab import PODSNOOP

SMALL = "GET /small 0 -> 200 13 complete"


def test_closed_pipe(lab):
    """`podsnoop ... | head -1` is over when head is, though no further packet comes."""
    lab.pair(), lab.nginx()
    reader, writer = os.pipe()
    tracer = lab.trace(stdout=writer)
    os.close(writer)
    lab.get("/small")
    with os.fdopen(reader, "rb") as pipe:
        true(select.select([pipe], [], [], TIMEOUT)[0], "no record")
        true(pipe.readline().endswith(b"}\n"), "the first line is no record")
    started = time.monotonic()
    equal(tracer.process.wait(), 0, "exit status after the pipe was closed")
    true(time.monotonic() - started < 2, "it did not notice the closed pipe at once")
    true("ipe" not in tracer.stderr, f"it complains about the pipe: {tracer.stderr}")


def test_head_1(lab):
    lab.pair(), lab.nginx()
    line = f"'{PODSNOOP}' http --netns {lab.server.name} -i eth0 -o json | head -1; exit ${{PIPESTATUS[0]}}"
    shell = lab.start(None, "bash", "-c", line)
    wait_for(lambda: "podsnoop: tracing" in shell.stderr, "ready line")
    lab.get("/small")
    equal(shell.wait(5), 0, "podsnoop's exit status")
    equal(shell.stdout.count(b"\n"), 1, "lines")


def ended_by(lab, number):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    before = tracer.stderr
    lab.get("/small", "/page")
    tracer.wait(2)
    equal(tracer.stderr, before, "standard error while tracing")
    tracer.end(number)
    summary = tracer.stderr.removeprefix(before).splitlines()
    true(1 <= len(summary) <= 4, f"the end summary is not two or three lines: {summary}")
    equal(len(set(summary)), len(summary), "different lines in the summary")
    true(any("2" in line for line in summary), f"the summary does not tell of 2 requests: {summary}")
    equal(len(tracer.records), 2, "records")


def test_interrupt(lab):
    ended_by(lab, signal.SIGINT)


def test_terminate(lab):
    ended_by(lab, signal.SIGTERM)


def test_interrupt_at_once(lab):
    """Ctrl-C right after curl came back: what was on the wire by then is told."""
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small")
    equal(told(tracer.end()), [SMALL], "records")


def test_interrupt_twice(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small")
    tracer.wait(1)
    tracer.process.signal(signal.SIGINT)
    if tracer.process.running():
        tracer.process.signal(signal.SIGINT)
    true(tracer.process.wait() in (0, -signal.SIGINT), "exit status")


def test_nothing_seen(lab):
    lab.pair()
    equal(lab.trace().end(), [], "records")


def test_count(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("-c", "3", filtered=True)
    lab.get(*["/small"] * 5)
    tracer.end(how=None)
    equal(told(tracer.records), [SMALL] * 3, "records")


def test_duration(lab):
    lab.pair(), lab.nginx()
    started = time.monotonic()
    tracer = lab.trace("--duration", "1500ms")
    lab.get("/small")
    tracer.end(how=None)
    elapsed = time.monotonic() - started
    true(1.5 <= elapsed < 5, f"--duration 1500ms took {elapsed:.2f} s")
    equal(told(tracer.records), [SMALL], "records")


def test_ledger_on_standard_output(lab):
    lab.pair(), lab.nginx()
    done = lab.podsnoop("http", "--netns", lab.server.name, "-i", "eth0", "-o", "json", "--ledger", "-",
                        "--duration", "200ms")
    equal(done.returncode, 0, "exit status")
    true(done.stdout.startswith(b'{"type":"ledger"') and done.stdout.count(b"\n") == 1, f"output: {done.stdout}")


def fails(lab, status, *argv, hint=False, **how):
    """One line that says what and why, and nothing on standard output."""
    done = lab.podsnoop(*argv, **how)
    said = done.stderr.decode()
    equal(done.returncode, status, f"exit status of podsnoop {' '.join(map(str, argv))} ({said.strip()})")
    equal(done.stdout, b"", "standard output")
    lines = said.splitlines()
    errors = [line for line in lines if not line.startswith("hint:")]
    equal(len(errors), 1, f"lines of the error message of podsnoop {' '.join(map(str, argv))} ({lines})")
    true(errors[0].startswith("podsnoop: "), f"the error does not say whose it is: {lines}")
    if hint:
        true("hint:" in said, f"no hint: {lines}")
    return said


def test_wrong_usage(lab):
    for words in (["--no-such-option"], ["--slower-than", "fast"], ["--slower-than"], ["--status", "9zz"],
                  ["--port", "http"], ["--port", "70000"], ["-o", "xml"], ["--duration", "-1s"], ["-c", "many"],
                  ["--color", "perhaps"], ["--body", "-3"], ["--buffer", "much"], ["--timeout", "1fortnight"],
                  ["stray-argument"], ["-i"]):
        fails(lab, 2, "http", *words)
    fails(lab, 2, "htpt")


def test_wrong_value_is_named(lab):
    true("fast" in fails(lab, 2, "http", "--slower-than", "fast"), "the message does not name the wrong value")
    true("--no-such-option" in fails(lab, 2, "http", "--no-such-option"), "the message does not name the option")


def test_no_such_source_of_pods(lab):
    """Without it names would be missing, and nobody would know why."""
    fails(lab, 1, "http", "--pods", "/etc/passwd", hint=True)
    fails(lab, 1, "http", "--root", "/nonexistent", hint=True)


def test_no_such_interface(lab):
    lab.pair()
    said = fails(lab, 1, "http", "--netns", lab.server.name, "-i", "nope0")
    true("nope0" in said, f"the message does not name the interface: {said}")


def test_no_such_namespace(lab):
    for name in "no-such-namespace", "/no/such/path", "999999999":
        true(name in fails(lab, 1, "http", "--netns", name), "the message does not name the namespace")


def test_not_a_namespace(lab):
    fails(lab, 1, "http", "--netns", "/etc/passwd")


def test_without_root(lab):
    """Each user may run it, and is told what is missing."""
    program = f"{lab.folder}/podsnoop"  # where everyone can read it
    shutil.copy(PODSNOOP, program)
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", program,
                           "http", "-i", "lo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          cwd="/")
    equal(done.returncode, 1, f"exit status ({done.stderr.strip()})")
    equal(done.stdout, "", "standard output")
    true("hint:" in done.stderr, f"no hint: {done.stderr}")
    equal(len([line for line in done.stderr.splitlines() if not line.startswith("hint:")]), 1,
          f"lines of the error message ({done.stderr})")


def test_help_and_version(lab):
    done = lab.podsnoop("http", "--help")
    equal(done.returncode, 0, "exit status of --help")
    for option in "--interface", "--netns", "--slower-than", "--ledger", "--show-secrets", "--duration":
        true(option.encode() in done.stdout, f"--help does not tell of {option}")
    equal(lab.podsnoop("--version").returncode, 0, "exit status of --version")


def test_help_fits_a_terminal(lab):
    for command in (), ("http",), ("tcp",), ("red",), ("map",), ("pods",), ("oom",), ("backlog",), ("check",):
        text = lab.podsnoop(*command, "--help").stdout.decode()
        equal([line for line in text.splitlines() if len(line) > 80], [], f"lines of {command} that are too long")
        true("\n\n\n" not in text and not text.endswith("\n\n"), f"empty lines in a row: {text!r}")
        for noise in "Excludes", "Needs:", "Subcommand", "TEXT":
            true(noise not in text, f"{noise} in the help of {command}")


def test_option_given_twice(lab):
    """A list is one however it is given; anything else can only be meant once."""
    lab.pair(), lab.nginx()
    tracer = lab.trace("--port", "81", "--port", "80,82", "--method", "HEAD", "--method", "GET", "--status", "404", filtered=True)
    lab.get("/small", "/none")
    equal([line.split()[1] for line in told(tracer.end())], ["/none"], "records")
    said = fails(lab, 2, "http", "--host", "a", "--host", "b")
    true("--host" in said and "more than once" in said, f"what it says: {said}")


def test_static(lab):
    done = subprocess.run(["ldd", str(PODSNOOP)], capture_output=True, text=True)
    true("not a dynamic executable" in done.stderr + done.stdout or "statically linked" in done.stdout,
         f"ldd: {done.stdout}{done.stderr}")


def test_drops_what_it_needs_no_more(lab):
    """Once its sockets are open it keeps at most what opening one again takes."""
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    with open(f"/proc/{tracer.process.pid}/status", encoding="utf-8") as status:
        held = [int(line.split()[1], 16) for line in status if line.startswith(("CapEff:", "CapPrm:"))]
    useful = sum(1 << number for number in (12, 13, 21, 38, 39))  # NET_ADMIN, NET_RAW, SYS_ADMIN, PERFMON, BPF
    equal([f"{capabilities & ~useful:x}" for capabilities in held], ["0", "0"], "capabilities without use")
    lab.get("/small")
    tracer.expect(SMALL)


def test_leaves_nothing_behind(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    lab.get("/small")
    tracer.expect(SMALL)
    equal(os.path.exists(f"/proc/{tracer.process.pid}"), False, "its process is still there")
    left = lab.server.proc_net("packet")
    equal(len(left.splitlines()), 1, f"packet sockets left, with the headings: {left}")
