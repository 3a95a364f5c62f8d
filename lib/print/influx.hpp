// Records as InfluxDB's line protocol: `http,side=client,... client_port=51234i,... 1795247365123456789`. Names are
// CSV's. What series are told apart by (Field::series, and every Word) is a tag, all else a field: tags are indexed
// and take memory for each of their values, and so hold nothing that strangers choose.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/fields.hpp"
#include "print/flat.hpp"
#include "print/number.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Keeps points apart. A point of the same series and time takes the place of the one before it, and requests in one
/// packet have one time: the later one is told some nanoseconds later.
class InfluxTimes {
  public:
    /// The time, or the first one after it that none of the recent points of this series has.
    Time place(std::string_view series, Time time);

  private:
    std::array<std::uint64_t, 4096> recent_{};  // hashes of series and time; one takes the place of another
};

/// Visits one record's fields and appends one line; end_line() ends it.
class InfluxWriter : public FlatVisitor<InfluxWriter> {
  public:
    InfluxWriter(std::string& out, TextCache& cache, InfluxTimes& times)
        : FlatVisitor(cache),
          out_(out),
          start_(out.size()),
          path_(cache.path),
          fields_(cache.fields),
          cache_(cache),
          times_(times) {
        path_.clear();
        fields_.clear();
    }

    template <class Value>
    void put(std::string_view key, const Field& about, bool present, const Value& of) {
        if (present) value(key, about, of);
    }
    void enter(std::string_view name) {
        path_ += name;
        path_ += '_';
    }
    void leave(std::string_view name) { path_.resize(path_.size() - name.size() - 1); }

    void end_line();

  private:
    void value(std::string_view key, const Field& about, Word word);
    void value(std::string_view key, const Field& about, MethodName method);
    void value(std::string_view key, const Field& about, std::string_view text) { append_text(key, about.series, text); }
    void value(std::string_view key, const Field& about, std::uint64_t number);
    void value(std::string_view key, const Field& about, std::int64_t number);
    template <std::same_as<bool> T>
    void value(std::string_view key, const Field&, const T& yes) {
        begin_field(key) += yes ? "true" : "false";
    }
    void value(std::string_view key, const Field&, double number) { append_number(begin_field(key), number); }
    void value(std::string_view, const Field&, Time time) { time_ = time; }
    void value(std::string_view key, const Field&, Micros micros);
    template <class T>
    void value(std::string_view key, const Field& about, const std::optional<T>& maybe) {
        if (maybe) value(key, about, *maybe);
    }
    /// Addresses, and lists as one text.
    template <class T>
    void value(std::string_view key, const Field& about, const T& of) {
        cache_.escaped.clear();
        text_.append(cache_.escaped, of);
        if (!cache_.escaped.empty()) append_text(key, about.series, cache_.escaped);
    }

    void append_text(std::string_view key, bool tag, std::string_view text);
    void append_tag(std::string_view key, std::string_view text);
    /// After it comes the value.
    std::string& begin_field(std::string_view key);

    std::string& out_;  // gets the measurement and its tags
    std::size_t start_;
    std::string &path_, &fields_;
    TextCache& cache_;
    InfluxTimes& times_;
    std::optional<Time> time_;
};

}  // namespace podsnoop
