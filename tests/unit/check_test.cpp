// What podsnoop check tells: of what was found out, and how people read it.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "attribute/source_checks.hpp"
#include "print/check_printer.hpp"
#include "probe/feature_checks.hpp"

namespace podsnoop {

namespace {

using enum CheckState;

/// Everything works, as on a node with a kernel of its distribution.
Features all_features() {
    const Capability works{.works = true};
    return {.release = "6.1.0",
            .lockdown = "none",
            .cgroup = CgroupVersion::v2,
            .btf = works,
            .programs = works,
            .kprobe = works,
            .fentry = works,
            .raw_tracepoint = works,
            .victim_is_task = true,
            .tracepoint = works,
            .kmsg = works};
}

/// "fentry degraded: refused; kprobe instead" of the check of this name.
std::string told(const std::vector<CheckRecord>& checks, const std::string& name) {
    const auto found = std::ranges::find(checks, name, &CheckRecord::name);
    return found == checks.end() ? "none" : std::string(name_of(found->state)) + ": " + found->detail;
}

TEST_CASE("check: a kernel that can all") {
    for (const CheckRecord& check : check_features(all_features())) {
        CHECK_MESSAGE(check.state == ok, check.name);
        CHECK(check.hint.empty());
        CHECK(!check.needed_for.empty());
    }
}

TEST_CASE("check: what another mechanism does instead is degraded only while that works") {
    Features features = all_features();
    features.fentry = {.works = false, .why = "refused"};
    CHECK(told(check_features(features), "fentry") == "degraded: refused; kprobe instead");
    features.kprobe = {.works = false, .why = "not compiled into this kernel"};
    CHECK(told(check_features(features), "fentry") == "missing: refused");
    CHECK(told(check_features(features), "kprobe") == "missing: not compiled into this kernel");

    features.raw_tracepoint = {.works = false, .why = "refused"};
    CHECK(told(check_features(features), "raw-tracepoint") == "degraded: refused; the tracepoint's record instead");
    features.tracepoint = {.works = false, .why = "no tracefs"};
    CHECK(told(check_features(features), "raw-tracepoint") == "missing: refused");
    CHECK(told(check_features(features), "tracepoint") == "degraded: no tracefs; the kernel's log instead");
    features.kmsg = {.works = false, .why = "Permission denied"};
    CHECK(told(check_features(features), "tracepoint") == "missing: no tracefs");
    CHECK(told(check_features(features), "kernel-log") == "missing: Permission denied");
}

TEST_CASE("check: a mechanism that cannot be used without BTF does nothing instead") {
    Features features = all_features();
    features.btf = {.works = false, .why = "this kernel has none"};
    features.fentry = {.works = false, .why = "refused"};
    const auto checks = check_features(features);
    CHECK(told(checks, "fentry") == "missing: refused");
    CHECK(told(checks, "btf") == "missing: this kernel has none");
    CHECK(std::ranges::find(checks, "btf", &CheckRecord::name)->hint.contains("--btf"));
    features.btf_file = "/tmp/btf";  // given already: no advice to give it
    const auto given = check_features(features);
    CHECK(std::ranges::find(given, "btf", &CheckRecord::name)->hint.empty());
}

TEST_CASE("check: cgroups and lockdown") {
    Features features = all_features();
    CHECK(told(check_features(features), "cgroup") == "ok: version 2");
    features.cgroup = CgroupVersion::hybrid;
    CHECK(told(check_features(features), "cgroup") == "ok: versions 1 and 2 (hybrid)");
    features.cgroup = CgroupVersion::unknown;
    CHECK(told(check_features(features), "cgroup") == "missing: /sys/fs/cgroup has no control groups");
    features.lockdown = "integrity";
    CHECK(told(check_features(features), "lockdown") == "ok: integrity");
    features.lockdown = "confidentiality";
    CHECK(told(check_features(features), "lockdown").starts_with("degraded: confidentiality"));
}

TEST_CASE("check: the node's files") {
    CHECK(told({check_node_files(fail("cannot read", "/proc", "no such file", "mount it"))}, "node-files") ==
          "missing: cannot read: /proc: no such file");
    const PodRecord named{.name = "cart", .uid = "1"}, nameless{.uid = "2"};
    CHECK(told({check_node_files(std::vector{named})}, "node-files") == "ok: 1 pods");
    CHECK(told({check_node_files(std::vector{named, nameless})}, "node-files") == "degraded: 2 pods, 1 of them without a name");
}

TEST_CASE("check: a kubelet's ways") {
    const SourceReport refused{.source = "https://127.0.0.1:10250/pods with a token",
                               .ok = false,
                               .detail = "it answers 403",
                               .hint = "give it the right"};
    const SourceReport good{
        .source = "http://127.0.0.1:10255/pods without a credential", .ok = true, .detail = "3 pods", .hint = ""};
    const Result<std::vector<PodRecord>> failure = fail("cannot ask the kubelet", "", "it answers 403", "give it the right");

    // Nothing else names the pods.
    auto checks = check_kubelet(std::vector{refused}, failure, false);
    REQUIRE(checks.size() == 1);
    CHECK(told(checks, "kubelet") == "missing: https://127.0.0.1:10250/pods with a token: it answers 403");
    CHECK(checks[0].hint == "give it the right");
    // The node's files do.
    CHECK(check_kubelet(std::vector{refused}, failure, true)[0].state == degraded);
    // Another way did: nothing to do.
    checks = check_kubelet(std::vector{refused, good}, std::vector<PodRecord>(3), false);
    REQUIRE(checks.size() == 2);
    CHECK(checks[0].state == degraded);
    CHECK(checks[0].hint.empty());
    CHECK(checks[1].state == ok);
    // The options themselves were wrong.
    checks = check_kubelet({}, fail("cannot read", "/ca", "no such file"), false);
    REQUIRE(checks.size() == 1);
    CHECK(told(checks, "kubelet") == "missing: cannot read: /ca: no such file");
}

std::string print(const PrintOptions& options, const CheckRecord& check) {
    std::string out;
    CheckPrinter printer(options);
    printer.header(out);
    printer.print(out, check);
    return out;
}

const CheckRecord example{.name = "kprobe",
                          .state = missing,
                          .detail = "not compiled into this kernel",
                          .hint = "take another kernel",
                          .needed_for = {"oom", "backlog"}};

TEST_CASE("check: a table of which nothing is cut") {
    CHECK(print({.format = Format::table}, example) ==
          "NAME                 STATE     DETAIL\n"
          "kprobe               missing   not compiled into this kernel\n"
          "                               hint: take another kernel\n");
    CHECK(print({.format = Format::wide}, example) ==
          "NAME                 STATE     NEEDED FOR                         DETAIL\n"
          "kprobe               missing   oom,backlog                        not compiled into this kernel\n"
          "                                                                  hint: take another kernel\n");
    CHECK(print({.format = Format::table, .width = 50}, example) ==
          "NAME                STATE    DETAIL\n"
          "kprobe              missing  not compiled into\n"
          "                             this kernel\n"
          "                             hint: take another\n"
          "                             kernel\n");
}

TEST_CASE("check: what a kubelet says cannot move the cursor, nor make a row of its own") {
    CheckRecord hostile = example;
    hostile.detail = "it says \x1b[2J\nkprobe ok";
    CHECK(print({.format = Format::table}, hostile) ==
          "NAME                 STATE     DETAIL\n"
          "kprobe               missing   it says \\x1b[2J\\x0akprobe ok\n"
          "                               hint: take another kernel\n");
}

TEST_CASE("check: JSON and CSV") {
    CHECK(print({.format = Format::json}, example) ==
          R"({"type":"check","name":"kprobe","state":"missing","detail":"not compiled into this kernel",)"
          R"("hint":"take another kernel","needed_for":["oom","backlog"]})"
          "\n");
    CheckRecord fine{.name = "btf", .state = ok, .detail = "the kernel's own", .needed_for = {"oom"}};
    CHECK(print({.format = Format::json}, fine) ==
          R"({"type":"check","name":"btf","state":"ok","detail":"the kernel's own","hint":null,"needed_for":["oom"]})"
          "\n");
    CHECK(print({.format = Format::csv}, example) ==
          "type,name,state,detail,hint,needed_for\n"
          "check,kprobe,missing,not compiled into this kernel,take another kernel,oom backlog\n");
}

}  // namespace

}  // namespace podsnoop
