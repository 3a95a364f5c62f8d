#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "attribute/kubelet_pods.hpp"

using namespace podsnoop;

namespace {

const std::string uid = "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d";
const std::string hash = "290e9c6805d91ae2aaf99c220f5e68e8";
const std::string id(64, 'a'), other_id(64, 'b');

std::string list(const std::string& items) {
    return R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":[)" + items + "]}";
}
std::string item(const std::string& spec, const std::string& status, const std::string& metadata = {}) {
    return R"({"metadata":{"name":"web-0","namespace":"shop","uid":")" + uid + "\"" + metadata + R"(},"spec":{)" + spec +
           R"(},"status":{)" + status + "}}";
}

std::vector<PodRecord> parse(const std::string& json) {
    auto pods = parse_pods(json, PodSource::kubelet);
    CAPTURE(json.substr(0, 1000));
    REQUIRE_MESSAGE(pods.has_value(), pods.error().line());
    return std::move(*pods);
}
PodRecord only(const std::string& json_item) {
    std::vector<PodRecord> pods = parse(list(json_item));
    REQUIRE(pods.size() == 1);
    return std::move(pods[0]);
}
std::string why(std::string_view json) {
    const auto pods = parse_pods(json, PodSource::kubelet);
    return pods ? "nothing" : pods.error().why;
}

std::string texts(const std::vector<Address>& addresses) {
    std::string out;
    for (const Address& address : addresses) {
        if (!out.empty()) out += ' ';
        append_address(out, address);
    }
    return out;
}
std::string text(Time time) {
    std::string out;
    append_rfc3339(out, time);
    return out.substr(0, 19);
}
/// "name id :port", with the id's first digit, and "ended".
std::string texts(const std::vector<PodContainer>& containers) {
    std::string out;
    for (const PodContainer& container : containers) {
        if (!out.empty()) out += ", ";
        out += container.name;
        if (!container.id.empty()) out.append(" ").append(container.id, 0, 1);
        for (const std::uint16_t port : container.ports) out.append(" :").append(std::to_string(port));
        if (container.ended) out += " ended";
    }
    return out;
}

}  // namespace

TEST_CASE("kubelet pods: an ordinary pod") {
    const PodRecord pod = only(
        R"({"kind":"Pod","metadata":{"name":"web-7d9f","generateName":"web-","namespace":"shop","uid":")" + uid +
        R"(","creationTimestamp":"2026-11-21T03:53:50Z","labels":{"name":"not-this","uid":"nor this"},)"
        R"("annotations":{"kubernetes.io/config.source":"api"},"ownerReferences":[{"name":"owner","uid":"o"}]},)"
        R"("spec":{"volumes":[{"name":"config"}],"containers":[{"name":"app","ports":[{"name":"http","containerPort":8080,)"
        R"("protocol":"TCP"}],"env":[{"name":"PORT","value":"1"}]}],"nodeName":"node-1"},)"
        R"("status":{"phase":"Running","hostIP":"192.168.1.10","podIP":"10.244.0.3","podIPs":[{"ip":"10.244.0.3"},)"
        R"({"ip":"fd00:10:244::3"}],"startTime":"2026-11-21T03:53:52Z","containerStatuses":[{"name":"app","state":{"running":)"
        R"({"startedAt":"2026-11-21T03:53:54Z"}},"lastState":{"terminated":{"exitCode":1,"containerID":"containerd://)" +
        other_id + R"("}},"containerID":"containerd://)" + id + R"("}]}})");
    CHECK(pod.namespace_name == "shop");
    CHECK(pod.name == "web-7d9f");
    CHECK(pod.uid == uid);
    CHECK(pod.phase == "Running");
    CHECK_FALSE(pod.host_network);
    CHECK_FALSE(pod.terminating);
    CHECK(texts(pod.addresses) == "10.244.0.3 fd00:10:244::3");
    CHECK(texts(pod.containers) == "app a :8080");
    CHECK(pod.containers[0].id == id);
    CHECK(pod.host_ports.empty());
    CHECK(text(pod.started) == "2026-11-21T03:53:52");
    CHECK(pod.finished == Time{});
    CHECK(pod.source == PodSource::kubelet);
}

