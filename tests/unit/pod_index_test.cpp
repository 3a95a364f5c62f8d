#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/pod_index.hpp"

using namespace podsnoop;
using std::chrono::minutes, std::chrono::seconds;

namespace {

const Time start = Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21));
constexpr auto at = [](int second) { return start + seconds(second); };

Address address(std::string_view text) { return parse_address(text).value(); }
Endpoint endpoint(std::string_view text, std::uint16_t port = 51234) { return {address(text), port}; }

std::string uid_of(int i) {
    std::string digits = std::to_string(i);
    return "6f25f8b8-66b3-4d6a-9c1c-" + std::string(12 - digits.size(), '0') + digits;
}
std::string id_of(int i) {
    std::string digits = std::to_string(i);
    return std::string(12 - digits.size(), '0') + digits + std::string(52, 'c');
}

/// Pod `i` of namespace "shop", with one container "app" that declares 8080.
PodRecord pod(int i, std::string name, std::string_view ip = {}) {
    PodRecord record;
    record.namespace_name = "shop";
    record.name = std::move(name);
    record.uid = uid_of(i);
    record.phase = "Running";
    if (!ip.empty()) record.addresses = {address(ip)};
    record.containers = {{.name = "app", .id = id_of(i), .ports = {8080}}};
    return record;
}

PodRecord with(PodRecord record, auto change) {
    change(record);
    return record;
}
PodRecord terminating(PodRecord record) {
    record.terminating = true;
    return record;
}

/// "name", "name/container", or "none".
std::string told(const Pod* pod) {
    if (pod == nullptr) return "none";
    return pod->container.empty() ? pod->name : pod->name + "/" + pod->container;
}
std::string told(const PodIndex& index, std::string_view ip, Time time) { return told(index.by_address(endpoint(ip), time)); }

}  // namespace

TEST_CASE("pod index: every way to ask") {
    PodRecord web = pod(1, "web-0", "10.244.0.3");
    web.addresses.push_back(address("fd00:10:244::3"));
    web.host_ports = {30080};
    web.netns = 4026532201;
    PodIndex index;
    index.update({web, pod(2, "db-0", "10.244.0.4")}, start);
    for (const char* ip : {"10.244.0.3", "fd00:10:244::3"}) CHECK(told(index, ip, start) == "web-0/app");
    const Pod* found = index.by_host_port(30080, start);
    REQUIRE(found != nullptr);
    CHECK(found->namespace_name == "shop");
    CHECK(found->uid == uid_of(1));
    CHECK(told(found) == "web-0/app");
    CHECK(told(index.by_netns(4026532201, start)) == "web-0/app");
    const std::string cgroup = "/kubepods/burstable/pod" + uid_of(1);
    CHECK(told(index.by_cgroup(cgroup + "/" + id_of(1))) == "web-0/app");
    CHECK(told(index.by_cgroup(cgroup + "/" + id_of(1) + "/init.scope")) == "web-0/app");
    CHECK(told(index.by_cgroup(cgroup)) == "web-0");
    CHECK(told(index.by_cgroup(cgroup + "/" + id_of(7))) == "web-0");  // the sandbox's
    CHECK(told(index, "10.244.0.9", start) == "none");
    CHECK(told(index.by_host_port(30081, start)) == "none");
    CHECK(told(index.by_netns(4026532202, start)) == "none");
    CHECK(told(index.by_cgroup("/kubepods/burstable/pod" + uid_of(3))) == "none");
    CHECK(told(index.by_cgroup("/system.slice/sshd.service")) == "none");
    REQUIRE(index.pods().size() == 2);
    CHECK(index.pods()[0].name == "web-0");
}

TEST_CASE("pod index: nothing is known of nothing") {
    PodIndex index;
    CHECK(told(index, "10.244.0.3", start) == "none");
    CHECK(told(index.by_cgroup("")) == "none");
    index.update({}, start);
    CHECK(index.pods().empty());
    CHECK(told(index.by_address({}, start)) == "none");
}

