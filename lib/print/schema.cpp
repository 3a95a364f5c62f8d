#include "print/schema.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

#include "event/fields_backlog.hpp"
#include "event/fields_check.hpp"
#include "event/fields_edge.hpp"
#include "event/fields_http.hpp"
#include "event/fields_ledger.hpp"
#include "event/fields_oom.hpp"
#include "event/fields_pod.hpp"
#include "event/fields_probe_ledger.hpp"
#include "event/fields_red.hpp"
#include "event/fields_tcp.hpp"
#include "print/escape.hpp"

namespace podsnoop {

namespace {

/// `"text"`, as JSON has it.
std::string quoted(std::string_view text) {
    std::string out(1, '"');
    append_json_text(out, text);
    return out += '"';
}

/// What is said of a value: its type, the words it may be (each quoted, with a comma before it), and what else there is, as
/// members of the schema (each with a comma before it).
struct Type {
    std::string_view name;
    std::string words = {}, more = {};
};

/// `"type":…`, with its words; as one that may be null too.
std::string type_members(const Type& type, bool nullable) {
    std::string out = R"("type":)" + (nullable ? "[" + quoted(type.name) + R"(,"null"])" : quoted(type.name));
    if (!type.words.empty()) out += R"(,"enum":[)" + type.words.substr(1) + (nullable ? ",null]" : "]");
    return out += type.more;
}

/// The words a function has for numbers.
template <class NameOf, class Numbers>
std::string words(NameOf name, const Numbers& numbers) {
    std::string all;
    for (const auto number : numbers)
        if (const std::string_view text = name(static_cast<std::uint8_t>(number)); !text.empty()) all += ',' + quoted(text);
    return all;
}

/// An object's members as they are added.
struct Object {
    std::string properties = {}, required = {};  ///< each with a comma before it

    [[nodiscard]] Type type() const {
        const auto inside = [](const std::string& list) { return std::string_view(list).substr(list.empty() ? 0 : 1); };
        return {.name = "object",
                .more = std::string(R"(,"properties":{)").append(inside(properties)) +
                        std::string(R"(},"required":[)").append(inside(required)) + ']'};
    }
};

/// Visits the fields for their types. What the record's values are does not matter, but for its constants.
class SchemaWriter {
  public:
    [[nodiscard]] std::string take() const { return type_members(object_.type(), false); }

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field& about, const Value& value) {
        add(key.name, about, type_of(value));
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field& about, bool, Members members) {
        Object outer = std::exchange(object_, {});
        members();
        std::swap(outer, object_);
        add(key.name, about, outer.type());
    }
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items&, Members members) {
        Object outer = std::exchange(object_, {});
        members(std::ranges::range_value_t<Items>{});
        std::swap(outer, object_);
        add(key.name, about, array_of(outer.type()));
    }

  private:
    void add(std::string_view key, const Field& about, const Type& type);

    static Type array_of(const Type& items) {
        return {.name = "array", .more = R"(,"items":{)" + type_members(items, false) + '}'};
    }
    static Type map_of(const Type& values) {
        return {.name = "object", .more = R"(,"additionalProperties":{)" + type_members(values, false) + '}'};
    }

    static Type type_of(std::same_as<bool> auto) { return {.name = "boolean"}; }
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    static Type type_of(T) {
        return {.name = "integer", .more = R"(,"minimum":0)"};
    }
    static Type type_of(std::int64_t) { return {.name = "integer"}; }
    static Type type_of(double) { return {.name = "number"}; }
    static Type type_of(std::string_view) { return {.name = "string"}; }
    static Type type_of(Word word);
    static Type type_of(MethodName) { return {.name = "string"}; }
    static Type type_of(Time) {
        return {.name = "string",
                .more = R"(,"format":"date-time","pattern":"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$")"};
    }
    static Type type_of(const Address&) {
        return {.name = "string", .more = R"(,"anyOf":[{"format":"ipv4"},{"format":"ipv6"}],"pattern":"^[0-9a-f.:]+$")"};
    }
    static Type type_of(Micros) { return type_of(std::uint64_t{}); }
    static Type type_of(FlagList flags);
    static Type type_of(const HeaderMap&) { return map_of(type_of(std::string_view{})); }
    static Type type_of(std::span<const SketchBin>) { return map_of(type_of(std::uint64_t{})); }
    template <class T>
    static Type type_of(const std::optional<T>&) {
        return type_of(T{});
    }
    template <class T>
    static Type type_of(std::span<const T>) {
        return array_of(type_of(T{}));
    }

