// What every fuzz target needs: the function that libFuzzer calls, and a way to say that something that must
// hold does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <span>
#include <string_view>

#include "base/bytes.hpp"

/// Called by libFuzzer with each input. 0 keeps the input where it went new ways.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace podsnoop::fuzz {

inline Bytes input_bytes(const std::uint8_t* data, std::size_t size) { return std::as_bytes(std::span(data, size)); }

/// Ends the program where `holds` does not: to libFuzzer, a crash.
inline void must(bool holds, std::string_view what, std::source_location where = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%u: must: %.*s\n", where.file_name(), static_cast<unsigned>(where.line()),
                 static_cast<int>(what.size()), what.data());
    std::abort();
}

}  // namespace podsnoop::fuzz
