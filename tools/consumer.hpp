// Where the records of a trace go: they are printed one by one, or counted and told as sums.
#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"

namespace podsnoop {

/// All that is appended to `out` is written to standard output soon: when nothing more waits in the source, or it is much.
template <class Record>
class Consumer {
  public:
    virtual ~Consumer() = default;

    /// What comes before all records.
    virtual void begin(std::string& out) = 0;
    /// A record that was asked for. It is valid during the call, and so are its pods.
    virtual void take(const Record& record, std::string& out) = 0;
    /// The packets' time goes on: what is due by then. Steps are some hundredths of a second, longer where nothing comes.
    virtual void look_at(Time time, std::string& out) {
        static_cast<void>(time);
        static_cast<void>(out);
    }
    /// There are no more records; tracing stopped at `time`.
    virtual void finish(Time time, std::string& out) {
        static_cast<void>(time);
        static_cast<void>(out);
    }
    /// When it has to be looked at again at the latest, where nothing comes meanwhile; nothing where that does not matter.
    [[nodiscard]] virtual std::optional<Time> due() const { return std::nullopt; }
    /// Readable when attend() has something to do; -1: never.
    [[nodiscard]] virtual int poll_fd() const { return -1; }
    /// Heeds what else may have happened, as at a keyboard.
    virtual void attend(std::string& out) { static_cast<void>(out); }
    /// Enough was told: tracing ends, and nothing more is taken.
    [[nodiscard]] virtual bool done() const = 0;
};

}  // namespace podsnoop
