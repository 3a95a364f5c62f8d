"""Whose pod it was, in every case that a node knows: what podsnoop http says of the two ends of an exchange."""
import contextlib
import json
import threading

from lab import Failure, equal, true, wait_for
from lab.cluster import NODE
from lab.network import command
from lab.pod import IDLE, web

# Accepts a connection, says so, and never answers.
SILENT = ("python3", "-uc", "import socket, time; listener = socket.create_server(('', 80)); "
          "connection = listener.accept()[0]; print(connection.recv(65536)); time.sleep(600)")


def whose(peer):
    """The pod and container of one end of an exchange; where there is none, the process or else the address."""
    pod = peer["pod"]
    if pod:
        return "/".join([pod["namespace"], pod["name"], *([pod["container"]] if pod["container"] else [])])
    return peer.get("comm") or peer["address"]


def calls(records):
    """A line for each exchange, in the order of time. Those that were seen from both ends are one; none may be told
    twice from the same end. Each exchange of a case has a target of its own."""
    lines, sides = {}, {}
    for record in sorted(records, key=lambda record: record["time"]):
        target = record["request"]["target"]
        line = f"{whose(record['client'])} -> {whose(record['server'])} {target} {record['end']}"
        equal(lines.setdefault(target, line), line, "what the records of both sides say")
        seen = sides.setdefault(target, [])
        true(record["side"] not in seen, f"told twice from the side {record['side']}: {target}")
        seen.append(record["side"])
    return list(lines.values())


def traced(lab, cluster, *options):
    return lab.trace_on(cluster.node, *options, filtered=True)


def shop(lab):
    """A pod that serves and one that calls it."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    return cluster, cart, front


def test_side(lab):
    """Each pod traced alone: the other one is named too."""
    cluster, cart, front = shop(lab)
    for name, side, pod in ("cart", "server", cart), ("front", "client", front):
        tracer = traced(lab, cluster, "--pod", f"shop/{name}")
        front.curl(f"http://{cart.address}/small?{side}")
        records = tracer.end()
        equal(calls(records), [f"shop/front/shell -> shop/cart/app /small?{side} complete"], "exchanges")
        equal([(record["side"], record["netns"], record["interface"]) for record in records],
              [(side, pod.netns, "eth0")], "where it was seen")
        equal([(record["client"]["pod"]["uid"], record["server"]["pod"]["uid"]) for record in records],
              [(front.uid, cart.uid)], "uids")


def test_all_pods(lab):
    """Without any option: every pod of the node, over both families and a pod's own loopback, nothing twice."""
    cluster, cart, front = shop(lab)
    tracer = traced(lab, cluster)
    front.curl(f"http://{cart.address}/small?4")
    front.curl(f"http://[{cart.addresses[1]}]/small?6")
    cart.curl("http://127.0.0.1/small?own")
    lab.curl(f"http://{cart.address}/small?outside")
    equal(calls(tracer.end()), [
        "shop/front/shell -> shop/cart/app /small?4 complete",
        "shop/front/shell -> shop/cart/app /small?6 complete",
        "shop/cart/app -> shop/cart/app /small?own complete",
        "10.77.0.1 -> shop/cart/app /small?outside complete",
    ], "exchanges")


def test_told_elsewhere(lab):
    """A connection that goes on between two traced pods soon costs its packets' place in one ring only."""
    cluster, cart, front = shop(lab)
    tracer = traced(lab, cluster)
    # More than 512 KiB, for which the filter keeps what shows that a hole was made there.
    front.curl("--rate", "100/s", "--header", f"X-Padding: {'x' * 6000}", f"http://{cart.address}/small?[1-100]")
    records = tracer.end()
    equal([record["request"]["target"] for record in records], [f"/small?{number}" for number in range(1, 101)], "exchanges")
    equal({record["side"] for record in records}, {"client"}, "seen from")
    equal(tracer.ledger["connections"]["elsewhere"], 1, "connections told elsewhere")
    skipped = tracer.ledger["packets"]["skipped"]["not-selected"]
    equal(tracer.ledger["bytes"]["gap"], 0, "bytes lost, for what was skipped is not")
    true(skipped >= 100, f"of the server's end, with 200 messages, {skipped} packets were skipped")


def test_namespace(lab):
    """-n traces one namespace's pods, not the others."""
    cluster, cart, front = shop(lab)
    bank = cluster.pod("bank", "ledger", {"app": web(80)})
    tracer = traced(lab, cluster, "-n", "bank")
    front.curl(f"http://{cart.address}/small?shop")
    front.curl(f"http://{bank.address}/small?bank")
    equal(calls(tracer.end()), ["shop/front/shell -> bank/ledger/app /small?bank complete"], "exchanges")


