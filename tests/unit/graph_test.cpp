#include "print/graph.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "event/workload.hpp"
#include "exchanges.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

Party in_pod(const std::string& name, const std::string& namespace_name = "shop") {
    Party party;
    party.pod = Pod{namespace_name, name, "uid-" + name, "", 0};
    party.endpoint = {ipv4(10, 244, 0, 9), 80};
    return party;
}

Party at(unsigned last) {
    Party party;
    party.endpoint = {ipv4(192, 0, last / 256, last % 256), 0};
    return party;
}

EdgeRecord edge(Party client, Party server, std::uint64_t requests = 100, std::uint64_t errors = 0) {
    EdgeRecord edge;
    edge.interval = 10s;
    edge.client = std::move(client);
    edge.server = std::move(server);
    edge.summary.requests = requests;
    edge.summary.errors = errors;
    edge.summary.rate = static_cast<double>(requests) / 10;
    edge.summary.latency = {.measured = requests, .mean = {}, .p50 = 2ms, .p90 = {}, .p99 = 31ms, .max = {}};
    return edge;
}

std::string draw(Picture picture, const std::vector<EdgeRecord>& edges, const GraphOptions& options = {}) {
    std::string out;
    append_graph(out, picture, edges, options);
    return out;
}

std::size_t count_of(const std::string& what, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a map as DOT: boxes by namespace, arrows by rate and failures") {
    const std::string text = draw(Picture::dot, {edge(in_pod("web-7d9f8b6c5-x2x4z"), in_pod("cart-0"), 1000, 60),
                                                 edge(at(7), in_pod("web-7d9f8b6c5-x2x4z"), 10)});
    CHECK(text ==
          R"(digraph podsnoop {
  rankdir=LR; nodesep=0.3; ranksep=0.9; fontname="Helvetica"; fontsize=11;
  node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", color="#8c959f", fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];
    n2 [label="192.0.0.7", style="rounded,dashed"];
  subgraph cluster_0 {
    style=rounded; color="#d0d7de"; label="shop";
    n0 [label="web"];
    n1 [label="cart"];
  }
  n0 -> n1 [label="100/s\np99 31.0ms\n6 % failed", penwidth=5.0, color="#cf222e", fontcolor="#cf222e"];
  n2 -> n0 [label="1.00/s\np99 31.0ms", penwidth=1.4, color="#6e7781", fontcolor="#6e7781"];
}
)");
}

TEST_CASE("a map as Mermaid") {
    const std::string text = draw(Picture::mermaid, {edge(in_pod("web-7d9f8b6c5-x2x4z"), in_pod("cart-0"), 1000, 60),
                                                     edge(at(7), in_pod("web-7d9f8b6c5-x2x4z"), 10)});
    CHECK(text == R"(flowchart LR
    n2["192.0.0.7"]
  subgraph s0["shop"]
    n0["web"]
    n1["cart"]
  end
  n0 -->|"100/s<br/>p99 31.0ms<br/>6 % failed"| n1
  n2 -->|"1.00/s<br/>p99 31.0ms"| n0
  linkStyle 0 stroke:#cf222e,stroke-width:5.0px
  linkStyle 1 stroke:#6e7781,stroke-width:1.4px
)");
}

