#include "print/json.hpp"

#include <algorithm>

#include "event/fields_ledger.hpp"
#include "print/ledger.hpp"

namespace podsnoop {

std::optional<std::string_view> JsonWriter::text_of(const Address& address) {
    if (address.family == 0) return std::nullopt;
    cache_.scratch.clear();
    append_address(cache_.scratch, address);
    return cache_.scratch;
}

void JsonWriter::value(double number) {
    cache_.scratch.clear();
    append_number(cache_.scratch, number);
    out_.put(cache_.scratch);
    out_.put(',');
}

void JsonWriter::names(FlagList flags) {
    out_.put('[');
    flags.each([&](std::string_view name) { put(no_key, Word{name}); });
    close(']');
}

void JsonWriter::value(std::span<const SketchBin> bins) {
    out_.put('{');
    for (const SketchBin& bin : bins) {
        out_.put('"');
        put(no_key, std::uint64_t{bin.index});
        out_.last() = '"';
        out_.put(':');
        put(no_key, bin.count);
    }
    close('}');
}

void JsonWriter::value(const HeaderMap& map) {
    out_.put('{');
    for_each_header(map, cache_.scratch, [&](std::string_view name, std::string_view joined) {
        put(no_key, name);
        out_.last() = ':';
        put(no_key, joined);
    });
    close('}');
}

template <class AnyLedger>
static void append_line(std::string& out, const AnyLedger& ledger) {
    TextCache cache;
    JsonWriter writer(out, cache);
    visit_fields(ledger, writer);
    writer.end_line();
}

void append_ledger_json(std::string& out, const Ledger& ledger) { append_line(out, ledger); }
void append_ledger_json(std::string& out, const TcpLedger& ledger) { append_line(out, ledger); }

}  // namespace podsnoop
