// Connections by their headers, for segments with any flags, at any place, at any time. The input is a byte that chooses limits,
// and steps of eight bytes each: what an end sends goes on where it stands, unless the step says otherwise (struct Step).
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "event/packet.hpp"
#include "fuzz.hpp"
#include "tcp/tracker.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_script = 1 << 14;
constexpr std::uint16_t server_port = 80, first_port = 40000, elsewhere_port = first_port + 7, ordinary_port = 50000;

/// What was put on the wire of a connection's ports, all that had them together.
struct Sent {
    std::uint64_t segments = 0, syns = 0;
};

/// Checks what is told, each connection on its own.
class CheckedConnections : public ConnectionSink {
  public:
    bool begins(TcpConnection& connection, std::uint32_t) override {
        must(connection.open, "a connection that begins is open");
        const std::uint16_t port = client_port(connection);
        const bool fresh = open_.emplace(port, connection.time).second;
        must(fresh, "a connection begins when the one before it ended");
        if (port != elsewhere_port) return true;
        open_.erase(port);
        return false;
    }
    void ended(TcpConnection& connection) override {
        const std::uint16_t port = client_port(connection);
        const auto began = open_.find(port);
        must(began != open_.end() && began->second == connection.time, "what ends has begun, then");
        open_.erase(began);
        const Sent& all = sent[port];
        must(!connection.open, "what ends is not open");
        must(connection.duration >= 0ns && connection.connect.value_or(0ns) >= 0ns, "no time is negative");
        must(connection.syns <= all.syns, "no more SYNs are told than were sent");
        must(connection.retransmits() <= all.segments, "no more is told as sent again than was sent");
        const bool by_rst = connection.end == ConnectionEnd::reset || connection.end == ConnectionEnd::refused;
        must(by_rst == (connection.reset_by != ResetBy::none), "what RST ended was reset by somebody");
        for (const TcpPeerCounts* each : {&connection.client_counts, &connection.server_counts}) {
            must(each->rtt.has_value() == each->rtt_min.has_value(), "of round trips that were seen one is the shortest");
            must(each->rtt.value_or(0ns) >= each->rtt_min.value_or(0ns), "none is shorter than the shortest");
        }
        last = connection;
        ++told;
    }
    [[nodiscard]] const Interface& interface(std::uint32_t) const override { return interface_; }

    [[nodiscard]] std::size_t open() const { return open_.size(); }

    std::map<std::uint16_t, Sent> sent;
    TcpConnection last;
    std::uint64_t told = 0;

  private:
    static std::uint16_t client_port(const TcpConnection& connection) {
        const std::uint16_t a = connection.client.endpoint.port, b = connection.server.endpoint.port;
        must((a == server_port) != (b == server_port), "the ends of a connection are its segments'");
        return a == server_port ? b : a;
    }

    std::map<std::uint16_t, Time> open_;  // when it began, by the client's port
    Interface interface_;
};

TcpLimits limits_of(std::uint8_t choices) {
    TcpLimits limits{.connections = 64};  // a large table takes longer to make than a script to run
    if ((choices & 1) != 0) limits.connections = 3;
    if ((choices & 2) != 0) limits.linger = 0ns;
    if ((choices & 4) != 0) limits.handshake = 1s;
    return limits;
}

/// One segment, as eight bytes say it.
struct Step {
    explicit Step(Cursor& input) {
        const std::uint8_t where = input.u8();
        port = static_cast<std::uint16_t>(first_port + where % 8);
        side = where >> 3 & 1;
        interface = where >> 4 & 3;
        again = (where & 0x80) != 0;
        flags = input.u8() & 0x1f;
        seq_off = static_cast<std::uint32_t>(static_cast<std::int8_t>(input.u8()));
        ack_off = static_cast<std::uint32_t>(static_cast<std::int8_t>(input.u8()));
        const std::uint8_t scale = input.u8();
        seq_off <<= 2U * (scale & 0xfU);
        ack_off <<= 2U * (scale >> 4U);
        length = input.u16le();
        const std::uint8_t when = input.u8();
        window = (when & 0x40) != 0 ? 0 : 500;
        const std::int64_t far = when & 0x3f;
        later = far * far * ((when & 0x80) != 0 ? -1ms : 3ms);  // clocks are set, files merged
    }
    std::uint16_t port = 0;
    unsigned side = 0;
    std::uint32_t interface = 0;
    bool again = false;  // what these ports said last comes once more
    std::uint8_t flags = 0;
    std::uint32_t seq_off = 0, ack_off = 0;  // from where the ends stand
    std::uint32_t length = 0;
    std::uint16_t window = 0;
    Nanoseconds later{};
};

