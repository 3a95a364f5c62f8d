#include "print/schema.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
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

namespace podsnoop {

namespace {

using Json = nlohmann::ordered_json;

Json empty_object() { return {{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}}; }

/// Visits the fields for their types. What the record's values are does not matter, but for its constants.
class SchemaWriter {
  public:
    [[nodiscard]] Json take() { return std::move(object_); }

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field& about, const Value& value) {
        add(key.name, about, type_of(value));
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field& about, bool, Members members) {
        Json outer = std::exchange(object_, empty_object());
        members();
        std::swap(outer, object_);
        add(key.name, about, std::move(outer));
    }
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items&, Members members) {
        Json outer = std::exchange(object_, empty_object());
        members(std::ranges::range_value_t<Items>{});
        std::swap(outer, object_);
        add(key.name, about, array_of(std::move(outer)));
    }

  private:
    void add(std::string_view key, const Field& about, Json schema);

    static Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
    /// The words a function has for numbers.
    template <class NameOf>
    static Json words(NameOf name, std::span<const std::uint8_t> numbers) {
        Json all = Json::array();
        for (const std::uint8_t number : numbers)
            if (const std::string_view text = name(number); !text.empty()) all.push_back(text);
        return all;
    }

    static Json type_of(std::same_as<bool> auto) { return {{"type", "boolean"}}; }
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    static Json type_of(T) {
        return {{"type", "integer"}, {"minimum", 0}};
    }
    static Json type_of(std::int64_t) { return {{"type", "integer"}}; }
    static Json type_of(double) { return {{"type", "number"}}; }
    static Json type_of(std::string_view) { return {{"type", "string"}}; }
    static Json type_of(MethodName) { return {{"type", "string"}}; }
    static Json type_of(Word word);
    static Json type_of(Time) {
        return {{"type", "string"}, {"format", "date-time"}, {"pattern", R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$)"}};
    }
    static Json type_of(const Address&) {
        return {{"type", "string"}, {"anyOf", {{{"format", "ipv4"}}, {{"format", "ipv6"}}}}, {"pattern", "^[0-9a-f.:]+$"}};
    }
    static Json type_of(Micros) { return {{"type", "integer"}, {"minimum", 0}}; }
    static Json type_of(FlagList flags);
    static Json type_of(const HeaderMap&) { return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}; }
    static Json type_of(std::span<const SketchBin>) {
        return {{"type", "object"}, {"additionalProperties", type_of(std::uint64_t{})}};
    }
    template <class T>
    static Json type_of(const std::optional<T>&) {
        return type_of(T{});
    }
    template <class T>
    static Json type_of(std::span<const T>) {
        return array_of(type_of(T{}));
    }

    Json object_ = empty_object();
};

void SchemaWriter::add(std::string_view key, const Field& about, Json schema) {
    if (!about.null.empty()) {
        schema["type"] = Json::array({schema["type"], "null"});
        if (schema.contains("enum")) schema["enum"].push_back(nullptr);
    }
    schema["description"] = about.doc;
    if (!about.unit.empty()) schema["x-unit"] = about.unit;
    if (!about.null.empty()) schema["x-null"] = about.null;
    if (!about.only_with.empty()) schema["x-only-with"] = about.only_with;
    else object_["required"].push_back(key);
    object_["properties"][std::string(key)] = std::move(schema);
}

Json SchemaWriter::type_of(Word word) {
    if (word.name == nullptr) return {{"type", "string"}, {"const", word.text}};
    std::array<std::uint8_t, std::numeric_limits<std::uint8_t>::max()> numbers{};
    std::ranges::copy(std::views::iota(0U, numbers.size()), numbers.begin());
    return {{"type", "string"}, {"enum", words(word.name, numbers)}};
}

Json SchemaWriter::type_of(FlagList flags) {
    constexpr std::array<std::uint8_t, 8> bits{1, 2, 4, 8, 16, 32, 64, 128};
    Json list = array_of({{"type", "string"}, {"enum", words(flags.name, bits)}});
    list["uniqueItems"] = true;
    return list;
}

/// The kinds of records, in the order in which the commands stand in --help.
class Definitions {
  public:
    template <class Record, class... Extras>
    void add(const std::string& name, std::string_view doc, const Record& record, Extras... extras) {
        SchemaWriter writer;
        visit_fields(record, extras..., writer);
        Json& definition = all_[name] = {{"description", doc}};
        definition.update(writer.take());
        any_.push_back({{"$ref", "#/$defs/" + name}});
    }
    [[nodiscard]] Json take_all() { return std::move(all_); }
    [[nodiscard]] Json take_any() { return std::move(any_); }

  private:
    Json all_ = Json::object(), any_ = Json::array();
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
    const Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "A line of JSON that podsnoop prints"},
                      {"description", "Fields may be added, never renamed. What is unknown is null."},
                      {"anyOf", records.take_any()},
                      {"$defs", records.take_all()}};
    return schema.dump(2) + '\n';
}

}  // namespace podsnoop