TEST_CASE("pod index: the container that declares the port, or the only one") {
    PodRecord two = pod(1, "two", "10.244.0.3");
    two.containers = {{.name = "app", .id = id_of(1), .ports = {8080, 9000}},
                      {.name = "proxy", .id = id_of(2), .ports = {15001, 9000}}};
    PodIndex index;
    index.update({two, pod(3, "one", "10.244.0.4")}, start);
    CHECK(told(index.by_address(endpoint("10.244.0.3", 8080), start)) == "two/app");
    CHECK(told(index.by_address(endpoint("10.244.0.3", 15001), start)) == "two/proxy");
    CHECK(told(index.by_address(endpoint("10.244.0.3", 9000), start)) == "two");  // declared by both
    CHECK(told(index.by_address(endpoint("10.244.0.3", 51234), start)) == "two");
    CHECK(told(index.by_address(endpoint("10.244.0.4", 51234), start)) == "one/app");
}

TEST_CASE("pod index: init and ephemeral containers are the pod's only while they run") {
    PodRecord starting = pod(1, "web-0", "10.244.0.3");
    starting.phase = "Pending";
    starting.containers.push_back({.name = "prepare", .id = id_of(2), .ports = {}});
    PodIndex index;
    index.update({starting}, at(0));
    CHECK(told(index, "10.244.0.3", at(0)) == "web-0");
    PodRecord running = starting;
    running.phase = "Running";
    running.containers[1].ended = true;
    index.update({running}, at(10));
    CHECK(told(index, "10.244.0.3", at(11)) == "web-0/app");
    CHECK(told(index, "10.244.0.3", at(1)) == "web-0");  // may have been the init container
    CHECK(told(index.by_address(endpoint("10.244.0.3", 8080), at(1))) == "web-0/app");
    index.update({with(running, [](PodRecord& r) { r.containers.push_back({.name = "debug", .id = id_of(3), .ports = {}}); })},
                 at(20));
    CHECK(told(index, "10.244.0.3", at(21)) == "web-0");
    // Told for the first time when its init container is done: when that was, nobody knows.
    PodIndex late;
    late.update({running}, at(10));
    CHECK(told(late, "10.244.0.3", at(1)) == "web-0");
    CHECK(told(late, "10.244.0.3", at(11)) == "web-0/app");
}

TEST_CASE("pod index: what is no pod's own") {
    PodRecord host = pod(1, "kube-proxy", "192.168.1.10");
    host.host_network = true;
    host.host_ports = {10256};
    host.netns = 4026531840;
    PodRecord odd = pod(2, "odd");
    for (const char* ip :
         {"127.0.0.1", "::1", "0.0.0.0", "::", "169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1", "255.255.255.255"})
        odd.addresses.push_back(address(ip));
    PodIndex index;
    index.update({host, odd}, start);
    CHECK(told(index, "192.168.1.10", start) == "none");
    CHECK(told(index.by_host_port(10256, start)) == "none");
    CHECK(told(index.by_netns(4026531840, start)) == "none");
    CHECK(told(index.by_netns(0, start)) == "none");
    for (const Address& a : odd.addresses) CHECK(told(index.by_address({a, 80}, start)) == "none");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(1) + "/" + id_of(1))) == "kube-proxy/app");
}

TEST_CASE("pod index: two that live cannot have one address") {
    PodIndex index;
    index.update({pod(1, "a", "10.244.0.3"), pod(2, "b", "10.244.0.3")}, start);
    CHECK(told(index, "10.244.0.3", at(1)) == "none");
    PodRecord ported = pod(3, "c"), other = pod(4, "d");
    ported.host_ports = other.host_ports = {80};
    ported.netns = other.netns = 7;
    index.update({ported, other}, at(10));
    CHECK(told(index.by_host_port(80, at(11))) == "none");
    CHECK(told(index.by_netns(7, at(11))) == "none");
    // One that names an address twice is one.
    index.update({with(pod(5, "e", "10.244.0.5"), [](PodRecord& r) { r.addresses.push_back(r.addresses[0]); })}, at(20));
    CHECK(told(index, "10.244.0.5", at(21)) == "e/app");
}

