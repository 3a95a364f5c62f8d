#include "attribute/attribution.hpp"

#include <doctest/doctest.h>

#include "attribute/held_records.hpp"

using namespace podsnoop;

namespace {

constexpr std::uint64_t node = 1, web_netns = 10, db_netns = 20;
constexpr Time noon{std::chrono::hours(500'000)};

void apply(Attribution& attribution, Note note) {
    Noted noted;
    noted.time = noon;
    noted.note = std::move(note);
    attribution.apply(noted);
}

Endpoint at(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

NamespaceState netns(std::uint64_t inode, std::initializer_list<const char*> addresses) {
    NamespaceState state{.netns = inode, .node = inode == node};
    for (const char* address : addresses) state.addresses.push_back(parse_address(address).value());
    std::ranges::sort(state.addresses);
    return state;
}

PodRecord pod(const char* name, const char* uid, const char* address, std::uint64_t inode) {
    PodRecord record{.namespace_name = "shop", .name = name, .uid = uid, .phase = "Running"};
    if (address != nullptr) record.addresses.push_back(parse_address(address).value());
    record.host_network = address == nullptr;
    record.netns = inode;
    record.containers.push_back({.name = "app", .id = std::string(64, name[0] == 'w' ? 'a' : 'b'), .pid = 7, .ports = {8080}});
    return record;
}

constexpr const char* web_uid = "11111111-2222-3333-4444-555555555555";
constexpr const char* db_uid = "66666666-7777-8888-9999-000000000000";
constexpr const char* agent_uid = "aaaaaaaa-2222-3333-4444-555555555555";

Exchange seen(std::uint64_t inode, Endpoint client, Endpoint server) {
    Exchange exchange;
    exchange.time = noon;
    exchange.netns = inode;
    exchange.client.endpoint = client;
    exchange.server.endpoint = server;
    return exchange;
}

/// A node with two pods in namespaces of their own, both traced, and one on the node's network.
Attribution two_pods() {
    Attribution attribution;
    apply(attribution, netns(node, {"127.0.0.1", "192.168.1.5", "::1"}));
    apply(attribution, netns(web_netns, {"127.0.0.1", "10.244.0.7", "fd00::7", "::1"}));
    apply(attribution, netns(db_netns, {"127.0.0.1", "10.244.0.9", "::1"}));
    apply(attribution, PodsKnown{{pod("web", web_uid, "10.244.0.7", web_netns), pod("db", db_uid, "10.244.0.9", db_netns),
                                  pod("agent", agent_uid, nullptr, node)}});
    return attribution;
}

std::string name_of(const Peer& peer) { return peer.pod == nullptr ? "" : peer.pod->name; }

}  // namespace

TEST_CASE("attribution: both ends get their pods, and the side is where it was seen") {
    Attribution attribution = two_pods();
    Exchange exchange = seen(web_netns, at("10.244.0.7", 40000), at("10.244.0.9", 8080));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(name_of(exchange.client) == "web");
    CHECK(name_of(exchange.server) == "db");
    CHECK(exchange.server.pod->container == "app");
    CHECK(exchange.side == Side::client);
    exchange = seen(db_netns, at("10.244.0.7", 40000), at("10.244.0.9", 8080));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(exchange.side == Side::server);
    exchange = seen(node, at("10.244.0.7", 40000), at("10.244.0.9", 8080));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(exchange.side == Side::between);
    exchange = seen(99, at("10.244.0.7", 40000), at("10.244.0.9", 8080));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(exchange.side == Side::unknown);
    CHECK(name_of(exchange.client) == "web");
}

TEST_CASE("attribution: a connection's next record is told as its first was, until the pods are others") {
    Attribution attribution = two_pods();
    const auto told = [&](std::uint64_t inode, const char* interface, Time time) {
        Exchange exchange = seen(inode, at("10.244.0.7", 40000), at("10.244.0.9", 8080));
        exchange.interface = interface;
        exchange.time = time;
        attribution.attribute(exchange, attribution.facts_of(exchange));
        return exchange;
    };
    const Time later = noon + std::chrono::seconds(1);
    const Exchange first = told(web_netns, "eth0", later), next = told(web_netns, "eth0", later + std::chrono::seconds(1));
    CHECK(first.identity != 0);
    CHECK(next.identity == first.identity);
    CHECK(name_of(next.client) == "web");
    CHECK(name_of(next.server) == "db");
    CHECK(next.side == Side::client);
    // Elsewhere it is another's, and so it is to other readers of it.
    CHECK(told(db_netns, "eth0", later).side == Side::server);
    CHECK(told(db_netns, "eth0", later).identity != first.identity);
    CHECK(told(web_netns, "eth1", later).identity != told(web_netns, "eth0", later).identity);
    // When the pods were first seen they may have been others the moment before: nothing is said of that time.
    CHECK(told(web_netns, "eth0", noon).identity == 0);

    apply(attribution, PodsKnown{{pod("web", web_uid, "10.244.0.7", web_netns), pod("db", db_uid, "10.244.0.8", db_netns)}});
    const Exchange after = told(web_netns, "eth0", later);
    CHECK(name_of(after.client) == "web");
    CHECK(name_of(after.server) == "");
    CHECK(after.identity != first.identity);
    // A namespace that has another address since is another end of it.
    apply(attribution, netns(web_netns, {"127.0.0.1", "10.244.0.77"}));
    const Exchange moved = told(web_netns, "eth0", later);
    CHECK(moved.side == Side::between);
    CHECK(moved.identity != after.identity);
    apply(attribution, netns(web_netns, {"127.0.0.1", "10.244.0.7"}));
    // What was found out of a connection counts, though it was told of before.
    apply(attribution, ConnectionFacts{.netns = web_netns,
                                       .client = after.client.endpoint,
                                       .server = after.server.endpoint,
                                       .server_process = Process{.comm = "redis"}});
    const Exchange known = told(web_netns, "eth0", later);
    CHECK(known.server.comm == "redis");
    CHECK(known.identity == 0);
}

TEST_CASE("attribution: loopback belongs to the namespace's pod, and to no pod on the node") {
    Attribution attribution = two_pods();
    for (const char* loopback : {"127.0.0.1", "127.0.0.53", "::1"}) {
        Exchange exchange = seen(web_netns, at(loopback, 40000), at(loopback, 80));
        attribution.attribute(exchange, attribution.facts_of(exchange));
        CHECK(name_of(exchange.client) == "web");
        CHECK(name_of(exchange.server) == "web");
        CHECK(exchange.side == Side::client);
        exchange = seen(node, at(loopback, 40000), at(loopback, 80));
        attribution.attribute(exchange, attribution.facts_of(exchange));
        CHECK(name_of(exchange.server) == "");
    }
}

TEST_CASE("attribution: a connection between two traced pods is told from its client's") {
    Attribution attribution = two_pods();
    const Endpoint web = at("10.244.0.7", 40000), db = at("10.244.0.9", 40000);
    CHECK(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), db_netns, noon));
    CHECK(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), node, noon));
    CHECK_FALSE(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), web_netns, noon));
    CHECK_FALSE(attribution.is_told_elsewhere(at("10.244.0.8", 40000), at("10.244.0.9", 80), db_netns, noon));
    CHECK_FALSE(attribution.is_told_elsewhere(at("127.0.0.1", 40000), at("127.0.0.1", 80), db_netns, noon));
    CHECK(attribution.is_told_elsewhere(db, at("10.244.0.7", 80), web_netns, noon));
    // What was there before its client's was traced was not seen there.
    NamespaceState state = netns(web_netns, {"10.244.0.7"});
    state.since = noon + std::chrono::seconds(1);
    apply(attribution, state);
    CHECK_FALSE(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), db_netns, noon));
    CHECK(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), db_netns, state.since));
    state.since = {};
    apply(attribution, state);
    // One that only passes here is told from its server's, where its client is not traced.
    const Endpoint outside = at("192.168.1.9", 40000);
    CHECK(attribution.is_told_elsewhere(outside, at("10.244.0.9", 80), node, noon));
    CHECK_FALSE(attribution.is_told_elsewhere(outside, at("192.168.1.5", 80), node, noon));
    // And one that is translated on its way, once that is known.
    Exchange translated = seen(node, outside, at("192.168.1.5", 30080));
    CHECK_FALSE(attribution.is_told_elsewhere(translated, attribution.facts_of(translated)));
    apply(attribution,
          ConnectionFacts{.netns = node, .client = outside, .server = at("192.168.1.5", 30080), .backend = at("10.244.0.9", 80)});
    CHECK(attribution.is_told_elsewhere(translated, attribution.facts_of(translated)));
    Exchange masqueraded = seen(node, at("192.168.1.5", 40000), outside);
    apply(attribution, ConnectionFacts{.netns = node, .client = at("192.168.1.5", 40000), .server = outside, .caller = web});
    CHECK(attribution.is_told_elsewhere(masqueraded, attribution.facts_of(masqueraded)));
    // What the node itself calls is told there, whoever answers.
    Exchange own = seen(node, at("192.168.1.5", 40001), at("10.96.0.1", 80));
    apply(attribution,
          ConnectionFacts{
              .netns = node, .client = at("192.168.1.5", 40001), .server = at("10.96.0.1", 80), .backend = at("10.244.0.9", 80)});
    CHECK_FALSE(attribution.is_told_elsewhere(own, attribution.facts_of(own)));
    // What carries the output away is known of this connection, and of no other.
    REQUIRE(attribution.facts_of(own) != nullptr);
    CHECK_FALSE(attribution.facts_of(own)->delivery);
    apply(attribution,
          ConnectionFacts{.netns = node, .client = at("192.168.1.5", 40001), .server = at("10.96.0.1", 80), .delivery = true});
    CHECK(attribution.facts_of(own)->delivery);
    CHECK_FALSE(attribution.facts_of(masqueraded)->delivery);
    // Where nothing was found there is nothing to keep, nor of what was known before.
    apply(attribution, ConnectionFacts{.netns = node, .client = at("192.168.1.5", 40001), .server = at("10.96.0.1", 80)});
    CHECK(attribution.facts_of(own) == nullptr);
    // Where the client's namespace is traced no longer, nobody else tells it.
    apply(attribution, NamespaceState{.netns = web_netns, .addresses = {}, .traced = false});
    CHECK_FALSE(attribution.is_told_elsewhere(web, at("10.244.0.9", 80), db_netns, noon));
}

