// What a capture file says was known of pods: any texts, and notes that were written. Input: which, then its bytes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/attribution.hpp"
#include "attribute/notes.hpp"
#include "fuzz.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

// Few, so that they meet.
constexpr std::array addresses{"10.244.0.7", "10.244.0.9", "fd00::7", "192.168.1.5",
                               "10.96.0.10", "127.0.0.1",  "::1",     "169.254.1.1"};
constexpr std::array uids{"11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000",
                          "0123456789abcdef0123456789abcdef"};

Address address(std::uint8_t which) { return parse_address(addresses[which % addresses.size()]).value(); }
Endpoint endpoint(std::uint8_t which) { return {address(which), which < 128 ? std::uint16_t{80} : std::uint16_t{40000}}; }

std::vector<Noted> read_all(const std::vector<std::string>& texts) {
    NoteReader reader;
    std::vector<Noted> notes;
    for (const std::string& text : texts) {
        const auto read = reader.read(text);
        must(read.has_value(), "a note that was written can be read");
        if (*read) notes.push_back(**read);
    }
    return notes;
}

/// Written and read again it is the same, as far as it can be: a text that is no UTF-8 is made one.
Noted check_written(const Noted& noted) {
    const std::vector<std::string> texts = write_note(noted);
    for (const std::string& text : texts) {
        must(text.size() <= 60'000, "a text is not too long");
        must(std::ranges::none_of(text, [](unsigned char c) { return c < ' '; }), "a text has no line end");
    }
    std::vector<Noted> again = read_all(texts);
    must(again.size() == 1, "one note was written");
    must(again[0].time == noted.time && again[0].note.index() == noted.note.index(), "the same note");
    must(write_note(again[0]) == texts, "what was written reads the same");
    return std::move(again[0]);
}

std::string told(const Peer& peer) {
    std::string text;
    append_address(text, peer.endpoint.address);
    text += ":" + std::to_string(peer.endpoint.port) + " " + peer.comm;
    if (peer.pod != nullptr)
        text += " " + peer.pod->namespace_name + "/" + peer.pod->name + "/" + peer.pod->uid + "/" + peer.pod->container;
    return text;
}

/// What is said of exchanges between all addresses, in three namespaces.
std::string ask(Attribution& attribution, Time time) {
    std::string answer;
    for (std::uint64_t netns = 1; netns <= 3; ++netns)
        for (std::uint8_t client = 0; client < addresses.size(); ++client)
            for (std::uint8_t server = 0; server < addresses.size(); ++server) {
                Exchange exchange;
                exchange.time = time;
                exchange.netns = netns;
                exchange.client.endpoint = endpoint(client + 128);
                exchange.server.endpoint = endpoint(server);
                const bool elsewhere = attribution.is_told_elsewhere(exchange, attribution.facts_of(exchange));
                const bool begins_elsewhere =
                    attribution.is_told_elsewhere(exchange.client.endpoint, exchange.server.endpoint, netns, time);
                attribution.attribute(exchange, attribution.facts_of(exchange));
                answer += told(exchange.client) + " " + told(exchange.server) + (elsewhere ? " e" : "") +
                          (begins_elsewhere ? " b" : "") + (exchange.service ? " " + exchange.service->name : "") + " " +
                          std::to_string(static_cast<int>(exchange.side)) + "\n";
            }
    return answer;
}

/// Texts, a line each.
void check_texts(std::string_view text) {
    Attribution attribution;
    NoteReader reader;
    Time latest;
    std::size_t notes = 0;
    while (!text.empty() && notes < 64) {
        const std::size_t end = text.find('\n');
        const auto read = reader.read(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (!read) {
            must(!read.error().why.empty(), "an error says why");
            continue;
        }
        if (!*read) continue;
        ++notes;
        check_written(**read);
        attribution.apply(**read);
        latest = (*read)->time;
    }
    if (notes == 0) return;
    ask(attribution, latest);
    for (const Noted& noted : attribution.standing()) write_note(noted);
}

std::string name(Cursor& input) {
    const Bytes bytes = input.take(std::min<std::size_t>(input.u8() % 16, input.remaining()));
    return std::string(as_text(bytes));
}

PodRecord make_pod(Cursor& input) {
    const std::uint8_t who = input.u8(), where = input.u8(), how = input.u8();
    PodRecord pod{.namespace_name = "shop",
                  .name = "pod-" + std::to_string(who % 3),
                  .uid = uids[who % uids.size()],
                  .phase = how % 8 == 7 ? "Succeeded" : "Running"};
    pod.terminating = (how & 0x10) != 0;
    pod.host_network = (how & 0xe0) == 0xe0;
    pod.addresses = {address(where), address(where / 16)};
    pod.netns = 1U + where % 3;
    pod.host_ports = {80};
    pod.containers = {{.name = "app",
                       .id = std::string(64, static_cast<char>('a' + who % 3)),
                       .pid = who,
                       .ports = {80},
                       .ended = (how & 8) != 0}};
    if ((how & 4) != 0) pod.containers.push_back({.name = name(input), .id = {}, .ports = {40000}});
    pod.source = PodSource::file;
    return pod;
}

std::optional<Process> make_process(Cursor& input) {
    const std::uint8_t who = input.u8();
    if (who < 64) return std::nullopt;
    if (who < 128) return Process{.comm = name(input), .cgroup = {}};
    return Process{.comm = "nginx",
                   .cgroup = "/kubepods/pod" + std::string(uids[who % uids.size()]) + "/" +
                             std::string(64, static_cast<char>('a' + who % 3))};
}

Note make_note(Cursor& input) {
    const std::uint8_t kind = input.u8();
    switch (kind % 4) {
        case 0: {
            NamespaceState state{.netns = 1U + kind / 4 % 3,
                                 .traced = (kind & 0x20) == 0,
                                 .whole = (kind & 0x40) == 0,
                                 .node = (kind & 0x80) != 0};
            for (std::uint8_t i = 0, which = input.u8(); i < 8; ++i)
                if ((which & 1U << i) != 0) state.addresses.push_back(address(i));
            std::ranges::sort(state.addresses);
            if ((kind & 0x10) != 0) state.since = Time(std::chrono::hours(500'000)) + std::chrono::milliseconds(100);
            return state;
        }
        case 1: {
            PodsKnown known{.settled = (kind & 4) != 0};
            std::vector<PodRecord> pods;
            for (int i = 0; i < kind / 8 % 4; ++i) pods.push_back(make_pod(input));
            known.pods = PodList(std::move(pods));
            return known;
        }
        case 2: return PodsChange{};
        default: {
            ConnectionFacts facts{
                .netns = 1U + kind / 4 % 3, .client = endpoint(input.u8() | 128), .server = endpoint(input.u8() & 127)};
            facts.client_process = make_process(input);
            facts.server_process = make_process(input);
            if ((kind & 0x40) != 0) facts.backend = endpoint(input.u8());
            if ((kind & 0x80) != 0) facts.caller = endpoint(input.u8());
            facts.service_name = name(input);
            facts.delivery = (kind & 0x20) != 0;
            return facts;
        }
    }
}

/// A trace that applies notes as they come and one that reads them from its file say the same.
void check_notes(Cursor input) {
    Attribution live, file;
    Time now(std::chrono::hours(500'000));
    bool is_utf8 = true;
    for (int round = 0; round < 32 && input.remaining() > 2; ++round) {
        now += std::chrono::milliseconds(input.u8() * 10);
        const Noted noted{now, make_note(input)};
        const Noted read = check_written(noted);
        for (const std::string& text : write_note(noted)) is_utf8 = is_utf8 && text.find("\xef\xbf\xbd") == text.npos;
        live.apply(noted);
        file.apply(read);
    }
    if (is_utf8) must(ask(live, now) == ask(file, now), "a file tells whose it was as the trace did");
    for (const Noted& noted : live.standing()) check_written(noted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    if (input.u8() == 'n') check_notes(input);
    else check_texts(as_text(input.rest()));
    return 0;
}