TEST_CASE("pod index: an address that is another's now was its holder's then") {
    PodIndex index;
    index.update({pod(1, "old", "10.244.0.3")}, at(0));
    index.update({pod(1, "old", "10.244.0.3")}, at(10));
    index.update({}, at(20));
    index.update({pod(2, "new", "10.244.0.3")}, at(30));
    CHECK(told(index, "10.244.0.3", at(-100)) == "old/app");  // the first that is known of
    CHECK(told(index, "10.244.0.3", at(5)) == "old/app");
    CHECK(told(index, "10.244.0.3", at(15)) == "old/app");
    CHECK(told(index, "10.244.0.3", at(25)) == "new/app");
    CHECK(told(index, "10.244.0.3", at(300)) == "new/app");
    // Once nobody has it, nobody is told of it from then on.
    index.update({}, at(40));
    CHECK(told(index, "10.244.0.3", at(39)) == "new/app");
    CHECK(told(index, "10.244.0.3", at(41)) == "none");
}

TEST_CASE("pod index: when both changed between two looks, the time between is nobody's") {
    PodIndex index;
    index.update({pod(1, "old", "10.244.0.3")}, at(0));
    index.update({pod(1, "old", "10.244.0.3")}, at(10));
    index.update({pod(2, "new", "10.244.0.3")}, at(20));
    CHECK(told(index, "10.244.0.3", at(10)) == "old/app");
    CHECK(told(index, "10.244.0.3", at(15)) == "none");
    CHECK(told(index, "10.244.0.3", at(20)) == "new/app");
    // Knowing when the new one started tells more.
    PodIndex knowing;
    knowing.update({pod(1, "old", "10.244.0.3")}, at(0));
    knowing.update({with(pod(2, "new", "10.244.0.3"), [](PodRecord& r) { r.started = at(15); })}, at(20));
    CHECK(told(knowing, "10.244.0.3", at(14)) == "old/app");
    CHECK(told(knowing, "10.244.0.3", at(16)) == "none");
    CHECK(told(knowing, "10.244.0.3", at(21)) == "new/app");
}

TEST_CASE("pod index: nothing is told of a pod before it started") {
    PodIndex index;
    index.update({with(pod(1, "web-0", "10.244.0.3"), [](PodRecord& r) { r.started = at(-60); })}, at(0));
    CHECK(told(index, "10.244.0.3", at(-59)) == "web-0/app");
    CHECK(told(index, "10.244.0.3", at(-61)) == "none");
}

TEST_CASE("pod index: a terminating pod has its address until another has") {
    PodIndex index;
    index.update({pod(1, "old", "10.244.0.3")}, at(0));
    index.update({terminating(pod(1, "old", "10.244.0.3"))}, at(10));
    CHECK(told(index, "10.244.0.3", at(9)) == "old/app");
    CHECK(told(index, "10.244.0.3", at(11)) == "old/app");
    index.update({terminating(pod(1, "old", "10.244.0.3")), pod(2, "new", "10.244.0.3")}, at(20));
    CHECK(told(index, "10.244.0.3", at(21)) == "new/app");
    CHECK(told(index, "10.244.0.3", at(15)) == "none");  // nobody knows when the other came
    CHECK(told(index, "10.244.0.3", at(5)) == "old/app");
}

TEST_CASE("pod index: a pod of a later list was not there at the one before") {
    PodIndex index;
    index.update({}, at(0));
    index.update({pod(1, "web-0", "10.244.0.3")}, at(10));
    CHECK(told(index, "10.244.0.3", at(0)) == "none");
    CHECK(told(index, "10.244.0.3", at(5)) == "web-0/app");
}

