"""podsnoop red: counts, rates and latencies against what servers and clients know themselves."""
import itertools
import json
import math
import threading
import time

from lab import RawServer, connect, equal, read_exactly, read_head, true, wait_for
from lab.lab import SERVER
from lab.pod import IDLE, web

SERVICE = ("10.96.0.20", 80)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}


def records_of(tracer):
    return [json.loads(line) for line in tracer.text.splitlines()]


def counts(records, key):
    """Requests, errors and unanswered of each value of a key, over all intervals."""
    sums = {}
    for record in records:
        one = sums.setdefault(record[key], [0, 0, 0])
        for number, field in enumerate(("requests", "errors", "unanswered")):
            one[number] += record[field]
    return {value: tuple(one) for value, one in sums.items()}


def quantile(ordered, q):
    return ordered[max(1, math.ceil(q * len(ordered))) - 1]


def test_known_delays(lab):
    """Quantiles lie between those of what the server took for each request and of what the client waited for it."""
    delays = [0.001 * 1.05 ** (number % 80) for number in range(240)]  # 1 to 47 ms
    served, waited = [], []

    def serve(connection):
        while True:
            try:
                head = read_head(connection)
            except ConnectionError:
                return
            began = time.monotonic()
            time.sleep(delays[int(head.split()[1].removeprefix(b"/item/"))])
            served.append(time.monotonic() - began)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")

    def call(numbers):
        with connect(lab.client, SERVER, 8080) as connection:
            for number in numbers:
                began = time.monotonic()
                connection.sendall(b"GET /item/%d HTTP/1.1\r\nHost: h\r\n\r\n" % number)
                read_head(connection)
                read_exactly(connection, 4)
                waited.append(time.monotonic() - began)

    lab.pair()
    with RawServer(lab.server, serve):
        tracer = lab.trace(command="red", bulky=True)
        callers = [threading.Thread(target=call, args=(range(first, len(delays), 4),)) for first in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        tracer.end()
    red, = records_of(tracer)
    equal((red["address"], red["port"], red["requests"], red["errors"], red["unanswered"]), (SERVER, 8080, len(delays), 0, 0),
          "server, requests, errors, unanswered")
    equal(red["latency_us"]["measured"], len(delays), "latencies measured")
    served.sort(), waited.sort()
    for name, q in QUANTILES.items():
        told = red["latency_us"][name]
        least, most = (quantile(times, q) * 1e6 for times in (served, waited))
        lab.note(f"{name}: server {least:.0f} us, told {told} us, client {most:.0f} us")
        true(least * 0.99 - 1 <= told <= most * 1.01 + 1, f"{name} is told as {told} us; {least:.0f} to {most:.0f} us is true")
    true(sum(served) * 1e6 / len(served) - 1 <= red["latency_us"]["mean"] <= sum(waited) * 1e6 / len(waited) + 1, f"mean: {red}")


def test_every_request_under_load(lab):
    """Over all intervals, each status has the requests that nginx logged."""
    lab.pair()
    nginx = lab.nginx()
    script = f"{lab.folder}/wrk.lua"
    with open(script, "w", encoding="utf-8") as file:
        file.write('local n = 0\nfunction request() n = n + 1\n'
                   'return wrk.format("GET", n % 8 == 0 and "/broken" or n % 8 == 4 and "/nowhere" or "/small") end\n')
    tracer = lab.trace("--interval", "500ms", "--by", "status", command="red", bulky=True)
    wrk = lab.start(lab.client, "wrk", "-c", 8, "-t", 2, "-d", "2s", "-s", script, f"http://{SERVER}/")
    equal(wrk.wait(30), 0, "wrk's exit status")
    nginx.quit()
    tracer.end()
    logged = {}
    for line in nginx.log():
        logged[line["status"]] = logged.get(line["status"], 0) + 1
    records = records_of(tracer)
    told = counts(records, "status")
    equal(sum(requests for requests, _, _ in told.values()), tracer.ledger["requests"]["seen"], "requests told, and in the ledger")
    true(set(logged) <= set(told), f"told {told}, logged {logged}")
    for status, (requests, errors, _) in told.items():
        equal(errors, requests if status == 503 else 0, f"errors of {status}")
        # wrk ends in the middle of things: the last one of each connection may have been logged or not.
        true(abs(requests - logged.get(status, 0)) <= 8, f"{requests} requests with {status} are told, {logged.get(status)} logged")
    starts = sorted({record["time"] for record in records})
    true(len(starts) >= 4, f"in two seconds only these intervals: {starts}")
    for record in records:
        true(abs(record["rate"] * record["interval_s"] - record["requests"]) < 1e-6 * record["requests"], f"rate of {record}")


def test_intervals_end_by_themselves(lab):
    """A record comes when its interval is over, though nothing is sent any more; with --once that is all."""
    lab.pair(), lab.nginx()
    tracer = lab.trace("--interval", "300ms", command="red", bulky=True)
    once = lab.trace("--interval", "300ms", "--once", command="red", output="table")
    lab.get("/small")
    wait_for(lambda: records_of(tracer), "a record of the first request")
    lab.get("/small", "/broken")
    wait_for(lambda: sum(record["requests"] for record in records_of(tracer)) == 3, "records of all requests")
    tracer.end()
    once.end(how=None)
    true("300ms" in once.text.splitlines()[0], f"no interval of 300 ms: {once.text!r}")
    equal({record["interval_s"] for record in records_of(tracer)}, {0.3}, "intervals")


def test_paths(lab):
    lab.pair(), lab.nginx()
    grouped = lab.trace("--by", "path", command="red", bulky=True)
    raw = lab.trace("--by", "path", "--raw-paths", "--groups", "2", command="red", bulky=True)
    lab.get("/small", "/orders/1?x=1", "/orders/2", "/orders/550e8400-e29b-41d4-a716-446655440000", "/broken")
    grouped.end(), raw.end()
    equal(counts(records_of(grouped), "path"), {"/orders/*": (3, 0, 0), "/small": (1, 0, 0), "/broken": (1, 1, 0)}, "paths")
    told = records_of(raw)
    equal([(record["path"], record["other"], record["requests"]) for record in told],
          [("/orders/1", False, 1), ("/small", False, 1), (None, True, 3)], "paths as they are, two of them apart")


def test_unanswered(lab):
    """A server that closes without an answer, and one that is still busy when tracing ends."""
    busy = threading.Event()
    ended = threading.Event()

    def serve(connection):
        if read_head(connection).startswith(b"GET /slow"):
            busy.set()
            ended.wait()

    lab.pair()
    with RawServer(lab.server, serve):
        tracer = lab.trace("--by", "path", command="red", bulky=True)
        with connect(lab.client, SERVER, 8080) as connection, connect(lab.client, SERVER, 8080) as slow:
            connection.sendall(b"GET /closed HTTP/1.1\r\nHost: h\r\n\r\n")
            equal(connection.recv(1), b"", "answer of a server that closes")
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
            busy.wait()
            tracer.end()
            ended.set()
    told = records_of(tracer)
    equal(counts(told, "path"), {"/closed": (1, 0, 1), "/slow": (1, 0, 1)}, "paths")
    for record in told:
        equal({record["latency_us"][name] for name in ("mean", *QUANTILES)}, {None}, f"latencies of {record['path']}")


def test_a_saved_trace_adds_up_the_same(lab):
    """From a file: what `podsnoop http` tells one by one, red tells as sums; and sketches of intervals add up."""
    lab.pair(), lab.nginx()
    path = f"{lab.folder}/saved.pcapng"
    tracer = lab.trace("-w", path, bulky=True)
    for _ in range(3):
        lab.get("/small", "/page", "/nowhere", "/broken", "/slow")
    tracer.wait_for_lines(15)
    tracer.end()

    def read(command, *options):
        done = lab.podsnoop(command, "-r", path, "-o", "json", *options)
        equal(done.returncode, 0, f"exit status ({done.stderr.decode()})")
        return [json.loads(line) for line in done.stdout.splitlines()]

    exchanges = read("http")
    options = ("--by", "status", "--interval", "100ms", "--sketch")
    records = read("red", *options)
    equal(read("red", *options), records, "records when read again")
    true(len({record["time"] for record in records}) > 1, f"only one interval: {records}")
    for status, each in itertools.groupby(sorted(exchanges, key=lambda e: e["response"]["status"]), lambda e: e["response"]["status"]):
        each = list(each)
        mine = [record for record in records if record["status"] == status]
        equal(sum(record["requests"] for record in mine), len(each), f"requests with {status}")
        for way in "request", "response":
            equal(sum(record[f"{way}_bytes"] for record in mine),
                  sum(exchange[way]["head_bytes"] + exchange[way]["body_bytes"] for exchange in each), f"{way} bytes with {status}")
        totals = sorted(exchange["latency_us"]["total"] for exchange in each)
        told = median_of([record["sketch"] for record in mine])
        true(abs(told - quantile(totals, 0.5)) <= quantile(totals, 0.5) * 0.01 + 1, f"median {told} of {totals}")


def median_of(sketches):
    """As the manual says: bins added up, and the middle of that in which the median is."""
    bins = {}
    for sketch in sketches:
        for index, count in sketch["bins"].items():
            bins[int(index)] = bins.get(int(index), 0) + count
    rank, base = math.ceil(sum(bins.values()) / 2), sketches[0]["base"]
    passed = 0
    for index in sorted(bins):
        passed += bins[index]
        if passed >= rank:
            return 2 * base ** index / (base + 1)


def test_pods_and_services(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"app": IDLE})
    cluster.service("shop/cart:http", *SERVICE, cart, 80)
    tracer = lab.trace_on(cluster.node, "--by", "pod,service,client", command="red", bulky=True)
    for _ in range(3):
        front.curl(f"http://{SERVICE[0]}/small")
    front.curl(f"http://{cart.address}/small")
    tracer.end()
    told = [(record["client"]["pod"]["name"], record["pod"]["name"], record["port"], (record["service"] or {}).get("name"),
             record["requests"]) for record in records_of(tracer)]
    equal(told, [("front", "cart", 80, "shop/cart:http", 3), ("front", "cart", 80, None, 1)], "client, pod, port, Service, requests")


def test_wrong_intervals(lab):
    for wrong in "0", "-1s", "10", "99ms", "125ms", "25h", "1e9s":
        done = lab.podsnoop("red", "-r", "/dev/null", f"--interval={wrong}")
        equal(done.returncode, 2, f"exit status with --interval={wrong}")
        true(done.stderr.startswith(b"podsnoop: --interval: not a"), f"what is said of --interval={wrong}: {done.stderr}")