TEST_CASE("kubelet pods: keys in another order, and twice") {
    const PodRecord pod =
        only(R"({"status":{"containerStatuses":[{"containerID":"x://)" + id +
             R"(","name":"app"}],"podIPs":[{"ip":"10.0.0.1"}],)"
             R"("phase":"Running"},"spec":{"containers":[{"ports":[{"hostPort":80,"containerPort":8080}],"name":"app"}]},)"
             R"("metadata":{"uid":")" +
             uid + R"(","namespace":"a","namespace":"shop","name":"web-0"}})");
    CHECK(pod.namespace_name == "shop");
    CHECK(texts(pod.containers) == "app a :8080");
    CHECK(texts(pod.addresses) == "10.0.0.1");
    CHECK(pod.host_ports == std::vector<std::uint16_t>{80});
}

TEST_CASE("kubelet pods: a node's address is no pod's") {
    CHECK(texts(only(item(R"("hostNetwork":true)", R"("podIP":"192.168.1.10","podIPs":[{"ip":"192.168.1.10"}])")).addresses) ==
          "");
    CHECK(only(item(R"("hostNetwork":true)", "")).host_network);
    CHECK_FALSE(only(item(R"("hostNetwork":false)", R"("podIP":"10.244.0.3")")).host_network);
    // Cut down to what tells no hostNetwork.
    for (const char* status : {R"("hostIP":"192.168.1.10","podIP":"192.168.1.10")",
                               R"("podIPs":[{"ip":"fd00::10"},{"ip":"192.168.1.10"}],"hostIPs":[{"ip":"192.168.1.10"}])"}) {
        const PodRecord pod = only(item("", status));
        CHECK(pod.host_network);
        CHECK(pod.addresses.empty());
    }
    // Another pod says which address is the node's.
    const auto pods =
        parse(list(item("", R"("podIP":"192.168.1.10")") + "," + item("", R"("podIP":"10.244.0.3","hostIP":"192.168.1.10")")));
    CHECK(pods[0].host_network);
    CHECK_FALSE(pods[1].host_network);
    CHECK(texts(pods[1].addresses) == "10.244.0.3");
}

TEST_CASE("kubelet pods: static pods and the mirrors of them") {
    const auto pods = parse(list(
        R"({"metadata":{"name":"etcd-node","namespace":"kube-system","uid":")" + hash +
        R"(","creationTimestamp":null,"annotations":{"kubernetes.io/config.hash":")" + hash +
        R"(","kubernetes.io/config.source":"file"}}},{"metadata":{"name":"etcd-node","namespace":"kube-system","uid":")" + uid +
        R"(","annotations":{"kubernetes.io/config.hash":")" + hash + R"(","kubernetes.io/config.mirror":")" + hash + R"("}}})"));
    CHECK(pods[0].uid == hash);
    CHECK(pods[1].uid == hash);
    CHECK(only(item("", "", R"(,"annotations":{"kubernetes.io/config.mirror":"x"})")).uid == uid);
}

