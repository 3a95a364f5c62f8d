#include "probe/oom_log.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace podsnoop {

namespace {

constexpr std::size_t most_kills = 4096;  // held at once; beyond them a group's victims are left out

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    Number number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end == text.data()) return std::nullopt;
    return number;
}

/// The number behind a word. Only where that word is there once.
template <class Number = std::uint64_t>
std::optional<Number> number_after(std::string_view text, std::string_view word) {
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos || text.find(word, at + 1) != std::string_view::npos) return std::nullopt;
    return read_number<Number>(text.substr(at + word.size()));
}

std::optional<std::uint64_t> kibibytes_after(std::string_view text, std::string_view word) {
    // A limit that is none is told as 2^63 bytes, less one page.
    constexpr std::uint64_t unlimited = (std::uint64_t{1} << 53) - 64;
    const auto number = number_after(text, word);
    if (!number || *number >= unlimited) return std::nullopt;
    return *number * 1024;
}

/// What stands between two words; nothing where either is not there exactly once.
std::optional<std::string_view> between(std::string_view text, std::string_view from, std::string_view to) {
    const std::size_t start = text.find(from), end = text.find(to);
    if (start == std::string_view::npos || end == std::string_view::npos || start + from.size() > end) return std::nullopt;
    if (text.find(from, start + 1) != std::string_view::npos || text.find(to, end + 1) != std::string_view::npos)
        return std::nullopt;
    return text.substr(start + from.size(), end - start - from.size());
}

/// The bytes that the log wrote as \x0a.
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        unsigned byte = 0;
        const std::string_view digits = text.substr(0, 4);
        if (digits.starts_with("\\x") &&
            std::from_chars(digits.data() + 2, digits.data() + digits.size(), byte, 16).ptr == digits.data() + 4) {
            plain += static_cast<char>(byte);
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

}  // namespace

