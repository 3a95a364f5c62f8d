// Reassembly and HTTP, for segments of any content in any order. The input is a script: text is sent as one
// segment, and a byte 0xff starts a command of one letter, see Script::command().
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "../http/conversation.hpp"
#include "check_exchange.hpp"
#include "checked_sink.hpp"
#include "fuzz.hpp"
#include "http/tracer.hpp"
#include "reassemble/reassembler.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

using namespace std::chrono_literals;

constexpr std::byte command_mark{0xff};
constexpr std::size_t longest_script = 1 << 16;

struct OwnedSegment {
    Segment segment;
    std::string bytes;
};

/// Small limits, so that short scripts reach them.
ReassemblyLimits small_limits() { return {.connections = 3, .held_segments = 4, .held_bytes = 2000}; }

/// What a script's first byte chooses.
struct Choices {
    explicit Choices(std::uint8_t bits) : filter_skips((bits & 1) != 0) {
        if ((bits & 2) != 0) reassembly = small_limits();
        if ((bits & 4) != 0) http.exchanges = 4, http.exchanges_per_connection = 2;
        if ((bits & 8) != 0) http.partial_head_bytes = 300;
        if ((bits & 16) != 0) http.headers = {"Host", "Cookie", "X"};
        if ((bits & 32) != 0) http.body_preview = 5;
    }
    bool filter_skips;
    ReassemblyLimits reassembly{.connections = 64};  // a large table takes longer to make than a script to run
    HttpOptions http;
};

/// One connection as its hosts see it.
struct Flow {
    std::uint32_t next[2] = {1000, 0xffffff00};  // the server's sequence numbers wrap soon
    std::uint32_t start[2] = {1000, 0xffffff00};
    std::string sent[2];  // from `start` up to `next`
    bool exact = true;    // `sent` is all there is in sequence space
};

class Script : public SentBytes {
  public:
    explicit Script(std::uint8_t choices)
        : choices_(choices),
          exchanges_(choices_.http),
          tracer_(exchanges_, ledger_, choices_.http),
          sink_(tracer_, *this, choices_.reassembly.connections),
          reassembler_(sink_, choices_.reassembly, 1) {
        reassembler_.filter_skips(choices_.filter_skips);
    }

    void run(Bytes script) {
        while (!script.empty()) {
            const auto mark = std::ranges::find(script, command_mark);
            const auto length = static_cast<std::size_t>(mark - script.begin());
            if (length != 0) send(std::string(as_text(script.first(length))), length);
            script = script.subspan(length);
            if (script.empty()) break;
            Cursor input(script.subspan(1));
            command(input);
            script = input.rest();
            must(ledger_.requests_seen - requests_ended(ledger_) <= choices_.http.exchanges, "exchanges under way are bounded");
        }
        reassembler_.finish(now_);
        must(sink_.open() == 0 && !reassembler_.holds_any(), "the end closes everything");
        check_ledger(ledger_, exchanges_.exchanges);
    }

