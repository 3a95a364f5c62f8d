#include "http/body.hpp"

#include <algorithm>
#include <limits>

namespace podsnoop {

namespace {

constexpr std::uint64_t longest_chunk = std::uint64_t{1} << 60;

/// The value of a hexadecimal digit, or -1.
int hex_value(unsigned char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const unsigned char lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

BodyFramer::Step BodyFramer::step(Bytes bytes) {
    switch (kind_) {
        case BodyFraming::Kind::none: return {Status::done, 0, {}};
        case BodyFraming::Kind::until_close:
        case BodyFraming::Kind::tunnel: return {Status::more, bytes.size(), bytes};
        case BodyFraming::Kind::length: {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            left_ -= count;
            return {left_ == 0 ? Status::done : Status::more, count, bytes.first(count)};
        }
        case BodyFraming::Kind::chunked: return chunked(bytes);
    }
    return {Status::broken, 0, {}};
}

BodyFramer::Status BodyFramer::size_digit(unsigned char c) {
    if (const int value = hex_value(c); value >= 0) {
        if (left_ >= longest_chunk) return Status::broken;
        left_ = left_ << 4 | static_cast<std::uint64_t>(value);
        has_digit_ = true;
        return Status::more;
    }
    if (!has_digit_) return Status::broken;
    if (c == '\n') chunk_ = left_ == 0 ? Chunk::trailer_start : Chunk::data;
    else if (c == ';' || c == ' ' || c == '\t' || c == '\r') chunk_ = Chunk::extension;
    else return Status::broken;
    return Status::more;
}

BodyFramer::Step BodyFramer::chunked(Bytes bytes) {
    if (chunk_ == Chunk::data) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        left_ -= count;
        if (left_ == 0) chunk_ = Chunk::data_end;
        return {Status::more, count, bytes.first(count)};
    }
    std::size_t at = 0;
    for (; at < bytes.size() && chunk_ != Chunk::data; ++at) {
        const auto c = std::to_integer<unsigned char>(bytes[at]);
        switch (chunk_) {
            case Chunk::size:
                if (size_digit(c) == Status::broken) return {Status::broken, at, {}};
                break;
            case Chunk::extension:
                if (c == '\n') chunk_ = left_ == 0 ? Chunk::trailer_start : Chunk::data;
                break;
            case Chunk::data_end:
                if (c == '\n') {
                    chunk_ = Chunk::size;
                    has_digit_ = false;
                } else if (c != '\r') {
                    return {Status::broken, at, {}};
                }
                break;
            case Chunk::trailer_start:
                if (c == '\n') return {Status::done, at + 1, {}};
                chunk_ = c == '\r' ? Chunk::trailer_end : Chunk::trailer;
                break;
            case Chunk::trailer_end:
                if (c == '\n') return {Status::done, at + 1, {}};
                chunk_ = Chunk::trailer;
                break;
            case Chunk::trailer:
                if (c == '\n') chunk_ = Chunk::trailer_start;
                break;
            case Chunk::data: break;
        }
    }
    return {Status::more, at, {}};
}

std::uint64_t BodyFramer::skippable() const {
    switch (kind_) {
        case BodyFraming::Kind::none: return 0;
        case BodyFraming::Kind::length: return left_;
        case BodyFraming::Kind::chunked: return chunk_ == Chunk::data ? left_ : 0;
        case BodyFraming::Kind::until_close:
        case BodyFraming::Kind::tunnel: return std::numeric_limits<std::uint64_t>::max();
    }
    return 0;
}

BodyFramer::Status BodyFramer::skip(std::uint64_t count) {
    if (kind_ == BodyFraming::Kind::until_close || kind_ == BodyFraming::Kind::tunnel) return Status::more;
    left_ -= count;
    if (left_ != 0) return Status::more;
    if (kind_ == BodyFraming::Kind::length) return Status::done;
    chunk_ = Chunk::data_end;
    return Status::more;
}

}  // namespace podsnoop