TEST_CASE("pod index: a source that does not tell of deletion takes none back") {
    PodIndex index;
    index.update({terminating(pod(1, "old", "10.244.0.3"))}, at(0));
    index.update({pod(1, "old", "10.244.0.3"), pod(2, "new", "10.244.0.3")}, at(10));
    CHECK(told(index, "10.244.0.3", at(11)) == "new/app");
}

TEST_CASE("pod index: Failed and Succeeded pods name an address that is no longer theirs") {
    for (const char* phase : {"Failed", "Succeeded"}) {
        CAPTURE(phase);
        PodIndex index;
        const PodRecord job = pod(1, "job", "10.244.0.3");
        const PodRecord over = with(job, [&](PodRecord& r) { r.phase = phase; });
        index.update({job}, at(0));
        index.update({over}, at(10));
        CHECK(told(index, "10.244.0.3", at(5)) == "job/app");
        CHECK(told(index, "10.244.0.3", at(11)) == "none");
        index.update({over, pod(2, "web-0", "10.244.0.3")}, at(20));
        CHECK(told(index, "10.244.0.3", at(5)) == "job/app");
        CHECK(told(index, "10.244.0.3", at(21)) == "web-0/app");
    }
}

TEST_CASE("pod index: a pod that was over before it was seen") {
    const PodRecord job = with(pod(1, "job", "10.244.0.3"), [](PodRecord& r) {
        r.phase = "Succeeded";
        r.started = at(2);
        r.finished = at(5);
    });
    PodIndex index;
    index.update({}, at(0));
    index.update({job, pod(2, "web-0", "10.244.0.4")}, at(10));
    CHECK(told(index, "10.244.0.3", at(1)) == "none");
    CHECK(told(index, "10.244.0.3", at(4)) == "job/app");
    CHECK(told(index, "10.244.0.3", at(5)) == "job/app");
    CHECK(told(index, "10.244.0.3", at(7)) == "none");
    index.update({with(job, [](PodRecord& r) { r.finished = {}; })}, at(20));
    PodIndex unknowing;
    unknowing.update({with(job, [](PodRecord& r) { r.finished = {}; })}, at(10));
    CHECK(told(unknowing, "10.244.0.3", at(4)) == "none");
}

TEST_CASE("pod index: a saved list tells of the time before it was saved") {
    const PodRecord job = with(pod(1, "job", "10.244.0.3"), [](PodRecord& r) {
        r.phase = "Succeeded";
        r.started = at(0);
        r.finished = at(60);
    });
    PodRecord web = with(pod(2, "web-0", "10.244.0.3"), [](PodRecord& r) { r.started = at(180); });
    web.containers.push_back({.name = "prepare", .id = id_of(3), .ports = {}, .ended = true});
    PodIndex index;
    index.update({job, web}, Time::min());
    CHECK(told(index, "10.244.0.3", at(-1)) == "none");
    CHECK(told(index, "10.244.0.3", at(30)) == "job/app");
    CHECK(told(index, "10.244.0.3", at(100)) == "none");
    CHECK(told(index, "10.244.0.3", at(200)) == "web-0/app");
    CHECK(told(index, "10.244.0.3", at(1'000'000)) == "web-0/app");
}

TEST_CASE("pod index: a sandbox made again has another address and namespace") {
    PodIndex index;
    index.update({with(pod(1, "web-0", "10.244.0.3"), [](PodRecord& r) { r.netns = 7; })}, at(0));
    index.update({with(pod(1, "web-0", "10.244.0.4"), [](PodRecord& r) { r.netns = 8; })}, at(10));
    CHECK(told(index, "10.244.0.3", at(5)) == "web-0/app");
    CHECK(told(index, "10.244.0.3", at(11)) == "none");
    CHECK(told(index, "10.244.0.4", at(11)) == "web-0/app");
    CHECK(told(index, "10.244.0.4", at(-1)) == "none");
    CHECK(told(index.by_netns(7, at(5))) == "web-0/app");
    CHECK(told(index.by_netns(7, at(11))) == "none");
    CHECK(told(index.by_netns(8, at(11))) == "web-0/app");
    // The namespace's number is soon another's.
    index.update({with(pod(1, "web-0", "10.244.0.4"), [](PodRecord& r) { r.netns = 8; }),
                  with(pod(2, "web-1", "10.244.0.5"), [](PodRecord& r) { r.netns = 7; })},
                 at(20));
    CHECK(told(index.by_netns(7, at(5))) == "web-0/app");
    CHECK(told(index.by_netns(7, at(21))) == "web-1/app");
}

