"""How captures are written, by others and by podsnoop."""
import json
import pathlib
import struct
import subprocess

from lab import equal
from lab.cluster import NODE
from lab.lab import PODSNOOP, SERVER6
from lab.network import command
from lab.pod import IDLE, web
from packets import LOOP, NULL, RAW, write

from .traffic import KEEP_ALIVE, KEPT_ALIVE, captured, speak, zip_into


def pcap_micro(lab, out):
    """Written on a machine of this byte order, microseconds."""
    write(out("pcap"), captured(lab, KEEP_ALIVE), nano=False)
    return KEPT_ALIVE


def pcap_big_micro(lab, out):
    """Written on a machine of the other byte order."""
    write(out("pcap"), captured(lab, KEEP_ALIVE), order=">", nano=False)
    return KEPT_ALIVE


def pcap_big_nano(lab, out):
    write(out("pcap"), captured(lab, KEEP_ALIVE), order=">")
    return KEPT_ALIVE


def zipped(lab, out):
    plain = pathlib.Path(lab.folder) / "plain.pcap"
    write(plain, captured(lab, KEEP_ALIVE))
    zip_into(out, plain)
    return KEPT_ALIVE


def pcapng_two_sections(lab, out):
    """Two files of one trace put behind each other, the connection going on from one to the other."""
    packets = captured(lab, KEEP_ALIVE)
    content = b""
    for half in packets[:len(packets) // 2], packets[len(packets) // 2:]:
        plain, section = (pathlib.Path(lab.folder) / name for name in ("half.pcap", "half.pcapng"))
        write(plain, half)
        command("editcap", "-F", "pcapng", plain, section)
        content += _without_machine(section.read_bytes())
    out("pcapng").write_bytes(content)
    return KEPT_ALIVE


def _without_machine(content):
    """A section header without options, which tell the machine and the program that wrote it."""
    size = struct.unpack_from("<I", content, 4)[0]
    return struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28) + content[size:]


def _cooked(lab, out, link):
    path = captured(lab, KEEP_ALIVE, "-y", link, interface="any")
    out("pcap").write_bytes(path.read_bytes())
    return KEPT_ALIVE


def cooked_v1(lab, out):
    """Linux cooked, as tcpdump -i any wrote it for long."""
    return _cooked(lab, out, "LINUX_SLL")


def cooked_v2(lab, out):
    """Linux cooked v2, which names the interface."""
    return _cooked(lab, out, "LINUX_SLL2")


def raw_ip(lab, out):
    """No link header, as on a tun device."""
    write(out("pcap"), [packet.with_data(packet.ip) for packet in captured(lab, KEEP_ALIVE)], link=RAW)
    return KEPT_ALIVE


def bsd_null(lab, out):
    """A BSD's loopback, the family in its own byte order."""
    write(out("pcap"), [packet.with_data(struct.pack("<I", 2) + packet.ip) for packet in captured(lab, KEEP_ALIVE)], link=NULL)
    return KEPT_ALIVE


def bsd_loop(lab, out):
    """OpenBSD's loopback, the family in network order, IPv6."""
    packets = captured(lab, KEEP_ALIVE, address=SERVER6)
    write(out("pcap"), [packet.with_data(struct.pack(">I", 24) + packet.ip) for packet in packets], link=LOOP)
    return KEPT_ALIVE


def loopback(lab, out):
    """podsnoop -w on lo, where every packet goes out and comes in, and is one."""
    lab.pair()
    lab.client = lab.server
    tracer = lab.trace("-w", out("pcapng"), interfaces=["lo"])
    speak(lab, KEEP_ALIVE, address="127.0.0.1")
    tracer.wait(3)
    tracer.end()
    return KEPT_ALIVE


def pods(lab, out):
    """podsnoop -w on a node: a Service's address, a pod on the node's network, one that came while tracing."""
    cluster = lab.cluster()
    cart = cluster.pod("shop", "cart", {"app": web(80)}, ports={"app": [80]})
    front = cluster.pod("shop", "front", {"shell": IDLE})
    cluster.pod("edge", "ingress", {"proxy": web(8080)}, ports={"proxy": [8080]}, host_network=True)
    cluster.service("shop/cart:http", "10.96.0.10", 8000, cart, 80, "iptables")
    tracer = lab.trace_on(cluster.node, "-w", out("pcapng"), filtered=True)
    front.curl("http://10.96.0.10:8000/small?service")
    front.curl(f"http://{NODE}:8080/small?node")
    lab.curl(f"http://{cart.address}/small?outside")
    late = cluster.pod("shop", "late", {"shell": IDLE})
    late.curl(f"http://{cart.address}/small?late")
    tracer.wait(4)
    tracer.end()
    done = subprocess.run([PODSNOOP, "http", "-r", out("pcapng"), "-o", "json"], capture_output=True, check=True)
    equal(done.stdout.decode(), tracer.text, "records of the file, as against those of the trace")
    whose = {}
    for record in map(json.loads, tracer.text.splitlines()):
        ends = [peer["pod"]["name"] if peer["pod"] else peer["address"] for peer in (record["client"], record["server"])]
        whose.setdefault(record["request"]["target"].partition("?")[2], ends + [(record["service"] or {}).get("name")])
    equal(whose, {"service": ["front", "cart", "shop/cart:http"], "node": ["front", "ingress", None],
                  "outside": ["10.77.0.1", "cart", None], "late": ["late", "cart", None]}, "whose they were")
    return [f"GET /small?{what} 0 -> 200 13 complete" for what in ("service", "node", "outside", "late")]
