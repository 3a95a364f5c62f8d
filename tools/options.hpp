// How options are added, so that a bad value of any of them is said in the same way, and the option values that
// more than one command reads.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "print/options.hpp"

namespace podsnoop {

/// What a parse function of the library read. Its Error becomes CLI11's: wrong usage.
template <class T>
T value_of(const std::string& option, Result<T> parsed) {
    if (parsed) return std::move(*parsed);
    const Error& error = parsed.error();
    throw CLI::ValidationError(option, error.line() + (error.hint.empty() ? "" : "; " + error.hint));
}

/// An option that may be given once. `read` takes its value.
CLI::Option* add_once(CLI::App& app, const std::string& name, std::function<void(const std::string&)> read,
                      const std::string& type, const std::string& help);
/// An option whose value is a list, joined by commas if it is given more than once.
CLI::Option* add_list(CLI::App& app, const std::string& name, std::function<void(const std::string&)> read,
                      const std::string& type, const std::string& help);

/// "--port" of "-p,--port".
inline std::string long_name(const std::string& name) { return name.substr(name.find("--")); }

/// An option whose value a parse function of the library reads.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& value, Parse parse, const std::string& type,
                        const std::string& help) {
    return add_once(
        app, name, [&value, parse, name](const std::string& text) { value = value_of(long_name(name), parse(text)); }, type,
        help);
}
/// The same for a list.
template <class T, class Parse>
CLI::Option* add_parsed_list(CLI::App& app, const std::string& name, T& value, Parse parse, const std::string& type,
                             const std::string& help) {
    return add_list(
        app, name, [&value, parse, name](const std::string& text) { value = value_of(long_name(name), parse(text)); }, type,
        help);
}

/// What help says of an output format, with the default.
inline constexpr const char* format_help = "table, wide, json, csv or influx [table]";
/// One of these.
Result<Format> parse_format(std::string_view text);
inline constexpr const char* format_help_otlp = "table, wide, json, csv, influx or otlp [table]";
/// One of these: exchanges are spans too, and their sums metrics.
Result<Format> parse_format_otlp(std::string_view text);
/// "auto" is nothing: as standard output is a terminal or not.
Result<std::optional<bool>> parse_color(std::string_view text);
/// Where --color was not given, NO_COLOR may say no (no-color.org).
void heed_no_color(std::optional<bool>& color);
/// A whole number from 1 on.
Result<std::uint64_t> parse_count(std::string_view text);
/// Anything but nothing: an empty name is mostly the output of a command that found none.
Result<std::string> parse_name(std::string_view text);
/// A length for intervals.
Result<Nanoseconds> parse_interval(std::string_view text);
/// Groups to count apart, 1 to 10,000.
Result<std::size_t> parse_groups(std::string_view text);
/// Header field names (RFC 9110 5.1): "Host" or "host,x-request-id".
Result<std::vector<std::string>> parse_headers(std::string_view text);
/// A duration above 0.
Result<Nanoseconds> parse_period(std::string_view text);
/// Bytes of the packet buffer, 256 KiB to 2 GiB.
Result<std::size_t> parse_buffer(std::string_view text);
/// Bytes of a capture file, from 64 KiB on.
Result<std::uint64_t> parse_file_size(std::string_view text);
/// Bytes of each body to show, at most 64 KiB.
Result<std::size_t> parse_body_preview(std::string_view text);
/// Connections to follow at once, 1 to 16,777,215.
Result<std::size_t> parse_connections(std::string_view text);

}  // namespace podsnoop
