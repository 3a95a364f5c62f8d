// Every output format, for exchanges of any bytes at any width. Input: format, width (2 bytes), options, then
// the exchange's numbers and texts, each text with its length before it.
#include <algorithm>
#include <string>
#include <vector>

#include "check_text.hpp"
#include "fuzz.hpp"
#include "print/ledger.hpp"
#include "print/printer.hpp"
#include "print/utf8.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

constexpr unsigned narrowest = 8;  // columns: a detail's indent and one wide character

std::string text(Cursor& input) {
    const std::size_t length = std::min<std::size_t>(input.u8(), input.remaining());
    return std::string(as_text(input.take(length)));
}

std::optional<Nanoseconds> duration(Cursor& input) {
    const std::uint8_t bits = input.u8();
    if (bits == 0) return std::nullopt;
    return Nanoseconds{static_cast<std::int64_t>(input.u64be() >> (1 + bits % 63))};
}

Peer peer(Cursor& input, const Pod& pod) {
    Peer peer;
    const std::uint8_t kind = input.u8();
    peer.endpoint.address = Address::from(input.take(kind % 3 == 0 ? 4 : kind % 3 == 1 ? 16 : 0));
    peer.endpoint.port = input.u16be();
    if (kind >= 128) peer.pod = &pod;
    return peer;
}

void fill(Message& message, Cursor& input, std::uint8_t seen) {
    message.seen = seen != 0;
    message.version_minor = input.u8() % 10;
    message.head_bytes = input.u32be();
    message.body_bytes = input.u64be();
    for (unsigned count = input.u8() % 4; count != 0; --count) {
        std::string name = text(input);
        message.headers.push_back({std::move(name), text(input)});
    }
    message.body_preview = text(input);
}

Exchange exchange(Cursor& input, const Pod& pod) {
    Exchange e;
    e.time = Time{Nanoseconds{static_cast<std::int64_t>(input.u64be()) / 2}};
    e.side = static_cast<Side>(input.u8() % 4);
    e.interface = text(input);
    e.netns = input.u32be();
    e.client = peer(input, pod);
    e.server = peer(input, pod);
    const std::uint8_t seen = input.u8();
    fill(e.request, input, seen & 1);
    fill(e.response, input, seen & 2);
    e.request.method = text(input);
    e.request.target = text(input);
    if (input.u8() % 2 == 0) e.request.host = text(input);
    e.response.status = static_cast<std::uint16_t>(100 + input.u16be() % 900);
    for (auto* phase : {&e.latency.connect, &e.latency.request, &e.latency.wait, &e.latency.response, &e.latency.total})
        *phase = duration(input);
    e.end = static_cast<ExchangeEnd>(input.u8() % exchange_end_count);
    e.flags = input.u8() % (1 << exchange_flag_count);
    return e;
}

void check_width(std::string_view lines, unsigned width) {
    for (const std::string_view line : lines_of(lines)) must(width_of(line) <= width, "no line is wider than the terminal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    PrintOptions options;
    options.format = static_cast<Format>(input.u8() % 6);
    const std::uint16_t width = input.u16be() % 512;
    options.width = width == 0 ? 0 : std::max<unsigned>(width, narrowest);
    const std::uint8_t bits = input.u8();
    options.color = (bits & 1) != 0;
    options.headers = (bits & 2) != 0;
    options.body = (bits & 4) != 0;
    const Pod pod{text(input), text(input), text(input), text(input)};
    const Exchange e = exchange(input, pod);

    ExchangePrinter printer(options);
    std::string header, record;
    printer.header(header);
    printer.print(record, e);
    const bool table = options.format == Format::table || options.format == Format::wide;
    if (table && options.color) record = without_colors(record), header = without_colors(header);
    check_safe(header);
    check_safe(record);
    must(record.ends_with('\n'), "a record ends its line");
    if (table && options.width != 0) check_width(header, options.width), check_width(record, options.width);
    if (options.format == Format::json || options.format == Format::otlp) check_json_line(record);
    if (options.format == Format::influx) check_influx_line(record);
    if (options.format == Format::csv) must(csv_fields(header) == csv_fields(record), "a record has a field for each name");
    return 0;
}
