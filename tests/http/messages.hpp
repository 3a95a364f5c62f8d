// Messages that conversations in tests are made of, and how a test shows the lines it got.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "conversation.hpp"

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) text += "\n  " + line;
        return text.c_str();
    }
};
}  // namespace doctest

namespace podsnoop::test {

using Lines = std::vector<std::string>;
using Talk = Conversation;

inline const std::string get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string get_b = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string get_c = "GET /c HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
inline const std::string created = "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nnew";

inline std::string big_head(std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace podsnoop::test
