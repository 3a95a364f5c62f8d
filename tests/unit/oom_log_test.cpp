#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "probe/oom.hpp"
#include "probe/oom_log.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

const std::string pod = "/kubepods/burstable/pod11111111-2222-3333-4444-555555555555";

// As Linux 6.1 wrote them; of the rest of such a report nothing matters.
std::vector<std::string> report(const std::string& comm, const std::string& victim, int pid, const std::string& cgroup) {
    const std::string id = std::to_string(pid);
    return {
        comm + " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "CPU: 1 PID: 77 Comm: " + comm + " Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2",
        "Call Trace:",
        "memory: usage 24344kB, limit 24576kB, failcnt 21",
        "Memory cgroup stats for " + cgroup + ":",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" + pod +
            ",task_memcg=" + cgroup + ",task=" + victim + ",pid=" + id + ",uid=1000",
        "Memory cgroup out of memory: Killed process " + id + " (" + victim +
            ") total-vm:66644kB, anon-rss:24220kB, file-rss:4kB, shmem-rss:716kB, UID:1000 pgtables:84kB oom_score_adj:-997",
    };
}

void feed(OomLog& log, const std::vector<std::string>& lines) {
    Time time{1s};
    for (const std::string& line : lines) log.take(line, time += 1us);
}

std::vector<OomKill> kills_in(const std::vector<std::string>& lines) {
    OomLog log;
    feed(log, lines);
    return log.flush();
}

}  // namespace

TEST_CASE("A record of the log is the kernel's only where its facility says so") {
    const auto record = read_log_record("4,1201,5560619,-;Out of memory\n SUBSYSTEM=x\n");
    REQUIRE(record);
    CHECK(record->microseconds == 5560619);
    CHECK(record->text == "Out of memory");
    CHECK(read_log_record("6,1,2,c,caller=T17;x")->text == "x");
    // What a user writes into /dev/kmsg is of facility 1 or more.
    CHECK_FALSE(read_log_record("12,1202,5560620,-;Out of memory: Killed process 1 (init) total-vm:1kB"));
    for (const std::string_view cut : {"", "4", "4,1", "4,1,", "4,1,2", ";", "x,1,2,-;text", "4,1,x,-;text"})
        CHECK_FALSE(read_log_record(cut));
}

TEST_CASE("A kill in a cgroup is put together from the lines of its report") {
    const auto kills = kills_in(report("stress", "worker", 210, pod + "/c1"));
    REQUIRE(kills.size() == 1);
    const OomKill& kill = kills[0];
    CHECK(kill.time == Time{1s + 1us});
    CHECK(kill.source == ProbeSource::kmsg);
    CHECK(kill.victim.pid == 210);
    CHECK(kill.victim.comm == "worker");
    CHECK(kill.victim.cgroup == pod + "/c1");
    CHECK(kill.victim.uid == 1000);
    CHECK(kill.victim.total_vm_bytes == 66644 * 1024);
    CHECK(kill.victim.anon_rss_bytes == 24220 * 1024);
    CHECK(kill.victim.file_rss_bytes == 4 * 1024);
    CHECK(kill.victim.shmem_rss_bytes == 716 * 1024);
    CHECK(kill.victim.pgtables_bytes == 84 * 1024);
    CHECK(kill.victim.oom_score_adj == -997);
    CHECK(kill.trigger.pid == 77);
    CHECK(kill.trigger.comm == "stress");
    CHECK(kill.trigger.cgroup.empty());
    CHECK(kill.scope == OomScope::cgroup);
    REQUIRE(kill.limit);
    CHECK(kill.limit->cgroup == pod);
    CHECK(kill.limit->bytes == 24576 * 1024);
    CHECK(kill.limit->usage_bytes == 24344 * 1024);
    CHECK(kill.group.empty());
}

TEST_CASE("A kill for the whole node has no limit") {
    const auto kills = kills_in({
        "kthreadd invoked oom-killer: gfp_mask=0x1(GFP), order=0, oom_score_adj=0",
        "CPU: 0 UID: 0 PID: 2 Comm: kthreadd Not tainted",  // since Linux 6.10
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/"
        ",task=hog,pid=9,uid=0",
        "Out of memory: Killed process 9 (hog) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB "
        "oom_score_adj:0",
    });
    REQUIRE(kills.size() == 1);
    CHECK(kills[0].scope == OomScope::node);
    CHECK_FALSE(kills[0].limit);
    CHECK(kills[0].trigger.pid == 2);
    CHECK(kills[0].victim.cgroup == "/");
}

