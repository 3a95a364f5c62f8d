#include "attribute/node_files.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "attribute/pod_processes.hpp"
#include "event/fields_pod.hpp"
#include "node_root.hpp"
#include "print/record_printer.hpp"

using namespace podsnoop;

namespace {

const std::string uid = "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d", other_uid = "00000000-0000-4000-8000-000000000002",
                  static_uid = "0123456789abcdef0123456789abcdef";
const std::string app_id(64, 'a'), side_id(64, 'b'), sandbox_id(64, 'c'), old_id(64, 'd');
const std::string pod_cgroup = "/kubepods/burstable/pod" + uid;
const std::string hosts =
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n10.244.0.3\tcart\n";

/// A node with the pod shop/cart: a sandbox and the container "app".
struct Node : NodeRoot {
    Node() {
        folder("/var/log/pods/shop_cart_" + uid + "/app");
        file("/var/log/containers/cart_shop_app-" + app_id + ".log");
        file("/var/lib/kubelet/pods/" + uid + "/etc-hosts", hosts);
        folder("/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + sandbox_id);
        process({.pid = 1});
        process({.pid = 2, .cgroup = "/system.slice/kubelet.service"});
        process({.pid = 100, .cgroup = pod_cgroup + "/" + sandbox_id, .netns = 40, .started = 5, .comm = "pause"});
        process({.pid = 101, .cgroup = pod_cgroup + "/" + app_id, .netns = 40, .started = 6});
    }
    [[nodiscard]] std::string pods() const {
        const auto found = read_node_files(path());
        if (!found) return found.error().line();
        RecordPrinter<PodRecord> printer({.format = Format::json});
        std::string text;
        for (const PodRecord& pod : *found) printer.print(text, pod);
        return text;
    }
};

const std::string cart_start = R"({"type":"pod","namespace":"shop","name":"cart","uid":")" + uid;
const std::string cart =
    cart_start + R"(","phase":"Running","host_network":false,"addresses":["10.244.0.3"],"netns":40,"cgroup":")" + pod_cgroup +
    R"(","interface":null,"containers":[{"name":"app","id":")" + app_id + R"(","pid":101}],"source":"node-files"})" + "\n";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("node files: a pod, from all of them") { CHECK(Node().pods() == cart); }

TEST_CASE("node files: the first process of a container stands for it") {
    Node node;
    node.process({.pid = 50, .cgroup = pod_cgroup + "/" + app_id, .netns = 99, .started = 900});  // numbers begin anew
    node.process({.pid = 102, .cgroup = pod_cgroup + "/" + app_id + "/nested", .netns = 99, .started = 6});
    node.process({.pid = 103, .cgroup = pod_cgroup + "/" + app_id, .netns = 40, .started = 2, .state = 'Z'});
    CHECK(node.pods() == cart);
}

TEST_CASE("node files: what ended is not told as running, and has no address") {
    Node node;
    node.remove("/proc/101");
    CHECK(node.pods() == cart_start + R"(","phase":null,"host_network":false,"addresses":[],"netns":40,"cgroup":")" + pod_cgroup +
                             R"(","interface":null,"containers":[],"source":"node-files"})" + "\n");
    node.remove("/proc/100");
    CHECK(node.pods() == cart_start +
                             R"(","phase":null,"host_network":false,"addresses":[],"netns":null,"cgroup":null,"interface":null,)"
                             R"("containers":[],"source":"node-files"})" +
                             "\n");
    // Its logs alone are history.
    node.remove("/var/lib/kubelet/pods/" + uid);
    CHECK(node.pods().empty());
}

TEST_CASE("node files: a restarted container's old log does not matter") {
    Node node;
    node.file("/var/log/containers/cart_shop_app-" + old_id + ".log");
    CHECK(node.pods() == cart);
}

TEST_CASE("node files: a pod of the node's network") {
    Node node;
    for (const char* pid : {"100", "101"}) node.remove(std::string("/proc/") + pid);
    node.process({.pid = 100, .cgroup = pod_cgroup + "/" + sandbox_id, .started = 5, .comm = "pause"});
    node.process({.pid = 101, .cgroup = pod_cgroup + "/" + app_id, .started = 6});
    CHECK(has(node.pods(), R"("host_network":true,"addresses":[],"netns":1,)"));
    // Where namespaces cannot be read, the kubelet's file tells.
    for (const char* pid : {"1", "100", "101"}) node.remove(std::string("/proc/") + pid + "/ns");
    CHECK(has(node.pods(), R"("host_network":false,"addresses":["10.244.0.3"],"netns":null,)"));
    node.file("/var/lib/kubelet/pods/" + uid + "/etc-hosts",
              "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n");
    CHECK(has(node.pods(), R"("host_network":true,"addresses":[],"netns":null,)"));
}

