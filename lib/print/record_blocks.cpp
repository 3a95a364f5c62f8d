#include "print/record_blocks.hpp"

#include <cstddef>
#include <string_view>

#include "print/utf8.hpp"

namespace podsnoop {

void append_interval(std::string& out, const Interval& interval) {
    constexpr std::size_t date_length = 10, time_at = 11, time_length = 8;  // in RFC 3339
    std::string rfc3339;
    append_rfc3339(rfc3339, interval.start);
    out.append(rfc3339, 0, date_length).append(" ").append(rfc3339, time_at, time_length).append(" UTC, ");
    append_duration(out, interval.length);
}

void append_interval_title(std::string& out, const PrintOptions& options, const Interval& interval, bool nothing) {
    std::string title;
    append_interval(title, interval);
    if (nothing) title += ": no requests";
    append_cut(out, title, options.width == 0 ? no_limit : options.width);
    out += '\n';
}

}  // namespace podsnoop
