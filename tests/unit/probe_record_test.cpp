#include <doctest/doctest.h>

#include <string>

#include "base/address.hpp"
#include "event/fields_backlog.hpp"
#include "event/fields_oom.hpp"
#include "event/fields_probe_ledger.hpp"
#include "print/record_printer.hpp"

using namespace podsnoop;

namespace {

const Pod cart{.namespace_name = "shop", .name = "cart-7d9f\x1b[2J", .uid = "1", .container = "app"};
const Pod whole{.namespace_name = "shop", .name = "cart-7d9f", .uid = "1", .container = {}};

OomKill pods_limit() {
    OomKill kill;
    kill.victim.pid = 4711, kill.victim.comm = "java", kill.victim.uid = 0, kill.victim.pod = &cart;
    kill.victim.cgroup = "/kubepods/pod1/c1", kill.victim.anon_rss_bytes = 24U << 20U, kill.victim.oom_score_adj = -997;
    kill.trigger.pid = 4712, kill.trigger.comm = "sh\n";
    kill.scope = OomScope::cgroup;
    kill.limit = OomLimit{.cgroup = "/kubepods/pod1", .pod = &whole, .bytes = 32U << 20U, .usage_bytes = 32U << 20U};
    return kill;
}

BacklogOverflow at_ack() {
    BacklogOverflow overflow;
    overflow.listener = {.endpoint = {.address = *parse_address("::"), .port = 8080},
                         .netns = 4026532201,
                         .cgroup = {},
                         .pod = &cart,
                         .pid = 7,
                         .comm = "nginx"};
    overflow.length = 129, overflow.limit = 128, overflow.stage = HandshakeStage::ack;
    overflow.client = {.address = *parse_address("fd00::3"), .port = 51234};
    overflow.count = 100'000;
    return overflow;
}

template <class Record>
std::string print(PrintOptions options, const Record& record) {
    RecordPrinter<Record> printer(options);
    std::string text;
    printer.header(text);
    printer.print(text, record);
    return text;
}

}  // namespace

TEST_CASE("oom: a table of 80 columns") {
    CHECK(print({.format = Format::table, .width = 80}, pods_limit()) ==
          "TIME     VICTIM          COMM           PID  ANON LIMIT SCOPE     CGROUP\n"
          "00:00:00 shop/cart-7d9f… java          4711   24M   32M pod       /kubepods/pod1\n");
    CHECK(print({.format = Format::table, .width = 80}, OomKill{}) ==
          "TIME     VICTIM          COMM           PID  ANON LIMIT SCOPE     CGROUP\n"
          "00:00:00 -               -                -     -     - -         -\n");
}

TEST_CASE("oom: a pod's limit is told from a container's, and both from the node's memory") {
    OomKill kill = pods_limit();
    CHECK(shown_scope(kill) == "pod");
    kill.limit->pod = &cart;
    CHECK(shown_scope(kill) == "container");
    kill.limit->pod = nullptr;
    CHECK(shown_scope(kill) == "cgroup");
    kill.limit.reset();
    kill.scope = OomScope::node;
    CHECK(shown_scope(kill) == "node");
}

TEST_CASE("oom: unknown is null") {
    CHECK(
        print({.format = Format::json}, pods_limit()) ==
        R"({"type":"oom","time":"1970-01-01T00:00:00.000000000Z","victim":{"pid":4711,"comm":"java","uid":0,"cgroup":"/kubepods/pod1/c1",)"
        R"("pod":{"namespace":"shop","name":"cart-7d9f\u001b[2J","uid":"1","container":"app"},"total_vm_bytes":null,)"
        R"("anon_rss_bytes":25165824,"file_rss_bytes":null,"shmem_rss_bytes":null,"pgtables_bytes":null,"oom_score_adj":-997},)"
        R"("trigger":{"pid":4712,"comm":"sh\n","cgroup":null,"pod":null},"scope":"cgroup","limit":{"cgroup":"/kubepods/pod1",)"
        R"("pod":{"namespace":"shop","name":"cart-7d9f","uid":"1","container":null},"bytes":33554432,"usage_bytes":33554432},)"
        R"("group":null,"source":"kprobe"})"
        "\n");
    CHECK(
        print({.format = Format::json}, OomKill{}) ==
        R"({"type":"oom","time":"1970-01-01T00:00:00.000000000Z","victim":{"pid":null,"comm":null,"uid":null,"cgroup":null,"pod":null,)"
        R"("total_vm_bytes":null,"anon_rss_bytes":null,"file_rss_bytes":null,"shmem_rss_bytes":null,"pgtables_bytes":null,)"
        R"("oom_score_adj":null},"trigger":{"pid":null,"comm":null,"cgroup":null,"pod":null},"scope":null,"limit":null,)"
        R"("group":null,"source":"kprobe"})"
        "\n");
}

TEST_CASE("backlog: a table of 80 columns") {
    CHECK(print({.format = Format::table, .width = 80}, at_ack()) ==
          "TIME     LISTENER             COMM       STAGE LENGTH LIMIT   COUNT CLIENT\n"
          "00:00:00 shop/cart-7d9f…:8080 nginx      ack      129   128  100000 [fd00::3]\n");
    CHECK(print({.format = Format::table, .width = 80}, BacklogOverflow{}) ==
          "TIME     LISTENER             COMM       STAGE LENGTH LIMIT   COUNT CLIENT\n"
          "00:00:00 -                    -          -          -     -       0 -\n");
}

TEST_CASE("backlog: unknown is null") {
    CHECK(
        print({.format = Format::json}, at_ack()) ==
        R"({"type":"backlog","time":"1970-01-01T00:00:00.000000000Z","listener":{"address":"::","port":8080,"netns":4026532201,)"
        R"("cgroup":null,"pod":{"namespace":"shop","name":"cart-7d9f\u001b[2J","uid":"1","container":"app"},"pid":7,"comm":"nginx"},)"
        R"("queue":{"name":"accept","length":129,"limit":128},"stage":"ack","cookie":false,)"
        R"("client":{"address":"fd00::3","port":51234},"count":100000,"source":"kprobe"})"
        "\n");
    CHECK(print({.format = Format::json}, BacklogOverflow{}) ==
          R"({"type":"backlog","time":"1970-01-01T00:00:00.000000000Z","listener":{"address":null,"port":null,"netns":null,)"
          R"("cgroup":null,"pod":null,"pid":null,"comm":null},"queue":{"name":"accept","length":null,"limit":null},"stage":null,)"
          R"("cookie":false,"client":null,"count":0,"source":"kprobe"})"
          "\n");
}

TEST_CASE("The ledger of kernel events names each kind of loss") {
    const ProbeLedger ledger{
        .duration = Nanoseconds{1'500'000}, .told = 3, .printed = 2, .lost = {.ring_full = 4, .table_full = 5, .log_gaps = 6}};
    std::string text;
    TextCache cache;
    {
        JsonWriter writer(text, cache);
        visit_fields(ledger, writer);
        writer.end_line();
    }
    CHECK(
        text ==
        R"({"type":"ledger","duration_us":1500,"records":{"seen":3,"printed":2},"lost":{"ring-full":4,"table-full":5,"log-gaps":6}})"
        "\n");
}
