"""Ends before the end, and what the network, or the capture, can do to packets."""
from packets import data_of, without, write

from .traffic import KEEP_ALIVE, KEPT_ALIVE, OK, captured, get, ok


def ends_reset(lab, out):
    """RST in the middle of a response."""
    write(out("pcap"), captured(lab, [get("/reset"), ("s", OK % 1000 + b"part")], end="reset"))
    return ["GET /reset 0 -> 200 4 reset"]


def ends_closed(lab, out):
    """FIN in the middle of a response."""
    write(out("pcap"), captured(lab, [get("/closed"), ("s", OK % 1000 + b"part")]))
    return ["GET /closed 0 -> 200 4 closed"]


def _answered_late(lab):
    """The packets of a connection whose first answer comes after 61 s."""
    packets = captured(lab, [get("/slow"), *KEEP_ALIVE[1:]])
    place = data_of(packets, False)[0]
    return packets[:place] + [packet.later(61) for packet in packets[place:]]


ANSWERED_LATE = ["GET /slow 0 -> ? timeout", *KEPT_ALIVE[1:]]


def ends_timeout(lab, out):
    """No answer for more than 60 s. The one that comes at last is that request's, and none of the next one's."""
    write(out("pcap"), _answered_late(lab))
    return ANSWERED_LATE


def ends_capture(lab, out):
    """The capture ends in the middle of a response."""
    packets = captured(lab, [get("/one"), ("s", OK % 1000 + b"part")])
    write(out("pcap"), packets[:data_of(packets, False)[0] + 1])
    return ["GET /one 0 -> 200 4 capture-end"]


def midstream(lab, out):
    """The capture began between a request and its answer."""
    packets = captured(lab, KEEP_ALIVE)
    write(out("pcap"), packets[data_of(packets, False)[0]:])
    return ["? -> 200 3 complete midstream", *(line + " midstream" for line in KEPT_ALIVE[1:])]


def gap_in_body(lab, out):
    """A segment of a body of known length is missing: its length is known all the same."""
    packets = captured(lab, [get("/gap"), ("s", OK % 3000 + b"a" * 1000), ("s", b"b" * 1000), ("s", b"c" * 1000),
                             get("/next"), ok(b"ok")])
    write(out("pcap"), without(packets, data_of(packets, False)[1]))
    return ["GET /gap 0 -> 200 3000 complete body-gap", "GET /next 0 -> 200 2 complete"]


def gap_in_head(lab, out):
    """A response's head is missing: the next response is not taken for it."""
    packets = captured(lab, [get("/gap"), ("s", OK % 4), ("s", b"body"), get("/next"), ok(b"ok")])
    write(out("pcap"), without(packets, data_of(packets, False)[0]))
    return ["GET /gap 0 -> ? gap", "GET /next 0 -> 200 2 complete"]


PIECES = [("s", OK % 3000 + b"a" * 1000), ("s", b"b" * 1000), ("s", b"c" * 1000)]


def reordered(lab, out):
    """The segments of a response in the wrong order."""
    packets = captured(lab, [get("/order"), *PIECES, get("/next"), ok(b"ok")])
    first, second, third, *_ = data_of(packets, False)
    moved = {first: packets[third], second: packets[first], third: packets[second]}
    # Each place keeps its time.
    write(out("pcap"), [packet.with_data(packet.data) if place not in moved
                        else moved[place].later((packet.time - moved[place].time) / 1e9)
                        for place, packet in enumerate(packets)])
    return ["GET /order 0 -> 200 3000 complete", "GET /next 0 -> 200 2 complete"]


def duplicated(lab, out):
    """Every segment twice."""
    packets = captured(lab, KEEP_ALIVE)
    write(out("pcap"), [copy for packet in packets for copy in (packet, packet.later(1e-6))])
    return [line + " retransmit" for line in KEPT_ALIVE]


def overlapping(lab, out):
    """A retransmission that begins in bytes already seen, and brings new ones: the first copy of a byte counts."""
    packets = captured(lab, [get("/overlap"), *PIECES, get("/next"), ok(b"ok")])
    first, second, *_ = data_of(packets, False)
    before, packet = packets[first].payload, packets[second]
    packets[second] = packet.with_payload(b"X" * 500 + packet.payload, seq=packets[first].seq + len(before) - 500)
    write(out("pcap"), packets)
    return ["GET /overlap 0 -> 200 3000 complete retransmit", "GET /next 0 -> 200 2 complete"]


def sequence_wrap(lab, out):
    """Sequence numbers pass 2^32 in the middle of a request and of a response."""
    packets = captured(lab, KEEP_ALIVE)
    client, server = packets[data_of(packets, True)[1]], packets[data_of(packets, False)[-1]]
    write(out("pcap"), [packet.shifted(-20 - client.seq, -500 - server.seq) for packet in packets])
    return KEPT_ALIVE


def bad_clock(lab, out):
    """One packet is dated 50 years ahead; the others' times still count: the unanswered request times out."""
    packets = _answered_late(lab)
    packets[2] = packets[2].later(50 * 365 * 86400)  # the handshake's last
    write(out("pcap"), packets)
    return ANSWERED_LATE


def short_snap_length(lab, out):
    """128 bytes of each packet: heads are cut, lengths are known."""
    long = b"GET /long HTTP/1.1\r\nHost: shop.test\r\nX-Long: " + b"l" * 500 + b"\r\n\r\n"
    script = [("c", long), ok(b"x" * 1000), *KEEP_ALIVE[:2]]
    packets = captured(lab, script)
    write(out("pcap"), [type(packet)(packet.time, packet.data[:128], packet.length) for packet in packets])
    return ["GET /long 0 -> 200 1000 complete truncated-head", KEPT_ALIVE[0]]