TEST_CASE("kubelet pods: phases, and pods on their way out") {
    for (const char* phase : {"Pending", "Running", "Succeeded", "Failed", "Unknown"})
        CHECK(only(item("", std::string(R"("phase":")") + phase + "\"")).phase == phase);
    CHECK(only(item("", R"("phase":"\u001b[31m")")).phase.empty());
    CHECK(only(item("", "", R"(,"deletionTimestamp":"2026-11-21T04:00:00Z")")).terminating);
    CHECK_FALSE(only(item("", "", R"(,"deletionTimestamp":null)")).terminating);
}

TEST_CASE("kubelet pods: when a pod was over") {
    const auto status = [](const std::string& phase, const std::string& second) {
        return R"("phase":")" + phase + R"(","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,)" +
               R"("startedAt":"2026-11-21T03:53:50Z","finishedAt":"2026-11-21T03:53:54Z"}}},{"name":"b","state":{)" + second +
               R"(},"lastState":{"terminated":{"finishedAt":"2026-11-21T05:00:00Z"}}}])";
    };
    const std::string terminated = R"("terminated":{"exitCode":1,"finishedAt":"2026-11-21T03:53:58Z"})";
    CHECK(text(only(item("", status("Succeeded", terminated))).finished) == "2026-11-21T03:53:58");
    CHECK(text(only(item("", status("Failed", terminated))).finished) == "2026-11-21T03:53:58");
    CHECK(only(item("", status("Running", terminated))).finished == Time{});
    CHECK(only(item("", status("Failed", R"("running":{})"))).finished == Time{});
    CHECK(only(item("", status("Failed", R"("terminated":{"exitCode":137,"finishedAt":null})"))).finished == Time{});
    CHECK(only(item("", R"("phase":"Failed","reason":"Evicted")")).finished == Time{});
}

TEST_CASE("kubelet pods: times are RFC 3339 in UTC, or none") {
    CHECK(text(only(item("", R"("startTime":"2024-02-29T23:59:59Z")")).started) == "2024-02-29T23:59:59");
    for (const char* time : {"", "2026-11-21", "2026-11-21T03:53:52+01:00", "2026-13-21T03:53:52Z", "2026-02-30T03:53:52Z",
                             "9999-11-21T03:53:52Z", "0001-01-01T00:00:00Z", "2026-11-21T0x:53:52Z", "2026-11-21 03:53:52Z"}) {
        CAPTURE(time);
        CHECK(only(item("", std::string(R"("startTime":")") + time + "\"")).started == Time{});
    }
}

TEST_CASE("kubelet pods: init, sidecar and ephemeral containers") {
    const std::string done = R"("state":{"terminated":{"exitCode":0}})", failed = R"("state":{"terminated":{"exitCode":1}})";
    const PodRecord pod = only(item(
        R"("initContainers":[{"name":"done"},{"name":"failed"},{"name":"running"},{"name":"sidecar","restartPolicy":"Always",)"
        R"("ports":[{"containerPort":15001}]}],"containers":[{"name":"app"},{"name":"once"}],)"
        R"("ephemeralContainers":[{"name":"debug"},{"name":"debug-2"}])",
        R"("initContainerStatuses":[{"name":"done",)" + done + R"(},{"name":"failed",)" + failed +
            R"(},{"name":"running","state":{"running":{}},"lastState":{"terminated":{"exitCode":0}}},{"name":"sidecar",)" + done +
            R"(}],"containerStatuses":[{"name":"app","state":{"waiting":{"reason":"PodInitializing"}}},{"name":"once",)" + done +
            R"(}],"ephemeralContainerStatuses":[{"name":"debug",)" + failed + R"(},{"name":"debug-2","state":{"running":{}}}])"));
    CHECK(texts(pod.containers) == "done ended, failed, running, sidecar :15001, app, once, debug ended, debug-2");
}

TEST_CASE("kubelet pods: ports") {
    const PodRecord pod = only(
        item(R"("containers":[{"name":"app","ports":[{"containerPort":80,"hostPort":8080},{"containerPort":53,"hostPort":53,)"
             R"("protocol":"UDP"},{"containerPort":9,"protocol":"SCTP"},{"containerPort":0},{"containerPort":65536},)"
             R"({"containerPort":-1},{"containerPort":"81"},{"containerPort":82.5},null,7,{"containerPort":443,"protocol":"TCP",)"
             R"("hostPort":0,"hostIP":"127.0.0.1"}]}])",
             ""));
    CHECK(texts(pod.containers) == "app :80 :443");
    CHECK(pod.host_ports == std::vector<std::uint16_t>{8080});
}

