"""What more connections, pods and namespaces cost."""
import time

from lab import Lab
from measure import usage
from measure.crowd import Crowd
from measure.figures import Figure, Rounds, at_most, table
from measure.ground import Ground, Load
from measure.observers import FOLLOWER, OBSERVERS, Watch
from measure.rounds import interleave, observed, unobserved

from .live import RING_MIB, complete, live_table
from .program import time_to_ready

CONNECTIONS = 1, 100, 1000, 10_000, 50_000
PODS = 10, 1000, 5000
NAMESPACES = 1, 50, 200, 500
IDLE_SECONDS = 3
SHARED_RING_MIB = 64  # podsnoop's default for all pods together; at least 1 MiB each


def connections(settings, lab):
    """All are open at once and each asks again and again; the more there are, the longer it takes to open them."""
    tables, targets = [], []
    for number in CONNECTIONS:
        load, seconds = Load("/small", connections=number), settings.seconds + number // 5000
        with Lab(f"{number} connections") as own:
            ground = Ground(own, connections=number)
            rounds = interleave(settings, {
                "none": lambda: unobserved(ground, load, seconds),
                "podsnoop": lambda: observed(ground, OBSERVERS["podsnoop"], load, seconds)})
        tables.append(live_table(f"{number:,} connections, 100-byte replies", rounds))
        targets += [*renamed(complete(rounds), f"{number:,} connections, "),
                    at_most(f"{number:,} connections, RSS, MiB", rounds.figure("podsnoop", "rss"), RING_MIB + 16, form="{:.0f}")]
    return tables, targets


def renamed(targets, prefix):
    for target in targets:
        target.what = prefix + target.what
    return targets


def pods(settings, lab):
    """In the index; the client and the server are two of them."""
    ground, load = Ground(lab), Load("/small")
    files = {number: ground.write_pods(number) for number in PODS}
    subjects = {"none": lambda: unobserved(ground, load, settings.seconds)}
    for number in PODS:
        subjects[f"{number:,} pods"] = lambda number=number: observed(
            ground, OBSERVERS["podsnoop"], load, settings.seconds, files[number])
    rounds = interleave(settings, subjects)
    return [live_table("100-byte replies, by pods in the index", rounds)], [
        at_most("1,000 pods, RSS, MiB", rounds.figure("1,000 pods", "rss"), RING_MIB + 16, form="{:.0f}")]


def idle(lab, node):
    """Started, left alone for a while, and ended."""
    started = time_to_ready(lab, FOLLOWER, node)
    watch = Watch(lab, FOLLOWER, node, None, None)
    watch.rest()
    pid, before = watch.process.pid, watch.cpu()
    time.sleep(IDLE_SECONDS)
    sample = {"ready": started, "idle": (watch.cpu() - before) / IDLE_SECONDS * 100, "rss": watch.peak_mib(),
              "descriptors": usage.descriptors(pid)}
    watch.end()
    return sample


def namespaces(settings, lab):
    quiet, loaded, traffic = Rounds(), [], Load("/small")
    for number in NAMESPACES:
        with Lab(f"{number} namespaces") as own:
            crowd = Crowd(own, max(number, 2))  # a client and a server
            for _ in range(settings.rounds):
                quiet.add(number, idle(own, crowd))
            ground = Ground(own, crowd=crowd)
            rounds = interleave(settings, {"none": lambda: unobserved(ground, traffic, settings.seconds),
                                           "podsnoop": lambda: observed(ground, FOLLOWER, traffic, settings.seconds)})
            loaded.append(live_table(f"{number} pod namespaces, traffic between two of them", rounds))
    rows = [[str(number), quiet.figure(number, "ready").text("{:.0f}"), quiet.figure(number, "idle").text("{:.3f}"),
             quiet.figure(number, "rss").text("{:.0f}"), quiet.figure(number, "descriptors").text("{:.0f}")]
            for number in NAMESPACES]
    idle_table = table("Idle pod namespaces", ["namespaces", "ms to the ready line", "idle CPU %", "RSS MiB", "descriptors"], rows)
    return [idle_table, *loaded], crowd_targets(quiet)


def crowd_targets(quiet, few=50, many=200):
    # The ring is shared by few, and of 1 MiB for each of many.
    each = quiet.figure(many, "rss") - Figure([SHARED_RING_MIB] * len(quiet.samples[many]))
    descriptors = quiet.figure(many, "descriptors") - quiet.figure(few, "descriptors")
    per = many - few
    return [at_most(f"{many} namespaces, ms to the ready line", quiet.figure(many, "ready"), 300, form="{:.0f}"),
            at_most(f"{many} namespaces, idle CPU %", quiet.figure(many, "idle"), 0.1, form="{:.3f}"),
            at_most(f"{many} namespaces, RSS beside 64 MiB, MiB each", Figure([value / many for value in each.values]), 1),
            at_most("descriptors for each more", Figure([value / per for value in descriptors.values]), 2)]


CASES = {"connections": connections, "pods": pods, "namespaces": namespaces}
