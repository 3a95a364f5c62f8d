#include "generator.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace podsnoop::fuzz {

namespace {

constexpr unsigned most_exchanges = 12;

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

std::string_view pick(Cursor& input, std::span<const std::string_view> choices) { return choices[input.u8() % choices.size()]; }

std::string content(Cursor& input, bool hard) {
    constexpr std::array<std::string_view, 2> plain{"x", "some text, some of it long enough to fill a line\r\n"};
    constexpr std::array<std::string_view, 4> messages{"x", "GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n",
                                                       "HTTP/1.1 299 Smuggled\r\nContent-Length: 0\r\n\r\n", "\r\n0\r\n\r\n"};
    std::string body;
    for (unsigned count = input.u8() % 6; count != 0; --count) body += hard ? pick(input, messages) : pick(input, plain);
    return body;
}

/// With extensions and trailers (RFC 9112 7.1).
std::string chunked(Cursor& input, std::string_view body) {
    std::string text;
    while (!body.empty()) {
        const std::size_t length = std::min<std::size_t>(1 + input.u8() % 64, body.size());
        constexpr std::array<std::string_view, 4> extensions{"", ";a=b", " ", ";q=\"1\""};
        text += fmt::format("{:x}{}\r\n{}\r\n", length, pick(input, extensions), body.substr(0, length));
        body.remove_prefix(length);
    }
    constexpr std::array<std::string_view, 3> ends{"0\r\n\r\n", "0\r\nTrailer: x\r\n\r\n", "000;last\r\nA: b\r\nC: d\r\n\r\n"};
    text += pick(input, ends);
    return text;
}

/// The header section's end and the body. `announced`: Content-Length of a body that is not sent.
std::string rest_of_message(Cursor& input, BodyKind kind, std::string_view body) {
    constexpr std::array<std::string_view, 5> others{"", "Accept: a/b,\r\n c/d\r\n", "X: \r\n",
                                                     "Y:"
                                                     "z\r\nEmpty:\r\n",
                                                     "Connection: keep-alive\r\n"};
    std::string text(pick(input, others));
    switch (kind) {
        case BodyKind::none: return text + "\r\n";
        case BodyKind::length: return text + fmt::format("content-length: {}\r\n\r\n{}", body.size(), body);
        case BodyKind::chunked: return text + "Transfer-Encoding: chunked\r\n\r\n" + chunked(input, body);
        case BodyKind::until_close: return text + "\r\n" + std::string(body);
    }
    return text;
}

std::string request(Cursor& input, std::size_t number, bool hard, Made& made) {
    constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "POST", "PUT", "PURGE", "X-LOAD"};
    made.method = pick(input, methods);
    const auto kind = static_cast<BodyKind>(input.u8() % 3);
    const std::string body = kind == BodyKind::none ? "" : content(input, hard);
    made.request_body = body.size();
    return fmt::format("{} /{} HTTP/1.1\r\nX-Id: {}\r\n{}", made.method, number, number, rest_of_message(input, kind, body));
}

std::string response(Cursor& input, std::size_t number, bool last, bool hard, Made& made) {
    constexpr std::array<std::uint16_t, 6> statuses{200, 201, 204, 304, 404, 500};
    made.status = statuses[input.u8() % statuses.size()];
    auto kind = static_cast<BodyKind>(1 + input.u8() % 3);
    if (kind == BodyKind::until_close && !last) kind = BodyKind::length;
    std::string body = content(input, hard);
    std::string text = input.u8() % 8 == 0 ? "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" : "";
    text += fmt::format("HTTP/1.1 {} \r\nX-Id: {}\r\n", made.status, number);
    const bool bodiless = made.method == "HEAD" || made.status == 204 || made.status == 304;  // RFC 9112 6.3, 1
    if (bodiless) {
        made.response_body = 0;
        return text + (made.status == 204 ? "" : fmt::format("Content-Length: {}\r\n", body.size())) + "\r\n";
    }
    made.response_body = body.size();
    return text + rest_of_message(input, kind, body);
}

}  // namespace

GeneratedConversation generate(Cursor& input, bool hard) {
    GeneratedConversation made;
    made.exchanges.resize(1 + input.u8() % most_exchanges);
    std::size_t answered = 0;
    const auto answer_up_to = [&](std::size_t end) {
        for (; answered < end; ++answered)
            made.writes.push_back(
                {true, response(input, answered, answered + 1 == made.exchanges.size(), hard, made.exchanges[answered])});
    };
    for (std::size_t number = 0; number < made.exchanges.size(); ++number) {
        made.writes.push_back({false, request(input, number, hard, made.exchanges[number])});
        const bool next_waits = input.u8() % 3 != 0 || !hard;
        if (next_waits) answer_up_to(number + 1);
    }
    answer_up_to(made.exchanges.size());
    return made;
}

}  // namespace podsnoop::fuzz
