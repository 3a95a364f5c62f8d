"""A real InfluxDB 1.x with a generated configuration."""
import json
import shutil

from .check import true, wait_for
from .raw import connect

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
URL = "http://127.0.0.1:8086"


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
        return self.lab.curl("--data-binary", f"@{path}", "--write-out", "%{http_code}", f"{URL}/write?db=podsnoop").decode()

    def query(self, text, *options):
        """The rows of what it answers, as dictionaries; each with its series' tags where it groups by them."""
        answer = json.loads(self.lab.curl("--get", *options, "--data-urlencode", f"q={text}", f"{URL}/query?db=podsnoop"))
        true("error" not in answer["results"][0], f"InfluxDB does not understand {text}: {answer}")
        return [dict(zip(series["columns"], values)) | series.get("tags", {})
                for series in answer["results"][0].get("series", []) for values in series["values"]]
