#include <cgroup_path.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "probe/cgroup_names.hpp"
#include "probe/features.hpp"
#include "probe/netstat.hpp"
#include "probe/netstat_backlog.hpp"
#include "probe/tracepoint_format.hpp"

namespace podsnoop {

namespace {

cgroup_path cgroup_of(std::string_view names) {
    cgroup_path path{};
    std::ranges::copy(names, path.names);
    path.length = static_cast<__s32>(names.size());
    return path;
}

}  // namespace

TEST_CASE("A cgroup's path is its names from the last to the first") {
    using namespace std::string_view_literals;
    CHECK(path_of(cgroup_of("c1\0pod1\0kubepods\0"sv)) == "/kubepods/pod1/c1");
    CHECK(path_of(cgroup_of("only\0"sv)) == "/only");
    CHECK(path_of(cgroup_of("")) == "/");
    cgroup_path unknown = cgroup_of("");
    for (const int length : {-1, -1000, CGROUP_PATH_BYTES + 1}) {
        unknown.length = length;
        CHECK(path_of(unknown).empty());
    }
}

TEST_CASE("Functions are found by the names that the compiler left them") {
    const Symbols symbols = find_symbols(
        "ffffffff81212346 t oom_kill_process.cold\n"
        "ffffffff81597310 t oom_kill_process.isra.0\n"
        "ffffffff81597311 t oom_kill_memcg_member.constprop.0.isra.0\n"
        "ffffffff81597312 T oom_kill_memcg_member\n"
        "ffffffff82022080 T tcp_conn_request\n"
        "ffffffff82022080 t tcp_conn_request.isra.7\n"
        "ffffffff82022081 t tcp_conn_request_more\n"
        "ffffffffc0000000 t tcp_v6_syn_recv_sock\t[ipv6]\n"
        "garbage\n"
        "ffffffff82022082 t tcp_v4_syn_recv_sock.part.0");
    CHECK(symbols.oom_kill_process == "oom_kill_process.isra.0");
    CHECK(symbols.oom_kill_memcg_member == "oom_kill_memcg_member");
    CHECK(symbols.tcp_conn_request == "tcp_conn_request");
    CHECK(symbols.tcp_v6_syn_recv_sock == "tcp_v6_syn_recv_sock");
    CHECK(symbols.tcp_v4_syn_recv_sock.empty());
    CHECK(find_symbols("").tcp_conn_request.empty());
}

TEST_CASE("Mechanisms to do without are named one by one") {
    const auto some = parse_without("fentry,raw-tracepoint");
    REQUIRE(some);
    CHECK(some->fentry);
    CHECK(some->raw_tracepoint);
    CHECK_FALSE(some->kprobe);
    CHECK_FALSE(some->tracepoint);
    CHECK_FALSE(parse_without("fentry,"));
    CHECK_FALSE(parse_without("fentri"));
    CHECK(parse_without("uprobe").error().on == "uprobe");
}

TEST_CASE("A tracepoint's record is read as its format says") {
    const auto format = TracepointFormat::parse(
        "name: mark_victim\nID: 609\nformat:\n"
        "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
        "\n"
        "\tfield:int pid;\toffset:4;\tsize:4;\tsigned:1;\n"
        "\tfield:__data_loc char[] comm;\toffset:8;\tsize:4;\tsigned:0;\n"
        "\tfield:unsigned long total_vm;\toffset:16;\tsize:8;\tsigned:0;\n"
        "\tfield:short oom_score_adj;\toffset:24;\tsize:2;\tsigned:1;\n"
        "\tfield:char name[4];\toffset:26;\tsize:4;\tsigned:0;\n"
        "\nprint fmt: \"pid=%d\", REC->pid\n");
    REQUIRE(format);
    CHECK(format->id() == 609);
    CHECK(format->has("comm"));
    CHECK_FALSE(format->has("uid"));
    std::array<std::byte, 36> record{};
    const auto put = [&](std::size_t at, std::initializer_list<unsigned> bytes) {
        for (const unsigned byte : bytes) record.at(at++) = static_cast<std::byte>(byte);
    };
    put(4, {0xd2, 0x04, 0, 0});        // 1234
    put(8, {30, 0, 6, 0});             // 6 bytes at 30
    put(16, {0, 0, 0, 0, 1, 0, 0, 0});
    put(24, {0x18, 0xfc});             // -1000
    put(26, {'a', 'b', 0, 'c'});
    put(30, {'n', 'g', 'i', 'n', 'x', 0});
    CHECK(format->number(record, "pid") == 1234);
    CHECK(format->number(record, "total_vm") == std::int64_t{1} << 32);
    CHECK(format->number(record, "oom_score_adj") == -1000);
    CHECK_FALSE(format->number(record, "uid"));
    CHECK(format->text(record, "comm") == "nginx");
    CHECK(format->text(record, "name") == "ab");
    // Cut, or pointing outside, as no kernel does.
    const Bytes all = record;
    for (std::size_t size = 0; size < 36; ++size) CHECK_FALSE(format->text(all.first(size), "comm"));
    CHECK_FALSE(format->number(all.first(25), "oom_score_adj"));
    put(8, {0xff, 0xff, 0xff, 0xff});
    CHECK_FALSE(format->text(record, "comm"));
    for (const std::string_view bad : {"", "ID: 1\n", "\tfield:int pid;\toffset:8;\tsize:4;\tsigned:1;\n", "ID: x\n"})
        CHECK_FALSE(TracepointFormat::parse(bad));
}

TEST_CASE("ListenOverflows stands below its name") {
    CHECK(parse_netstat("TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 333\nIpExt: A\nIpExt: 9\n",
                        "ListenOverflows") == 22);
    CHECK(parse_netstat("IpExt: A\nIpExt: 9\nTcpExt: ListenOverflows\nTcpExt: 18446744073709551615", "ListenOverflows") ==
          18446744073709551615U);
    for (const std::string_view bad :
         {"", "TcpExt:", "TcpExt: ListenOverflows\n", "TcpExt: ListenOverflows\nTcpExt:", "TcpExt: A ListenOverflows\nTcpExt: 1",
          "TcpExt: ListenOverflows\nTcpExt: x", "TcpExt: ListenOverflows\nTcpExt: 1x"})
        CHECK_FALSE(parse_netstat(bad, "ListenOverflows"));
}

namespace {

ListenerState listener(std::uint16_t port, std::uint32_t length, std::optional<std::uint32_t> limit = 8) {
    ListenerState state;
    state.listener.endpoint.port = port;
    state.length = length;
    state.limit = limit;
    return state;
}

/// What looks at one namespace tell: the count and the port, "9 at 80".
struct Looking {
    NetstatBacklog backlog;

