"""Where it is measured: a client's and a server's pod on a node, joined by veths and a bridge, with nginx and wrk."""
import dataclasses
import json
import pathlib
import re
import resource

from lab.check import equal, wait_for
from lab.network import command

from . import usage

WRK_PATIENCE = 30  # seconds for wrk beyond the time it was given
NGINX_PATIENCE = 10  # seconds to come to rest after that
MOST = 15_000  # connections of one wrk or nginx process: some machines let no process have more than 20,000 descriptors
NGINX = """
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections {most}; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    keepalive_timeout 300;
    open_file_cache max=100;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 80 backlog=65535 {reuseport};
        listen 443 ssl backlog=65535 {reuseport};
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        root {folder}/www;
        # What may be changed on its way has no length beforehand: it goes out in chunks.
        location /chunked {{ ssi on; ssi_types *; }}
    }}
}}
"""
SIZES = {"small": 100, "large": 1 << 20, "page": 20_000, "chunked": 2000}
# wrk.format() is slow, so what is sent is made once.
PIPELINED = """
function init() local all = {{}}; for i = 1, {depth} do all[i] = wrk.format() end; batch = table.concat(all) end
function request() return batch end
"""


@dataclasses.dataclass(frozen=True)
class Load:
    """What wrk does. It asks for `path` again and again on each connection, `depth` times before it reads."""
    path: str = "/small"
    connections: int = 64
    depth: int = 1
    scheme: str = "http"


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What wrk and nginx did: exchanges answered, seconds, and seconds of CPU that both took, the kernel's work on
    their packets included."""
    exchanges: int
    seconds: float
    cpu: float

    @property
    def rate(self):
        return self.exchanges / self.seconds


class Ground:
    """`interface` is the host's end of the server's veth, in `node`. `crowd` is a node that has pods already, of which two
    are used; else two are made."""
    interface = "veth2"

    def __init__(self, lab, pods=1000, connections=64, crowd=None):
        self.lab = lab
        self.processes = -(-connections // MOST)  # of wrk, and of nginx
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        if crowd:
            self.node, (self.client, self.server), self.addresses = crowd, crowd.pods[:2], crowd.addresses[:2]
        else:
            self.node = lab.namespace("node")
            (self.client, self.server), self.addresses = lab.pods(self.node)
        command(*self.client.inside("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=1024 65535"))
        # Connections of earlier runs hold no ports: with 20,000 of them in TIME_WAIT a free port is long to find.
        command(*self.client.inside("sysctl", "-q", "-w", "net.ipv4.tcp_max_tw_buckets=0"))
        for namespace in (self.client, self.server):
            command(*namespace.inside("sysctl", "-q", "-w", "net.core.somaxconn=65535"))
            command(*namespace.inside("sysctl", "-q", "-w", "net.ipv4.tcp_max_syn_backlog=65535"))
        # Each wrk has an address of the server's for itself: beyond some 30,000 connections to one address the kernel takes
        # long to find a free port.
        self.targets = [self.addresses[1], *(f"10.78.200.{number}" for number in range(1, self.processes))]
        for target in self.targets[1:]:
            command(*self.server.inside("ip", "address", "add", f"{target}/32", "dev", "eth0"))
            command(*self.client.inside("ip", "route", "add", target, "dev", "eth0"))
        self.pods_file = self.write_pods(pods)
        self.ksoftirqd = usage.ksoftirqd()
        self.start_nginx()

    def write_pods(self, number):
        """A kubelet's answer with so many pods; the client's and the server's are the last two."""
        path = pathlib.Path(self.lab.folder) / f"pods-{number}.json"
        strangers = (f"10.80.{i >> 8}.{i & 255}" for i in range(max(number, 2) - 2))
        addresses = [*strangers, *self.addresses]
        path.write_text(json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [
            described(place, address) for place, address in enumerate(addresses)]}), encoding="utf-8")
        return path

    def start_nginx(self):
        folder = pathlib.Path(self.lab.folder) / "nginx"
        (folder / "www").mkdir(parents=True)
        for name, size in SIZES.items():
            (folder / "www" / name).write_bytes(b"x" * size)
        command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench", "-days", "2",
                "-keyout", folder / "key.pem", "-out", folder / "certificate.pem")
        (folder / "nginx.conf").write_text(NGINX.format(
            folder=folder, workers=self.processes, most=MOST + 2000, reuseport="reuseport" if self.processes > 1 else ""))
        command("chmod", "-R", "a+rX", self.lab.folder)
        self.nginx = self.lab.start(self.server, "nginx", "-p", folder, "-e", folder / "error.log",
                                    "-c", folder / "nginx.conf")
        wait_for(lambda: ":0050 " in self.server.proc_net("tcp"), "listening nginx")

    def segments(self, offloaded):
        """Whether the kernel hands over up to 64 KiB at once between the pods, as it does on veths, or what fits an MTU."""
        word = "on" if offloaded else "off"
        for namespace, name in (self.client, "eth0"), (self.server, "eth0"), (self.node, "veth1"), (self.node, "veth2"):
            command(*namespace.inside("ethtool", "-K", name, "tso", word, "gso", word, "gro", word))

    def run(self, load, seconds):
        """Saturates the server for so long."""
        script = pathlib.Path(self.lab.folder) / "wrk.lua"
        script.write_text(PIPELINED.format(depth=load.depth) if load.depth > 1 else "")
        before, ended_before = self.kernel_and_nginx(), children_cpu()
        several = [self.lab.start(self.client, "wrk", "-t", 1, "-c", max(load.connections // self.processes, 1),
                                  "-d", f"{seconds}s", "--timeout", "30s", "-s", script,
                                  f"{load.scheme}://{target}{load.path}") for target in self.targets]
        for wrk in several:
            equal(wrk.wait(seconds + WRK_PATIENCE), 0, "wrk's exit status")
        done = [read_summary(wrk.stdout.decode()) for wrk in several]
        traffic = Traffic(exchanges=sum(exchanges for exchanges, _ in done), seconds=max(time for _, time in done),
                          cpu=children_cpu() - ended_before + self.kernel_and_nginx() - before)
        # nginx still answers what many connections asked for. The next observer is not to see that.
        usage.wait_until_rested(self.nginx.pid, NGINX_PATIENCE)
        return traffic

    def kernel_and_nginx(self):
        return usage.cpu(self.nginx.pid) + sum(map(usage.cpu, self.ksoftirqd))


def read_summary(said):
    """Of wrk: exchanges and seconds."""
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", said)
    return int(done[1]), float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]


def children_cpu():
    """Of those that ended and were waited for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def described(number, address):
    """A pod as the kubelet tells it, as far as podsnoop reads it."""
    started = "2024-01-01T00:00:00Z"
    return {"metadata": {"name": f"app-{number:05}-5d4f8c7b9-x2v7q", "namespace": f"team-{number % 20}",
                         "uid": f"5f0c1a52-0000-4000-8000-{number:012}", "creationTimestamp": started},
            "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "startTime": started,
                       "containerStatuses": [{"name": "app", "state": {"running": {"startedAt": started}},
                                              "containerID": f"containerd://{number:064}"}]}}