TEST_CASE("attribution: the node's addresses are asked about, pods' are not") {
    Attribution attribution = two_pods();
    CHECK_FALSE(attribution.begin(at("10.244.0.7", 1), at("10.244.0.9", 8080), web_netns, noon));
    CHECK_FALSE(attribution.begin(at("127.0.0.1", 1), at("127.0.0.1", 80), web_netns, noon));
    CHECK_FALSE(attribution.begin(at("10.0.0.1", 1), at("10.0.0.2", 80), 0, noon));  // a file that says no namespace
    const auto service = attribution.begin(at("10.244.0.7", 1), at("10.96.0.1", 80), web_netns, noon);
    REQUIRE(service);
    CHECK(service->translation);
    CHECK(service->client_process_in == 0);
    CHECK(service->server_process_in == 0);
    const auto to_node = attribution.begin(at("10.244.0.7", 1), at("192.168.1.5", 10250), web_netns, noon);
    REQUIRE(to_node);
    CHECK(to_node->server_process_in == node);
    const auto on_node = attribution.begin(at("127.0.0.1", 1), at("127.0.0.1", 10248), node, noon);
    REQUIRE(on_node);
    CHECK(on_node->client_process_in == node);
    CHECK(on_node->server_process_in == node);
    CHECK_FALSE(on_node->translation);
    const auto masqueraded = attribution.begin(at("192.168.1.5", 1), at("10.244.0.9", 8080), db_netns, noon);
    REQUIRE(masqueraded);
    CHECK(masqueraded->translation);
    CHECK(masqueraded->client_process_in == node);
}

