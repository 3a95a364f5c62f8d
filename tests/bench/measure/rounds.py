"""Runs what is compared in turn, several rounds, so that whatever else the machine does meets all alike."""
import sys
import time

from lab.check import Failure

from .figures import Rounds
from .observers import Watch


def interleave(settings, subjects):
    """`subjects` are functions by name, each of which gives a sample: a dictionary of figures. Each round begins with
    another of them. After `settings.limit` seconds no further round begins."""
    rounds, names = Rounds(), list(subjects)
    end = time.monotonic() + settings.limit
    for number in range(settings.rounds):
        if number > 0 and time.monotonic() > end:
            print(f"stopped after {number} rounds, {settings.limit:g} s", file=sys.stderr)
            break
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            print(f"round {number + 1} of {settings.rounds}: {name}", file=sys.stderr)
            rounds.add(name, subjects[name]())
    return rounds


def unobserved(ground, load, seconds):
    """The traffic alone."""
    return sample_of(ground.run(load, seconds))


def observed(ground, observer, load, seconds, pods=None):
    """The traffic with somebody watching it."""
    watch = Watch(ground.lab, observer, ground.node, ground.interface, pods or ground.pods_file)
    before = watch.cpu()
    traffic = ground.run(load, seconds)
    watch.rest()
    used, peak = watch.cpu() - before, watch.peak_mib()
    told, dropped, ledger = watch.end()
    sample = sample_of(traffic) | {"observer": used / traffic.exchanges * 1e6, "dropped": dropped, "rss": peak}
    if told is not None:
        # What wrk's end cut off can be told too.
        sample["found"] = min(told / traffic.exchanges, 1.0)
    if ledger:
        sample["captured"] = ledger["bytes"]["captured"] / traffic.exchanges
    return sample


def sample_of(traffic):
    if traffic.exchanges == 0:
        raise Failure("wrk got no answer at all")
    return {"rate": traffic.rate, "traffic": traffic.cpu / traffic.exchanges * 1e6}
