#include "print/escape.hpp"

#include <doctest/doctest.h>

#include <string>

#include "print/utf8.hpp"

using namespace podsnoop;

namespace {

std::string shown(std::string_view text) {
    std::string out;
    append_terminal_text(out, text);
    return out;
}

std::string cut(std::string_view text, unsigned width) {
    std::string out;
    const unsigned used = append_cut(out, text, width);
    CHECK(used == width_of(out));
    CHECK(used <= width);
    return out;
}

}  // namespace

TEST_CASE("a text is plain where each of its bytes is") {
    CHECK(is_plain(""));
    for (std::size_t size = 1; size <= 40; ++size) {
        CHECK(is_plain(std::string(size, '~')));
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, ' ');
                text[at] = static_cast<char>(byte);
                const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
                if (is_plain(text) != plain) FAIL("byte ", byte, " at ", at, " of ", size);
            }
        }
    }
}

TEST_CASE("a text is as wide as it is long unless a byte is beyond ASCII, wherever that is") {
    CHECK(is_ascii(""));
    for (std::size_t size = 1; size <= 40; ++size) {
        std::string text(size, '\x7f');
        CHECK(is_ascii(text));
        CHECK(width_of(text) == size);
        for (std::size_t at = 0; at + 2 <= size; ++at) {
            text = std::string(size, 'a').replace(at, 2, "\xc3\xa9");
            if (is_ascii(text) || width_of(text) != size - 1) FAIL("at ", at, " of ", size);
        }
    }
}

TEST_CASE("terminal: controls and invalid bytes are shown, never sent") {
    CHECK(shown("GET /a\"b\\c") == "GET /a\"b\\c");
    CHECK(shown("\x1b]0;x\x07\n\x7f") == R"(\x1b]0;x\x07\x0a\x7f)");
    CHECK(shown(std::string_view("\0", 1)) == R"(\x00)");
    CHECK(shown("\xff\xc3(") == R"(\xff\xc3()");
    CHECK(shown("\xc2\x9b"
                "31m") == R"(\u009b31m)");
    CHECK(shown("\xe2\x80\xaegnp.exe\xe2\x81\xa9") == R"(\u202egnp.exe\u2069)");
    CHECK(shown("caf\xc3\xa9 \xe6\x97\xa5") == "caf\xc3\xa9 \xe6\x97\xa5");
}

TEST_CASE("terminal: every byte and every pair of bytes comes out as printable UTF-8") {
    for (unsigned i = 0; i < 0x10000; ++i) {
        const std::string text{static_cast<char>(i >> 8), static_cast<char>(i & 0xff)};
        std::string json;
        append_json_text(json, text);
        const std::string terminal = shown(text);
        for (std::string_view rest : {std::string_view(json), std::string_view(terminal)}) {
            bool safe = true;
            while (!rest.empty()) {
                const Character c = first_character(rest);
                safe = safe && c.valid && !is_control(c.code);
                rest.remove_prefix(c.length);
            }
            if (!safe) FAIL("unsafe: ", i);
        }
    }
}

TEST_CASE("width: marks take none, wide characters two") {
    CHECK(width_of("abc") == 3);
    CHECK(width_of("e\xcc\x81") == 1);                 // e and a combining acute
    CHECK(width_of("\xe6\x97\xa5\xe6\x9c\xac") == 4);  // two ideographs
    CHECK(width_of("\xef\xbc\xa1") == 2);              // fullwidth A
    CHECK(width_of("\xf0\x9f\x8d\xb0") == 2);          // an emoji
    CHECK(width_of("\xea\xb0\x80\xc3\xa9") == 3);      // a Hangul syllable and e acute
    CHECK(width_of("\xff") == 1);
}

TEST_CASE("cut: what does not fit ends in an ellipsis") {
    CHECK(cut("abcdef", 6) == "abcdef");
    CHECK(cut("abcdef", 5) == "abcd…");
    CHECK(cut("abcdef", 1) == "…");
    CHECK(cut("abcdef", 0) == "");
    CHECK(cut("", 0) == "");
    CHECK(cut("日本語", 6) == "日本語");
    CHECK(cut("日本語", 5) == "日本…");
    CHECK(cut("日本語", 4) == "日…");  // half an ideograph cannot be shown
    CHECK(cut("cafe\xcc\x81", 4) == "cafe\xcc\x81");
}
