#include "print/red_frame.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "event/red_row.hpp"
#include "print/escape.hpp"
#include "print/record_blocks.hpp"
#include "print/record_printer.hpp"

namespace podsnoop {

namespace {

// ECMA-48: CUP, EL, ED, SGR.
constexpr std::string_view home = "\x1b[H", clear_line = "\x1b[K", clear_below = "\x1b[J", dim = "\x1b[2m", plain = "\x1b[0m";

std::string count_of(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + ' ' + std::string(what) + (count == 1 ? "" : "s");
}

std::string status_of(const RedFrame& frame) {
    std::string text;
    if (!frame.interval) {
        text = "waiting until the first ";
        append_duration(text, frame.length);
        return text + " are over";
    }
    if (frame.paused) text = "paused: ";
    append_interval(text, *frame.interval);
    std::uint64_t requests = 0, errors = 0;
    for (const RedRecord& record : frame.records) {
        requests += record.summary.requests;
        errors += record.summary.errors;
    }
    return text + ": " + count_of(requests, "request") + ", " + count_of(errors, "error") + "; by " + std::string(frame.order);
}

/// Lines, each within the columns, until there is no more room.
class Lines {
  public:
    Lines(std::string& out, const RedFrame& frame) : out_(out), frame_(frame) {}

    [[nodiscard]] std::size_t left() const { return frame_.rows - used_; }
    /// As it is: laid out for the columns already.
    void put(std::string_view line) {
        if (left() == 0) return;
        if (used_++ != 0) out_ += "\r\n";
        out_ += line;
        out_ += clear_line;
    }
    void put_cut(std::string_view text, bool is_dim) {
        std::string line;
        if (is_dim && frame_.color) line += dim;
        append_cut(line, text, frame_.columns);
        if (is_dim && frame_.color) line += plain;
        put(line);
    }

  private:
    std::string& out_;
    const RedFrame& frame_;
    std::size_t used_ = 0;
};

}  // namespace

void append_red_frame(std::string& out, const RedFrame& frame) {
    out += home;
    Lines lines(out, frame);
    lines.put_cut(status_of(frame), false);
    std::size_t shown = 0;
    if (!frame.records.empty()) {
        Nanoseconds longest{0};
        for (const RedRecord& record : frame.records) longest = std::max(longest, record.summary.latency.p99.value_or(longest));
        std::vector<RedRow> rows;
        for (const RedRecord& record : frame.records) rows.push_back({record, longest});
        RecordPrinter<RedRow> printer({.color = frame.color, .width = frame.columns}, rows.front());
        printer.fit(rows);
        const auto put = [&](std::string line) {
            line.pop_back();  // its line end
            lines.put(line);
        };
        std::string line;
        printer.header(line);
        put(std::move(line));
        // The last line is for the keys.
        for (; shown < rows.size() && lines.left() > 1; ++shown) {
            line.clear();
            printer.print(line, rows[shown]);
            put(line);
        }
    }
    std::string keys = "q quit, s sort, p pause";
    if (shown < frame.records.size()) keys = count_of(frame.records.size() - shown, "more row") + "; " + keys;
    lines.put_cut(keys, true);
    out += clear_below;
}

}  // namespace podsnoop
