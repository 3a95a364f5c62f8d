"""What HTTP goes through: address families, tags, tunnels."""
import pathlib
import struct

from capture import tcpdump
from lab.lab import SERVER6
from packets import around, data_of, outer, read, udp, write

from .traffic import KEEP_ALIVE, KEPT_ALIVE, OK, captured, get, ok, speak, zip_into


def ipv6(lab, out):
    write(out("pcap"), captured(lab, KEEP_ALIVE, address=SERVER6))
    return KEPT_ALIVE


def vlan(lab, out):
    """Two tags in the frame, the outer one 802.1ad."""
    tags = struct.pack(">HHHH", 0x88a8, 7, 0x8100, 42)
    write(out("pcap"), [packet.with_data(packet.data[:12] + tags + packet.data[12:])
                        for packet in captured(lab, KEEP_ALIVE)])
    return KEPT_ALIVE


def vxlan(lab, out, mtu=1450):
    """A kernel's VXLAN between two nodes."""
    address, _ = lab.vxlan(mtu=mtu)
    speak(lab, [get("/learn"), ok(b"")], address=address)  # both have learned where the other is
    path = pathlib.Path(lab.folder) / "tunnel.pcap"
    script = KEEP_ALIVE[:4] + [get("/three"), ok(b"3" * 3000)]
    with tcpdump(lab, path, "--time-stamp-precision=nano", expression="udp or ip[6:2] & 0x3fff != 0"):
        speak(lab, script, address=address)
    write(out("pcap"), read(path))
    return [*KEPT_ALIVE[:2], "GET /three 0 -> 200 3000 complete"]


def fragments(lab, out):
    """A tunnel that takes no room off its MTU: what carries a full segment goes in two IP fragments."""
    return vxlan(lab, out, mtu=1500)


def big_tcp(lab, out):
    """An answer in one packet that is longer than IP can say, so that the length there is 0. Zipped: most of it is one letter."""
    packets = captured(lab, [get("/big"), ok(b"b"), get("/next"), ok(b"ok")])
    first = data_of(packets, False)[0]
    answer = OK % 100_000 + b"b" * 100_000
    more = len(answer) - len(packets[first].payload)
    big = packets[first].with_data(packets[first].data[:packets[first].payload_at] + answer).with_field(16, ">H", 0)
    plain = pathlib.Path(lab.folder) / "plain.pcap"
    write(plain, [*packets[:first], big, *(packet.shifted(0, more) for packet in packets[first + 1:])])
    zip_into(out, plain)
    return ["GET /big 0 -> 200 100000 complete", "GET /next 0 -> 200 2 complete"]


def vxlan_identities(lab, out):
    """VXLAN as Cilium uses it: the VNI is the sender's identity, so the two directions of a connection differ in it."""
    write(out("pcap"), around(captured(lab, KEEP_ALIVE), lambda packet: udp(8472, struct.pack(
        ">II", 0x08000000, (12345 if packet.to_server else 54321) << 8) + packet.data)))
    return KEPT_ALIVE


def geneve(lab, out):
    """Geneve with an option."""
    header = struct.pack(">BBHI", 2, 0, 0x6558, 42 << 8) + struct.pack(">HBBI", 0x0102, 0x80, 1, 7)
    write(out("pcap"), around(captured(lab, KEEP_ALIVE), lambda packet: udp(6081, header + packet.data)))
    return KEPT_ALIVE


def gre(lab, out):
    """GRE with a key, IP in it."""
    header = struct.pack(">HHI", 0x2000, 0x0800, 42)
    write(out("pcap"), around(captured(lab, KEEP_ALIVE), lambda packet: outer(47, header + packet.ip)))
    return KEPT_ALIVE


def ipip(lab, out):
    write(out("pcap"), around(captured(lab, KEEP_ALIVE), lambda packet: outer(4, packet.ip)))
    return KEPT_ALIVE


def mpls(lab, out):
    """Two labels between Ethernet and IP."""
    labels = struct.pack(">HII", 0x8847, 100 << 12 | 64, 200 << 12 | 0x100 | 64)
    write(out("pcap"), [packet.with_data(packet.data[:12] + labels + packet.ip) for packet in captured(lab, KEEP_ALIVE)])
    return KEPT_ALIVE
