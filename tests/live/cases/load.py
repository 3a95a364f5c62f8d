"""Under load nothing is lost and nothing is invented."""
import collections
import os

from lab import Failure, equal, true
from lab.lab import SERVER

SECONDS = 10 if os.environ.get("CI") else 5
CONNECTIONS = 64
# Every request has a target of its own, so that each line of nginx's log can be found among the records.
SCRIPT = """
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init() sent = 0 end
function request()
    sent = sent + 1
    if sent % 16 == 0 then return wrk.format("GET", "/nowhere?" .. id .. "-" .. sent) end
    if sent % 16 == 8 then return wrk.format("POST", "/echo?" .. id .. "-" .. sent, {}, "what?") end
    return wrk.format("GET", "/small?" .. id .. "-" .. sent)
end
"""


def test_wrk(lab):
    lab.pair()
    nginx = lab.nginx()
    script = f"{lab.folder}/wrk.lua"
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    tracer = lab.trace()
    wrk = lab.start(lab.client, "wrk", "-c", CONNECTIONS, "-t", 2, "-d", f"{SECONDS}s", "-s", script,
                    f"http://{SERVER}/")
    equal(wrk.wait(SECONDS + 30), 0, "wrk's exit status")
    nginx.quit()
    logged = {line["target"]: line for line in nginx.log()}
    tracer.wait(len(logged), timeout=60)
    records = tracer.end()
    compare(records, logged)
    rate = [line.split()[1] for line in wrk.stdout.decode().splitlines() if line.startswith("Requests/sec")]
    lab.note(f"{len(logged)} requests in nginx's log ({rate[0]}/s), {len(records)} records, "
             f"{tracer.ledger['packets']['seen']} packets, "
             f"dropped {sum(tracer.ledger['packets']['dropped'].values())}")


def compare(records, logged):
    """wrk stops in the middle of things: of each connection's last request nginx may have logged what the client did
    not wait for, or not have read it at all. Only those may differ, and only so far."""
    true(len(logged) > 1000, f"wrk made only {len(logged)} requests")
    twice = [target for target, count in collections.Counter(
        record["request"]["target"] if record["request"] else None for record in records).items() if count > 1]
    equal(twice, [], "targets told more than once")
    unfinished = 0
    for record in records:
        line = logged.pop(record["request"]["target"], None)
        if record["end"] != "complete":
            unfinished += 1
            continue
        if line is None:
            raise Failure(f"a complete exchange that nginx knows nothing of: {record}")
        request, response = record["request"], record["response"]
        equal((request["method"], response["status"], response["body_bytes"],
               request["head_bytes"] + request["body_bytes"]),
              (line["method"], line["status"], line["body"], line["request"]),
              f"method, status and lengths of {line['target']}")
        equal(record["flags"], [], f"flags of {line['target']}")
    equal(list(logged)[:5], [], f"requests in nginx's log that are no record ({len(logged)} of them)")
    true(unfinished <= CONNECTIONS, f"{unfinished} exchanges are not complete, on {CONNECTIONS} connections")
