"""Captures taken apart and put together again: what a network or a capture program could have done to real packets.
IPv4 and IPv6 over Ethernet, TCP without extension headers between, as the laboratory's programs send it."""
import struct
from dataclasses import dataclass, replace

ETHERNET, NULL, RAW, LOOP = 1, 0, 101, 108  # link types
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass(frozen=True)
class Packet:
    time: int     # nanoseconds
    data: bytes
    length: int   # on the wire

    @property
    def ip(self):
        return self.data[14:]

    @property
    def tcp_at(self):
        return 14 + (40 if self.data[14] >> 4 == 6 else (self.data[14] & 15) * 4)

    @property
    def payload_at(self):
        return self.tcp_at + (self.data[self.tcp_at + 12] >> 4) * 4

    @property
    def payload(self):
        end = 14 + (40 + self.field(18, ">H") if self.data[14] >> 4 == 6 else self.field(16, ">H"))
        return self.data[self.payload_at:end]

    @property
    def to_server(self):
        return self.field(self.tcp_at + 2, ">H") in (80, 443, 8080)

    @property
    def seq(self):
        return self.field(self.tcp_at + 4, ">I")

    @property
    def flags(self):
        return self.data[self.tcp_at + 13]

    def field(self, at, form):
        return struct.unpack_from(form, self.data, at)[0]

    def with_field(self, at, form, value):
        data = bytearray(self.data)
        struct.pack_into(form, data, at, value)
        return replace(self, data=bytes(data))

    def with_data(self, data):
        return replace(self, data=data, length=len(data))

    def with_payload(self, payload, seq=None):
        """Another payload at another place. Checksums are left wrong: podsnoop looks at none."""
        changed = self.with_data(self.data[:self.payload_at] + payload)
        at, header = (18, 54) if self.data[14] >> 4 == 6 else (16, 14)
        changed = changed.with_field(at, ">H", len(changed.data) - header)
        return changed if seq is None else changed.with_field(self.tcp_at + 4, ">I", seq % 2**32)

    def later(self, seconds):
        return replace(self, time=self.time + int(seconds * 1e9))

    def shifted(self, client, server):
        """Sequence numbers that began elsewhere."""
        seq, ack = (client, server) if self.to_server else (server, client)
        moved = self.with_field(self.tcp_at + 4, ">I", (self.seq + seq) % 2**32)
        if self.flags & ACK:
            moved = moved.with_field(self.tcp_at + 8, ">I", (self.field(self.tcp_at + 8, ">I") + ack) % 2**32)
        return moved


def read(path):
    """The packets of a pcap file, little-endian as tcpdump writes it here."""
    with open(path, "rb") as file:
        content = file.read()
    ns = {0xa1b2c3d4: 1000, 0xa1b23c4d: 1}[struct.unpack_from("<I", content)[0]]
    packets, at = [], 24
    while at < len(content):
        seconds, part, captured, length = struct.unpack_from("<4I", content, at)
        packets.append(Packet(seconds * 10**9 + part * ns, content[at + 16:at + 16 + captured], length))
        at += 16 + captured
    return packets


def write(path, packets, link=ETHERNET, order="<", nano=True):
    with open(path, "wb") as file:
        file.write(struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for packet in packets:
            part = packet.time % 10**9
            file.write(struct.pack(order + "4I", packet.time // 10**9, part if nano else part // 1000, len(packet.data),
                                   packet.length) + packet.data)


def data_of(packets, to_server):
    """The places of the packets with payload of one direction."""
    return [place for place, packet in enumerate(packets) if packet.payload and packet.to_server == to_server]


def without(packets, *places):
    return [packet for place, packet in enumerate(packets) if place not in places]


# Around each packet, what a tunnel puts there. The outer addresses are those of two nodes.

def outer(protocol, payload):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0, bytes([192, 168, 1, 5]),
                       bytes([192, 168, 1, 6])) + payload


def udp(port, payload):
    return outer(17, struct.pack(">4H", 50000, port, 8 + len(payload), 0) + payload)


def around(packets, wrap):
    """wrap(packet) gives the outer IP packet."""
    return [packet.with_data(packet.data[:12] + b"\x08\x00" + wrap(packet)) for packet in packets]
