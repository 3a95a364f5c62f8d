"""Saturated servers, watched: what is left of their speed, what it costs, and whether all was told."""
from measure.figures import at_least, at_most, table
from measure.ground import Ground, Load
from measure.observers import OBSERVERS, podsnoop
from measure.rounds import interleave, observed, unobserved

RING_MIB = 32  # podsnoop's default
HEADS = ["observer", "requests/s", "kept", "CPU us/exchange", "tap us/exchange", "found %", "dropped", "RSS MiB"]


def measure(settings, lab, load, names, prepare=None, extra=()):
    """Everyone of `names` in turn, beside two runs without anybody: `none`, what all are compared with, and `control`."""
    ground = Ground(lab)
    if prepare:
        prepare(ground)
    subjects = {name: lambda: unobserved(ground, load, settings.seconds) for name in ("none", "control")}
    observers = [OBSERVERS[name] for name in names if name in settings.observers] + list(extra)
    for observer in observers:
        subjects[observer.name] = lambda observer=observer: observed(ground, observer, load, settings.seconds)
    ground.run(load, 1)  # nginx opens its files
    return interleave(settings, subjects)


def row(rounds, name):
    rate, traffic = rounds.figure(name, "rate"), rounds.figure(name, "traffic")
    kept, tap = rate / rounds.figure("none", "rate"), traffic - rounds.figure("none", "traffic")
    found, dropped = rounds.figure(name, "found"), rounds.figure(name, "dropped")
    return [name, rate.text("{:,.0f}"), "1" if name == "none" else kept.text("{:.2f}"),
            rounds.figure(name, "observer").text("{:.2f}"),
            traffic.text("{:.1f}") + " in all" if name == "none" else tap.text("{:.1f}"),
            "-" if not found else f"{min(found.values) * 100:.2f}", "-" if not dropped else f"{max(dropped.values):,}",
            rounds.figure(name, "rss").text("{:.0f}")]


def live_table(title, rounds):
    return table(f"{title} (found: the worst round; dropped: the most)", HEADS, [row(rounds, name) for name in rounds.names])


def controls(rounds):
    """Of requests a second, and of CPU per exchange."""
    return {"rate": rounds.figure("control", "rate") / rounds.figure("none", "rate"),
            "traffic": rounds.figure("control", "traffic") / rounds.figure("none", "traffic")}


def cpu_against(rounds, peer, part, name="podsnoop"):
    """podsnoop's CPU per exchange is at most one `part`th of a peer's."""
    ratio = rounds.figure(name, "observer") / rounds.figure(peer, "observer")
    return at_most(f"CPU per exchange, of {peer}'s", ratio, 1 / part, control=controls(rounds)["traffic"], form="{:.3f}")


def complete(rounds, name="podsnoop"):
    """Nothing lost, in the worst of the rounds."""
    found, dropped = rounds.figure(name, "found"), rounds.figure(name, "dropped")
    found.values = [min(found.values)]
    dropped.values = [max(dropped.values)]
    return [at_least(f"{name}: exchanges found, worst round", found, 1.0, form="{:.6f}"),
            at_most(f"{name}: packets dropped, worst round", dropped, 0, form="{:.0f}")]


def memory(rounds, name="podsnoop"):
    return at_most(f"{name}: RSS beside the ring, MiB", rounds.figure(name, "rss"), RING_MIB + 16, form="{:.0f}")


def small(settings, lab):
    rounds = measure(settings, lab, Load("/small"), settings.observers)
    kept = rounds.figure("podsnoop", "rate") / rounds.figure("tcpdump", "rate")
    return ([live_table("100-byte replies, 64 connections", rounds)],
            [cpu_against(rounds, "httpry", 5), cpu_against(rounds, "tshark", 50),
             at_least("requests/s, of those that tcpdump leaves", kept, 0.90, control=controls(rounds)["rate"]),
             *complete(rounds), memory(rounds)])


def large(settings, lab):
    rounds = measure(settings, lab, Load("/large", connections=16), settings.observers)
    kept = rounds.figure("podsnoop", "rate") / rounds.figure("none", "rate")
    share = rounds.figure("podsnoop", "captured")
    share.values = [captured / (1 << 20) for captured in share.values]
    return ([live_table("1 MiB replies, 16 connections", rounds)],
            [cpu_against(rounds, "httpry", 6),
             at_least("requests/s, of those without an observer", kept, 0.90, control=controls(rounds)["rate"]),
             at_most("of the bytes that enter the ring", share, 0.01, form="{:.4f}"), *complete(rounds), memory(rounds)])


def pipelined(settings, lab):
    rounds = measure(settings, lab, Load("/small", depth=16), ("podsnoop", "tcpdump", "httpry"))
    return [live_table("100-byte replies, 64 connections, 16 requests at once on each", rounds)], complete(rounds)


def chunked(settings, lab):
    rounds = measure(settings, lab, Load("/chunked"), ("podsnoop", "tcpdump", "httpry"))
    return [live_table("2000-byte replies in chunks, 64 connections", rounds)], complete(rounds)


def segments(settings, lab):
    rounds = measure(settings, lab, Load("/large", connections=16), ("podsnoop", "tcpdump"),
                     prepare=lambda ground: ground.segments(offloaded=False))
    return [live_table("1 MiB replies in segments of 1448 bytes, without segmentation offload", rounds)], complete(rounds)


def tls(settings, lab):
    """There is nothing to find; what it costs to see that is the question."""
    rounds = measure(settings, lab, Load("/small", scheme="https"), ("podsnoop", "tcpdump"))
    for sample in rounds.samples.get("podsnoop", []):
        del sample["found"]
    dropped = rounds.figure("podsnoop", "dropped")
    return [live_table("TLS only, 100-byte replies, 64 connections", rounds)], [
        at_most("podsnoop: packets dropped", dropped, 0, form="{:.0f}")]


def output(settings, lab):
    formats = [podsnoop(f"podsnoop -o {name}", name) for name in ("json", "table", "csv")]
    rounds = measure(settings, lab, Load("/small"), (), extra=formats)
    return [live_table("100-byte replies, by format of output", rounds)], [
        target for name in formats for target in complete(rounds, name.name)]


CASES = {"small": small, "large": large, "pipelined": pipelined, "chunked": chunked, "segments": segments, "tls": tls,
         "output": output}