    Object object_;
};

void SchemaWriter::add(std::string_view key, const Field& about, const Type& type) {
    const auto say = [&](std::string_view word, std::string_view text) {
        if (!text.empty()) object_.properties += ',' + quoted(word) + ':' + quoted(text);
    };
    object_.properties += ",\n" + quoted(key) + ":{" + type_members(type, !about.null.empty());
    say("description", about.doc);
    say("x-unit", about.unit);
    say("x-null", about.null);
    say("x-only-with", about.only_with);
    object_.properties += '}';
    if (about.only_with.empty()) object_.required += ',' + quoted(key);
}

Type SchemaWriter::type_of(Word word) {
    if (word.name == nullptr) return {.name = "string", .more = R"(,"const":)" + quoted(word.text)};
    return {.name = "string", .words = words(word.name, std::views::iota(0, 255))};
}

Type SchemaWriter::type_of(FlagList flags) {
    Type list = array_of({.name = "string", .words = words(flags.name, std::array{1, 2, 4, 8, 16, 32, 64, 128})});
    list.more += R"(,"uniqueItems":true)";
    return list;
}

/// The kinds of records, in the order in which the commands stand in --help.
class Definitions {
  public:
    template <class Record, class... Extras>
    void add(std::string_view name, std::string_view doc, const Record& record, Extras... extras) {
        SchemaWriter writer;
        visit_fields(record, extras..., writer);
        all_ += (all_.empty() ? "\n" : ",\n") + quoted(name) + R"(:{"description":)" + quoted(doc) + ',' + writer.take() + '}';
        any_ += (any_.empty() ? "" : ",") + std::string(R"({"$ref":"#/$defs/)").append(name) + R"("})";
    }
    [[nodiscard]] const std::string& all() const { return all_; }
    [[nodiscard]] const std::string& any() const { return any_; }

  private:
    std::string all_, any_;
};

}  // namespace

std::string json_schema() {
    Definitions records;
    TcpConnection opened;
    opened.open = true;
    RedRecord with_sketch;
    with_sketch.sketch.emplace();
    records.add("http", "podsnoop http: an HTTP exchange", Exchange{}, ExchangeExtras{.headers = true, .body = true});
    records.add("tcp", "podsnoop tcp: a TCP connection, when it ends", TcpConnection{});
    records.add("tcp-open", "podsnoop tcp --open: a TCP connection, when it begins", opened);
    records.add("red", "podsnoop red: a group of exchanges in an interval", with_sketch);
    records.add("edge", "podsnoop map: who calls whom in an interval", EdgeRecord{});
    records.add("pod", "podsnoop pods: a pod of this node", PodRecord{});
    records.add("oom", "podsnoop oom: an OOM kill", OomKill{});
    records.add("backlog", "podsnoop backlog: overflows of a listener's queue", BacklogOverflow{});
    records.add("listener", "podsnoop backlog --list: a listener's queue", ListenerState{});
    records.add("check", "podsnoop check: what works, and what does not", CheckRecord{});
    records.add("ledger-http", "--ledger of what traces HTTP", Ledger{});
    records.add("ledger-tcp", "--ledger of podsnoop tcp", TcpLedger{});
    records.add("ledger-probe", "--ledger of podsnoop oom and backlog", ProbeLedger{});
    return R"({"$schema":"https://json-schema.org/draft/2020-12/schema",
"title":"A line of JSON that podsnoop prints",
"description":"Fields may be added, never renamed. What is unknown is null.",
"anyOf":[)" +
           records.any() + R"(],
"$defs":{)" +
           records.all() + "}}\n";
}

}  // namespace podsnoop