TEST_CASE("pod index: a pod that was not told of for a while is the same") {
    PodIndex index;
    index.update({pod(1, "web-0", "10.244.0.3")}, at(0));
    index.update({}, at(10));
    index.update({pod(1, "web-0", "10.244.0.3")}, at(20));
    for (const int second : {-5, 5, 15, 25}) CHECK(told(index, "10.244.0.3", at(second)) == "web-0/app");
    CHECK(told(index, "10.244.0.3", at(10)) == "none");
}

TEST_CASE("pod index: those gone are known for five minutes") {
    const std::string cgroup = "/kubepods/pod" + uid_of(1) + "/" + id_of(1);
    PodIndex index;
    index.update({pod(1, "web-0", "10.244.0.3")}, at(0));
    index.update({}, at(10));
    CHECK(index.pods().empty());
    index.update({}, at(10) + minutes(5));
    CHECK(told(index, "10.244.0.3", at(5)) == "web-0/app");
    CHECK(told(index.by_cgroup(cgroup)) == "web-0/app");
    index.update({}, at(11) + minutes(5));
    CHECK(told(index, "10.244.0.3", at(5)) == "none");
    CHECK(told(index.by_cgroup(cgroup)) == "none");
}

TEST_CASE("pod index: containers that were started again") {
    const std::string cgroup = "/kubepods/pod" + uid_of(1) + "/";
    const auto crashed = [](int times) {
        return with(pod(1, "crash", "10.244.0.3"), [&](PodRecord& r) { r.containers[0].id = id_of(100 + times); });
    };
    PodIndex index;
    for (int i = 0; i < 100; ++i) index.update({crashed(i)}, at(i));
    CHECK(told(index.by_cgroup(cgroup + id_of(199))) == "crash/app");
    CHECK(told(index.by_cgroup(cgroup + id_of(198))) == "crash/app");
    CHECK(told(index.by_cgroup(cgroup + id_of(185))) == "crash/app");
    CHECK(told(index.by_cgroup(cgroup + id_of(101))) == "crash");  // only so many are kept
    CHECK(told(index, "10.244.0.3", at(0)) == "crash/app");        // however often, it is the only one
    index.update({crashed(100)}, at(100) + minutes(6));
    CHECK(told(index.by_cgroup(cgroup + id_of(199))) == "crash/app");
    index.update({crashed(100)}, at(101) + minutes(12));
    CHECK(told(index.by_cgroup(cgroup + id_of(199))) == "crash");
    CHECK(told(index.by_cgroup(cgroup + id_of(200))) == "crash/app");
}

TEST_CASE("pod index: two pods under one uid are none") {
    PodRecord a = pod(1, "a", "10.244.0.3"), b = pod(1, "b", "10.244.0.4");
    PodIndex index;
    index.update({a, b}, start);
    for (const char* ip : {"10.244.0.3", "10.244.0.4"}) CHECK(told(index, ip, start) == "none");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(1))) == "none");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(1) + "/" + id_of(1))) == "none");
    CHECK(index.pods().size() == 2);
    index.update({a, a}, at(1));  // the same twice
    CHECK(told(index, "10.244.0.3", at(2)) == "a/app");
}