TEST_CASE("kubelet pods: container ids, with a runtime's scheme and without") {
    const auto id_of = [](const std::string& written) {
        return only(item("", R"("containerStatuses":[{"name":"app","containerID":")" + written + R"("}])")).containers[0].id;
    };
    for (const char* scheme : {"containerd://", "docker://", "cri-o://", ""}) CHECK(id_of(scheme + id) == id);
    CHECK(id_of("docker://abc123") == "abc123");
    CHECK(id_of("") == "");
    CHECK(id_of("containerd://") == "");
    CHECK(id_of("containerd://../../etc") == "");
    CHECK(id_of("containerd://\\u001b[31m") == "");
    CHECK(id_of("containerd://" + std::string(129, 'a')) == "");
}

TEST_CASE("kubelet pods: what can be no such thing is as if it were not there") {
    CHECK(
        only(item("", R"("podIP":"10.244.0.300","podIPs":[{"ip":"x"},{"ip":7},null,{},{"ip":"10.244.0.3"}])")).addresses.size() ==
        1);
    CHECK(only(R"({"metadata":{"name":"web-0","namespace":"shop","uid":"../../etc"}})").uid.empty());
    CHECK(only(R"({"metadata":{"name":"web-0","namespace":"shop"}})").uid.empty());
    CHECK(texts(only(item(R"("containers":[{"name":"\u001b[31m","ports":[{"containerPort":80}]},{"name":7},null])", ""))
                    .containers) == " :80, ");
    CHECK(only(item(R"("containers":{"name":"app"})", R"("containerStatuses":7,"podIPs":{"ip":"10.0.0.1"})")).containers.empty());
    CHECK(only(R"({"metadata":{"name":"web-0","namespace":"shop"},"spec":null,"status":null})").containers.empty());
}

TEST_CASE("kubelet pods: items that are no pods are left out") {
    const std::string good = item("", R"("podIP":"10.244.0.3")");
    for (const char* bad : {"null",
                            "7",
                            "\"pod\"",
                            "[]",
                            "[[{}]]",
                            "{}",
                            R"({"metadata":null})",
                            R"({"metadata":[{"name":"a","namespace":"b"}]})",
                            R"({"metadata":{"name":"web-0"}})",
                            R"({"metadata":{"namespace":"shop"}})",
                            R"({"metadata":{"name":7,"namespace":"shop"}})",
                            R"({"metadata":{"name":"","namespace":"shop"}})",
                            R"({"metadata":{"name":"a\u001b]0;x","namespace":"shop"}})",
                            R"({"metadata":{"name":"a/b","namespace":"shop"}})",
                            R"({"metadata":{"name":"..","namespace":"shop"}})",
                            R"({"metadata":{"name":"a..b","namespace":"shop"}})",
                            R"({"metadata":{"name":"Web","namespace":"shop"}})",
                            R"({"metadata":{"name":"-a","namespace":"shop"}})",
                            R"({"metadata":{"name":"web-0","namespace":"a.b"}})",
                            R"({"metadata":{"name":"web-0","namespace":"shop\n"}})",
                            R"({"kind":"Service","metadata":{"name":"web-0","namespace":"shop"}})"}) {
        CAPTURE(bad);
        const auto pods = parse(list(std::string(bad) + "," + good));
        REQUIRE(pods.size() == 1);
        CHECK(texts(pods[0].addresses) == "10.244.0.3");
    }
    const std::string longest(253, 'a');
    CHECK(only(R"({"metadata":{"name":")" + longest + R"(","namespace":"shop"}})").name == longest);
    CHECK(parse(list(good + R"(,{"metadata":{"name":"a)" + longest + R"(","namespace":"shop"}})")).size() == 1);
    CHECK(only(R"({"metadata":{"name":"coredns-5d78c9869d.v2","namespace":"kube-system"}})").name == "coredns-5d78c9869d.v2");
}

