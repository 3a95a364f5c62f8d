#include "probe/tracepoint_format.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace podsnoop {

namespace {

static_assert(std::endian::native == std::endian::little, "records are read as those of a little-endian kernel");

constexpr std::size_t most_fields = 64;

/// The number behind "size:" and the like; nothing where there is none.
std::optional<std::size_t> number_of(std::string_view line, std::string_view word) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    std::size_t number = 0;
    const std::string_view digits = line.substr(at + word.size());
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> little_endian(Bytes bytes) {
    std::uint64_t number = 0;
    if (bytes.empty() || bytes.size() > sizeof number) return std::nullopt;
    for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return number;
}

std::optional<Bytes> part(Bytes record, std::size_t offset, std::size_t size) {
    if (offset > record.size() || size > record.size() - offset) return std::nullopt;
    return record.subspan(offset, size);
}

}  // namespace

Result<TracepointFormat> TracepointFormat::parse(std::string_view text) {
    TracepointFormat format;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with("ID: ")) format.id_ = number_of(line, "ID: ").value_or(0);
        // "\tfield:__data_loc char[] comm;\toffset:12;\tsize:4;\tsigned:0;"
        const std::size_t start = line.find("field:"), end = line.find(';');
        const auto offset = number_of(line, "offset:"), size = number_of(line, "size:"), is_signed = number_of(line, "signed:");
        if (start == std::string_view::npos || end == std::string_view::npos || end < start || !offset || !size) continue;
        const std::string_view declared = line.substr(start + 6, end - start - 6);
        std::string_view name = declared.substr(declared.rfind(' ') + 1);
        name = name.substr(0, name.find('['));
        if (format.fields_.size() == most_fields) break;
        format.fields_.push_back({.name = std::string(name),
                                  .offset = *offset,
                                  .size = *size,
                                  .is_signed = is_signed == 1,
                                  .elsewhere = declared.starts_with("__data_loc ")});
    }
    if (format.id_ == 0 || format.fields_.empty())
        return fail("cannot read a tracepoint's format", "", "it has no id or no fields");
    return format;
}

const TracepointFormat::Field* TracepointFormat::find(std::string_view field) const {
    const auto found = std::ranges::find(fields_, field, &Field::name);
    return found == fields_.end() ? nullptr : &*found;
}

std::optional<std::int64_t> TracepointFormat::number(Bytes record, std::string_view field) const {
    const Field* found = find(field);
    if (found == nullptr) return std::nullopt;
    const auto bytes = part(record, found->offset, found->size);
    const auto number = bytes ? little_endian(*bytes) : std::nullopt;
    if (!number) return std::nullopt;
    const auto unused = static_cast<unsigned>(64 - 8 * found->size);
    const auto shifted = static_cast<std::int64_t>(*number << unused);
    return found->is_signed ? shifted >> unused : static_cast<std::int64_t>(*number);
}

std::optional<std::string> TracepointFormat::text(Bytes record, std::string_view field) const {
    const Field* found = find(field);
    if (found == nullptr) return std::nullopt;
    auto bytes = part(record, found->offset, found->size);
    if (bytes && found->elsewhere) {
        const auto place = little_endian(*bytes);
        bytes = place ? part(record, *place & 0xffff, *place >> 16 & 0xffff) : std::nullopt;
    }
    if (!bytes) return std::nullopt;
    const std::string_view all = as_text(*bytes);
    return std::string(all.substr(0, all.find('\0')));
}

}  // namespace podsnoop