std::optional<LogRecord> read_log_record(std::string_view record) {
    const std::size_t semicolon = record.find(';'), end = record.find('\n');
    const auto priority = read_number<unsigned>(record);
    // The facility, above three bits of severity, is 0 for the kernel; what users write has another.
    if (semicolon == std::string_view::npos || !priority || *priority >= 8) return std::nullopt;
    const std::string_view head = record.substr(0, semicolon);
    const std::size_t first = head.find(','), second = head.find(',', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    const auto microseconds = read_number<std::uint64_t>(head.substr(second + 1));
    if (!microseconds) return std::nullopt;
    return LogRecord{*microseconds, record.substr(semicolon + 1, end == std::string_view::npos ? end : end - semicolon - 1)};
}

void OomLog::take(std::string_view text, Time time) {
    if (const std::size_t at = text.rfind(" invoked oom-killer: gfp_mask="); at != std::string_view::npos)
        return invoked(text.substr(0, at), time);
    if (text.starts_with("CPU: ")) return caller(text);
    if (text.starts_with("memory: usage ")) return usage(text);
    if (text.starts_with("oom-kill:constraint=")) return decided(text);
    constexpr std::string_view tasks = "Tasks in ", set = " are going to be killed due to memory.oom.group set";
    if (text.starts_with(tasks) && text.ends_with(set))
        return group(text.substr(tasks.size(), text.size() - tasks.size() - set.size()));
    for (const std::string_view start : {"Memory cgroup out of memory: Killed process ", "Out of memory: Killed process ",
                                         "Out of memory (oom_kill_allocating_task): Killed process "})
        if (text.starts_with(start)) return killed(text, time);
}

void OomLog::invoked(std::string_view comm, Time time) {
    next_ = OomKill{};
    next_.source = ProbeSource::kmsg;
    next_.time = time;
    next_.trigger.comm = unescaped(comm);
    phase_ = Phase::invoked;
}

void OomLog::caller(std::string_view text) {
    if (phase_ != Phase::invoked || next_.trigger.pid != 0) return;
    // "CPU: 1 UID: 0 PID: 214 Comm: name": what stands before the name is the kernel's.
    next_.trigger.pid = number_after<std::uint32_t>(text.substr(0, text.find(" Comm: ")), " PID: ").value_or(0);
}

void OomLog::usage(std::string_view text) {
    if (phase_ != Phase::invoked) return;
    next_.limit = OomLimit{.cgroup = {},
                           .pod = nullptr,
                           .bytes = kibibytes_after(text, ", limit "),
                           .usage_bytes = kibibytes_after(text, "memory: usage ")};
}

void OomLog::decided(std::string_view text) {
    if (phase_ != Phase::invoked) next_ = OomKill{};
    next_.source = ProbeSource::kmsg;
    phase_ = Phase::decided;
    if (text.starts_with("oom-kill:constraint=CONSTRAINT_MEMCG,")) {
        next_.scope = OomScope::cgroup;
        if (!next_.limit) next_.limit.emplace();
        next_.limit->cgroup = unescaped(between(text, ",oom_memcg=", ",task_memcg=").value_or(""));
    } else {
        next_.scope = OomScope::node;
        next_.limit.reset();
    }
    next_.victim.cgroup = unescaped(between(text, ",task_memcg=", ",task=").value_or(""));
    // The name stands before: what it may contain does not matter behind it.
    const std::size_t pid = text.rfind(",pid=");
    decided_pid_ = pid == std::string_view::npos ? 0 : read_number<std::uint32_t>(text.substr(pid + 5)).value_or(0);
    next_.victim.uid = number_after<std::uint32_t>(text.substr(std::min(pid, text.size())), ",uid=");
}

void OomLog::killed(std::string_view text, Time time) {
    constexpr std::string_view process = "Killed process ", sizes = ") total-vm:";
    const std::string_view victim_text = text.substr(text.find(process) + process.size());
    const std::size_t name = victim_text.find(" ("), end = victim_text.rfind(sizes);
    const auto pid = read_number<std::uint32_t>(victim_text);
    if (!pid || name == std::string_view::npos || end == std::string_view::npos || end < name + 2 || kills_.size() >= most_kills)
        return;

    const bool known = (phase_ == Phase::decided && decided_pid_ == *pid) || phase_ == Phase::group;
    if (phase_ == Phase::group) {
        // The kernel goes over the first victim once more.
        const auto same = [&](const OomKill& kill) { return kill.victim.pid == *pid; };
        if (std::any_of(kills_.begin() + static_cast<std::ptrdiff_t>(first_), kills_.end(), same)) return;
    } else {
        first_ = kills_.size();
        phase_ = Phase::killed;
    }
    OomKill kill;
    if (known) kill = next_;
    else {
        kill.source = ProbeSource::kmsg;
        kill.time = time;
        kill.scope = text.starts_with("Memory cgroup") ? OomScope::cgroup : OomScope::node;
    }
    if (kill.time == Time{}) kill.time = time;
    OomVictim& victim = kill.victim;
    victim.pid = *pid;
    victim.comm = unescaped(victim_text.substr(name + 2, end - name - 2));
    const std::string_view rest = victim_text.substr(end);
    victim.total_vm_bytes = kibibytes_after(rest, "total-vm:");
    victim.anon_rss_bytes = kibibytes_after(rest, "anon-rss:");
    victim.file_rss_bytes = kibibytes_after(rest, "file-rss:");
    victim.shmem_rss_bytes = kibibytes_after(rest, "shmem-rss:");
    victim.pgtables_bytes = kibibytes_after(rest, "pgtables:");
    victim.oom_score_adj = number_after<std::int32_t>(rest, "oom_score_adj:");
    if (const auto uid = number_after<std::uint32_t>(rest, "UID:")) victim.uid = uid;
    if (victim.pid == kill.trigger.pid) kill.trigger.cgroup = victim.cgroup;
    kills_.push_back(std::move(kill));
}

void OomLog::group(std::string_view cgroup) {
    if (phase_ != Phase::killed || first_ >= kills_.size()) return;
    next_ = kills_[first_];
    next_.group = unescaped(cgroup);
    kills_[first_].group = next_.group;
    // Which of the group's cgroups another victim was in, the log does not tell.
    next_.victim = {};
    phase_ = Phase::group;
}

std::vector<OomKill> OomLog::flush() {
    first_ = 0;
    // After a pause, a kill without its first lines is not one of this group.
    if (phase_ == Phase::killed || phase_ == Phase::group) phase_ = Phase::other;
    return std::exchange(kills_, {});
}

}  // namespace podsnoop
