"""What other programs take of records is what happened: line protocol in a real InfluxDB, OTLP's JSON."""
import json
import shutil

from lab import connect, equal, true, wait_for
from lab.lab import SERVER

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:8086"
  log-enabled = false
[monitor]
  store-enabled = false
"""
INFLUXDB = "http://127.0.0.1:8086"
# What line protocol gives a meaning to, and what no text may hold.
HOSTILE = [b'/quote"\'\\', b"/end\\", b"/equals=,comma", b"/latin\xe9\xff", b"/esc\x1b[2J"]
STORED = ['/quote"\'\\\\', "/end\\\\", "/equals=,comma", "/latin\ufffd\ufffd", "/esc\\u001b[2J"]


class Influxdb:
    """Serves in the client's namespace, to it alone."""

    def __init__(self, lab):
        self.lab = lab
        configuration = f"{lab.folder}/influxdb.conf"
        with open(configuration, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(folder=lab.folder))
        lab.start(lab.client, shutil.which("influxd"), "-config", configuration)
        wait_for(self.listens, "InfluxDB to listen")
        self.query("CREATE DATABASE podsnoop", "--request", "POST")

    def listens(self):
        try:
            connect(self.lab.client, "127.0.0.1", port=8086).close()
        except ConnectionRefusedError:
            return False
        return True

    def write(self, text):
        path = f"{self.lab.folder}/points"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.lab.curl("--data-binary", f"@{path}", "--write-out", "%{http_code}", f"{INFLUXDB}/write?db=podsnoop").decode()

    def query(self, text, *options):
        """The rows of what it answers, as dictionaries; each with its series' tags where it groups by them."""
        answer = json.loads(self.lab.curl("--get", *options, "--data-urlencode", f"q={text}", f"{INFLUXDB}/query?db=podsnoop"))
        true("error" not in answer["results"][0], f"InfluxDB does not understand {text}: {answer}")
        return [dict(zip(series["columns"], values)) | series.get("tags", {})
                for series in answer["results"][0].get("series", []) for values in series["values"]]


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


def attributes(of):
    return {each["key"]: next(iter(each["value"].values())) for each in of["attributes"]}


def test_spans_of_exchanges(lab):
    lab.pair(), lab.nginx()
    tracer = lab.trace(output="otlp")
    lab.get("/small?a=b", "/nowhere", "/broken")
    tracer.wait_for_lines(3)
    tracer.end()
    spans = []
    for line in tracer.text.splitlines():
        (resource,) = json.loads(line)["resourceSpans"]
        (scope,) = resource["scopeSpans"]
        spans.extend(scope["spans"])
    equal([(span["name"], span["kind"], attributes(span)["url.path"], attributes(span)["http.response.status_code"],
            attributes(span).get("error.type")) for span in spans],
          [("GET", 2, "/small", "200", None), ("GET", 2, "/nowhere", "404", None), ("GET", 2, "/broken", "503", "503")], "spans")
    equal(attributes(spans[0])["url.query"], "a=b", "query")
    equal(len({span["traceId"] for span in spans} | {span["spanId"] for span in spans}), 6, "different ids")
    for span in spans:
        true(0 < int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) < 10**9, f"it took its time: {span}")


def test_only_exchanges_are_spans(lab):
    done = lab.podsnoop("tcp", "-r", "/dev/null", "-o", "otlp")
    equal(done.returncode, 2, "exit status")
    true(b"not an output format: otlp" in done.stderr, f"it does not say why: {done.stderr}")
