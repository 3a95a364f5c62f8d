"""The commands of man/podsnoop-recipes.7, run as they stand there, against the real programs, with what they give held to
what JSON says of the same capture."""
import json
import math
import os
import pathlib
import re
import subprocess

from lab import Failure, connect, equal, true
from lab.influxdb import Influxdb
from lab.lab import PODSNOOP, ROOT, SERVER
from lab.postgresql import Postgresql

PAGE = ROOT / "man/podsnoop-recipes.7"
ROFF = {"\\-": "-", "\\e": "\\", "\\(aq": "'", "\\(ga": "`", "\\(ha": "^", "\\(ti": "~", "\\&": ""}
# What CSV, COPY, JSON and jsonb give a meaning to.
HOSTILE = [b'/quote"\'\\', b"/\\.", b"/\\N", b"/comma,\\t", b"/latin\xe9\xff", b"/esc\x1b[2J", b"/\\u0000\x01\x02", b"/nul\0\0\\\\\0"]


def commands(section):
    """The scripts of a section, as a reader sees them."""
    text = PAGE.read_text(encoding="ascii").split(f"\n.Sh {section}\n")[1].split("\n.Sh ")[0]
    blocks = re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\(?:\(..|.)", lambda escape: ROFF[escape[0]], block) for block in blocks]


class Recipes:
    """Runs commands beside captures of real traffic."""

    def __init__(self, lab):
        lab.pair(), lab.nginx()
        self.lab = lab
        self.folder = pathlib.Path(lab.folder) / "recipes"
        self.folder.mkdir()
        (self.folder / "podsnoop").symlink_to(PODSNOOP)
        self.capture("node-1", "/small", "/slow")
        self.capture("node-2", *["/page"] * 5, "/slow")
        self.capture("capture", "/small", "/small", "/page", "/slow", "/nowhere", "/broken", "/broken", *["/echo"] * 8,
                     hostile=True)
        self.records = self.json("http", "capture.pcapng")

    def capture(self, name, *targets, hostile=False):
        tracer = self.lab.trace("-w", self.folder / f"{name}.pcapng", bulky=True)
        self.lab.get(*targets)
        for target in HOSTILE if hostile else []:
            with connect(self.lab.client, SERVER) as connection:
                connection.sendall(b"FETCH " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                while connection.recv(65536):
                    pass
        tracer.end()

    def json(self, command, file):
        done = self.lab.podsnoop(command, "-r", self.folder / file, "-o", "json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def totals(self, *files):
        return sorted(record["latency_us"]["total"] for file in files for record in self.json("http", file))

    def by_status(self):
        """{status: (how many, the longest)}"""
        statuses = {record["response"]["status"] for record in self.records}
        return {status: (len(longest), max(longest)) for status in statuses
                for longest in [[record["latency_us"]["total"] for record in self.records
                                 if record["response"]["status"] == status]]}

    def run(self, script, environment=None):
        done = subprocess.run(self.lab.client.inside("bash", "-euo", "pipefail", "-c", script), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd=self.folder,
                              env=os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}"} | (environment or {}))
        if done.returncode != 0:
            raise Failure(f"exit status {done.returncode}: {done.stderr}\n{script}")
        return done.stdout


def test_jq(lab):
    recipes = Recipes(lab)
    slowest, errors, sketches = map(recipes.run, commands("JQ"))
    totals = recipes.totals("capture.pcapng")
    equal([int(line.split()[0]) for line in slowest.splitlines()], totals[:-11:-1], "the slowest ten")
    true(slowest.split("\n")[0].endswith("GET /slow"), f"the slowest is another: {slowest}")
    equal(json.loads(errors), {"server": SERVER, "errors": 2}, "errors by server")
    both = recipes.totals("node-1.pcapng", "node-2.pcapng")
    came = json.loads(sketches)
    truth = both[math.ceil(0.99 * len(both)) - 1]
    equal(came["requests"], len(both), "requests of both")
    true(abs(came["p99_us"] - truth) <= 0.011 * truth, f"p99 of both is {came['p99_us']}, not {truth}")


def test_postgresql(lab):
    recipes, database = Recipes(lab), Postgresql(lab)
    wanted = [f"{status}|{count}|{longest}" for status, (count, longest) in sorted(recipes.by_status().items())]
    equal([recipes.run(script, database.environment).splitlines() for script in commands("POSTGRESQL")], [wanted, wanted],
          "statuses of csv, and of json")
    targets = sorted(record["request"]["target"].replace("\0", "\ufffd") for record in recipes.records)
    stored = database.query("SELECT json_agg(record->'request'->>'target') FROM records")
    equal(sorted(json.loads(stored)), targets, "targets")
    equal(database.query("SELECT count(*) FROM http WHERE client_pod_name IS NULL"), str(len(targets)), "unknown pods")


def test_influxdb(lab):
    recipes, database = Recipes(lab), Influxdb(lab)
    exchanges, rates = (json.loads(recipes.run(script).splitlines()[-1])["results"][0]["series"] for script in commands("INFLUXDB"))
    equal({int(series["tags"]["response_status"]): tuple(series["values"][0][1:]) for series in exchanges}, recipes.by_status(),
          "exchanges by status")
    equal(rates[0]["values"][0][1:], [len(recipes.records), 2], "requests and errors")
    (row,) = database.query("SELECT count(latency_us_total) FROM http")
    equal(row["count"], len(recipes.records), "all points")