TEST_CASE("kubelet pods: texts are read as JSON writes them") {
    CHECK(only(R"({"metadata":{"name":"we\u0062-0","namespace":"\u0073hop"}})").name == "web-0");
    CHECK(only(R"({"metadata":{"n\u0061me":"web-0","namesp\u0061ce":"shop"}})").namespace_name == "shop");
    CHECK(only(R"({"metadata":{"name":"web-0","namespace":"shop","generation":-7,"x":[1.5e3,18446744073709551615,null,true]}})")
              .name == "web-0");
    CHECK(parse("\xef\xbb\xbf" + list(item("", ""))).size() == 1);
    CHECK(why(list("01")) != "nothing");
    CHECK(why(list("\"\n\"")) != "nothing");
    CHECK(why(list("{},")) != "nothing");
}

TEST_CASE("kubelet pods: lists without pods") {
    CHECK(parse(list("")).empty());
    CHECK(parse(list("null,null")).empty());
    CHECK(parse(R"({"kind":"PodList","items":null})").empty());
}

TEST_CASE("kubelet pods: what is no list of pods says why") {
    CHECK(why("") == "it ends after 0 bytes, in the middle");
    CHECK(why("Unauthorized") == "it is not JSON from byte 1 on");
    CHECK(why("<html>") == "it is not JSON from byte 1 on");
    const std::string good = list(item("", ""));
    CHECK(why(good.substr(0, 100)) == "it ends after 100 bytes, in the middle");
    CHECK(why(good + "x") == "it is not JSON from byte " + std::to_string(good.size() + 1) + " on");
    CHECK(why(list("{}"
                   "\xff")) != "nothing");
    for (const char* json : {"{}", "[]", "7", "null", "\"items\"", R"({"items":7})", R"({"items":{}})", R"([{"items":[]}])",
                             R"({"a":{"items":[]}})", R"({"kind":"Status","message":"no"})"})
        CHECK(why(json) == "it has no items");
    CHECK(why(list(R"({"kind":"Node","metadata":{"name":"node-1"}})")) == "none of its items is a pod");
}

TEST_CASE("kubelet pods: every answer that is cut is refused") {
    const std::string good =
        list(item(R"("containers":[{"name":"app","ports":[{"containerPort":80}]}])", R"("podIPs":[{"ip":"10.244.0.3"}])"));
    for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse_pods(good.substr(0, size), PodSource::file));
}

TEST_CASE("kubelet pods: a part of a byte order mark is none") {
    CHECK(parse_pods("\xef\xbb\xbf" + list(""), PodSource::kubelet).has_value());
    for (const char* part : {"\xef", "\xef\xbb"}) {
        CHECK_FALSE(parse_pods(part + list(""), PodSource::kubelet).has_value());
        CHECK_FALSE(parse_pods(part, PodSource::kubelet).has_value());
    }
}

TEST_CASE("kubelet pods: a list that comes in pieces is the same, wherever it is cut") {
    const std::string pod =
        item(R"("containers":[{"name":"a\u0062c","ports":[{"containerPort":8080}]}])", R"("podIP":"10.0.0.1")");
    for (const std::string& json :
         {list(pod), "\xef\xbb\xbf" + list(pod) + " \n", list(pod) + "}", std::string("[1"), std::string(" "),
          std::string("\xef\xbb\xbf"), "\xef\xbb" + list(pod), std::string("\xef\xbb")}) {
        const auto whole = parse_pods(json, PodSource::kubelet);
        for (std::size_t at = 0; at <= json.size(); ++at) {
            PodListParser parser(PodSource::kubelet);
            parser.put(std::string_view(json).substr(0, at));
            parser.put(std::string_view(json).substr(at));
            const auto pods = std::move(parser).finish();
            REQUIRE(pods.has_value() == whole.has_value());
            if (pods) CHECK(std::ranges::equal(*pods, *whole));
            else CHECK(pods.error().why == whole.error().why);
        }
    }
}

