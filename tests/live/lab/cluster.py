"""A cluster of one node, and another machine beside it: pods made through the runtime's interface as the kubelet makes
them, its account of them, and Services as kube-proxy makes them."""
import json

from .network import give_address, join
from .node import Node, POD_SUBNET
from .pod import Pod
from .service import Service

OUTSIDE, NODE = "10.77.0.1", "10.77.0.2"


class Cluster:
    def __init__(self, lab):
        self.lab = lab
        self.pods = []
        lab.client = lab.namespace("outside")
        self.node = Node(lab, f"{lab.client.name}-node")
        join(lab.client, self.node)
        give_address(lab.client, "eth0", f"{OUTSIDE}/24")
        give_address(self.node, "eth0", f"{NODE}/24")
        lab.client.ip("route", "add", POD_SUBNET, "via", NODE)
        self.node.ip("route", "add", "default", "via", OUTSIDE)
        (self.node.root / "var/www/small").write_text("hello, world\n")

    def pod(self, namespace, name, containers, **how):
        """A running pod; see Pod."""
        pod = Pod(self.node, NODE, namespace, name, containers, **how)
        pod.start()
        self.pods.append(pod)
        self.lab.namespaces.append(pod)
        return pod

    def remove(self, pod):
        self.pods.remove(pod)
        self.lab.namespaces.remove(pod)
        pod.remove()

    def reuse_addresses(self):
        """From here on a new pod gets the lowest address that is free, not the next one."""
        for path in (self.node.root / "var/lib/cni/networks").glob("*/last_reserved_ip.*"):
            path.unlink()

    def kubelet_pods(self):
        """The kubelet's answer to GET /pods."""
        return json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {},
                           "items": [pod.described() for pod in self.pods]}, separators=(",", ":"))

    def service(self, name, address, port, pod, pod_port, proxy="iptables"):
        """A Service's address that leads to a pod; see Service."""
        service = Service(name, address, port, pod, pod_port)
        service.install(self.node, proxy)
        return service
