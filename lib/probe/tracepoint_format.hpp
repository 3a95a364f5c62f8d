// A tracepoint's record, read as the kernel says that it is laid out: the fields differ from kernel to kernel. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace podsnoop {

class TracepointFormat {
  public:
    /// Reads a tracepoint's file "format" (Documentation/trace/events.rst).
    static Result<TracepointFormat> parse(std::string_view text);

    /// The number by which perf knows the tracepoint.
    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] bool has(std::string_view field) const { return find(field) != nullptr; }
    /// A number's value in a record; nothing where there is no such field, or the record is too short for it.
    [[nodiscard]] std::optional<std::int64_t> number(Bytes record, std::string_view field) const;
    /// A text's, which ends before its first zero.
    [[nodiscard]] std::optional<std::string> text(Bytes record, std::string_view field) const;

  private:
    struct Field {
        std::string name;
        std::size_t offset = 0, size = 0;
        bool is_signed = false;
        bool elsewhere = false;  ///< __data_loc: where the text is, its length in the upper half
    };
    [[nodiscard]] const Field* find(std::string_view field) const;

    std::uint64_t id_ = 0;
    std::vector<Field> fields_;
};

}  // namespace podsnoop
