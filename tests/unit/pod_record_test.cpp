#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/address.hpp"
#include "event/fields_pod.hpp"
#include "print/record_printer.hpp"

using namespace podsnoop;

namespace {

std::vector<PodRecord> pods() {
    std::vector<PodRecord> pods(2);
    pods[0].namespace_name = "kube-system", pods[0].name = "kube-proxy-x2x4z", pods[0].phase = "Running";
    pods[0].host_network = true, pods[0].terminating = true, pods[0].netns = 4026531833;
    pods[0].containers.resize(1);
    pods[0].containers[0].name = "proxy", pods[0].containers[0].pid = 7;
    pods[1].namespace_name = "shop", pods[1].name = "cart-7d9f\x1b[2J", pods[1].uid = "1", pods[1].phase = "Pending";
    pods[1].addresses = {*parse_address("10.244.0.3"), *parse_address("fd00::3")};
    pods[1].interface = "vethc0ffee12", pods[1].containers.resize(2);
    pods[1].source = PodSource::kubelet;
    return pods;
}

std::string print(PrintOptions options) {
    RecordPrinter<PodRecord> printer(options);
    const auto records = pods();
    printer.fit(records);
    std::string text;
    printer.header(text);
    for (const PodRecord& pod : records) printer.print(text, pod);
    return text;
}

}  // namespace

TEST_CASE("pods: a table without a limit, and one of 80 columns") {
    CHECK(print({.format = Format::table}) ==
          "NAMESPACE    NAME              PHASE        ADDRESSES           INTERFACE     NETNS       CONTAINERS\n"
          "kube-system  kube-proxy-x2x4z  Terminating  (node's)            -             4026531833  proxy\n"
          "shop         cart-7d9f\\x1b[2J  Pending      10.244.0.3,fd00::3  vethc0ffee12  -           -,-\n");
    CHECK(print({.format = Format::table, .width = 80}) ==
          "NAMESPACE   NAME             PHASE     ADDRESSES         INTERFACE    CONTAINERS\n"
          "kube-system kube-proxy-x2x4z Terminat… (node's)          -            proxy\n"
          "shop        cart-7d9f\\x1b[2J Pending   10.244.0.3,fd00:… vethc0ffee12 -,-\n");
}

TEST_CASE("pods: unknown is null") {
    const std::string json = print({.format = Format::json});
    CHECK(json.find(R"("uid":null,"phase":"Running","host_network":true,"addresses":[],"netns":4026531833,"cgroup":null,)"
                    R"("interface":null,"containers":[{"name":"proxy","id":null,"pid":7}],"source":"node-files"})") !=
          std::string::npos);
    const std::string csv = print({.format = Format::csv});
    CHECK(
        csv.starts_with("type,namespace,name,uid,phase,host_network,addresses,netns,cgroup,interface,"
                        "containers_name,containers_id,containers_pid,source\n"));
    CHECK(csv.find("pod,shop,cart-7d9f\\u001b[2J,1,Pending,false,10.244.0.3 fd00::3,,,vethc0ffee12,- -,- -,- -,kubelet\n") !=
          std::string::npos);
}
