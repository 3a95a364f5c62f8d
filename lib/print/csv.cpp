#include "print/csv.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/fields.hpp"
#include "print/escape.hpp"

namespace podsnoop {

namespace {

/// Visits the fields for their names: "client_address", "latency_us_total".
class CsvNames {
  public:
    explicit CsvNames(std::string& out) : out_(out) {}

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field&, const Value&) {
        if (!first_) out_ += ',';
        first_ = false;
        out_ += path_;
        out_ += key.name;
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field&, bool, Members members) {
        const std::size_t outer = path_.size();
        path_ += key.name;
        path_ += '_';
        members();
        path_.resize(outer);
    }

  private:
    std::string& out_;
    std::string path_;
    bool first_ = true;
};

/// Visits the fields for their values.
class CsvWriter {
  public:
    CsvWriter(std::string& out, TextCache& cache) : out_(out), cache_(cache) {}

    template <KeyText Text, class Value>
    void field(Key<Text>, const Field&, const Value& of) {
        if (!first_) out_ += ',';
        first_ = false;
        if (present_) value(of);
    }
    template <KeyText Text, class Members>
    void object(Key<Text>, const Field&, bool present, Members members) {
        const bool outer = present_;
        present_ = outer && present;
        members();
        present_ = outer;
    }

  private:
    void value(std::uint64_t number) { fmt::format_to(std::back_inserter(out_), "{}", number); }
    void value(Word word) { out_ += word.text; }
    void value(std::string_view text) { append_csv_text(out_, text); }
    void value(Time time) { out_ += cache_.rfc3339(time); }
    void value(const Address& address) {
        if (address.family != 0) append_address(out_, address);
    }
    void value(Micros micros) {
        if (!micros.value) return;
        const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(*micros.value);
        fmt::format_to(std::back_inserter(out_), "{}", whole.count());
    }
    void value(FlagList flags) {
        std::string_view separator;
        flags.each([&](std::string_view name) {
            out_ += separator;
            out_ += name;
            separator = " ";
        });
    }
    void value(const HeaderMap& map) {
        std::string& text = cache_.escaped;
        text.clear();
        for_each_header(map, cache_.scratch, [&](std::string_view name, std::string_view joined) {
            fmt::format_to(std::back_inserter(text), "{}{}: {}", text.empty() ? "" : "; ", name, joined);
        });
        append_csv_text(out_, text);
    }
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) value(*maybe);
    }

    std::string& out_;
    TextCache& cache_;
    bool first_ = true;
    bool present_ = true;
};

}  // namespace

void CsvPrinter::header(std::string& out) const {
    CsvNames names(out);
    visit_fields(Exchange{}, extras_, names);
    out += '\n';
}

void CsvPrinter::print(std::string& out, const Exchange& exchange) {
    CsvWriter writer(out, cache_);
    visit_fields(exchange, extras_, writer);
    out += '\n';
}

}  // namespace podsnoop