TEST_CASE("pod index: a pod without a uid is known by its name") {
    PodRecord bare = pod(1, "bare", "10.244.0.3");
    bare.uid.clear();
    PodIndex index;
    index.update({bare}, at(0));
    index.update({bare}, at(10));
    CHECK(told(index, "10.244.0.3", at(11)) == "bare/app");
    CHECK(index.by_address(endpoint("10.244.0.3"), at(11))->uid.empty());
}

TEST_CASE("pod index: a pod whose name nobody knows is told as none, and yet has its address") {
    PodIndex index;
    index.update({pod(1, "", "10.244.0.3"), pod(2, "web-0", "10.244.0.3"), pod(3, "", "10.244.0.4")}, start);
    for (const char* ip : {"10.244.0.3", "10.244.0.4"}) CHECK(told(index, ip, start) == "none");
    CHECK(index.by_address(endpoint("10.244.0.4"), start) == nullptr);
    CHECK(index.by_cgroup("/kubepods/pod" + uid_of(3) + "/" + id_of(3)) == nullptr);
}

TEST_CASE("pod index: on a node that is a pod, the inner one is meant") {
    PodIndex index;
    index.update({pod(1, "inner")}, start);
    const std::string inner = "/kubelet/kubepods/pod" + uid_of(1) + "/" + id_of(1);
    CHECK(told(index.by_cgroup("/kubepods/burstable/pod" + uid_of(9) + "/" + id_of(9) + inner)) == "inner/app");
    // A pod of this node may call what is below its own cgroup as it likes.
    index.update({pod(1, "inner"), pod(9, "outer")}, at(1));
    CHECK(told(index.by_cgroup("/kubepods/burstable/pod" + uid_of(9) + "/" + id_of(9) + inner)) == "outer/app");
}

TEST_CASE("pod index: a clock that goes back") {
    PodIndex index;
    index.update({pod(1, "old", "10.244.0.3")}, at(100));
    index.update({pod(2, "new", "10.244.0.3")}, at(0));
    index.update({pod(2, "new", "10.244.0.3")}, at(10));
    CHECK(told(index, "10.244.0.3", at(11)) == "new/app");
    index.update({}, Time::max());
    index.update({pod(3, "last", "10.244.0.3")}, Time::min());
    CHECK(told(index, "10.244.0.3", at(0)) == "last/app");
}

TEST_CASE("pod index: thousands of pods that come and go") {
    constexpr int pods = 5'000, rounds = 5;
    const auto ip = [](int i) { return "10.244." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1); };
    PodIndex index;
    for (int round = 0; round < rounds; ++round) {
        std::vector<PodRecord> records;
        // Each round the addresses are another pod's, but for one in ten.
        for (int i = 0; i < pods; ++i) records.push_back(pod(i % 10 == 0 ? i : round * pods + i, "p" + std::to_string(i), ip(i)));
        index.update(PodList(std::move(records)), at(round * 20));
        index.update(index.pods(), at(round * 20 + 10));
    }
    int right = 0;
    for (int round = 0; round < rounds; ++round)
        for (int i = 0; i < pods; ++i) {
            const Pod* found = index.by_address(endpoint(ip(i)), at(round * 20 + 5));
            right += found != nullptr && found->uid == uid_of(i % 10 == 0 ? i : round * pods + i);
        }
    CHECK(right == rounds * pods);
}

TEST_CASE("pod index: what churns is forgotten") {
    PodIndex index;
    for (int i = 0; i < 2'000; ++i) index.update({pod(i, "churn", "10.244.0.3")}, at(i));
    CHECK(told(index, "10.244.0.3", at(1'999)) == "churn/app");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(1'900))) == "churn");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(1'600))) == "none");
}

TEST_CASE("pod index: the bound on pods") {
    std::vector<PodRecord> records;
    for (int i = 0; i < 65'537; ++i) records.push_back(pod(i, "web"));
    PodIndex index;
    index.update(PodList(std::move(records)), start);
    CHECK(index.pods().size() == 65'536);
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(65'535))) == "web");
    CHECK(told(index.by_cgroup("/kubepods/pod" + uid_of(65'536))) == "none");
}
