#include "print/influx.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <iterator>
#include <limits>

#include "event/http_methods.hpp"
#include "print/escape.hpp"

namespace podsnoop {

Time InfluxTimes::place(std::string_view series, Time time) {
    const std::uint64_t series_hash = std::hash<std::string_view>{}(series);
    for (std::size_t tried = 0; tried < recent_.size(); ++tried, time += Nanoseconds{1}) {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: times in a row get slots far apart
        const std::uint64_t hash = (series_hash ^ static_cast<std::uint64_t>(time.time_since_epoch().count())) * odd;
        std::uint64_t& slot = recent_[hash >> 52];
        static_assert(std::tuple_size_v<decltype(recent_)> == 1 << (64 - 52));
        if (slot == hash) continue;
        slot = hash;
        break;
    }
    return time;
}

void InfluxWriter::value(std::string_view key, const Field&, Word word) {
    if (word.text.empty()) return;
    if (path_.empty() && key == "type")  // the first field of every record
        out_ += word.text;
    else append_tag(key, word.text);
}

void InfluxWriter::value(std::string_view key, const Field&, MethodName method) {
    const bool common = is_common_method(method.text);
    append_tag(key, common ? method.text : other_method);
    if (!common) append_text("method_original", false, method.text);
}

void InfluxWriter::value(std::string_view key, const Field& about, std::uint64_t number) {
    // A field is a signed number. Nobody has so many bytes; a peer can still claim to.
    if (number <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) value(key, about, static_cast<std::int64_t>(number));
}

void InfluxWriter::value(std::string_view key, const Field& about, std::int64_t number) {
    if (about.series) append_tag(key, fmt::format_int(number).c_str());
    else fmt::format_to(std::back_inserter(begin_field(key)), "{}i", number);
}

void InfluxWriter::value(std::string_view key, const Field& about, Micros micros) {
    if (!micros.value) return;
    value(key, about, std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(*micros.value).count()});
}

void InfluxWriter::append_text(std::string_view key, bool tag, std::string_view text) {
    if (tag) {
        append_tag(key, text);
        return;
    }
    std::string& to = begin_field(key);
    to += '"';
    append_influx_text(to, text);
    to += '"';
}

void InfluxWriter::append_tag(std::string_view key, std::string_view text) {
    if (text.empty()) return;  // no tag has an empty value
    out_ += ',';
    out_ += path_;
    out_ += key;
    out_ += '=';
    append_influx_tag(out_, text);
}

std::string& InfluxWriter::begin_field(std::string_view key) {
    if (!fields_.empty()) fields_ += ',';
    fields_ += path_;
    fields_ += key;
    fields_ += '=';
    return fields_;
}

void InfluxWriter::end_line() {
    if (fields_.empty()) fields_ += "seen=true";  // a point has at least one
    const Time time = time_ ? times_.place(std::string_view(out_).substr(start_), *time_) : Time{};
    out_ += ' ';
    out_ += fields_;
    if (time_) fmt::format_to(std::back_inserter(out_), " {}", time.time_since_epoch().count());
    out_ += '\n';
}

}  // namespace podsnoop
