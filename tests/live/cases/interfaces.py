"""Where traffic is seen: VLANs, bridges, loopback, several interfaces at once, interfaces that come and go."""
import os

from lab import connect, equal, read_exactly, read_head, told, true, wait_for
from lab.lab import SERVER
from lab.network import give_address, join

SMALL = "GET /small 0 -> 200 13 complete"
PAGE = "GET /page 0 -> 200 20000 complete"


def tagged(lab, side, **how):
    namespaces = lab.vlan(**how)
    lab.nginx()
    tracer = lab.trace(namespace=namespaces[side])
    lab.get("/small", "/page")
    tracer.expect(SMALL, PAGE)


def test_vlan_at_the_client(lab):
    tagged(lab, 0)


def test_vlan_at_the_server(lab):
    tagged(lab, 1)


def test_vlan_inline(lab):
    tagged(lab, 0, inline=True)


def test_vlan_stacked_at_the_client(lab):
    tagged(lab, 0, stacked=True)


def test_vlan_stacked_at_the_server(lab):
    tagged(lab, 1, stacked=True)


def test_vlan_stacked_inline(lab):
    tagged(lab, 0, stacked=True, inline=True)


def between_pods(lab, interfaces, bridged=True):
    node = lab.namespace("node")
    (one, two), (_, address) = lab.pods(node, bridged)
    lab.nginx(two)
    lab.curl(f"http://{address}/empty", namespace=one)  # both have learned where the other is
    tracer = lab.trace(namespace=node, interfaces=interfaces)
    lab.curl(f"http://{address}/small", f"http://{address}/page", namespace=one)
    records = tracer.expect(SMALL, PAGE)
    for record in records:
        true(interfaces == ["any"] or record["interface"] in interfaces, f"interface {record['interface']}")


def test_bridge(lab):
    between_pods(lab, ["cni0"])


def test_one_veth_of_a_bridge(lab):
    between_pods(lab, ["veth2"])


def test_both_veths_of_a_bridge(lab):
    between_pods(lab, ["veth1", "veth2"])


def test_any_with_a_bridge(lab):
    between_pods(lab, ["any"])


def test_any_with_routing(lab):
    between_pods(lab, ["any"], bridged=False)


def test_loopback(lab):
    host = lab.namespace("host")
    lab.nginx(host)
    for interface in "lo", "any":
        tracer = lab.trace(namespace=host, interfaces=[interface])
        lab.curl("http://127.0.0.1/small", "http://127.0.0.1/page", namespace=host)
        lab.curl("http://[::1]/small", namespace=host)
        tracer.expect(SMALL, PAGE, SMALL)


def test_two_interfaces(lab):
    """Unrelated traffic on two interfaces, both watched; on a third one, not."""
    client, server = lab.pair()
    for number in (1, 2):
        join(client, server, f"eth{number}", f"eth{number}")
        give_address(client, f"eth{number}", f"10.79.{number}.1/24")
        give_address(server, f"eth{number}", f"10.79.{number}.2/24")
    lab.nginx()
    tracer = lab.trace(interfaces=["eth0", "eth1"])
    for address, path in (SERVER, "small"), ("10.79.2.2", "page"), ("10.79.1.2", "small"):
        lab.curl(f"http://{address}/{path}")
    records = tracer.expect(SMALL, SMALL)
    equal([record["interface"] for record in records], ["eth0", "eth1"], "interfaces")


def test_namespace_by_process_path_and_name(lab):
    _, server = lab.pair()
    nginx = lab.nginx()
    for name in str(nginx.process.pid), server.path, server.name:
        tracer = lab.trace(netns=name)
        lab.get("/small")
        record = tracer.expect(SMALL)[0]
        equal(record["netns"], os.stat(server.path).st_ino, f"netns with --netns {name}")


def test_midstream(lab):
    client, _ = lab.pair()
    lab.nginx()
    request = b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n"

    def ask(connection):
        connection.sendall(request)
        head = read_head(connection)
        true(head.startswith(b"HTTP/1.1 200"), f"answer {head}")
        read_exactly(connection, 13)

    with connect(client, SERVER) as connection:
        ask(connection)
        tracer = lab.trace()
        ask(connection)
        ask(connection)
    lines = told(tracer.wait(2))
    equal(lines[0], SMALL + " midstream", "the first exchange seen on a connection that was open")
    equal(lines[1].removesuffix(" midstream"), SMALL, "the one after it")
    equal(tracer.records[0]["latency_us"]["connect"], None, "connect time of a connection whose start was not seen")
    tracer.end()


def test_midstream_in_a_response(lab):
    """Tracing starts while a body is on its way: what follows it is told right."""
    client, _ = lab.pair()
    lab.nginx()
    with connect(client, SERVER) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        read_head(connection)
        tracer = lab.trace()
        read_exactly(connection, 20_000)
        connection.sendall(b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
        read_head(connection)
        read_exactly(connection, 13)
        wait_for(lambda: any(line.startswith(SMALL) for line in told(tracer.records)), "record of the next exchange")
    tracer.end()


def test_interface_that_goes_and_comes_back(lab):
    client, server = lab.pair()
    join(client, server, "eth1", "eth1")
    give_address(client, "eth1", "10.79.1.1/24")
    give_address(server, "eth1", "10.79.1.2/24")
    lab.nginx()
    tracer = lab.trace(interfaces=["eth0", "eth1"])
    lab.curl("http://10.79.1.2/small")
    tracer.wait(1)

    said = len(tracer.stderr.splitlines())
    server.ip("link", "del", "eth1")
    wait_for(lambda: "eth1" in "".join(tracer.stderr.splitlines()[said:]), "message that eth1 is gone")
    lab.get("/page")
    tracer.wait(2)  # the rest is still traced

    said = len(tracer.stderr.splitlines())
    join(client, server, "eth1", "eth1")
    give_address(client, "eth1", "10.79.1.1/24")
    give_address(server, "eth1", "10.79.1.2/24")
    wait_for(lambda: "eth1" in "".join(tracer.stderr.splitlines()[said:]), "message that eth1 is back")
    lab.curl("http://10.79.1.2/small")
    records = tracer.expect(SMALL, PAGE, SMALL)
    equal([record["interface"] for record in records], ["eth1", "eth0", "eth1"], "interfaces")
