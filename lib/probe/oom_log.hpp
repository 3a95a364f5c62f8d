// OOM kills as the kernel's log tells them, for where no probe can be attached. Pure: it reads lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/oom.hpp"

namespace podsnoop {

/// Puts the records of kills together from lines of /dev/kmsg, "6,1234,5678,-;text" (Documentation/ABI/testing/dev-kmsg).
///
/// Other tasks' lines may stand between those of one kill, and the kernel leaves out the first ones where it kills more
/// often than ten times in five seconds: then there is less to tell. A name of a task or cgroup may look like
/// the rest of a line; where a line can be read in two ways, that part is left unknown.
class OomLog {
  public:
    /// Takes one record of the log, without its line end. `time` is when it was written.
    void take(std::string_view line, Time time);

    /// Whether a kill is known. More of its group may follow in later lines.
    [[nodiscard]] bool holds_any() const { return !kills_.empty(); }
    /// Those known, in the log's order. Call it when the log has said nothing for a moment.
    std::vector<OomKill> flush();

  private:
    void invoked(std::string_view text, Time time);
    void summary(std::string_view text, Time time);
    void usage(std::string_view text);
    void killed(std::string_view text, Time time);

    OomKill next_;                    // what the lines before the kill itself told
    std::optional<std::string> victim_cgroup_;
    std::uint32_t summary_pid_ = 0;   // the victim that the summary names
    std::vector<OomKill> kills_;
    std::size_t group_first_ = 0;     // in kills_, of the OOM under way
};

/// Time since boot in microseconds, and the text, of a record that the kernel itself wrote; nothing for what others wrote.
struct LogRecord {
    std::uint64_t microseconds = 0;
    std::string_view text;
};
std::optional<LogRecord> read_log_record(std::string_view record);

}  // namespace podsnoop