TEST_CASE("attribution: what the node answers fills in processes, Service and caller") {
    Attribution attribution = two_pods();
    const Endpoint client = at("192.168.1.5", 1), server = at("10.96.0.1", 80);
    apply(attribution, ConnectionFacts{.netns = node,
                                       .client = client,
                                       .server = server,
                                       .client_process = Process{.comm = "curl", .cgroup = "/user.slice"},
                                       .backend = at("10.244.0.9", 8080),
                                       .service_name = "shop/db:http"});
    Exchange exchange = seen(node, client, server);
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(exchange.client.comm == "curl");
    CHECK(name_of(exchange.client) == "");
    REQUIRE(exchange.service);
    CHECK(exchange.service->endpoint == server);
    CHECK(exchange.service->name == "shop/db:http");
    CHECK(exchange.server.endpoint == at("10.244.0.9", 8080));
    CHECK(name_of(exchange.server) == "db");

    apply(attribution, ConnectionFacts{.netns = node,
                                       .client = client,
                                       .server = at("192.168.1.5", 9100),
                                       .client_process = Process{},
                                       .server_process = Process{.comm = "node_exporter",
                                                                 .cgroup = "/kubepods/besteffort/pod" + std::string(agent_uid) +
                                                                           "/" + std::string(64, 'b')}});
    exchange = seen(node, client, at("192.168.1.5", 9100));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(name_of(exchange.server) == "agent");
    CHECK(exchange.server.comm == "");
    CHECK_FALSE(exchange.service);

    apply(attribution,
          ConnectionFacts{
              .netns = db_netns, .client = client, .server = at("10.244.0.9", 8080), .caller = at("10.244.0.7", 40000)});
    exchange = seen(db_netns, client, at("10.244.0.9", 8080));
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(name_of(exchange.client) == "web");
    CHECK(exchange.client.endpoint == client);

    // Another connection between the same ends is another's.
    static_cast<void>(attribution.begin(client, server, node, noon));
    exchange = seen(node, client, server);
    attribution.attribute(exchange, attribution.facts_of(exchange));
    CHECK(exchange.client.comm == "");
    CHECK_FALSE(exchange.service);
}

