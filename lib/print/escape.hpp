// Bytes from the network made fit for what reads them: a JSON parser, a spreadsheet, a terminal. Any byte may
// come.
#pragma once

#include <string>
#include <string_view>

namespace podsnoop {

/// Whether a text needs no escaping anywhere: printable ASCII without quote and backslash.
bool is_plain(std::string_view text);

/// Appends the inside of a JSON string. An invalid byte becomes U+FFFD; what a terminal would act on becomes
/// \uXXXX also where JSON does not ask for it.
void append_json_text(std::string& out, std::string_view text);

/// Appends a CSV field (RFC 4180), quoted where needed. Controls and backslashes are escaped as in JSON, so
/// that a record is always one line; an invalid byte becomes U+FFFD.
void append_csv_text(std::string& out, std::string_view text);

/// Appends the inside of a quoted field of line protocol, or a tag's value. Controls and backslashes are escaped as in
/// JSON before line protocol's own escaping, so that a record is always one line; an invalid byte becomes U+FFFD.
void append_influx_text(std::string& out, std::string_view text);
void append_influx_tag(std::string& out, std::string_view text);

/// Appends text for a terminal: "\x1b" for control bytes, "\u202e" for control characters beyond ASCII,
/// "\xff" for invalid bytes; other characters, backslashes among them, as they are.
void append_terminal_text(std::string& out, std::string_view text);

/// Appends text without controls in at most `width` terminal columns, cut with … where it is longer. Returns
/// the columns used.
unsigned append_cut(std::string& out, std::string_view text, unsigned width);

}  // namespace podsnoop