TEST_CASE("Victims of a group have the group, its time and its limit; the first is not told twice") {
    auto lines = report("stress", "worker", 210, pod + "/c1");
    lines.push_back("Tasks in " + pod + "/c1 are going to be killed due to memory.oom.group set");
    for (const char* victim : {"210 (worker", "211 (sleep", "212 (sleep"})
        lines.push_back(std::string("Memory cgroup out of memory: Killed process ") + victim +
                        ") total-vm:8kB, anon-rss:4kB, UID:0 oom_score_adj:0");
    const auto kills = kills_in(lines);
    REQUIRE(kills.size() == 3);
    CHECK(kills[0].victim.cgroup == pod + "/c1");
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(kills[i].victim.pid == 210 + i);
        CHECK(kills[i].group == pod + "/c1");
        CHECK(kills[i].time == kills[0].time);
        CHECK(kills[i].limit->bytes == 24576 * 1024);
    }
    CHECK(kills[1].victim.cgroup.empty());  // some cgroup below the group
}

TEST_CASE("A kill whose first lines the kernel left out does not get those of another") {
    OomLog log;
    feed(log, report("stress", "worker", 210, pod + "/c1"));
    feed(log, {"Memory cgroup out of memory: Killed process 300 (other) total-vm:8kB, anon-rss:4kB"});
    const auto kills = log.flush();
    REQUIRE(kills.size() == 2);
    CHECK(kills[1].victim.pid == 300);
    CHECK(kills[1].victim.anon_rss_bytes == 4096);
    CHECK_FALSE(kills[1].victim.pgtables_bytes);
    CHECK(kills[1].scope == OomScope::cgroup);
    CHECK_FALSE(kills[1].limit);
    CHECK(kills[1].trigger.pid == 0);
    CHECK(kills[1].victim.cgroup.empty());
    CHECK_FALSE(log.holds_any());
}

TEST_CASE("A task's name may look like anything") {
    const std::string name = ",pid=1,uid=0";
    const auto kills = kills_in(report("x invoked y", name, 210, pod));
    REQUIRE(kills.size() == 1);
    CHECK(kills[0].victim.pid == 210);
    CHECK(kills[0].victim.comm == name);
    CHECK(kills[0].victim.uid == 1000);
    CHECK(kills[0].trigger.comm == "x invoked y");
    CHECK(kills_in(report("a", ") total-vm:9kB", 5, pod))[0].victim.comm == ") total-vm:9kB");
    CHECK(kills_in(report("a", "b\\x0ac\\x5cx\\x", 5, pod))[0].victim.comm == "b\nc\\x\\x");
    // Its cgroup could be read in two ways.
    CHECK(kills_in(report("a", ",task=1", 5, pod))[0].victim.cgroup.empty());
    // A name that starts a line of the kernel's.
    CHECK(kills_in({"Killed process 1 (x) invoked oom-killer: gfp_mask=0"}).empty());
}

TEST_CASE("Whatever the lines are, reading them ends") {
    for (const std::string& line : report("stress", "worker", 210, pod))
        for (std::size_t size = 0; size < line.size(); ++size) {
            const auto kills = kills_in({"a invoked oom-killer: gfp_mask=", line.substr(0, size), line.substr(size)});
            CHECK(kills.size() <= 1);
        }
    CHECK(kills_in({"Memory cgroup out of memory: Killed process ", "oom-kill:constraint=", "memory: usage ", "CPU: "}).empty());
    CHECK(kills_in({"Memory cgroup out of memory: Killed process 99999999999999999999 (x) total-vm:1kB"}).empty());
}

TEST_CASE("What the log knows completes a tracepoint's record, and does not replace what that knows") {
    OomKill logged = kills_in(report("stress", "worker", 210, pod + "/c1"))[0];
    OomKill kill;
    kill.victim.pid = 210;
    kill.victim.anon_rss_bytes = 5;
    kill.trigger.pid = 210;
    complete(kill, logged);
    CHECK(kill.victim.comm == "worker");
    CHECK(kill.victim.anon_rss_bytes == 5);
    CHECK(kill.victim.cgroup == pod + "/c1");
    CHECK(kill.limit->cgroup == pod);
    // The victim asked itself: it has one name and one cgroup.
    CHECK(kill.trigger.comm == "worker");
    CHECK(kill.trigger.cgroup == pod + "/c1");
}

}  // namespace podsnoop