TEST_CASE("how many failed is said as people say it, and all only where it was all") {
    const auto failed = [](std::uint64_t requests, std::uint64_t errors) {
        return draw(Picture::dot, {edge(in_pod("web-0"), in_pod("cart-0"), requests, errors)});
    };
    CHECK(has(failed(7, 7), R"(\n100 % failed")"));
    CHECK(has(failed(1000, 999), R"(\n99 % failed")"));
    CHECK(has(failed(8, 1), R"(\n12 % failed")"));
    CHECK(has(failed(1000, 15), R"(\n1.5 % failed")"));
    CHECK(has(failed(1'000'000, 1), R"(\nunder 0.01 % failed")"));
}

TEST_CASE("replicas of a workload are one box, unless each is asked for") {
    const std::vector<EdgeRecord> edges{edge(in_pod("web-7d9f8b6c5-x2x4z"), in_pod("cart-0"), 10),
                                        edge(in_pod("web-7d9f8b6c5-bbbbb"), in_pod("cart-1"), 20),
                                        edge(in_pod("web-7d9f8b6c5-bbbbb"), in_pod("cart-0", "test"), 5)};
    const std::string folded = draw(Picture::dot, edges);
    CHECK(has(folded, R"([label="web\n2 pods"])"));
    CHECK(has(folded, R"([label="cart\n2 pods"])"));
    CHECK(has(folded, R"([label="cart"])"));  // of the other namespace
    CHECK(has(folded, R"([label="3.00/s\np99 ≤ 31.0ms")"));
    CHECK(count_of(" -> ", folded) == 2);
    const std::string apart = draw(Picture::dot, edges, {.every_pod = true});
    CHECK(has(apart, R"([label="web-7d9f8b6c5-x2x4z"])"));
    CHECK(has(apart, R"([label="cart-1"])"));
    CHECK(count_of(" -> ", apart) == 3);
}

TEST_CASE("many strangers are one box, but a server stays itself") {
    std::vector<EdgeRecord> edges;
    for (unsigned i = 0; i < 300; ++i) edges.push_back(edge(at(i), in_pod("web-0"), 1));
    edges.push_back(edge(at(299), at(298)));
    const std::string text = draw(Picture::dot, edges);
    CHECK(has(text, R"([label="299 addresses")"));
    CHECK(has(text, R"([label="192.0.1.42")"));  // 298 serves
    CHECK(count_of(" -> ", text) == 3);
    // A few are told one by one.
    CHECK(count_of(" -> ", draw(Picture::dot, {edge(at(1), in_pod("web-0")), edge(at(2), in_pod("web-0"))})) == 2);
}

TEST_CASE("what would make the picture unreadable is left out, and counted in it") {
    std::vector<EdgeRecord> edges;
    for (unsigned i = 0; i < 150; ++i)
        edges.push_back(edge(in_pod("a" + std::to_string(i) + "x"), in_pod("z" + std::to_string(i) + "x"), 1000 - i));
    EdgeRecord others = edge({}, {}, 7);
    others.other = true;
    edges.push_back(others);
    std::uint64_t left_out = 7;
    for (std::uint64_t i = 100; i < 150; ++i) left_out += 1000 - i;
    for (const Picture picture : {Picture::dot, Picture::mermaid}) {
        const std::string text = draw(picture, edges);
        CHECK(has(text, std::to_string(left_out) + " more requests are not shown"));
        CHECK(has(text, "a99x"));
        CHECK(!has(text, "a100x"));
        CHECK(!has(text, "z149x"));
    }
}

TEST_CASE("a map of nothing says so") {
    CHECK(has(draw(Picture::dot, {}), R"(label="no requests were seen")"));
    CHECK(draw(Picture::mermaid, {}) == "flowchart LR\n  note[\"no requests were seen\"]\n");
}

TEST_CASE("names from anywhere cannot leave their quotes") {
    const std::string hostile = "a\"]; b -> c [label=\"\\n&lt;<b>\n|`#q;\xff\xe2\x80\xae%%";
    const std::vector<EdgeRecord> edges{edge(in_pod(hostile, hostile), in_pod("x"))};
    const std::string dot = draw(Picture::dot, edges);
    CHECK(has(dot, R"(label="a\"]; b -> c [label=\"\\n&amp;lt;<b>\\x0a|`#q;\\xff\\u202e%%")"));
    CHECK(count_of("\n", dot) == count_of("\n", draw(Picture::dot, {edge(in_pod("y", "y"), in_pod("x"))})));
    const std::string mermaid = draw(Picture::mermaid, edges);
    CHECK(has(
        mermaid,
        R"(["a#34;#93;#59; b -#62; c #91;label#61;#34;#92;n#38;lt#59;#60;b#62;#92;x0a#124;#96;#35;q#59;#92;xff#92;u202e%%"])"));
    CHECK(count_of("\"", mermaid) == 2 * (2 + 2 + 1));  // two groups, two boxes, an arrow
}

TEST_CASE("a pod's workload is its name without what tells replicas apart") {
    struct Case {
        const char *pod, *workload;
    };
    constexpr Case cases[] = {
        {"cart-7d9f8b6c5-x2x4z", "cart"},
        {"my-cart-7d9f8b6c5-x2x4z", "my-cart"},
        {"agent-x2x4z", "agent"},
        {"web-0", "web"},
        {"web-12", "web"},
        {"cart", "cart"},
        {"-0", "-0"},
        {"", ""},
        {"cart-stage", "cart-stage"},
        {"kube-apiserver-node1", "kube-apiserver-node1"},
        {"a-b", "a-b"},
        {"db-20261121", "db-20261121"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.pod);
        CHECK(workload_of(each.pod) == each.workload);
    }
}