    std::vector<std::string> look(std::vector<NamespaceLook> looks) {
        std::vector<BacklogOverflow> overflows;
        backlog.take(Time{}, looks, overflows);
        std::vector<std::string> told;
        for (const BacklogOverflow& overflow : overflows)
            told.push_back(std::to_string(overflow.count) + " at " + std::to_string(overflow.listener.endpoint.port));
        return told;
    }
};
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A namespace's overflows are told of the one listener whose queue is full") {
    Looking at;
    CHECK(at.look({{1, 100, {listener(80, 0)}}}).empty());  // from before
    CHECK(at.look({{1, 109, {listener(80, 9), listener(81, 8)}}}) == Lines{"9 at 80"});
    CHECK(at.look({{1, 109, {listener(80, 9), listener(81, 8)}}}).empty());
    // It was full the last time, and its queue was emptied since.
    CHECK(at.look({{1, 110, {listener(80, 0), listener(81, 0)}}}) == Lines{"1 at 80"});
    CHECK(at.look({{1, 111, {listener(80, 0), listener(81, 0)}}}) == Lines{"1 at 0"});
    CHECK(at.look({{1, 113, {listener(80, 9), listener(81, 9)}}}) == Lines{"2 at 0"});
    CHECK(at.look({{1, 115, {listener(80, 9, std::nullopt)}}}) == Lines{"2 at 0"});
}

TEST_CASE("Namespaces come and go, and each is counted from where it was") {
    Looking at;
    CHECK(at.look({{1, 100, {}}}).empty());
    CHECK(at.look({{1, 100, {}}, {2, 3, {}}}) == Lines{"3 at 0"});  // new, so all of it
    CHECK(at.look({}).empty());                                     // it could not be looked at for once
    CHECK(at.look({{1, 101, {}}, {2, 3, {}}}) == Lines{"1 at 0"});
    CHECK(at.look({{2, 1, {}}}) == Lines{"1 at 0"});  // another one under the same number
}

}  // namespace podsnoop