class Script {
  public:
    explicit Script(std::uint8_t choices) : limits_(limits_of(choices)), tracker_(sink_, ledger_, limits_, 1) {}

    void run(Bytes script) {
        for (Cursor input(script); input.remaining() >= 8;) {
            const Step step(input);
            now_ += step.later;
            if (step.later > 1s) tracker_.advance(now_);
            Flow& flow = flows_[step.port];
            if (!step.again) flow.last = make(step, flow);
            deliver(flow.last, step.port);
            must(sink_.open() <= limits_.connections, "connections are bounded");
        }
    }

    /// Whatever came before, an ordinary connection afterwards is told as it was.
    void run_ordinary() {
        now_ = std::max(now_, latest_) + 100s;
        tracker_.advance(now_);
        const std::uint64_t before = sink_.told;
        say(0, tcp_syn, 0);
        say(1, tcp_syn | tcp_ack, 0);
        say(0, tcp_ack, 0);
        say(0, tcp_ack, 10);
        say(1, tcp_ack, 20);
        say(0, tcp_ack | tcp_fin, 0);
        say(1, tcp_ack | tcp_fin, 0);
        say(0, tcp_ack, 0);
        const TcpConnection& told = sink_.last;
        must(sink_.told > before && told.client.endpoint.port == ordinary_port, "an ordinary connection is told at its end");
        must(told.end == ConnectionEnd::fin && told.flags == 0 && told.syns == 1 && told.retransmits() == 0,
             "an ordinary connection is told as one");
        must(told.client_counts.bytes == 10 && told.server_counts.bytes == 20, "with its bytes");
        must(told.connect == 2ms && told.duration == 7ms, "and its times");
    }

    void finish() {
        tracker_.finish();
        must(sink_.open() == 0, "the end closes everything");
        const auto& by_end = ledger_.connections_by_end;
        must(std::accumulate(by_end.begin(), by_end.end(), std::uint64_t{0}) == ledger_.connections_seen &&
                 sink_.told == ledger_.connections_seen,
             "the ledger balances");
    }

  private:
    struct Flow {
        std::array<std::uint32_t, 2> next{1000, 0xffffff00};  // the server's sequence numbers wrap soon
        Segment last;
    };

    static Segment make(const Step& step, Flow& flow) {
        std::array<Endpoint, 2> ends{{{{{10, 0, 0, 1}, 4}, step.port}, {{{10, 0, 0, 2}, 4}, server_port}}};
        std::uint32_t& next = flow.next[step.side];
        Segment segment;
        segment.source = ends[step.side];
        segment.destination = ends[step.side ^ 1];
        segment.seq = next + step.seq_off;
        segment.ack = flow.next[step.side ^ 1] + step.ack_off;
        segment.flags = step.flags;
        segment.window = step.window;
        segment.interface = step.interface;
        segment.length = step.length;
        next = segment.seq + step.length + (has(segment, tcp_syn) ? 1 : 0) + (has(segment, tcp_fin) ? 1 : 0);
        return segment;
    }

    void say(unsigned side, unsigned flags, std::uint32_t length) {
        Cursor nothing({});
        Step step(nothing);
        step.port = ordinary_port;
        step.side = side;
        step.flags = static_cast<std::uint8_t>(flags);
        step.length = length;
        deliver(make(step, flows_[step.port]), step.port);
        now_ += 1ms;
    }

    void deliver(Segment segment, std::uint16_t port) {
        latest_ = std::max(latest_, now_);
        segment.time = now_;
        Sent& sent = sink_.sent[port];
        ++sent.segments;
        if (has(segment, tcp_syn)) ++sent.syns;
        tracker_.accept(segment);
    }

    TcpLimits limits_;
    TcpLedger ledger_;
    CheckedConnections sink_;
    TcpTracker tracker_;
    std::map<std::uint16_t, Flow> flows_;  // by the client's port
    Time now_{Nanoseconds{1'000'000'000'000'000'000}}, latest_ = now_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Script script(data[0]);
    script.run(input_bytes(data, std::min(size, longest_script)).subspan(1));
    script.run_ordinary();
    script.finish();
    return 0;
}
