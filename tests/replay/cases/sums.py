"""The records of podsnoop red and map, to the letter, from packets whose times are known."""
import pathlib
import subprocess
import sys

from lab import equal
from lab.lab import PODSNOOP

FLOOD = pathlib.Path(__file__).resolve().parent.parent / "flood.py"
TABLE = """\
2023-11-14 22:13:20 UTC, 600us
REQUESTS   RATE  ERRORS  NO-REPLY   P50   P90   P99   MAX  GROUP
      10  16.7k       0         0  10us  10us  10us  10us  /path/* 200
       2   3333       2         0  10us  10us  10us  10us  /path/* 500
"""
MAP = """\
2023-11-14 22:13:20 UTC, 600us
CLIENT    REQUESTS   RATE  ERRORS  NO-REPLY   P50   P99  SIZE  SERVER
10.0.0.0         1   1667       1         0  10us  10us    41  10.255.0.1:80
10.0.0.1         1   1667       0         0  10us  10us    41  10.255.0.1:80
(other)         10  16.7k       1         0  10us  10us   410  (other)
"""
JSON = (
    '{"type":"red","time":"2023-11-14T22:13:20.000000000Z","interval_s":0.0006,"pod":null,"address":null,'
    '"port":null,"comm":null,"service":null,"host":null,"path":"/path/*","status":null,"client":{"pod":null,'
    '"address":"10.0.0.0","comm":null},"other":false,"requests":1,"errors":1,"unanswered":0,'
    '"rate":1666.6666666666667,"latency_us":{"mean":10,"p50":10,"p90":10,"p99":10,"max":10,"measured":1},'
    '"request_bytes":44,"response_bytes":41,"sketch":{"base":1.02020202020202,"bins":{"116":1}}}\n'
    '{"type":"red","time":"2023-11-14T22:13:20.000000000Z","interval_s":0.0006,"pod":null,"address":null,'
    '"port":null,"comm":null,"service":null,"host":null,"path":null,"status":null,"client":null,"other":true,'
    '"requests":11,"errors":1,"unanswered":0,"rate":18333.333333333336,"latency_us":{"mean":10,"p50":10,'
    '"p90":10,"p99":10,"max":10,"measured":11},"request_bytes":486,"response_bytes":451,'
    '"sketch":{"base":1.02020202020202,"bins":{"116":11}}}\n'
)
CSV = (
    'type,time,interval_s,pod_namespace,pod_name,pod_uid,pod_container,address,port,comm,service_address,'
    'service_port,service_name,host,path,status,client_pod_namespace,client_pod_name,client_pod_uid,'
    'client_pod_container,client_address,client_comm,other,requests,errors,unanswered,rate,latency_us_mean,'
    'latency_us_p50,latency_us_p90,latency_us_p99,latency_us_max,latency_us_measured,request_bytes,'
    'response_bytes\n'
    'red,2023-11-14T22:13:20.000000000Z,0.0006,,,,,,,,,,,,/path/*,,,,,,10.0.0.0,,false,1,1,0,'
    '1666.6666666666667,10,10,10,10,10,1,44,41\n'
    'red,2023-11-14T22:13:20.000000000Z,0.0006,,,,,,,,,,,,,,,,,,,,true,11,1,0,18333.333333333336,10,10,10,10,'
    '10,11,486,451\n'
)


def read(command, *options):
    """Twelve exchanges by as many clients, five packets each, 10 us from one to the next."""
    with subprocess.Popen([sys.executable, FLOOD, "paths", "12"], stdout=subprocess.PIPE) as source:
        done = subprocess.run([PODSNOOP, command, "-r", "-", *options], stdin=source.stdout, capture_output=True, timeout=30)
    equal(done.returncode, 0, f"exit status ({done.stderr.decode()})")
    return done.stdout.decode()


def test_red_table(_):
    equal(read("red", "--by", "path,status"), TABLE, "table")


def test_red_json(_):
    equal(read("red", "--by", "client,path", "--groups", "1", "--sketch", "-o", "json"), JSON, "JSON")


def test_red_csv(_):
    equal(read("red", "--by", "client,path", "--groups", "1", "-o", "csv"), CSV, "CSV")


def test_map_table(_):
    equal(read("map", "--edges", "2"), MAP, "table")