def test_containers(lab):
    """The containers of a pod share its address: the port that one declares says which it was."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80), "proxy": web(81)}, ports={"app": [80], "proxy": [81]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    tracer = traced(lab, cluster, "--pod", "cart")
    for port in 80, 81:
        front.curl(f"http://{cart.address}:{port}/small?{port}")
    equal(calls(tracer.end()), [
        "shop/front/shell -> shop/cart/app /small?80 complete",
        "shop/front/shell -> shop/cart/proxy /small?81 complete",
    ], "exchanges")


def test_host_network(lab):
    """Pods on the node's own address, as server and as client; and what runs on the node in no pod."""
    cluster, cart, front = shop(lab)
    ingress = cluster.pod("edge", "ingress", {"proxy": web(8080)}, ports={"proxy": [8080]}, host_network=True)
    tracer = traced(lab, cluster)
    front.curl(f"http://{NODE}:8080/small?server")
    # Whose a socket is can be asked as long as it is open.
    stays = "exec 3<>/dev/tcp/{}/80; printf 'GET {} HTTP/1.1\\r\\nHost: cart\\r\\n\\r\\n' >&3; while read -rt 0.3 line <&3; do :; done; true"
    ingress.run("bash", "-c", stays.format(cart.address, "/small?client"))
    with cluster.node.parenting():
        command(*cluster.node.inside("bash", "-c", stays.format(cart.address, "/small?process")))
    lab.curl(f"http://{NODE}:8080/small?outside")
    equal(calls(tracer.end()), [
        "shop/front/shell -> edge/ingress/proxy /small?server complete",
        "edge/ingress/proxy -> shop/cart/app /small?client complete",
        "bash -> shop/cart/app /small?process complete",
        "10.77.0.1 -> edge/ingress/proxy /small?outside complete",
    ], "exchanges")


def test_host_port(lab):
    """A port of the node that leads to a pod."""
    cluster = lab.cluster()
    cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]}, host_ports={8088: 80})
    tracer = traced(lab, cluster, "-i", "eth0")
    lab.curl(f"http://{NODE}:8088/small?node")
    equal(calls(tracer.end()), ["10.77.0.1 -> shop/cart/app /small?node complete"], "exchanges")
    tracer = traced(lab, cluster, "--pod", "cart")
    lab.curl(f"http://{NODE}:8088/small?pod")
    equal(calls(tracer.end()), ["10.77.0.1 -> shop/cart/app /small?pod complete"], "exchanges")


def test_pod_that_starts(lab):
    """Pods that come while tracing are traced too, where they match."""
    cluster, cart, front = shop(lab)
    tracer = traced(lab, cluster, "--pod", "shop/c*")
    late = cluster.pod("shop", "coupon", {"app": web(80)}, ports={"app": [80]})

    def seen():
        front.curl(f"http://{late.address}/small?late")
        return tracer.records

    wait_for(seen, "record of a pod that came later")
    records = tracer.end()
    equal({whose(record["server"]) for record in records}, {"shop/coupon/app"}, "servers")
    equal({record["netns"] for record in records}, {late.netns}, "namespaces")


def test_container_that_restarts(lab):
    cluster, cart, front = shop(lab)
    tracer = traced(lab, cluster, "--pod", "cart")
    front.curl(f"http://{cart.address}/small?before")
    cart.restart("app")
    front.curl(f"http://{cart.address}/small?after")
    equal(calls(tracer.end()), [
        "shop/front/shell -> shop/cart/app /small?before complete",
        "shop/front/shell -> shop/cart/app /small?after complete",
    ], "exchanges")


def test_pod_that_dies(lab):
    """A record that is printed when its pod is gone still says whose it was."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": SILENT}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    tracer = traced(lab, cluster, "--pod", "cart", "--timeout", "2s")

    def call():
        with contextlib.suppress(Failure):  # it is killed while it waits for an answer
            front.curl(f"http://{cart.address}/never")

    caller = threading.Thread(target=call)
    caller.start()
    wait_for(lambda: "GET /never" in cart.log("app"), "request")
    cluster.remove(front)
    caller.join()
    record, = tracer.wait(1)
    equal((whose(record["client"]), whose(record["server"])), ("shop/front/shell", "shop/cart/app"), "pods")
    true(record["end"] in ("closed", "reset", "timeout"), f"end {record['end']}")
    tracer.end()


def test_address_of_two_pods(lab):
    """One address, two pods one after the other: an exchange of the second is never told of the first, and soon of the
    second."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    monday = cluster.pod("shop", "monday", {"job": IDLE})
    tracer = traced(lab, cluster, "--pod", "cart")
    monday.curl(f"http://{cart.address}/small?monday")
    cluster.remove(monday)
    cluster.reuse_addresses()
    tuesday = cluster.pod("shop", "tuesday", {"job": IDLE})
    equal(tuesday.address, monday.address, "address of the second pod")

    def clients(day):
        return {whose(record["client"]) for record in tracer.records if record["request"]["target"].endswith(day)}

    def known():
        tuesday.curl(f"http://{cart.address}/small?tuesday")
        return "shop/tuesday/job" in clients("tuesday")

    wait_for(known, "record that names the second pod")
    tracer.end()
    equal(clients("monday"), {"shop/monday/job"}, "the first pod's exchanges")
    # Unknown at first, and its container a little longer.
    equal(clients("tuesday") - {monday.address, "shop/tuesday"}, {"shop/tuesday/job"}, "the second pod's exchanges")


