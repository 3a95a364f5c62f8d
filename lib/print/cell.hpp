// One table cell: a value as people read it, in at most so many columns.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/check.hpp"
#include "event/columns.hpp"
#include "event/fields.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

inline constexpr unsigned no_limit = std::numeric_limits<unsigned>::max();

/// Each appends a value's text, without controls, and returns the columns it takes: at most `limit`.
/// `scratch` is for text on its way. What is unknown is "-".
unsigned append_cell(std::string& out, TextCache& cache, Clock clock, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, const PeerName& peer, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, const TaskName& task, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, const Outcome& outcome, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, std::optional<Nanoseconds> duration, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, std::optional<std::uint64_t> number, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, Size size, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, Rate rate, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, const LatencyBar& bar, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, Word word, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, CheckState state, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, FlagList flags, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, std::string_view text, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, std::span<const Address> addresses, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, const RequestLine& line, unsigned limit);
unsigned append_cell(std::string& out, TextCache& cache, Ending ending, unsigned limit);

/// The colour a value calls for, as a terminal's escape sequence (ECMA-48 SGR); empty for none.
template <class Value>
std::string_view color_of(const Value&) {
    return {};
}
std::string_view color_of(const Outcome& outcome);
std::string_view color_of(const CheckState& state);
std::string_view color_of(const Ending& ending);

}  // namespace podsnoop
