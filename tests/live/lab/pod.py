"""One pod, made as the kubelet makes it: in its order, with its labels and with the files it writes on the node."""
import datetime
import json
import pathlib
import shutil
import uuid

from . import cgroups, cri, image
from .check import wait_for
from .network import retransmitted
from .node import HOSTNAME

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
        self.previous = None  # the id of the one before

    @property
    def log(self):
        """Below the pod's folder of logs."""
        return f"{self.name}/{self.restarts}.log"


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
        self.hosts = f"/var/lib/kubelet/pods/{self.uid}/etc-hosts"
        self.sandbox = None
        self.addresses = []
        self.started = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def address(self):
        return self.addresses[0]

    def start(self):
        self.node.make_cgroup(self.cgroup)
        (self.node.root / self.logs[1:]).mkdir()
        self.sandbox = self.node.runtime.run_sandbox(self.configuration)
        self.addresses = [self.node_address] if self.host_network else self.node.runtime.addresses(self.sandbox)
        self.write_hosts()
        for container in self.containers.values():
            self.start_container(container)

    @property
    def namespaces(self):
        return cri.NamespaceOption(network=cri.NODE if self.host_network else cri.POD, pid=cri.CONTAINER)

    @property
    def configuration(self):
        return cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(name=self.name, uid=self.uid, namespace=self.namespace),
            hostname="" if self.host_network else self.name,
            log_directory=self.logs,
            dns_config=cri.DNSConfig(servers=["127.0.0.1"]),  # refuses at once: nobody is to wait for a name
            port_mappings=[cri.PortMapping(container_port=inner, host_port=outer)
                           for outer, inner in self.host_ports.items()],
            labels=cri.pairs(self.labels),
            annotations=cri.pairs(self.annotations),
            linux=cri.LinuxPodSandboxConfig(
                cgroup_parent=self.cgroup,
                security_context=cri.LinuxSandboxSecurityContext(namespace_options=self.namespaces)))

    def configuration_of(self, container):
        return cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=container.name, attempt=container.restarts),
            image=cri.ImageSpec(image=image.NAME),
            command=container.argv,
            envs=cri.pairs(self.environment),
            mounts=[cri.Mount(container_path="/usr", host_path="/usr", readonly=1),
                    cri.Mount(container_path="/srv", host_path="/var/www", readonly=1),
                    cri.Mount(container_path="/etc/hosts", host_path=self.hosts)],
            labels=cri.pairs(self.labels | {"io.kubernetes.container.name": container.name}),
            log_path=container.log,
            linux=cri.LinuxContainerConfig(
                security_context=cri.LinuxContainerSecurityContext(namespace_options=self.namespaces)))

    def write_hosts(self):
        path = self.node.root / self.hosts[1:]
        path.parent.mkdir(parents=True)
        note, name = (" (host network)", HOSTNAME) if self.host_network else ("", self.name)
        path.write_text(HOSTS.format(note) + "".join(f"{address}\t{name}\n" for address in self.addresses))

    def start_container(self, container):
        (self.node.root / self.logs[1:] / container.name).mkdir(exist_ok=True)
        container.id = self.node.runtime.start_container(
            self.sandbox, self.configuration_of(container), self.configuration)
        container.pid = self.node.runtime.pid(container.id)
        link = f"{self.name}_{self.namespace}_{container.name}-{container.id}.log"
        (self.node.root / "var/log/containers" / link).symlink_to(f"{self.logs}/{container.log}")
        self.listening(container)

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
        """Runs a program in a container (the first) to its end, as kubectl exec does, and gives what it printed."""
        container = self.containers[container] if container else next(iter(self.containers.values()))
        return self.node.runtime.run(container.id, [str(word) for word in argv])

    def curl(self, *words):
        return self.run("curl", "--silent", "--show-error", "--max-time", "30", *words)

    def log(self, name):
        """What a container has printed so far, as the runtime keeps it."""
        return (self.node.root / self.logs[1:] / self.containers[name].log).read_text(encoding="utf-8")

    def restart(self, name):
        """Kills a container, and starts another in its place."""
        container = self.containers[name]
        self.node.runtime.stop_container(container.id)
        container.previous = container.id
        container.restarts += 1
        self.start_container(container)

    def remove(self):
        """Ends it as a deleted pod ends, and takes away what was written for it."""
        self.node.runtime.remove_sandbox(self.sandbox)
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