def service(lab, proxy):
    """The client's side names the Service that was called and the pod that answered."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    made = cluster.service("shop/cart:http", "10.96.0.10", 8000, cart, 80, proxy)
    front = cluster.pod("shop", "front", {"shell": IDLE}, environment=made.environment if proxy == "nameless" else {})
    tracer = traced(lab, cluster, "--pod", "front")
    front.curl("http://10.96.0.10:8000/small?service")
    front.curl(f"http://{cart.address}/small?direct")
    # Of two connections the one that nothing has to be asked about may be told first.
    records = sorted(tracer.end(), key=lambda record: record["time"])
    equal(calls(records), [
        "shop/front/shell -> shop/cart/app /small?service complete",
        "shop/front/shell -> shop/cart/app /small?direct complete",
    ], "exchanges")
    equal([record["service"] for record in records],
          [{"address": "10.96.0.10", "port": 8000, "name": "shop/cart:http"}, None], "Services")
    equal([(record["server"]["address"], record["server"]["port"]) for record in records],
          [(cart.address, 80)] * 2, "who answered")


def test_service(lab):
    service(lab, "iptables")


def test_service_of_older_tables(lab):
    service(lab, "iptables-legacy")


def test_service_of_nftables(lab):
    service(lab, "nftables")


def test_service_of_the_environment(lab):
    service(lab, "nameless")


def test_no_such_pod(lab):
    """A filter that matches nothing says so, with names that are near."""
    cluster, _, _ = shop(lab)
    done = lab.podsnoop("http", "--pod", "shop/crat", "--duration", "5s", namespace=cluster.node)
    said = done.stderr.decode()
    equal((done.returncode, done.stdout), (1, b""), f"exit status and output ({said.strip()})")
    true("shop/crat" in said and "shop/cart" in said, f"it does not name what was asked for and what is near: {said}")


def test_saved(lab):
    """What was known while tracing is in the file, at its place: the records of -r are the same to the byte."""
    cluster, cart, front = shop(lab)
    cluster.pod("edge", "ingress", {"proxy": web(8080)}, ports={"proxy": [8080]}, host_network=True)
    cluster.service("shop/cart:http", "10.96.0.10", 8000, cart, 80, "iptables")
    path = f"{lab.folder}/saved.pcapng"
    tracer = traced(lab, cluster, "-w", path)
    front.curl("http://10.96.0.10:8000/small?service")
    front.curl(f"http://{NODE}:8080/small?node")
    lab.curl(f"http://{cart.address}/small?outside")
    late = cluster.pod("shop", "late", {"shell": IDLE})
    late.curl(f"http://{cart.address}/small?late")
    tracer.wait(4)
    records = tracer.end()
    true("shop/front/shell -> shop/cart/app /small?service complete" in calls(records), f"exchanges: {calls(records)}")
    for options, wanted in ((), tracer.text), (("--pod", "late"), [line for line in tracer.text.splitlines(True) if '"late"' in line]):
        done = lab.podsnoop("http", "-r", path, "-o", "json", *options)
        equal(done.returncode, 0, f"exit status of -r ({done.stderr.decode()})")
        equal(done.stdout.decode(), "".join(wanted), f"records of -r {' '.join(options)}")
    # Elsewhere, a saved answer of the kubelet's names the pods of a capture that knows none.
    pods, plain = f"{lab.folder}/pods.json", f"{lab.folder}/plain.pcap"
    with open(pods, "w", encoding="utf-8") as file:
        file.write(cluster.kubelet_pods())
    command("tcpdump", "-r", path, "-w", plain)
    done = lab.podsnoop("http", "-r", plain, "--pods", pods, "-o", "json", "--path", "/small?outside")
    told = [json.loads(line) for line in done.stdout.decode().splitlines()]
    true(told and all(whose(record["server"]) == "shop/cart/app" for record in told), f"with --pods: {told}")
