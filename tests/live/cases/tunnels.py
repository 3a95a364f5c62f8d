"""Traffic in a tunnel, seen on the network beneath it, on the tunnel's device, and on both at once."""
from lab import equal, true
from lab.lab import SERVER

SMALL = "GET /small 0 -> 200 13 complete"
PAGE = "GET /page 0 -> 200 20000 complete"


def through_vxlan(lab, interfaces, **how):
    """Requests over IPv4 and IPv6; the records have the addresses inside the tunnel. Gives them."""
    four, six = lab.vxlan(**how)
    lab.nginx()
    lab.get("/small", server=four)  # both have learned where the other is
    lab.get("/small", server=f"[{six}]")
    tracer = lab.trace(interfaces=interfaces)
    lab.get("/small", "/page", server=four)
    lab.get("/small", "/page", server=f"[{six}]")
    records = tracer.expect(SMALL, PAGE, SMALL, PAGE)
    equal([record["server"]["address"] for record in records], [four, four, six, six], "servers")
    equal([record["client"]["address"] for record in records],
          ["10.79.9.1", "10.79.9.1", "fd79::1", "fd79::1"], "clients")
    for record in records:
        true(interfaces == ["any"] or record["interface"] in interfaces, f"interface {record['interface']}")
    return tracer


def test_vxlan_beneath(lab):
    through_vxlan(lab, ["eth0"])


def test_vxlan_beneath_on_flannels_port(lab):
    through_vxlan(lab, ["eth0"], port=8472)


def test_vxlan_device(lab):
    through_vxlan(lab, ["vxlan0"])


def test_vxlan_any(lab):
    through_vxlan(lab, ["any"])


def test_vxlan_fragmented(lab):
    """A tunnel that takes no room off its MTU: what carries a full segment goes in two fragments."""
    tracer = through_vxlan(lab, ["eth0"], mtu=1500)
    names, values = [line.split() for line in lab.server.proc_net("snmp").splitlines() if line.startswith("Ip:")]
    true(int(values[names.index("FragCreates")]) > 0, "the server's packets were not fragmented")
    equal(tracer.ledger["segments"]["fragments"], 0, "fragments that were not put together")


def test_vxlan_body_is_skipped(lab):
    four, _ = lab.vxlan()
    size = 100_000_000
    lab.file("large", size).rename(lab.nginx().www / "large")
    tracer = lab.trace()
    lab.get("/large", server=four, options=("--output", "/dev/null"))
    tracer.expect(f"GET /large 0 -> 200 {size} complete")
    captured = tracer.ledger["bytes"]["captured"]
    lab.note(f"{captured} of {size} bytes reached the program")
    true(captured < size / 100, f"{captured} of {size} bytes were captured")


def test_no_decap(lab):
    four, _ = lab.vxlan()
    lab.nginx()
    tracer = lab.trace("--no-decap")
    lab.get("/page", server=four)
    lab.get("/small", server=SERVER)
    tracer.expect(SMALL)
    true(tracer.ledger["packets"]["skipped"]["not-tcp"] > 4, "the tunnel's packets are not TCP")
