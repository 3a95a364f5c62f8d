// Sizes as users write them.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"

namespace podsnoop {

/// Reads a number of bytes: "65536", "32MiB", "100MB"; K, M, G and KiB, MiB, GiB are powers of 1024, KB, MB, GB of
/// 1000; case does not matter. Fails on anything else, and above 2^40.
Result<std::size_t> parse_size(std::string_view text);

}  // namespace podsnoop
