// How records are to be printed.
#pragma once

#include <cstdint>

namespace podsnoop {

enum class Format : std::uint8_t { table, wide, json, csv, influx, otlp };

struct PrintOptions {
    Format format = Format::table;
    bool color = false;
    unsigned width = 0;                  ///< of the terminal, in columns; 0: not a terminal, nothing is cut
    bool headers = false, body = false;  ///< print what exchanges carry of these
};

}  // namespace podsnoop
