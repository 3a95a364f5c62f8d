#include "print/flat.hpp"

#include <fmt/format.h>

#include <iterator>

namespace podsnoop {

void FlatText::append(std::string& to, SketchBin bin) { fmt::format_to(std::back_inserter(to), "{}:{}", bin.index, bin.count); }

void FlatText::append(std::string& to, FlagList flags) {
    std::string_view separator;
    flags.each([&](std::string_view name) {
        to += separator;
        to += name;
        separator = " ";
    });
}

void FlatText::append(std::string& to, const HeaderMap& map) {
    std::string_view separator;
    for_each_header(map, cache_.scratch, [&](std::string_view name, std::string_view joined) {
        fmt::format_to(std::back_inserter(to), "{}{}: {}", separator, name, joined);
        separator = "; ";
    });
}

}  // namespace podsnoop
