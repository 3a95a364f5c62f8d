#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "event/columns.hpp"
#include "event/fields.hpp"
#include "print/record_printer.hpp"

namespace podsnoop {

namespace {

// A record with a value of every type that no exchange has.
struct Part {
    std::string name;
    std::uint64_t pid = 0;
    bool ready = false;
};
struct Thing {
    std::string name;
    bool big = false;
    std::int64_t score = 0;
    std::optional<std::int64_t> rank;
    std::vector<Address> addresses;
    std::vector<std::string> words;
    std::vector<std::uint16_t> ports;
    std::vector<Part> parts;
};

template <class Visitor>
void visit_fields(const Thing& thing, Visitor& v) {
    v.field("name"_key, {.doc = "its name", .null = "unknown"}, known(thing.name));
    v.field("big"_key, {.doc = "whether it is"}, thing.big);
    v.field("score"_key, {.doc = "its score"}, thing.score);
    v.field("rank"_key, {.doc = "its rank", .null = "it has none"}, thing.rank);
    v.field("addresses"_key, {.doc = "addresses"}, std::span<const Address>(thing.addresses));
    v.field("words"_key, {.doc = "words"}, std::span<const std::string>(thing.words));
    v.field("ports"_key, {.doc = "ports"}, std::span<const std::uint16_t>(thing.ports));
    v.list("parts"_key, {.doc = "parts"}, thing.parts, [&](const Part& part) {
        v.field("name"_key, {.doc = "its name"}, std::string_view(part.name));
        v.field("pid"_key, {.doc = "its process", .null = "unknown"}, known(part.pid));
        v.field("ready"_key, {.doc = "whether it is"}, part.ready);
    });
    v.field("end"_key, {.doc = "always end"}, Word{"end"});
}

template <class Visitor>
void visit_columns(const Thing& thing, Visitor& v) {
    using enum Column::Shown;
    v.column({"SCORE", wide, 2, 5, 5, 5, 1, 0, true}, known(static_cast<std::uint64_t>(thing.score)));
    v.column({"ADDRESSES", table, 1, 9, 15, 30, 1, 4, false}, std::span<const Address>(thing.addresses));
    v.column({"NAME", table, 0, 4, 10, 20, 1, 0, false}, std::string_view(thing.name));
}

Thing full_thing() {
    const auto address = [](const char* text) { return *parse_address(text); };
    return {.name = "a \"b\", c\x1b",
            .big = true,
            .score = 7,
            .rank = std::numeric_limits<std::int64_t>::min(),
            .addresses = {address("10.0.0.1"), address("fd00::1")},
            .words = {"one", "t,wo"},
            .ports = {80, 65535},
            .parts = {{"app", 7, true}, {"side\"car", 0, false}}};
}

std::string print(PrintOptions options, const Thing& thing, bool header = false) {
    RecordPrinter<Thing> printer(options);
    std::string out;
    if (header) printer.header(out);
    printer.print(out, thing);
    return out;
}

TEST_CASE("records: JSON of every type") {
    CHECK(print({.format = Format::json}, full_thing(), true) ==
          R"({"name":"a \"b\", c\u001b","big":true,"score":7,"rank":-9223372036854775808,)"
          R"("addresses":["10.0.0.1","fd00::1"],"words":["one","t,wo"],"ports":[80,65535],)"
          R"("parts":[{"name":"app","pid":7,"ready":true},{"name":"side\"car","pid":null,"ready":false}],"end":"end"})"
          "\n");
    Thing blank;
    blank.score = -1;
    CHECK(print({.format = Format::json}, blank) ==
          R"({"name":null,"big":false,"score":-1,"rank":null,"addresses":[],"words":[],"ports":[],"parts":[],"end":"end"})"
          "\n");
}

TEST_CASE("records: CSV joins lists by blanks, and lists of objects member by member") {
    CHECK(print({.format = Format::csv}, full_thing(), true) ==
          "name,big,score,rank,addresses,words,ports,parts_name,parts_pid,parts_ready,end\n"
          "\"a \"\"b\"\", c\\u001b\",true,7,-9223372036854775808,10.0.0.1 fd00::1,\"one t,wo\",80 65535,"
          "\"app side\"\"car\",7 -,true false,end\n");
    CHECK(print({.format = Format::csv}, Thing{}) == ",false,0,,,,,,,,end\n");
}

TEST_CASE("records: a table with and without a terminal") {
    CHECK(print({.format = Format::table}, full_thing(), true) ==
          "ADDRESSES        NAME\n"
          "10.0.0.1,fd00::1  a \"b\", c\\x1b\n");
    CHECK(print({.format = Format::wide}, full_thing(), true) ==
          "SCORE  ADDRESSES        NAME\n"
          "    7  10.0.0.1,fd00::1  a \"b\", c\\x1b\n");
    CHECK(print({.format = Format::wide, .width = 24}, full_thing(), true) ==
          "SCORE ADDRESSES NAME\n"
          "    7 10.0.0.1… a \"b\", …\n");
    CHECK(print({.format = Format::table, .width = 12}, full_thing(), true) ==
          "NAME\n"
          "a \"b\", c\\x1b\n");
    CHECK(print({.format = Format::wide}, Thing{}) == "    -  -                -\n");
    CHECK(print({.format = Format::table, .color = true}, Thing{}, true) ==
          "\x1b[2mADDRESSES        NAME\x1b[0m\n-                -\n");
}

std::string print_all(PrintOptions options, const std::vector<Thing>& things) {
    RecordPrinter<Thing> printer(options);
    printer.fit(things);
    std::string out;
    printer.header(out);
    for (const Thing& thing : things) printer.print(out, thing);
    return out;
}

TEST_CASE("records: a list known as a whole has columns as wide as it needs") {
    Thing small;
    small.name = "web";
    CHECK(print_all({.format = Format::wide}, {full_thing(), small}) ==
          "SCORE  ADDRESSES         NAME\n"
          "    7  10.0.0.1,fd00::1  a \"b\", c\\x1b\n"
          "    -  -                 web\n");
    // On a terminal too, as far as it is wide enough: NAME, the last, keeps what it needs.
    CHECK(print_all({.format = Format::wide, .width = 35}, {full_thing(), small}) ==
          "SCORE ADDRESSES        NAME\n"
          "    7 10.0.0.1,fd00::1 a \"b\", c\\x1b\n"
          "    - -                web\n");
    CHECK(print_all({.format = Format::wide, .width = 31}, {full_thing(), small}) ==
          "SCORE ADDRESSES    NAME\n"
          "    7 10.0.0.1,fd… a \"b\", c\\x1b\n"
          "    - -            web\n");
    CHECK(print_all({.format = Format::table, .width = 80}, {small}) ==
          "ADDRESSES NAME\n"
          "-         web\n");
    CHECK(print_all({.format = Format::table}, {}) == "ADDRESSES        NAME\n");
}

}  // namespace

}  // namespace podsnoop
