// OOM kills as the kernel's log tells them, for where probes cannot. Pure: it reads lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/oom.hpp"

namespace podsnoop {

/// What the kernel itself wrote into its log.
struct LogRecord {
    std::uint64_t microseconds = 0;  ///< since boot
    std::string_view text;           ///< unprintable bytes are written \x0a, and so is the backslash
};
/// Reads one record of /dev/kmsg, "6,1234,5678,-;text" (Documentation/ABI/testing/dev-kmsg). Nothing for what users
/// wrote there, and for what is not a record.
std::optional<LogRecord> read_log_record(std::string_view record);

/// Puts kills together from the lines of the log.
///
/// The kernel leaves out all but the last line of a kill where it kills more often than ten times in five seconds:
/// then there is less to tell. The name of a task or cgroup may look like the rest of its line: where a line can be
/// read in two ways, what is doubtful stays unknown.
class OomLog {
  public:
    void take(std::string_view text, Time time);

    /// Whether there are kills. The next lines may tell that the last one was of a group.
    [[nodiscard]] bool holds_any() const { return !kills_.empty(); }
    /// The kills so far, in the log's order: to be asked for when the log has said nothing for a moment.
    std::vector<OomKill> flush();

  private:
    enum class Phase : std::uint8_t {
        other,    ///< nothing is known of a kill that may come
        invoked,  ///< memory ran out
        decided,  ///< the victim is known
        killed,   ///< and killed; only a group has more
        group,
    };

    void invoked(std::string_view comm, Time time);
    void caller(std::string_view text);
    void usage(std::string_view text);
    void decided(std::string_view text);
    void killed(std::string_view text, Time time);
    void group(std::string_view cgroup);

    Phase phase_ = Phase::other;
    OomKill next_;               // what is known of a kill before it is told
    std::uint32_t decided_pid_ = 0;
    std::size_t first_ = 0;      // in kills_, of the victims of the present one
    std::vector<OomKill> kills_;
};

}  // namespace podsnoop