TEST_CASE("attribution: what stands tells another all that is known") {
    Attribution attribution = two_pods();
    const Endpoint client = at("192.168.1.5", 1), server = at("10.96.0.1", 80);
    apply(attribution, ConnectionFacts{.netns = node, .client = client, .server = server, .backend = at("10.244.0.9", 8080)});
    Attribution other;
    NoteReader reader;
    for (const Noted& noted : attribution.standing()) {
        for (const std::string& text : write_note(noted)) {
            const auto read = reader.read(text);
            REQUIRE(read);
            if (*read) other.apply(**read);
        }
    }
    Exchange exchange = seen(node, client, server);
    other.attribute(exchange, other.facts_of(exchange));
    CHECK(name_of(exchange.server) == "db");
    CHECK(exchange.side == Side::client);
    CHECK(other.is_told_elsewhere(at("10.244.0.7", 1), at("10.244.0.9", 80), db_netns, noon));
}

TEST_CASE("notes: what is written reads the same, and anything else is an error") {
    const PodRecord record = pod("web", web_uid, "fd00::7", 7);
    NoteReader reader;
    std::optional<Noted> pods;
    for (const std::string& text : write_note({noon, PodsKnown{{record, pod("agent", agent_uid, nullptr, 1)}}})) {
        CHECK(text.find('\n') == std::string::npos);
        pods = reader.read(text).value();
    }
    REQUIRE(pods);
    CHECK(pods->time == noon);
    const auto& known = std::get<PodsKnown>(pods->note).pods;
    REQUIRE(known.size() == 2);
    CHECK(known[0].name == "web");
    CHECK(known[0].addresses == record.addresses);
    CHECK(known[0].containers[0].ports == record.containers[0].ports);
    CHECK(known[0].netns == 7);
    CHECK(known[1].host_network);
    // What was read belongs to the note it came with.
    CHECK(std::get<PodsKnown>(reader.read(R"({"note":"pods","time":1})").value()->note).pods.empty());

    const auto facts = reader.read(write_note({noon, ConnectionFacts{.netns = 3,
                                                                     .client = at("10.0.0.1", 1),
                                                                     .server = at("fd00::1", 65535),
                                                                     .client_process = Process{"cur\xff\"l", "/a"},
                                                                     .backend = at("10.0.0.2", 2),
                                                                     .delivery = true}})
                                       .at(0));
    const auto& read = std::get<ConnectionFacts>(facts.value()->note);
    CHECK(read.server == at("fd00::1", 65535));
    CHECK(read.client_process->comm == "cur\xef\xbf\xbd\"l");  // as it is printed
    CHECK_FALSE(read.server_process);
    CHECK(read.caller == Endpoint{});
    CHECK(read.backend == at("10.0.0.2", 2));
    CHECK(read.delivery);

    for (const char* text : {"", "{", "[]", "null", R"({"note":"other"})", R"({"note":7})", "\xff"})
        CHECK_FALSE(reader.read(text));
    // Fields of another type are as if they were not there.
    const auto odd =
        reader.read(R"({"note":"connection","time":-1,"netns":"x","client":{"address":"nowhere"},"server":7,"backend":[]})");
    REQUIRE(odd);
    CHECK(std::get<ConnectionFacts>((*odd)->note).client == Endpoint{});
}

TEST_CASE("notes: times have time before and after them, and addresses come in order, whoever wrote them") {
    NoteReader reader;
    CHECK(reader.read(R"({"note":"change","time":18446744073709551615})").value()->time == Time{});
    const Time furthest = reader.read(R"({"note":"change","time":9223372036854775807})").value()->time;
    CHECK(furthest == Time{std::chrono::hours(200 * 365 * 24)});
    const auto state = reader.read(R"({"note":"namespace","netns":1,"addresses":["10.0.0.9","10.0.0.1"]})");
    CHECK(std::ranges::is_sorted(std::get<NamespaceState>((*state)->note).addresses));
}