TEST_CASE("kubelet pods: a list that tells what the last one told is the last one") {
    const auto named = [](const std::string& name, const std::string& status = R"("podIP":"10.0.0.1")") {
        return R"({"metadata":{"name":")" + name + R"(","namespace":"shop"},"status":{)" + status + "}}";
    };
    const auto read = [](const std::string& json, const PodList& last) {
        PodListParser parser(PodSource::kubelet, last);
        parser.put(json);
        auto pods = std::move(parser).finish();
        REQUIRE(pods);
        return *pods;
    };
    const auto is_same = [](const PodList& a, const PodList& b) { return !a.empty() && &a[0] == &b[0]; };
    const PodList last = read(list(named("a") + "," + named("b")), {});
    CHECK(is_same(read(list(named("a") + "," + named("b")), last), last));
    // Fewer, more, others, others in front; a pod's address that is the node's by now.
    for (const std::string& items : {named("a"), named("a") + "," + named("b") + "," + named("c"), named("a") + "," + named("c"),
                                     named("c") + "," + named("b"), named("a") + "," + named("b", R"("podIP":"10.0.0.2")"),
                                     named("a") + "," + named("b") + ",{\"status\":{\"hostIP\":\"10.0.0.1\"}}"}) {
        const PodList pods = read(list(items), last);
        CHECK_FALSE(is_same(pods, last));
        CHECK(std::ranges::equal(pods, parse(list(items))));
    }
    CHECK(read(list(""), last).empty());
}

TEST_CASE("kubelet pods: hostile lists end") {
    constexpr std::size_t many = 1'000'000;
    CHECK(why(std::string(many, '[')) == "it is nested too deeply");
    std::string objects;
    for (std::size_t i = 0; i < many; ++i) objects += R"({"items":)";
    CHECK(why(objects) == "it is nested too deeply");
    CHECK(why(list(std::string(many, '['))) == "it is nested too deeply");
    CHECK(only(item("", "", ",\"" + std::string(many, 'k') + R"(":{"a":1})")).name == "web-0");
    std::string containers = R"("containers":[{"name":"app"})", addresses = R"("podIPs":[{"ip":"10.0.0.1"})";
    for (std::size_t i = 0; i < 100'000; ++i) {
        containers += R"(,{"name":"x"})";
        addresses += R"(,{"ip":"10.1.)" + std::to_string(i / 250 % 250) + '.' + std::to_string(i % 250) + "\"}";
    }
    const PodRecord pod = only(item(containers + "]", addresses + "]"));
    CHECK(pod.containers.size() == 256);
    CHECK(pod.addresses.size() == 16);
    std::string ports = R"("containers":[)";
    for (int i = 0; i < 100; ++i) {
        ports += (i == 0 ? "" : ",") + std::string(R"({"name":"c","ports":[{"containerPort":1})");
        for (int k = 0; k < 100; ++k) ports += R"(,{"containerPort":80,"hostPort":80})";
        ports += "]}";
    }
    CHECK(only(item(ports + "]", "")).host_ports.size() <= 256);
    std::string pods = R"({"metadata":{"name":"a","namespace":"b"}})";
    for (int i = 0; i < 65'536; ++i) pods += R"(,{"metadata":{"name":"a","namespace":"b"}})";
    CHECK(why(list(pods)) == "it has more than 65536 pods");
}

TEST_CASE("kubelet pods: thousands of them") {
    std::string items;
    for (int i = 0; i < 5'000; ++i)
        items += (i == 0 ? "" : ",") + std::string(R"({"metadata":{"name":"web-)") + std::to_string(i) +
                 R"(","namespace":"shop"},"status":{"podIP":"10.1.)" + std::to_string(i / 250) + "." + std::to_string(i % 250) +
                 "\"}}";
    const auto pods = parse(list(items));
    REQUIRE(pods.size() == 5'000);
    CHECK(pods[4'999].name == "web-4999");
    CHECK(texts(pods[4'999].addresses) == "10.1.19.249");
}
