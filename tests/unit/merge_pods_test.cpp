#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "attribute/node_files.hpp"
#include "base/address.hpp"

using namespace podsnoop;

namespace {

PodContainer container(std::string name, std::string id, std::uint32_t pid = 0) {
    PodContainer made;
    made.name = std::move(name), made.id = std::move(id), made.pid = pid;
    return made;
}

PodRecord named() {
    PodRecord pod;
    pod.namespace_name = "shop", pod.name = "cart", pod.uid = "1", pod.phase = "Running";
    pod.addresses = {*parse_address("10.244.0.3")};
    pod.containers = {container("app", "aa"), container("proxy", "bb")};
    pod.containers[0].ports = {80};
    pod.source = PodSource::kubelet;
    return pod;
}

PodRecord found() {
    PodRecord pod;
    pod.namespace_name = "shop", pod.name = "cart", pod.uid = "1", pod.phase = "Running";
    pod.addresses = {*parse_address("10.244.0.99")};
    pod.netns = 7, pod.cgroup = "/kubepods/pod1", pod.interface = "veth1";
    pod.containers = {container("app", "aa", 11), container("proxy", "bb", 12)};
    return pod;
}

std::string told(const PodRecord& pod) {
    std::string text;
    for (const PodContainer& c : pod.containers) text += c.name + ' ' + c.id + ' ' + std::to_string(c.pid) + ';';
    return text;
}

}  // namespace

TEST_CASE("merge: names from the one, processes from the other") {
    const auto pods = merge_pods({named()}, {found()});
    REQUIRE(pods.size() == 1);
    CHECK(told(pods[0]) == "app aa 11;proxy bb 12;");
    CHECK(pods[0].containers[0].ports == std::vector<std::uint16_t>{80});
    CHECK(pods[0].netns == 7);
    CHECK(pods[0].cgroup == "/kubepods/pod1");
    CHECK(pods[0].interface == "veth1");
    CHECK(pods[0].addresses == std::vector{*parse_address("10.244.0.3")});
    CHECK(pods[0].source == PodSource::kubelet);
}

TEST_CASE("merge: what the kubelet does not know yet") {
    PodRecord pod = named();
    pod.addresses.clear(), pod.phase.clear();
    pod.containers = {container("app", "old"), container("proxy", "")};
    pod.containers[0].ended = true;
    PodRecord files = found();
    files.containers.push_back(container("debugger", "cc", 13));
    files.containers.push_back(container("", "dd", 14));  // nobody knows whose: not told
    const auto pods = merge_pods({pod}, {files});
    REQUIRE(pods.size() == 1);
    CHECK(told(pods[0]) == "app aa 11;proxy bb 12;debugger cc 13;");
    CHECK(!pods[0].containers[0].ended);
    CHECK(pods[0].addresses == std::vector{*parse_address("10.244.0.99")});
    CHECK(pods[0].phase == "Running");
}

TEST_CASE("merge: the node's network has no pod's addresses") {
    PodRecord files = found();
    files.host_network = true, files.addresses.clear();
    auto pods = merge_pods({named()}, {files});
    CHECK(pods[0].host_network);
    CHECK(pods[0].addresses.empty());
    PodRecord pod = named();
    pod.host_network = true, pod.addresses.clear();
    pods = merge_pods({pod}, {found()});
    CHECK(pods[0].host_network);
    CHECK(pods[0].addresses.empty());
}

TEST_CASE("merge: pods that only one of them knows") {
    PodRecord other = found(), dead = found(), nameless = found();
    other.uid = "2", other.name = "young";
    dead.uid = "3", dead.name = "dead", dead.netns = 0, dead.cgroup.clear(), dead.containers.clear();
    nameless.uid = "4", nameless.name.clear(), nameless.namespace_name.clear();
    PodRecord unknown_uid = named();
    unknown_uid.uid.clear(), unknown_uid.name = "no-uid";
    const auto names = [](const std::vector<PodRecord>& pods) {
        std::string text;
        for (const PodRecord& pod : pods) text += pod.name + ' ';
        return text;
    };
    CHECK(names(merge_pods({named(), unknown_uid}, {other, dead, nameless})) == "cart no-uid young ");
    CHECK(names(merge_pods({}, {other, dead, nameless})) == "young dead ");
    CHECK(names(merge_pods({named()}, {})) == "cart ");
    CHECK(merge_pods({named()}, {})[0].netns == 0);
}