    /// Whatever came before, an ordinary conversation afterwards is told as it was.
    void run_ordinary() {
        const std::size_t before = exchanges_.exchanges.size();
        now_ = std::max(now_, latest_) + 100s;
        reassembler_.advance(now_);
        tracer_.advance(now_);
        port_ = 65000;
        interface_ = 9;
        flags_ = tcp_syn;
        with_ack_ = false;
        cut_ = no_cut;
        put_aside_ = false;
        aside_.clear();
        send_text(0, {});
        flags_ = tcp_syn;
        send_text(1, {});
        send_text(0, {});
        send_text(0, "GET /ordinary HTTP/1.1\r\nHost");
        put_aside_ = true;
        send_text(0, ": h\r\n");
        send_text(0, "\r\n");
        release(true);
        release(true);
        send_text(1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
        send_text(1, "\r\nok");
        must(exchanges_.exchanges.size() == before + 1, "an ordinary conversation is told");
        const std::string line = test::line_of(exchanges_.exchanges.back());
        must(line == "GET /ordinary 200 body 0/2 complete", "an ordinary conversation is told as it was, not as " + line);
    }

    bool sent(const Endpoint& source, const Endpoint& destination, std::uint32_t seq, Bytes bytes) const override {
        const std::size_t side = source.port == server_port ? 1 : 0;
        const auto found = flows_.find(side == 0 ? source.port : destination.port);
        if (found == flows_.end() || !found->second.exact) return true;
        const std::string& log = found->second.sent[side];
        const std::uint32_t at = seq - found->second.start[side];
        return at > log.size() || as_text(bytes) == std::string_view(log).substr(at, bytes.size());
    }

  private:
    static constexpr std::uint16_t server_port = 80;
    static constexpr std::size_t no_cut = ~std::size_t{0};

    void command(Cursor& input) {
        switch (input.u8()) {
            case 'c': side_ = 0; break;
            case 's': side_ = 1; break;
            case 'o': handshake(); break;
            case 'e': send({}, 0); break;  // a segment without payload
            case 'F': flags_ |= tcp_fin; break;  // of the next segment, as the following
            case 'S': flags_ |= tcp_syn; break;
            case 'R': flags_ |= tcp_rst; break;
            case 'A': with_ack_ = false; break;
            case 'k': cut_ = input.u8(); break;  // captured bytes
            case 'h': put_aside_ = true; break;  // it comes later
            case 'r': release(true); break;  // the one put aside first comes now
            case 'l': release(false); break;  // the one put aside last comes now
            case 'd': deliver(last_); break;  // sent again
            case 'v': send_again(input.u8()); break;  // sent again, cut differently
            case 'm': skip(input.u8()); break;  // bytes never seen
            case 'x': send({}, input.u8() * 997U); break;  // a long segment of which nothing was captured
            case 'X': send(std::string(input.u8() * 97U, 'x'), 0); break;
            case 'p': port_ = static_cast<std::uint16_t>(40000 + input.u8() % 6); break;
            case 'i': interface_ = input.u8() % 3; break;
            case 'w': wait(input.u8()); break;
            case 'b': now_ -= input.u8() * 10ms; break;  // clocks are set, files merged
            case 'j': jump(input.u8()); break;
            default: break;
        }
    }

    void handshake() {
        const unsigned side = side_;
        side_ = 0;
        flags_ = tcp_syn;
        with_ack_ = false;
        send({}, 0);
        side_ = 1;
        flags_ = tcp_syn;
        send({}, 0);
        side_ = 0;
        send({}, 0);
        side_ = side;
    }

    void send_text(unsigned side, std::string_view text) {
        side_ = side;
        send(std::string(text), text.size());
    }

    /// `length` on the wire, where that is more than the bytes.
    void send(std::string bytes, std::size_t length) {
        Flow& flow = flows_[port_];
        const std::size_t wire = std::max(bytes.size(), length);
        Segment segment = make(flow.next[side_]);
        segment.flags = static_cast<std::uint8_t>(flags_ | (with_ack_ ? tcp_ack : 0));
        segment.length = static_cast<std::uint32_t>(wire);
        if ((flags_ & tcp_syn) != 0) log(flow, std::string(1, '\0'));
        log(flow, bytes + std::string(wire - bytes.size(), 'x'));
        if ((flags_ & tcp_fin) != 0) log(flow, std::string(1, '\0'));
        bytes.resize(std::min(bytes.size(), cut_));
        last_ = {segment, std::move(bytes)};
        if (put_aside_) aside_.push_back(last_);
        else deliver(last_);
        flags_ = 0;
        with_ack_ = true;
        cut_ = no_cut;
        put_aside_ = false;
    }

    Segment make(std::uint32_t seq) const {
        Endpoint ends[2] = {{{{10, 0, 0, 1}, 4}, port_}, {{{10, 0, 0, 2}, 4}, server_port}};
        Segment segment;
        segment.source = ends[side_];
        segment.destination = ends[side_ ^ 1];
        segment.seq = seq;
        const auto flow = flows_.find(port_);
        segment.ack = flow == flows_.end() ? 0 : flow->second.next[side_ ^ 1];
        segment.interface = interface_;
        return segment;
    }

    void log(Flow& flow, const std::string& bytes) const {
        flow.sent[side_] += bytes;
        flow.next[side_] += static_cast<std::uint32_t>(bytes.size());
    }

    void send_again(std::size_t back) {
        Flow& flow = flows_[port_];
        const std::string& log = flow.sent[side_];
        const std::size_t from = log.size() - std::min(log.size(), 2 * back);
        OwnedSegment again{make(flow.start[side_] + static_cast<std::uint32_t>(from)), log.substr(from, back + back / 2)};
        again.segment.flags = tcp_ack;
        again.segment.length = static_cast<std::uint32_t>(again.bytes.size());
        deliver(again);
    }

    void skip(std::size_t count) { log(flows_[port_], std::string(count * count, 'x')); }

    /// Another connection's sequence numbers, or a stray segment's.
    void jump(std::uint32_t distance) {
        Flow& flow = flows_[port_];
        flow.next[side_] += distance << 22;
        flow.exact = false;
        flow.sent[side_].clear();
        flow.start[side_] = flow.next[side_];
    }

    void wait(std::int64_t time) {
        now_ += time * time * 5ms;
        reassembler_.advance(now_);
        tracer_.advance(now_);
    }

    void release(bool first) {
        if (aside_.empty()) return;
        const auto place = first ? aside_.begin() : aside_.end() - 1;
        const OwnedSegment owned = std::move(*place);
        aside_.erase(place);
        deliver(owned);
    }

    void deliver(const OwnedSegment& owned) {
        Segment segment = owned.segment;
        segment.payload = as_bytes(owned.bytes);
        now_ += 1ms;
        latest_ = std::max(latest_, now_);
        segment.time = now_;
        reassembler_.accept(segment);
    }

    Choices choices_;
    Ledger ledger_;
    CheckedExchanges exchanges_;
    HttpTracer tracer_;
    CheckedSink sink_;
    Reassembler reassembler_;

    std::map<std::uint16_t, Flow> flows_;  // by the client's port
    Time now_{Nanoseconds{1'000'000'000'000'000'000}}, latest_ = now_;
    std::uint16_t port_ = 40000;
    std::uint32_t interface_ = 0;
    unsigned side_ = 0;
    // Of the next segment.
    unsigned flags_ = 0;
    bool with_ack_ = true, put_aside_ = false;
    std::size_t cut_ = no_cut;

    OwnedSegment last_;
    std::vector<OwnedSegment> aside_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Script script(data[0]);
    script.run(input_bytes(data, std::min(size, longest_script)).subspan(1));
    script.run_ordinary();
    return 0;
}
