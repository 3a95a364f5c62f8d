"""What other programs take of records is what happened: line protocol in a real InfluxDB, OTLP's JSON."""
from lab import connect, equal, otlp, true
from lab.influxdb import Influxdb
from lab.lab import CLIENT, SERVER

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
# What line protocol gives a meaning to, and what no text may hold.
HOSTILE = [b'/quote"\'\\', b"/end\\", b"/equals=,comma", b"/latin\xe9\xff", b"/esc\x1b[2J"]
STORED = ['/quote"\'\\\\', "/end\\\\", "/equals=,comma", "/latin\ufffd\ufffd", "/esc\\u001b[2J"]


def test_influxdb_has_every_exchange(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace(output="influx")
    lab.get("/small", "/small", "/nowhere", "/broken")
    with connect(lab.client, SERVER) as connection:  # two in one packet, and so at one time
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        while connection.recv(65536):
            pass
    for target in HOSTILE:
        with connect(lab.client, SERVER) as connection:
            connection.sendall(b"FETCH " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
    tracer.wait_for_lines(6 + len(HOSTILE))
    tracer.end()

    influxdb = Influxdb(lab)
    answer = influxdb.write(tracer.text)
    true(answer.endswith("204"), f"InfluxDB does not take it: {answer}\n{tracer.text}")
    (row,) = influxdb.query("SELECT count(client_port), sum(response_body_bytes) FROM http WHERE request_method = 'GET'")
    equal(row["count"], 6, "points of GET: each exchange once")
    counts = {row["response_status"]: row["count"]
              for row in influxdb.query("SELECT count(client_port) FROM http WHERE request_method = 'GET' GROUP BY response_status")}
    equal(counts, {"200": 4, "404": 1, "503": 1}, "points by status")
    (row,) = influxdb.query("SELECT max(latency_us_total) FROM http WHERE response_status = '404'")
    true(row["max"] > 0, f"no latency: {row}")
    targets = [row["request_target"] for row in influxdb.query("SELECT request_target, request_method_original FROM http WHERE request_method = '_OTHER'")]
    equal(sorted(targets), sorted(STORED), "targets of hostile requests")


def test_influxdb_has_connections(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace(command="tcp", output="influx")
    lab.get("/small")
    tracer.wait_for_lines(1)
    tracer.end()
    influxdb = Influxdb(lab)
    true(influxdb.write(tracer.text).endswith("204"), f"InfluxDB does not take {tracer.text}")
    (row,) = influxdb.query('SELECT server_bytes, retransmits FROM tcp GROUP BY server_port, "end"')
    equal((row["server_port"], row["end"], row["retransmits"]), ("80", "fin", 0), "the connection")
    true(row["server_bytes"] > 13, f"bytes: {row}")


def test_influxdb_has_rates_by_hostile_paths(lab):
    """Here paths are tags, in which blanks, commas and equal signs have a meaning too."""
    lab.pair(), lab.nginx()
    tracer = lab.trace("--by", "path,host", "--raw-paths", "--interval", "24h", command="red", output="influx")
    for target in HOSTILE:
        with connect(lab.client, SERVER) as connection:
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: a b,c=" + target + b"\r\nConnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
    tracer.end()
    influxdb = Influxdb(lab)
    true(influxdb.write(tracer.text).endswith("204"), f"InfluxDB does not take {tracer.text}")
    rows = influxdb.query("SELECT sum(requests) FROM red GROUP BY path, host")
    stored = [target.replace("\\\\", "\\u005c") for target in STORED]  # no tag may end with a backslash
    equal(sorted((row["path"], row["host"], row["sum"]) for row in rows),
          sorted((target, f"a b,c={target.lower()}", 1) for target in stored), "requests by path and host")


def test_influxdb_has_edges(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace(command="map", output="influx")
    lab.get("/small", "/broken")
    tracer.end()
    influxdb = Influxdb(lab)
    true(influxdb.write(tracer.text).endswith("204"), f"InfluxDB does not take {tracer.text}")
    (row,) = influxdb.query("SELECT requests, errors FROM edge GROUP BY client_address, server_port")
    equal((row["client_address"], row["server_port"], row["requests"], row["errors"]), (CLIENT, "80", 2, 1), "the edge")


def test_spans_of_exchanges(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("--headers", "accept", output="otlp")
    lab.get("/small?a=b", options=("-H", f"traceparent: 00-{TRACE}-{PARENT}-01", "-A", "me"))
    lab.get("/nowhere", "/broken")
    for target in HOSTILE:
        with connect(lab.client, SERVER) as connection:
            connection.sendall(b"FETCH " + target + b" HTTP/1.1\r\nHost: " + target + b"\r\ntraceparent: " + target +
                               b"\r\nConnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
    tracer.wait_for_lines(3 + len(HOSTILE))
    tracer.end()
    spans = sorted(otlp.spans(tracer.text), key=lambda span: int(span["startTimeUnixNano"]))
    told = [otlp.attributes(span) for span in spans]
    equal([(span["name"], span["kind"], of["url.path"], of["http.response.status_code"], of.get("error.type"))
           for span, of in zip(spans[:3], told)],
          [("GET", 2, "/small", "200", None), ("GET", 2, "/nowhere", "404", None), ("GET", 2, "/broken", "503", "503")], "spans")
    equal((told[0]["url.query"], told[0]["user_agent.original"], told[0]["http.request.header.accept"]["values"]),
          ("a=b", "me", [{"stringValue": "*/*"}]), "query and headers")
    equal((told[0]["server.address"], told[0]["server.port"], told[0]["client.address"], told[0]["network.peer.address"]),
          (SERVER, "80", CLIENT, CLIENT), "addresses")
    equal((spans[0]["traceId"], spans[0]["parentSpanId"]), (TRACE, PARENT), "the trace that the request belongs to")
    true(all("parentSpanId" not in span for span in spans[1:]), f"a parent that no request named: {spans[1:]}")
    equal(len({span["traceId"] for span in spans} | {span["spanId"] for span in spans}), 2 * len(spans), "different ids")
    for span in spans:
        true(0 < int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) < 10**9, f"it took its time: {span}")


def test_metrics_of_red(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace("--by", "path", "--interval", "24h", command="red", output="otlp")
    lab.get("/small", "/small", "/broken", "/order/17")
    tracer.end()
    told = {}
    for metric in otlp.metrics(tracer.text):
        (point,) = (metric.get("sum") or metric["histogram"])["dataPoints"]
        equal((metric.get("sum") or metric["histogram"])["aggregationTemporality"], 1, "temporality: of the interval")
        told[otlp.attributes(point)["url.template"], metric["name"].removeprefix("podsnoop.http.")] = point
    equal({key: point["asInt"] for key, point in told.items() if key[1] in ("requests", "errors")},
          {("/small", "requests"): "2", ("/small", "errors"): "0", ("/broken", "requests"): "1", ("/broken", "errors"): "1",
           ("/order/*", "requests"): "1", ("/order/*", "errors"): "0"}, "sums")
    durations = told["/small", "duration"]
    equal((durations["count"], sum(map(int, durations["bucketCounts"]))), ("2", 2), "durations")
    true(0 < durations["max"] < durations["sum"] < 2 * durations["max"] + 1e-9, f"their sum: {durations}")
    equal(len(durations["bucketCounts"]), len(durations["explicitBounds"]) + 1, "buckets")


def test_only_exchanges_and_their_sums_are_otlp(lab):
    for command in "tcp", "map":
        done = lab.podsnoop(command, "-r", "/dev/null", "-o", "otlp")
        equal(done.returncode, 2, "exit status")
        true(b"not an output format: otlp" in done.stderr, f"it does not say why: {done.stderr}")
