"""The ledger must balance, exactly, whatever happened."""
from .check import equal, true


def sums(ledger):
    """(what, one side, other side) for every sum that the ledger promises."""
    packets, segments = ledger["packets"], ledger["segments"]
    balance = [
        ("packets seen = kept + skipped + dropped", packets["seen"],
         packets["kept"] + sum(packets["skipped"].values()) + sum(packets["dropped"].values())),
        ("packets kept = decoded + malformed + fragments", packets["kept"],
         segments["decoded"] + segments["malformed"] + segments["fragments"]),
    ]
    if "requests" not in ledger:
        connections = ledger["connections"]
        return [*balance, ("connections seen = ended", connections["seen"], sum(connections["ended"].values()))]
    requests = ledger["requests"]
    return [
        *balance,
        ("requests seen = complete + unanswered", requests["seen"],
         requests["complete"] + sum(requests["unanswered"].values())),
    ]


def check(ledger, lossy=False):
    equal(ledger["type"], "ledger", "the ledger's type")
    for what, one, other in sums(ledger):
        true(one == other, f"the ledger does not balance: {what}: {one} is not {other}: {ledger}")
    true(ledger["duration_us"] > 0, "the ledger has no duration")
    equal(ledger["segments"]["malformed"], 0, "malformed segments")
    if not lossy:
        equal(sum(ledger["packets"]["dropped"].values()), 0, "dropped packets")


def check_records(ledger, records):
    """Where every record is printed, they are what the ledger counted."""
    if "requests" not in ledger:
        ended = [record["end"] for record in records if record["type"] == "tcp"]
        equal(ledger["connections"]["ended"], {end: ended.count(end) for end in ledger["connections"]["ended"]},
              "connections in the ledger, as against the records")
        return
    with_request = [record for record in records if record["request"]]
    equal(ledger["requests"]["seen"], len(with_request), "requests in the ledger, as against records with one")
    equal(ledger["responses"]["orphan"], len(records) - len(with_request), "orphan responses in the ledger")
    ends = {"complete": ledger["requests"]["complete"], **ledger["requests"]["unanswered"]}
    for end, count in ends.items():
        equal(count, sum(record["end"] == end for record in with_request), f"requests ended '{end}' in the ledger")
