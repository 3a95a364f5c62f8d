#include "http/framer.hpp"

#include <algorithm>
#include <array>

#include "base/letters.hpp"
#include "http/start_line.hpp"

namespace podsnoop {

namespace {

// A head that outgrows the limit loses its lines but these: the ones framing and pairing need.
constexpr std::array<std::string_view, 5> needed_fields{"host", "expect", "upgrade", "content-length", "transfer-encoding"};
constexpr std::size_t line_limit = 8192;  // what is kept of a single line then
constexpr std::size_t version_end = sizeof(" HTTP/1.1\r\n") - 1;  // a start line's last bytes, always kept

bool is_needed(std::string_view line) {
    const std::string_view name = line.substr(0, line.find_first_of(": \t\r"));
    return std::ranges::any_of(needed_fields, [&](std::string_view needed) { return same_letters(name, needed); });
}

bool is_line_end(std::byte byte) { return byte == std::byte{'\r'} || byte == std::byte{'\n'}; }

}  // namespace

inline Framer::Step Framer::start_step(Bytes bytes, HeadReader& heads) {
    // Empty lines before a message are passed over (RFC 9112 2.2).
    std::size_t start = 0;
    while (start < bytes.size() && is_line_end(bytes[start])) ++start;
    if (start == bytes.size()) return {Event::more, start};
    const Bytes message = bytes.subspan(start);
    const HeadStart found = heads.read(message);
    if (found.start == StartLine::neither) return {Event::not_message};
    state_ = State::head;
    // The usual case: the head lies whole in one segment and is read in place. One that is too long is cut, however it came.
    const bool in_place = found.length != 0 && found.length <= head_limit;
    head_length_ = in_place ? found.length : 0;
    head_truncated_ = false;
    checked_start_line_ = false;
    if (in_place) return {Event::head, start + found.length, false, message.first(found.length), true};
    return {Event::start, start};
}

Framer::Step Framer::step(Bytes bytes, HeadReader& heads) {
    switch (state_) {
        case State::between: return start_step(bytes, heads);
        case State::head: return head_step(bytes, heads);
        case State::body: {
            const BodyFramer::Step step = body_.step(bytes);
            if (step.status == BodyFramer::Status::broken) return {Event::broken, step.consumed};
            const bool ended = step.status == BodyFramer::Status::done;
            if (ended) restart();
            return {step.content.empty() ? Event::more : Event::content, step.consumed, ended, step.content};
        }
    }
    return {Event::broken};
}

Framer::Step Framer::head_step(Bytes bytes, HeadReader& heads) {
    if (!partial_) partial_ = std::make_unique<PartialHead>();
    const auto length = partial_->end.find(bytes);
    const std::size_t consumed = length.value_or(bytes.size());
    head_length_ += consumed;
    keep(as_text(bytes.first(consumed)));
    if (!checked_start_line_) {
        const StartLine start = classify_start(as_bytes(partial_->text));
        if (start == StartLine::neither) {
            restart();
            return {Event::not_message};
        }
        checked_start_line_ = start != StartLine::incomplete;
    }
    if (!length) return {Event::more, consumed};
    const auto parsed = parse_head(as_bytes(partial_->text));
    if (!parsed) {
        restart();
        return {Event::not_message};
    }
    heads.take(*parsed);
    return {Event::head, consumed, false, as_bytes(partial_->text)};
}

void Framer::keep(std::string_view text) {
    while (!text.empty()) {
        if (partial_->cutting_line) cut_line(text);
        if (text.empty()) return;
        const std::size_t room = head_limit - partial_->text.size();
        const std::string_view part = text.substr(0, room);
        partial_->text += part;
        text.remove_prefix(part.size());
        if (!text.empty()) make_room();
    }
}

/// Takes the rest of a line that is too long off the front of `text`.
void Framer::cut_line(std::string_view& text) {
    const std::size_t line_feed = std::min(text.find('\n'), text.size());
    const bool start_line = partial_->text.find('\n') == std::string::npos;
    if (start_line) {
        std::string& tail = partial_->cut_tail;
        const std::size_t from = line_feed - std::min(line_feed, version_end);
        tail += text.substr(from, line_feed - from);
        if (tail.size() > version_end) tail.erase(0, tail.size() - version_end);
    }
    text.remove_prefix(line_feed);
    if (text.empty()) return;
    partial_->cutting_line = false;
    if (start_line) partial_->text += partial_->cut_tail;
}

/// Leaves out the lines nobody needs. If the present, unfinished line is a long one, its rest is cut off.
void Framer::make_room() {
    head_truncated_ = true;
    std::string& all = partial_->text;
    std::string kept;
    std::size_t line = 0;
    while (line < all.size()) {
        const std::size_t line_feed = all.find('\n', line);
        const bool whole = line_feed != std::string::npos;
        const std::string_view text = std::string_view(all).substr(line, whole ? line_feed + 1 - line : std::string::npos);
        const bool first = line == 0;
        line += text.size();
        const std::size_t room = head_limit / 2 - std::min(kept.size(), head_limit / 2);
        if (whole && !first && (!is_needed(text) || text.size() > room)) continue;
        const std::size_t limit = std::min(line_limit, room);
        kept += text.substr(0, limit);
        if (text.size() <= limit) continue;
        if (first && whole) kept += text.substr(text.size() - version_end);
        else if (whole) kept += '\n';
        else partial_->cutting_line = true;
    }
    all = std::move(kept);
}

bool Framer::begin_body(BodyFraming framing) {
    partial_.reset();
    if (framing.kind == BodyFraming::Kind::none) {
        restart();
        return true;
    }
    body_ = BodyFramer(framing);
    state_ = State::body;
    return false;
}

void Framer::restart() {
    state_ = State::between;
    partial_.reset();
}

}  // namespace podsnoop
