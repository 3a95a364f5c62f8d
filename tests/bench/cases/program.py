"""The program itself: how soon it is ready, what it takes doing nothing, and that a reader who stops stops nobody else."""
import os
import pathlib
import select
import signal
import subprocess
import time

from lab.check import Failure
from measure.figures import at_least, at_most, table
from measure.ground import Ground, Load
from measure.observers import DEAF, OBSERVERS, Watch, words
from measure.rounds import interleave, observed, sample_of, unobserved

from .live import controls, live_table

PATIENCE = 30.0  # seconds for a ready line
IDLE_SECONDS = 3


def time_to_ready(lab, observer, node, interface=None, pods=None):
    """Milliseconds from its start to its ready line."""
    folder = pathlib.Path(lab.folder) / "starting"
    folder.mkdir(exist_ok=True)
    argv = list(words(observer.live, interface=interface, pods=pods, folder=folder))
    started = time.monotonic()
    with node.parenting():
        process = subprocess.Popen(node.inside(*argv), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
    try:
        said = b""
        while observer.ready.encode() not in said:
            left = started + PATIENCE - time.monotonic()
            if left <= 0 or not select.select([process.stderr], [], [], left)[0]:
                raise Failure(f"{observer.name} is not ready after {PATIENCE:g} s: {said.decode()}")
            more = os.read(process.stderr.fileno(), 65536)
            if not more:
                raise Failure(f"{observer.name} ended: {said.decode()}")
            said += more
        return (time.monotonic() - started) * 1000
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def idle_percent(ground):
    """Of a processor, with nothing to see."""
    watch = Watch(ground.lab, OBSERVERS["podsnoop"], ground.node, ground.interface, ground.pods_file)
    watch.rest()
    before = watch.cpu()
    time.sleep(IDLE_SECONDS)
    used = watch.cpu() - before
    watch.end()
    return used / IDLE_SECONDS * 100


def startup(settings, lab):
    ground = Ground(lab)
    without_pods = ground.write_pods(2)

    def start(observer):
        sample = {"ready": time_to_ready(lab, observer, ground.node, ground.interface, without_pods)}
        if observer.name == "podsnoop":
            sample["idle"] = idle_percent(ground)
        return sample

    rounds = interleave(settings, {name: lambda name=name: start(OBSERVERS[name]) for name in settings.observers})
    rows = [[name, rounds.figure(name, "ready").text("{:.0f}"), rounds.figure(name, "idle").text("{:.3f}")]
            for name in rounds.names]
    return ([table("Start", ["observer", "ms to the ready line", "idle CPU %"], rows)],
            [at_most("ms to the ready line", rounds.figure("podsnoop", "ready"), 50, form="{:.0f}"),
             at_most("idle CPU %", rounds.figure("podsnoop", "idle"), 0.1, form="{:.3f}")])


def stopped_reader(ground, load, seconds):
    """The traffic while nobody reads what podsnoop prints."""
    reader = ground.lab.start(None, "cat", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    reader.signal(signal.SIGSTOP)
    watch = Watch(ground.lab, OBSERVERS["podsnoop"], ground.node, ground.interface, ground.pods_file,
                  stdout=reader.child.stdin)
    reader.child.stdin.close()  # podsnoop has it
    traffic = ground.run(load, seconds)
    reader.signal(signal.SIGCONT)
    watch.rest()
    told, dropped, ledger = watch.end()
    gaps = ledger["requests"]["unanswered"]["gap"]
    return sample_of(traffic) | {"found": min(told / traffic.exchanges, 1), "dropped": dropped, "gaps": gaps}


def slow_reader(settings, lab):
    """A reader who stops does so for seconds or minutes: three times as long as others are measured, so that the ring, which
    fills in a third of a second here, is full most of the time."""
    ground, load, seconds = Ground(lab), Load("/small"), settings.seconds * 3
    subjects = {name: lambda: unobserved(ground, load, seconds) for name in ("none", "control")}
    subjects["podsnoop"] = lambda: stopped_reader(ground, load, seconds)
    subjects[DEAF.name] = lambda: observed(ground, DEAF, load, seconds)
    rounds = interleave(settings, subjects)
    kept = rounds.figure("podsnoop", "rate") / rounds.figure("none", "rate")
    return ([live_table("100-byte replies, the reader of podsnoop's output stopped by SIGSTOP", rounds)],
            [at_least("requests/s, of those without podsnoop", kept, 0.95, control=controls(rounds)["rate"])])


CASES = {"startup": startup, "slow-reader": slow_reader}