TEST_CASE("notes: pods that are as before are not written again, and read the same") {
    NoteWriter writer;
    NoteReader reader;
    const auto pass = [&](const PodsKnown& known) {
        std::optional<Noted> noted;
        for (const std::string& text : writer.write({noon, known})) noted = reader.read(text).value();
        return std::get<PodsKnown>(noted.value().note);
    };
    const PodRecord web = pod("web", web_uid, "10.244.0.7", web_netns), db = pod("db", db_uid, "10.244.0.9", db_netns);
    CHECK(pass({.pods = {web}}).pods.size() == 1);
    CHECK(writer.wrote_pods());
    CHECK(pass({.pods = {web}, .settled = false}).pods[0].name == "web");
    CHECK_FALSE(writer.wrote_pods());
    CHECK(writer.write({noon, PodsKnown{.pods = {web}, .settled = false}}).size() == 1);
    CHECK_FALSE(pass({.pods = {web}, .settled = false}).settled);
    CHECK(pass({.pods = {web, db}}).pods.size() == 2);
    CHECK(pass({.pods = {}}).pods.empty());
    CHECK(pass({.pods = {web}}).pods.size() == 1);
}

TEST_CASE("notes: a name that is longer than names are is none") {
    NoteReader reader;
    static_cast<void>(reader.read(R"({"note":"pod","pod":{"name":")" + std::string(50'000, 'x') + R"("}})"));
    CHECK(std::get<PodsKnown>(reader.read(R"({"note":"pods","time":1})").value()->note).pods[0].name.empty());
}

TEST_CASE("held exchanges: changes of pods without end stop nothing") {
    HeldRecords<Exchange> held;
    int told = 0;
    const auto tell = [&](Exchange&) { ++told; };
    held.hold_all(noon + std::chrono::seconds(1));
    CHECK(held.keep(seen(1, at("10.0.0.1", 1), at("10.0.0.2", 80))));
    held.hold_all(noon + std::chrono::seconds(2));
    held.advance(noon + std::chrono::seconds(1), tell);
    CHECK(told == 1);
}

TEST_CASE("held exchanges: one asked about again waits its own time") {
    HeldRecords<Exchange> held;
    int told = 0;
    const auto tell = [&](Exchange&) { ++told; };
    const ConnectionKey key{1, at("10.0.0.1", 1), at("10.0.0.2", 80)};
    held.asked(key, noon);
    held.answered(key, tell);
    held.asked(key, noon + std::chrono::seconds(1));
    CHECK(held.keep(seen(1, key.client, key.server)));
    held.advance(noon, tell);
    CHECK(told == 0);
    held.advance(noon + std::chrono::seconds(1), tell);
    CHECK(told == 1);
}

TEST_CASE("held exchanges: told when the answer comes, or when they have waited long enough") {
    HeldRecords<Exchange> held;
    std::vector<std::uint16_t> told;
    const auto tell = [&](Exchange& exchange) { told.push_back(exchange.client.endpoint.port); };
    const auto exchange = [](std::uint16_t port) { return seen(1, at("10.0.0.1", port), at("10.0.0.2", 80)); };
    const auto key = [](std::uint16_t port) { return ConnectionKey{1, at("10.0.0.1", port), at("10.0.0.2", 80)}; };
    CHECK_FALSE(held.keep(exchange(1)));
    held.asked(key(1), noon);
    held.asked(key(2), noon + std::chrono::seconds(1));
    CHECK(held.keep(exchange(1)));
    CHECK(held.keep(exchange(2)));
    CHECK_FALSE(held.keep(exchange(3)));
    held.answered(key(2), tell);
    CHECK(told == std::vector<std::uint16_t>{2});
    CHECK_FALSE(held.keep(exchange(2)));  // its answer is known
    held.advance(noon - std::chrono::seconds(1), tell);
    CHECK(told.size() == 1);
    held.advance(noon, tell);
    CHECK(told == std::vector<std::uint16_t>{2, 1});
    CHECK(held.empty());
    held.asked(key(4), noon);
    held.hold_all(noon + std::chrono::seconds(5));
    CHECK(held.keep(exchange(4)));
    CHECK(held.keep(exchange(5)));
    held.answered_all(tell);
    CHECK(told.back() == 5);
    CHECK_FALSE(held.keep(exchange(5)));
    CHECK_FALSE(held.empty());
    held.hold_all(noon);
    CHECK(held.keep(exchange(6)));
    held.advance(noon - std::chrono::seconds(1), tell);
    CHECK(told.back() == 5);
    held.finish(tell);
    CHECK(told == std::vector<std::uint16_t>{2, 1, 5, 6, 4});
    CHECK(held.empty());
    held.asked(key(4), noon);
    CHECK(held.keep(exchange(4)));
    held.finish(tell);
    CHECK(told.back() == 4);
    CHECK(held.empty());
}
