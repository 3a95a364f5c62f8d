#include "print/json.hpp"

#include <algorithm>

#include "event/fields_ledger.hpp"
#include "print/escape.hpp"
#include "print/ledger.hpp"
#include "print/number.hpp"

namespace podsnoop {

void JsonWriter::value(std::string_view text) {
    if (is_plain(text)) {
        put_quoted(text);
        return;
    }
    cache_.escaped.clear();
    append_json_text(cache_.escaped, text);
    put_quoted(cache_.escaped);
}

void JsonWriter::value(Time time) { put_quoted(cache_.rfc3339(time)); }

void JsonWriter::value(const Address& address) {
    if (address.family == 0) {
        put_null();
        return;
    }
    if (address.family == 4) {
        out_.put_written(sizeof("'255.255.255.255'"), [&](char* to) {
            *to = '"';
            to = write_v4(to + 1, address);
            *to = '"';
            return to + 1;
        });
        return;
    }
    cache_.scratch.clear();
    append_address(cache_.scratch, address);
    put_quoted(cache_.scratch);
}

void JsonWriter::value(std::int64_t number) {
    if (number < 0) out_.put('-');
    const auto bits = static_cast<std::uint64_t>(number);
    out_.put(number < 0 ? 0 - bits : bits);  // the least number has no positive counterpart to negate to
}

void JsonWriter::value(double number) {
    cache_.scratch.clear();
    append_number(cache_.scratch, number);
    out_.put(cache_.scratch);
}

void JsonWriter::value(std::span<const SketchBin> bins) {
    out_.put('{');
    for (const SketchBin& bin : bins) {
        out_.put('"');
        out_.put(std::uint64_t{bin.index});
        out_.put(std::array{'"', ':'});
        out_.put(bin.count);
        out_.put(',');
    }
    close('}');
}

void JsonWriter::value(FlagList flags) {
    out_.put('[');
    flags.each([&](std::string_view name) {
        put_quoted(name);
        out_.put(',');
    });
    close(']');
}

void JsonWriter::value(const HeaderMap& map) {
    out_.put('{');
    for_each_header(map, cache_.scratch, [&](std::string_view name, std::string_view joined) {
        value(name);
        out_.put(':');
        value(joined);
        out_.put(',');
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