TEST_CASE("node files: static pods, systemd's cgroups, and several containers") {
    Node node;
    node.folder("/var/log/pods/kube-system_etcd-node1_" + static_uid);
    node.file("/var/log/containers/etcd-node1_kube-system_etcd-" + side_id + ".log");
    const std::string slice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + static_uid + ".slice";
    node.process({.pid = 200, .cgroup = slice + "/cri-containerd-" + side_id + ".scope", .netns = 1});
    node.file("/var/log/containers/cart_shop_a-sidecar-" + old_id + ".log");
    node.process({.pid = 300, .cgroup = pod_cgroup + "/" + old_id, .netns = 40, .started = 9});
    const std::string pods = node.pods();
    CHECK(has(pods, R"("name":"etcd-node1","uid":")" + static_uid + R"(","phase":"Running","host_network":true)"));
    CHECK(has(pods, R"("cgroup":")" + slice + "\""));
    CHECK(has(pods, R"("containers":[{"name":"a-sidecar","id":")" + old_id + R"(","pid":300},{"name":"app","id":")" + app_id));
}

TEST_CASE("node files: a runtime's state tells what logs do not") {
    Node node;
    node.remove("/var/log");
    node.remove("/run");
    // Nobody knows its name, and its container's: its sandbox is told by its program.
    CHECK(has(node.pods(), R"("namespace":"","name":"","uid":")" + uid));
    CHECK(has(node.pods(), R"("containers":[{"name":null,"id":")" + app_id));
    const auto config = [](const std::string& type, const std::string& more) {
        return R"({"annotations":{"io.kubernetes.cri.container-type":")" + type +
               R"(","io.kubernetes.cri.sandbox-name":"cart","io.kubernetes.cri.sandbox-namespace":"shop")" + more + "}}";
    };
    const std::string tasks = "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/";
    node.file(tasks + app_id + "/config.json", config("container", R"(,"io.kubernetes.cri.container-name":"app")"));
    node.file(tasks + sandbox_id + "/config.json", config("sandbox", ""));
    CHECK(node.pods() == cart);
    // One that says it is of another pod is not believed.
    node.file(
        tasks + app_id + "/config.json",
        config("container", R"(,"io.kubernetes.cri.container-name":"app","io.kubernetes.cri.sandbox-uid":")" + other_uid + "\""));
    CHECK(has(node.pods(), R"("containers":[{"name":null,)"));
}

TEST_CASE("node files: hostile names, links and files are no pods") {
    Node node;
    node.folder("/var/log/pods/a_b_c");
    node.folder("/var/log/pods/sh\nop_x_" + other_uid);
    node.folder("/var/log/pods/shop_\x1b]0;x\x07_" + other_uid);
    node.link("/var/log/containers/loop.log", "loop.log");
    node.folder("/var/lib/kubelet/pods/../pods/not-a-uid");
    node.process({.pid = 400, .cgroup = "/kubepods/burstable/podnone/" + side_id});
    node.process({.pid = 401, .cgroup = "/user.slice/kubepods-pod" + other_uid + "/" + side_id});
    node.process({.pid = 402, .comm = "(a) b) S 1"});
    node.file("/proc/403/cgroup", "0::" + pod_cgroup + "/" + app_id + "\n");
    node.file("/proc/403/stat", "403 (app) S 1");
    CHECK(node.pods() == cart);
    // Two names for one uid: neither is known to be right.
    node.folder("/var/log/pods/other_thief_" + uid);
    CHECK(has(node.pods(), R"("namespace":"","name":"")"));
}

TEST_CASE("node files: links are followed below the root only") {
    Node node, outside;
    node.remove("/var/log/pods");
    node.link("/var/log/pods", "/mnt/logs");
    CHECK(!has(node.pods(), "cart"));
    node.folder("/mnt/logs/shop_cart_" + uid);
    CHECK(node.pods() == cart);
    node.remove("/var/lib/kubelet/pods/" + uid + "/etc-hosts");
    node.link("/var/lib/kubelet/pods/" + uid + "/etc-hosts", outside.path() + "/var/lib/kubelet/pods/" + uid + "/etc-hosts");
    CHECK(has(node.pods(), R"("addresses":[])"));
    node.remove("/var/log/pods");
    node.link("/var/log/pods", "/var/log/pods");
    CHECK(!has(node.pods(), "cart"));
}

TEST_CASE("node files: an address that the pod may have written is none") {
    Node node;
    node.file("/var/lib/kubelet/pods/" + uid + "/etc-hosts", hosts + "10.244.0.4\tother\n");
    CHECK(has(node.pods(), R"("addresses":[])"));
    node.file("/var/lib/kubelet/pods/" + uid + "/etc-hosts", hosts + std::string(100'000, '\n'));
    CHECK(has(node.pods(), R"("addresses":[])"));
}

TEST_CASE("node files: where there is nothing, it says so") {
    NodeRoot empty;
    CHECK(has(read_node_files(empty.path()).error().line(), "no process of a pod"));
    empty.folder("/var/log/pods");
    CHECK(read_node_files(empty.path())->empty());
    CHECK(has(read_node_files(empty.path() + "/none").error().line(), "/none/proc: no such file"));
}

TEST_CASE("node files: cgroups as another cgroup namespace sees them") {
    Node node;
    node.remove("/proc/100");
    node.remove("/proc/101");
    node.process({.pid = 101, .cgroup = "/../../burstable/pod" + uid + "/" + app_id, .netns = 40});
    CHECK(read_pod_processes(node.path())->pods.at(uid).cgroup.empty());
    node.remove("/proc/101");
    node.process({.pid = 101, .cgroup = "/../.." + pod_cgroup + "/" + app_id, .netns = 40});
    CHECK(read_pod_processes(node.path())->pods.at(uid).cgroup == pod_cgroup);
}
