"""podsnoop pods: what a node's own files tell of real pods, held against what made them."""
import json

from lab import equal, true
from lab.kubelet import Authority, Kubelet, answer, response
from lab.network import command
from lab.pod import IDLE, web


def listed(lab, cluster, *options, namespace=None, status=0, wrapper=()):
    """The records of podsnoop pods on the node, by "namespace/name"."""
    done = lab.podsnoop("pods", "-o", "json", *options, namespace=namespace or cluster.node, wrapper=wrapper)
    equal(done.returncode, status, f"exit status ({done.stderr.decode()})")
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    names = [f"{record['namespace']}/{record['name']}" for record in records]
    equal(names, sorted(names), "order")
    return dict(zip(names, records))


def node_end(cluster, pod):
    """The node's end of a pod's veth, found by hand."""
    inside = json.loads(command("nsenter", f"--net={pod.proc}/ns/net", "ip", "-j", "link", "show", "eth0"))
    links = json.loads(command(*cluster.node.inside("ip", "-j", "link")))
    return next(link["ifname"] for link in links if link["ifindex"] == inside[0]["link_index"])


def truth(cluster, pod, **other):
    """The record that a pod must have."""
    containers = sorted(pod.containers.values(), key=lambda container: container.name)
    return {"type": "pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid, "phase": "Running",
            "host_network": pod.host_network, "addresses": [] if pod.host_network else pod.addresses,
            "netns": pod.netns, "cgroup": pod.cgroup,
            "interface": None if pod.host_network else node_end(cluster, pod),
            "containers": [{"name": each.name, "id": each.id, "pid": each.pid} for each in containers],
            "source": "node-files"} | other


def test_every_kind(lab):
    cluster = lab.cluster()
    pods = [cluster.pod("shop", "cart", {"web": web(80), "helper": IDLE}, qos="Guaranteed"),
            cluster.pod("shop", "front", {"app": IDLE}, qos="Burstable"),
            cluster.pod("kube-system", "proxy", {"proxy": IDLE}, host_network=True),
            cluster.pod("kube-system", "etcd-node-1", {"etcd": IDLE}, static=True)]
    wanted = {f"{pod.namespace}/{pod.name}": truth(cluster, pod) for pod in pods}
    equal(listed(lab, cluster), wanted)
    # From beside the node, as a debug pod sees it.
    equal(listed(lab, cluster, "--root", f"/proc/{cluster.node.first}/root", namespace=lab.client), wanted)


def test_without_sys_admin(lab):
    """No namespace can be entered: addresses are what the kubelet wrote."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"web": web(80)})
    records = listed(lab, cluster, wrapper=("setpriv", "--bounding-set=-sys_admin"))
    equal(records, {"shop/cart": truth(cluster, cart, interface=None)})


def test_restarted_and_removed(lab):
    cluster = lab.cluster()
    cart, front = (cluster.pod("shop", name, {"app": IDLE}) for name in ("cart", "front"))
    cart.restart("app")
    equal(listed(lab, cluster)["shop/cart"], truth(cluster, cart))
    cluster.remove(front)
    (cluster.node.root / front.logs[1:]).mkdir()  # logs stay longer than their pod
    equal(list(listed(lab, cluster)), ["shop/cart"])


def test_only_the_sandbox_runs(lab):
    """Between two containers a pod has its namespace and its address, and nothing that runs."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    wanted = truth(cluster, cart, phase=None, containers=[])
    cluster.node.runtime.call("StopContainer", {1: cart.containers["app"].id})
    equal(listed(lab, cluster), {"shop/cart": wanted})


def test_pod_that_lies(lab):
    """A pod may write in its /etc/hosts, and give itself more addresses."""
    cluster = lab.cluster()
    cart, front = (cluster.pod("shop", name, {"app": IDLE}) for name in ("cart", "front"))
    wanted = truth(cluster, cart)
    cart.run("sh", "-c", f"hosts=$(sed 's/{cart.address}/{front.address}/' /etc/hosts); echo \"$hosts\" > /etc/hosts")
    true(front.address in (cluster.node.root / cart.hosts[1:]).read_text(), "the pod could not write its hosts file")
    command("nsenter", f"--net={cart.proc}/ns/net", "ip", "link", "add", "docker0", "type", "veth", "peer", "name", "inner")
    command("nsenter", f"--net={cart.proc}/ns/net", "ip", "address", "add", "172.17.0.1/16", "dev", "docker0")
    equal(listed(lab, cluster)["shop/cart"], wanted)


