"""One pod, made as the kubelet makes it: in its order, with its labels and with the files it writes on the node."""
import datetime
import json
import pathlib
import shutil
import uuid

from . import cgroups, image
from .check import equal, wait_for
from .cri import decode, text_map
from .network import retransmitted
from .node import HOSTNAME

POD_LEVEL, NODE_LEVEL = 0, 2  # runtime.v1 NamespaceMode: whose namespaces
RUNNING = 1  # runtime.v1 ContainerState
CGROUPS = {"BestEffort": "kubepods/besteffort", "Burstable": "kubepods/burstable", "Guaranteed": "kubepods"}
HOSTS = """# Kubernetes-managed hosts file{}.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""
IDLE = ("sleep", "infinity")


def web(port):
    """A container's command: it serves /srv, where /small has 13 bytes, over IPv6 and IPv4 with one socket."""
    return ("python3", "-m", "http.server", "--protocol", "HTTP/1.1", "--directory", "/srv", "--bind", "::", port)


class Container:
    def __init__(self, name, argv, ports=()):
        self.name = name
        self.argv = [str(word) for word in argv]
        self.ports = ports
        self.restarts = 0
        self.id = self.pid = None  # of the one that runs; the process id is the node's
        self.previous = None


class Pod:
    """`containers` is {name: command}. `ports` is {container: [port, ...]}, what the pod's specification declares;
    `host_ports` {port of the node: port of the pod}. `environment` is what all its containers get. A static pod is one
    that the kubelet reads from a file; its uid is a hash."""

    def __init__(self, node, node_address, namespace, name, containers, *, host_network=False, ports=None,
                 host_ports=None, environment=None, qos="BestEffort", static=False):
        self.node, self.node_address = node, node_address
        self.namespace, self.name = namespace, name
        self.uid = uuid.uuid4().hex if static else str(uuid.uuid4())
        self.annotations = {"kubernetes.io/config.source": "file" if static else "api"}
        self.host_network, self.qos = host_network, qos
        self.host_ports = host_ports or {}
        self.environment = environment or {}
        self.containers = {name: Container(name, argv, (ports or {}).get(name, ()))
                           for name, argv in containers.items()}
        self.labels = {"io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace,
                       "io.kubernetes.pod.uid": self.uid}
        self.cgroup = f"/{CGROUPS[qos]}/pod{self.uid}"
        self.logs = f"/var/log/pods/{namespace}_{name}_{self.uid}"
        self.sandbox = None
        self.addresses = []
        self.started = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def address(self):
        return self.addresses[0]

    def start(self):
        self.node.make_cgroup(self.cgroup)
        (self.node.root / self.logs[1:]).mkdir()
        self.sandbox = self.node.runtime.text("RunPodSandbox", {1: self.configuration()})
        self.addresses = [self.node_address] if self.host_network else self.ask_addresses()
        self.write_hosts()
        for container in self.containers.values():
            self.start_container(container)

    def configuration(self):
        """A PodSandboxConfig."""
        network = NODE_LEVEL if self.host_network else POD_LEVEL
        # A name server that refuses at once: nobody is to wait for one.
        return {1: {1: self.name, 2: self.uid, 3: self.namespace}, 2: "" if self.host_network else self.name,
                3: self.logs, 4: {1: ["127.0.0.1"]}, 5: [{2: inner, 3: outer} for outer, inner in self.host_ports.items()],
                6: text_map(self.labels), 7: text_map(self.annotations),
                8: {1: self.cgroup, 2: {1: {1: network, 2: 1}}}}

    def ask_addresses(self):
        status = decode(self.node.runtime.call("PodSandboxStatus", {1: self.sandbox})[1][0])
        network = decode(status[5][0])
        return [network[1][0].decode(), *(decode(extra)[1][0].decode() for extra in network.get(2, []))]

    def write_hosts(self):
        self.hosts = f"/var/lib/kubelet/pods/{self.uid}/etc-hosts"
        path = self.node.root / self.hosts[1:]
        path.parent.mkdir(parents=True)
        note, name = (" (host network)", HOSTNAME) if self.host_network else ("", self.name)
        path.write_text(HOSTS.format(note) + "".join(f"{address}\t{name}\n" for address in self.addresses))

    def start_container(self, container):
        (self.node.root / self.logs[1:] / container.name).mkdir(exist_ok=True)
        log = f"{container.name}/{container.restarts}.log"
        labels = self.labels | {"io.kubernetes.container.name": container.name}
        mounts = [{1: "/usr", 2: "/usr", 3: 1}, {1: "/srv", 2: "/var/www", 3: 1}, {1: "/etc/hosts", 2: self.hosts}]
        network = NODE_LEVEL if self.host_network else POD_LEVEL
        configuration = {1: {1: container.name, 2: container.restarts}, 2: {1: image.NAME}, 3: container.argv,
                         6: text_map(self.environment), 7: mounts, 9: text_map(labels), 11: log,
                         15: {2: {3: {1: network, 2: 1}}}}
        container.id = self.node.runtime.text(
            "CreateContainer", {1: self.sandbox, 2: configuration, 3: self.configuration()})
        self.node.runtime.call("StartContainer", {1: container.id})
        container.pid = self.ask_pid(container)
        link = f"{self.name}_{self.namespace}_{container.name}-{container.id}.log"
        (self.node.root / "var/log/containers" / link).symlink_to(f"{self.logs}/{log}")
        self.listening(container)

    def ask_pid(self, container):
        answer = self.node.runtime.call("ContainerStatus", {1: container.id, 2: 1})
        status = decode(answer[1][0])
        equal(status.get(3), [RUNNING], f"state of container {container.name}")
        verbose = dict(tuple(decode(entry)[key][0].decode() for key in (1, 2)) for entry in answer[2])
        return json.loads(verbose["info"])["pid"]

    def listening(self, container):
        """Waits until the container's declared ports are open."""
        wanted = {f":{port:04X}" for port in container.ports}

        def open_ports():
            lines = [line.split() for name in ("tcp", "tcp6") for line in self.proc_net(name).splitlines()]
            return {words[1][-5:] for words in lines if words[3] == "0A"}  # LISTEN

        wait_for(lambda: wanted <= open_ports(), f"container {container.name} listening at {container.ports}")

    @property
    def proc(self):
        """A container's folder of the node's /proc."""
        return pathlib.Path(self.node.root, "proc", str(next(iter(self.containers.values())).pid))

    @property
    def netns(self):
        return (self.proc / "ns/net").stat().st_ino

    def proc_net(self, name):
        return (self.proc / "net" / name).read_text(encoding="utf-8")

    def retransmitted(self):
        return retransmitted(self.proc_net("snmp"))

    def run(self, *argv, container=None):
        """Runs a program in a container to its end, as kubectl exec does, and gives what it printed."""
        container = self.containers[container] if container else next(iter(self.containers.values()))
        answer = self.node.runtime.call("ExecSync", {1: container.id, 2: [str(word) for word in argv], 3: 30})
        equal(answer.get(3, [0]), [0], f"exit status of {argv[0]} ({answer.get(2)}) in {self.name}")
        return answer.get(1, [b""])[0]

    def curl(self, *words):
        return self.run("curl", "--silent", "--show-error", "--max-time", "30", *words)

    def log(self, name):
        """What a container has printed so far, as the runtime keeps it."""
        container = self.containers[name]
        path = self.node.root / self.logs[1:] / name / f"{container.restarts}.log"
        return path.read_text(encoding="utf-8")

    def restart(self, name):
        """Kills a container, and starts another in its place."""
        container = self.containers[name]
        self.node.runtime.call("StopContainer", {1: container.id})
        container.previous = container.id
        container.restarts += 1
        self.start_container(container)

    def remove(self):
        """Ends it as a deleted pod ends, and takes away what was written for it."""
        self.node.runtime.call("StopPodSandbox", {1: self.sandbox})
        self.node.runtime.call("RemovePodSandbox", {1: self.sandbox})
        shutil.rmtree(self.node.root / self.logs[1:])
        shutil.rmtree((self.node.root / self.hosts[1:]).parent)
        for link in (self.node.root / "var/log/containers").glob(f"{self.name}_{self.namespace}_*"):
            link.unlink()
        cgroups.remove(self.cgroup)

    def described(self):
        """What the kubelet tells of it."""
        def status(container):
            last = {"terminated": {"exitCode": 137, "containerID": f"containerd://{container.previous}"}}
            return {"name": container.name, "state": {"running": {"startedAt": self.started}}, "ready": True,
                    "lastState": last if container.previous else {}, "restartCount": container.restarts,
                    "image": image.NAME, "containerID": f"containerd://{container.id}", "started": True}

        spec = {"containers": [{"name": container.name, "image": image.NAME, "command": container.argv,
                                "ports": [{"containerPort": port, "protocol": "TCP",
                                           **{"hostPort": outer for outer, inner in self.host_ports.items()
                                              if inner == port}} for port in container.ports]}
                               for container in self.containers.values()]}
        if self.host_network:
            spec["hostNetwork"] = True
        return {"metadata": {"name": self.name, "namespace": self.namespace, "uid": self.uid,
                             "creationTimestamp": self.started, "annotations": self.annotations},
                "spec": spec,
                "status": {"phase": "Running", "hostIP": self.node_address, "podIP": self.address,
                           "podIPs": [{"ip": address} for address in self.addresses], "startTime": self.started,
                           "containerStatuses": [status(self.containers[name]) for name in sorted(self.containers)],
                           "qosClass": self.qos}}
