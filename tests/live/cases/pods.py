"""Real pods: made through containerd, runc and CNI as the kubelet makes them."""
from lab import equal
from lab.pod import IDLE, web

SMALL = "GET /small 0 -> 200 13 complete"


def two_pods(lab):
    """A pod that serves and one that calls it."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"app": IDLE})
    return cluster, cart, front


def ends(record):
    return [record[end]["address"] for end in ("client", "server")]


def test_namespace_of_a_process(lab):
    """What node-shell's users do by hand: a pod's process looked up, its namespace entered."""
    cluster, cart, front = two_pods(lab)
    tracer = lab.trace_on(cluster.node, "--netns", cart.containers["app"].pid, "-i", "eth0")
    for server in cart.address, f"[{cart.addresses[1]}]":
        front.curl(f"http://{server}/small")
    records = tracer.expect(SMALL, SMALL)
    equal([ends(record) for record in records],
          [[front.addresses[number], cart.addresses[number]] for number in (0, 1)], "addresses")
    equal([record["netns"] for record in records], [cart.netns] * 2, "namespaces")


def test_bridge_of_the_node(lab):
    cluster, cart, front = two_pods(lab)
    tracer = lab.trace_on(cluster.node, "-i", "cni0")
    front.curl(f"http://{cart.address}/small")
    lab.curl(f"http://{cart.address}/small", namespace=cluster.node)
    records = tracer.expect(SMALL, SMALL)
    equal([ends(record) for record in records],
          [[front.address, cart.address], ["10.244.0.1", cart.address]], "addresses")