def test_left_over_files(lab):
    """What a pod that is gone left behind may name it, but gives it no address: that has another pod now."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    uid = "6f25f8b8-66b3-4e4f-9d0c-11c1d2a3b4c5"
    hosts = cluster.node.root / f"var/lib/kubelet/pods/{uid}/etc-hosts"
    hosts.parent.mkdir()
    hosts.write_text((cluster.node.root / cart.hosts[1:]).read_text().replace("\tcart\n", "\told\n"))
    (cluster.node.root / f"var/log/pods/shop_old_{uid}/app").mkdir(parents=True)
    records = listed(lab, cluster)
    equal(records.pop("shop/cart"), truth(cluster, cart))
    equal([(name, record["addresses"], record["netns"]) for name, record in records.items()], [("shop/old", [], None)])


def test_from_the_kubelet(lab):
    """Asked with its own certificate, as the node has it; what it does not tell comes from the node's files."""
    cluster = lab.cluster()
    pods = [cluster.pod("shop", "cart", {"app": IDLE, "log": IDLE}, qos="Burstable"),
            cluster.pod("kube-system", "proxy", {"proxy": IDLE}, host_network=True)]
    authority = Authority(f"{lab.folder}/pki")
    serving, own = authority.sign("serving", "IP:127.0.0.1"), authority.sign("kubelet")
    folder = cluster.node.root / "var/lib/kubelet/pki"
    folder.mkdir()
    (folder / "kubelet-server-current.pem").write_bytes(serving[0].read_bytes())
    (folder / "kubelet-client-current.pem").write_bytes(b"".join(path.read_bytes() for path in own))
    told = response(cluster.kubelet_pods().encode())
    with Kubelet(cluster.node, serving=serving, clients=authority, act=lambda connection: answer(connection, told)):
        records = listed(lab, cluster)
    equal(records, {f"{pod.namespace}/{pod.name}": truth(cluster, pod, source="kubelet") for pod in pods})


def test_saved_answer(lab):
    """A saved answer needs no node, and says nothing of this one."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": IDLE})
    saved = lab.file("pods.json", 0)
    saved.write_text(cluster.kubelet_pods())
    containers = [{"name": "app", "id": cart.containers["app"].id, "pid": None}]
    wanted = truth(cluster, cart, source="file", netns=None, cgroup=None, interface=None, containers=containers)
    equal(listed(lab, cluster, "--pods", saved), {"shop/cart": wanted})


def test_which_pods(lab):
    cluster = lab.cluster()
    for name in "cart-7d9f", "front-0", "front-1":
        cluster.pod("shop", name, {"app": IDLE})
    cluster.pod("other", "front-0", {"app": IDLE})

    def names(*options):
        return list(listed(lab, cluster, *options))

    equal(names("--pod", "front-*"), ["other/front-0", "shop/front-0", "shop/front-1"])
    equal(names("-n", "shop", "--pod", "front-0", "--pod", "cart*"), ["shop/cart-7d9f", "shop/front-0"])
    equal(names("--pod", "other/*"), ["other/front-0"])
    done = lab.podsnoop("pods", "--pod", "cart", "-n", "shop", namespace=cluster.node)
    equal((done.returncode, done.stdout), (1, b""), "of a pod that is none")
    lines = done.stderr.decode().splitlines()[-2:]
    equal(lines, ["podsnoop: no such pod on this node: shop/cart", "hint: did you mean shop/cart-7d9f?"])


def test_table(lab):
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"web": IDLE, "helper": IDLE})
    done = lab.podsnoop("pods", namespace=cluster.node)
    titles, row = done.stdout.decode().splitlines()
    equal(titles.split(), "NAMESPACE NAME PHASE ADDRESSES INTERFACE NETNS CONTAINERS".split())
    equal(row.split(), ["shop", "cart", "Running", ",".join(cart.addresses), node_end(cluster, cart), str(cart.netns),
                        "helper,web"])
    equal(row.find("Running"), titles.find("PHASE"), "where the column is")
    error = done.stderr.decode()
    true(error.startswith("podsnoop: cannot ask the kubelet: "), f"it does not say that no kubelet answered: {error}")
