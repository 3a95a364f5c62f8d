// Exchanges that are known, over a network that is bad in ways the input says. However the segments are cut,
// reordered within a few places, or sent again, the same exchanges are told. Where some are lost, or captured
// in part, no request is ever told with another's response. Then there are no pipelined requests, and no text
// of messages in bodies: nothing in the packets that are left says what they are. Input: how bad (1 byte),
// the sequence numbers (8 bytes), the conversation (generator.cpp), then a byte or two for each segment.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <ranges>
#include <set>
#include <string>

#include "../http/conversation.hpp"
#include "check_exchange.hpp"
#include "fuzz.hpp"
#include "generator.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;
using Talk = test::Conversation;

namespace {

/// What may happen to segments.
struct Network {
    explicit Network(std::uint8_t bits)
        : loses((bits & 1) != 0), shuffles((bits & 2) != 0), cuts_captures((bits & 4) != 0), midstream(bits == 8) {}
    bool loses, shuffles, cuts_captures, midstream;
    [[nodiscard]] bool keeps_all() const { return !loses && !cuts_captures; }
};

HttpOptions options() {
    HttpOptions options;
    options.headers = {"X-Id"};
    return options;
}

/// Cuts writes into segments, with the acknowledgments that were true when they were sent.
std::vector<Segment> cut(Talk& talk, const std::vector<Write>& writes, Cursor& input) {
    std::vector<Segment> segments;
    for (const Write& write : writes) {
        std::string_view rest = write.bytes;
        while (!rest.empty()) {
            const std::size_t choice = input.u8();
            std::size_t length = choice == 0 ? rest.size() : std::min(choice, rest.size());
            // The reassembler takes an acknowledged byte that was not seen for a FIN, and does not wait for
            // it.
            if (rest.size() - length == 1) ++length;
            segments.push_back(talk.make(write.by_server ? Talk::server : Talk::client, rest.substr(0, length)));
            rest.remove_prefix(length);
        }
    }
    for (const auto side : {Talk::server, Talk::client}) {
        Segment fin = talk.make(side, {});
        fin.flags |= tcp_fin;
        ++talk.next[side];
        segments.push_back(fin);
    }
    return segments;
}

/// Delays each segment by up to three places, as the input says.
void shuffle(std::vector<Segment>& segments, Cursor& input) {
    std::multimap<std::size_t, Segment> arrivals;  // those of the same place in the order in which they came
    for (const Segment& segment : segments) arrivals.emplace(arrivals.size() + input.u8() % 4, segment);
    std::ranges::copy(arrivals | std::views::values, segments.begin());
}

std::vector<Segment> send(Talk& talk, const std::vector<Segment>& segments, const Network& network, Cursor& input) {
    std::vector<Segment> seen;
    for (Segment segment : segments) {
        const std::uint8_t fate = input.u8();
        if (network.loses && fate % 8 == 1) continue;
        if (network.cuts_captures && fate % 8 == 2)
            segment.payload = segment.payload.first(segment.payload.size() * (fate >> 3) / 32);
        for (int copies = network.shuffles && fate % 8 == 3 ? 2 : 1; copies != 0; --copies) {
            talk.segment(segment);
            seen.push_back(segment);
        }
    }
    talk.finish();
    return seen;
}

/// For a person who looks at a finding: what was made, what the capture saw of it, and what was told.
void show(const Talk& talk, const GeneratedConversation& made, const std::vector<Segment>& segments) {
    for (const Made& each : made.exchanges)
        std::fprintf(stderr, "made %s %u body %zu/%zu\n", each.method.c_str(), unsigned{each.status}, each.request_body,
                     each.response_body);
    for (const Segment& segment : segments)
        std::fprintf(stderr, "%s seq %u ack %u length %u: %.*s\n", segment.destination.port == 80 ? "client" : "server",
                     segment.seq, segment.ack, segment.length, static_cast<int>(segment.payload.size()),
                     as_text(segment.payload).data());
    for (const std::string& line : talk.collector.lines) std::fprintf(stderr, "told %s\n", line.c_str());
}

/// Which exchange a response belongs to, where it says so: of a head that was cut, the number may be cut too.
std::optional<std::size_t> number_in(const Exchange& exchange) {
    const std::vector<Header>& headers = exchange.response.headers;
    if (headers.empty() || (exchange.flags & flag_truncated_head) != 0) return std::nullopt;
    return std::strtoul(headers[0].value.c_str(), nullptr, 10);
}

void check_told(const std::vector<Exchange>& told, const std::vector<Made>& made) {
    std::set<std::size_t> requests, responses;
    for (const Exchange& exchange : told) {
        check_exchange(exchange, options());
        must(exchange.request.target != smuggled_target && exchange.response.status != smuggled_status, "a body is no message");
        std::optional<std::size_t> number;
        // Of a head that was cut, the target may be cut too.
        if (exchange.request.seen && (exchange.flags & flag_truncated_head) == 0) {
            number = std::strtoul(exchange.request.target.c_str() + 1, nullptr, 10);
            must(*number < made.size() && exchange.request.target == "/" + std::to_string(*number), "a target was sent");
            must(exchange.request.method == made[*number].method, "a target has its method");
            must(requests.insert(*number).second, "a request is told once");
        }
        if (!exchange.response.seen) continue;
        const auto answer = number_in(exchange);
        if (answer) must(*answer < made.size() && responses.insert(*answer).second, "a response is told once");
        if (number && answer) must(*number == *answer, "a request is told with its own response");
        if (!number) number = answer;
        if (!number) continue;
        must(exchange.response.status == made[*number].status, "a response has its status");
        // A request's head that was captured in part is taken for all of it.
        if (exchange.end != ExchangeEnd::complete || (exchange.flags & flag_truncated_head) != 0) continue;
        must(!exchange.request.seen || exchange.request.body_bytes == made[*number].request_body, "a whole request has its body");
        // Whether a body follows depends on the request (HEAD), which may not have been seen.
        if (!exchange.request.seen) continue;
        const std::size_t body = made[*number].response_body;
        // One byte lost of a body until close is taken for the FIN.
        const bool known = (exchange.flags & flag_body_gap) == 0;
        must(known ? exchange.response.body_bytes == body : exchange.response.body_bytes <= body,
             "a whole response has its body");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    const Network network(input.u8());
    Talk talk(options(), false, {.connections = 64});
    talk.next[Talk::client] = input.u32be();
    talk.next[Talk::server] = input.u32be();
    if (!network.midstream) talk.open();
    const GeneratedConversation made = generate(input, network.keeps_all() && !network.midstream);
    std::vector<Segment> segments = cut(talk, made.writes, input);
    if (network.shuffles) shuffle(segments, input);
    const std::vector<Segment> seen = send(talk, segments, network, input);
    if (std::getenv("FUZZ_SHOW") != nullptr) show(talk, made, seen);

    const std::vector<Exchange>& told = talk.collector.exchanges;
    check_ledger(talk.ledger, told);
    check_told(told, made.exchanges);
    // In a connection that was open before, only a common method shows that it is HTTP.
    const std::string& first = made.exchanges[0].method;
    const bool unknown = network.midstream && (first == "PURGE" || first == "X-LOAD");
    if (!network.keeps_all() || unknown) return 0;
    must(told.size() == made.exchanges.size(), "every exchange is told");
    for (std::size_t i = 0; i < told.size(); ++i) {
        must(told[i].request.seen && told[i].request.target == "/" + std::to_string(i), "exchanges are told in their order");
        must(told[i].response.seen && told[i].end == ExchangeEnd::complete, "every exchange is complete");
        must((told[i].flags & (flag_body_gap | flag_truncated_head | flag_early)) == 0, "nothing was missing");
        must(((told[i].flags & flag_midstream) != 0) == network.midstream, "midstream is what it was");
    }
    return 0;
}
