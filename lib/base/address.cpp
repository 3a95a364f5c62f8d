#include "base/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>

namespace podsnoop {

namespace {

struct Run {
    std::size_t start = 0, length = 0;
};

/// The longest run of two or more zero groups, the first of equals (RFC 5952 4.2).
Run longest_zero_run(const std::array<unsigned, 8>& groups) {
    Run best, run;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups[i] != 0) {
            run.length = 0;
            continue;
        }
        if (run.length++ == 0) run.start = i;
        if (run.length > best.length) best = run;
    }
    return best.length >= 2 ? best : Run{};
}

/// A number below 256. By hand: an IPv4 address by a format string takes as long as parsing a message's head.
char* put_octet(char* to, unsigned number) {
    if (number >= 100) *to++ = static_cast<char>('0' + number / 100);
    if (number >= 10) *to++ = static_cast<char>('0' + number / 10 % 10);
    *to++ = static_cast<char>('0' + number % 10);
    return to;
}

char* write_octets(char* to, std::span<const std::uint8_t, 4> octets) {
    for (const std::uint8_t octet : octets) {
        to = put_octet(to, octet);
        *to++ = '.';
    }
    return to - 1;
}

void append_v4(std::string& out, std::span<const std::uint8_t, 4> octets) {
    std::array<char, sizeof("255.255.255.255")> text;
    out.append(text.data(), write_octets(text.data(), octets));
}

void append_v6(std::string& out, const std::array<std::uint8_t, 16>& b) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(b[2 * i] << 8 | b[2 * i + 1]);
    const Run zeros = longest_zero_run(groups);
    auto to = std::back_inserter(out);
    // RFC 5952 5: a v4-mapped address shows its IPv4 part as people know it.
    if (zeros.start == 0 && zeros.length == 5 && groups[5] == 0xffff) {
        out += "::ffff:";
        append_v4(out, std::span(b).last<4>());
        return;
    }
    for (std::size_t i = 0; i < 8;) {
        if (zeros.length != 0 && i == zeros.start) {
            out += "::";
            i += zeros.length;
            continue;
        }
        if (i != 0 && out.back() != ':') out += ':';
        fmt::format_to(to, "{:x}", groups[i++]);
    }
}

}  // namespace

Address Address::from(Bytes from) {
    Address address;
    if (from.size() != 4 && from.size() != 16) return address;
    std::ranges::transform(from, address.bytes.begin(), [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    address.family = from.size() == 4 ? 4 : 6;
    return address;
}

void append_address(std::string& out, const Address& address) {
    const auto& b = address.bytes;
    if (address.family == 4) append_v4(out, std::span(b).first<4>());
    else if (address.family == 6) append_v6(out, b);
    else out += '?';
}

void append_endpoint(std::string& out, const Endpoint& endpoint) {
    const bool brackets = endpoint.address.family == 6;
    if (brackets) out += '[';
    append_address(out, endpoint.address);
    if (brackets) out += ']';
    fmt::format_to(std::back_inserter(out), ":{}", endpoint.port);
}

std::optional<Address> parse_address(std::string_view text) {
    const std::string terminated(text);
    Address address;
    const bool v6 = text.find(':') != std::string_view::npos;
    if (terminated.find('\0') != std::string::npos ||
        inet_pton(v6 ? AF_INET6 : AF_INET, terminated.c_str(), address.bytes.data()) != 1)
        return std::nullopt;
    address.family = v6 ? 6 : 4;
    return address;
}

}  // namespace podsnoop
