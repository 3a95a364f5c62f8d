"""Under load nothing is lost and nothing is invented."""
import json
import os
import signal

from lab import Failure, equal, true
from lab.lab import SERVER
from lab.records import check_record

SECONDS = 10 if os.environ.get("CI") else 5
CONNECTIONS = 64
# Every request has a target of its own, so that each line of nginx's log can be found among the records.
POST_BODY = "what?"
SCRIPT = """
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init() sent = 0 end
function request()
    sent = sent + 1
    if sent %% 16 == 0 then return wrk.format("GET", "/nowhere?" .. id .. "-" .. sent) end
    if sent %% 16 == 8 then return wrk.format("POST", "/echo?" .. id .. "-" .. sent, {}, "%s") end
    return wrk.format("GET", "/small?" .. id .. "-" .. sent)
end
"""


def test_wrk(lab):
    lab.pair()
    nginx = lab.nginx()
    script = f"{lab.folder}/wrk.lua"
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT % POST_BODY)
    tracer = lab.trace(bulky=True)
    wrk = lab.start(lab.client, "wrk", "-c", CONNECTIONS, "-t", 2, "-d", f"{SECONDS}s", "-s", script,
                    f"http://{SERVER}/")
    equal(wrk.wait(SECONDS + 30), 0, "wrk's exit status")
    nginx.quit()
    logged = {line["target"]: (line["method"], line["status"], line["body"]) for line in nginx.log()}
    true(len(logged) > 1000, f"wrk made only {len(logged)} requests")
    tracer.wait_for_lines(len(logged), timeout=60)
    tracer.end()
    with open(tracer.process.stdout_path, encoding="utf-8") as lines:
        told, unfinished = compare(map(json.loads, lines), logged)

    ledger = tracer.ledger
    equal(ledger["requests"]["seen"], told, "requests in the ledger")
    equal(ledger["requests"]["complete"], told - unfinished, "complete requests in the ledger")
    rate = [line.split()[1] for line in wrk.stdout.decode().splitlines() if line.startswith("Requests/sec")]
    lab.note(f"{len(logged)} requests in nginx's log ({rate[0]}/s), {told} records, {unfinished} of them cut off by "
             f"wrk's end, {ledger['packets']['seen']} packets, dropped {sum(ledger['packets']['dropped'].values())}")


def compare(records, logged):
    """wrk stops in the middle of things: of each connection's last request nginx may have logged an answer that
    never went out, or not have read it at all. Only those may differ. Gives the number of records, and of those cut
    off."""
    seen, unfinished = set(), 0
    for number, record in enumerate(records):
        if number % 1000 == 0:
            check_record(record)
        if record["request"] is None:
            raise Failure(f"a response whose request was not seen: {record}")
        request, response = record["request"], record["response"]
        target = request["target"]
        true(target not in seen, f"{target} is told twice")
        seen.add(target)
        if record["end"] != "complete":
            unfinished += 1
            continue
        came = (request["method"], response["status"], response["body_bytes"])
        body = len(POST_BODY) if request["method"] == "POST" else 0
        if came != logged.get(target) or request["body_bytes"] != body or set(record["flags"]) - {"retransmit"}:
            raise Failure(f"nginx logged {logged.get(target)}, this was told: {record}")
    missing = logged.keys() - seen
    equal(sorted(missing)[:5], [], f"requests in nginx's log that are no record ({len(missing)} of them)")
    true(unfinished <= CONNECTIONS, f"{unfinished} exchanges are not complete, on {CONNECTIONS} connections")
    return len(seen), unfinished


def test_kept_from_running(lab):
    """Where little arrives a block of the ring is handed over every 80 ms: there must be enough of them for some seconds.
    Requests that come less often take one each."""
    lab.pair(), lab.nginx()
    tracer = lab.trace()
    tracer.process.signal(signal.SIGSTOP)
    lab.get("/small?[1-40]", options=("--rate", "10/s"))
    tracer.process.signal(signal.SIGCONT)
    tracer.wait(40)
    tracer.end()
    equal(tracer.ledger["packets"]["dropped"], {"ring-full": 0, "other": 0}, "packets dropped")
