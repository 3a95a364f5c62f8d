// Records as CSV (RFC 4180, lines ended by "\n"): nested fields flattened (flat.hpp), null an empty field.
#pragma once

#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

#include "event/fields.hpp"
#include "print/flat.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Visits the fields for their names: "client_address", "latency_us_total".
class CsvNames {
  public:
    explicit CsvNames(std::string& out) : out_(out) {}

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field&, const Value&) {
        if (!first_) out_ += ',';
        first_ = false;
        out_ += path_;
        out_ += key.name;
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field&, bool, Members members) {
        const std::size_t outer = path_.size();
        path_ += key.name;
        path_ += '_';
        members();
        path_.resize(outer);
    }
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items&, Members members) {
        object(key, about, true, [&] { members(std::ranges::range_value_t<Items>{}); });
    }

  private:
    std::string& out_;
    std::string path_;
    bool first_ = true;
};

/// Visits the fields for their values.
class CsvWriter : public FlatVisitor<CsvWriter> {
  public:
    CsvWriter(std::string& out, TextCache& cache) : FlatVisitor(cache), out_(out), cache_(cache) {}

    template <class Value>
    void put(std::string_view, const Field&, bool present, const Value& of) {
        if (!first_) out_ += ',';
        first_ = false;
        if (present) value(of);
    }
    void enter(std::string_view) {}
    void leave(std::string_view) {}

  private:
    void value(std::string_view text);
    void value(MethodName method) { value(method.text); }
    void value(const HeaderMap& map) { value_quoted(map); }
    template <class T>
    void value(std::span<const T> values) {
        value_quoted(values);
    }
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) value(*maybe);
    }
    template <class T>
    void value(const T& safe) {
        text_.append(out_, safe);
    }
    template <class T>
    void value_quoted(const T& of) {
        cache_.escaped.clear();
        text_.append(cache_.escaped, of);
        value(std::string_view(cache_.escaped));
    }

    std::string& out_;
    TextCache& cache_;
    bool first_ = true;
};

}  // namespace podsnoop
