#include "options.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/letters.hpp"
#include "base/number.hpp"
#include "base/size.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t smallest_buffer = std::size_t{256} << 10, largest_buffer = std::size_t{1} << 31;
constexpr std::size_t smallest_file = 65536;
constexpr std::size_t largest_preview = 65536;
constexpr std::uint64_t most_connections = 16'777'215;  // places of 24 bits, of which one is none (reassemble/connection.hpp)
constexpr std::uint64_t most_groups = 10'000;  // each takes up to 10 KB, nearly all for its latencies
// Intervals end where a session looks what is over, and so are exact.
constexpr Nanoseconds interval_step = std::chrono::milliseconds(50);
constexpr Nanoseconds shortest_interval = std::chrono::milliseconds(100), longest_interval = std::chrono::hours(24);

CLI::Option* add_any(CLI::App& app, const std::string& name, CLI::callback_t read, const std::string& type,
                     const std::string& help) {
    return app.add_option(name, std::move(read), help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

CLI::Option* add_once(CLI::App& app, const std::string& name, std::function<void(const std::string&)> read,
                      const std::string& type, const std::string& help) {
    const auto once = [read = std::move(read), name](const CLI::results_t& given) {
        if (given.size() != 1) throw CLI::ValidationError(long_name(name), "given more than once");
        read(given.front());
        return true;
    };
    return add_any(app, name, once, type, help);
}

CLI::Option* add_list(CLI::App& app, const std::string& name, std::function<void(const std::string&)> read,
                      const std::string& type, const std::string& help) {
    const auto all = [read = std::move(read)](const CLI::results_t& given) {
        std::string list;
        for (const std::string& text : given) list += (list.empty() ? "" : ",") + text;
        read(list);
        return true;
    };
    return add_any(app, name, all, type, help);
}

Result<Format> parse_format(std::string_view text) {
    if (text == "table") return Format::table;
    if (text == "wide") return Format::wide;
    if (text == "json") return Format::json;
    if (text == "csv") return Format::csv;
    if (text == "influx") return Format::influx;
    return fail("not an output format", std::string(text), "it is none of table, wide, json, csv, influx");
}

Result<Format> parse_format_otlp(std::string_view text) {
    if (text == "otlp") return Format::otlp;
    const Result<Format> format = parse_format(text);
    if (!format) return fail(format.error().what, format.error().on, format.error().why + ", otlp");
    return format;
}

Result<std::optional<bool>> parse_color(std::string_view text) {
    if (text == "auto") return std::optional<bool>{};
    if (text == "always") return true;
    if (text == "never") return false;
    return fail("not a choice", std::string(text), "it is none of auto, always, never");
}

void heed_no_color(std::optional<bool>& color) {
    const char* no_color = std::getenv("NO_COLOR");
    if (!color && no_color != nullptr && *no_color != '\0') color = false;
}

Result<std::uint64_t> parse_count(std::string_view text) {
    const auto number = parse_number<std::uint64_t>(text);
    if (!number || *number == 0) return fail("not a count", std::string(text), "it must be a whole number from 1 on");
    return *number;
}

Result<std::string> parse_name(std::string_view text) {
    if (text.empty()) return fail("not a name", "''", "it is empty");
    return std::string(text);
}

Result<Nanoseconds> parse_interval(std::string_view text) {
    const Result<Nanoseconds> interval = parse_duration(text);
    if (interval &&
        (*interval < shortest_interval || *interval > longest_interval || *interval % interval_step != Nanoseconds{0}))
        return fail("not an interval", std::string(text), "it must be 100ms to 24h, in steps of 50ms");
    return interval;
}

Result<std::size_t> parse_groups(std::string_view text) {
    const Result<std::uint64_t> count = parse_count(text);
    if (!count) return std::unexpected(count.error());
    if (*count > most_groups) return fail("too many groups", std::string(text), "at most 10000 can be counted apart");
    return static_cast<std::size_t>(*count);
}

Result<std::vector<std::string>> parse_headers(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t comma = std::min(text.find(',', start), text.size());
        const std::string_view name = text.substr(start, comma - start);
        if (name.empty() || !std::ranges::all_of(name, is_token_char))
            return fail("not a header field's name", "'" + std::string(name) + "'", "write Host or host,x-request-id");
        names.emplace_back(name);
        start = comma + 1;
    }
    return names;
}

Result<Nanoseconds> parse_period(std::string_view text) {
    Result<Nanoseconds> period = parse_duration(text);
    if (period && *period == Nanoseconds{0}) return fail("not a duration to wait", std::string(text), "it must be above 0");
    return period;
}

Result<std::size_t> parse_buffer(std::string_view text) {
    Result<std::size_t> size = parse_size(text);
    if (size && (*size < smallest_buffer || *size > largest_buffer))
        return fail("not a buffer size", std::string(text), "it must be 256KiB to 2GiB");
    return size;
}

Result<std::uint64_t> parse_file_size(std::string_view text) {
    const Result<std::size_t> size = parse_size(text);
    if (!size) return std::unexpected(size.error());
    if (*size < smallest_file) return fail("not a file size", std::string(text), "it must be at least 64KiB");
    return *size;
}

Result<std::size_t> parse_body_preview(std::string_view text) {
    Result<std::size_t> size = parse_size(text);
    if (size && *size > largest_preview) return fail("too many bytes", std::string(text), "at most 65536 of a body are shown");
    return size;
}

Result<std::size_t> parse_connections(std::string_view text) {
    const Result<std::uint64_t> count = parse_count(text);
    if (!count) return std::unexpected(count.error());
    if (*count > most_connections) return fail("too many connections", std::string(text), "at most 16777215 can be followed");
    return static_cast<std::size_t>(*count);
}

}  // namespace podsnoop
