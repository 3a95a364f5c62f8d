// Reads heads, and knows again those that it read before. A client asks for the same thing in the same words, and within a
// second a server's answer is the same too: then comparing bytes is all the reading there is, and what was said of a head
// need not be said anew (Head::identity).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "http/head.hpp"

namespace podsnoop {

class HeadReader {
  public:
    HeadReader() : places_(std::make_unique<Place[]>(places)) {}

    /// As read_head(); what it sets is head().
    HeadStart read(Bytes bytes);
    /// Takes one that was read otherwise for the last.
    void take(const Head& head) {
        other_ = head;
        head_ = &other_;
    }
    /// The last that was read, until the next is. Its views are into the bytes it was read from, or equal ones.
    [[nodiscard]] const Head& head() const { return *head_; }

  private:
    static constexpr std::size_t places = 128, shortest = 24, room = 1024;  // bytes of a head; others are read each time

    /// One that was read. Only the same bytes, to the end of the head, are the same head.
    struct Place {
        std::array<std::byte, room> bytes;
        std::size_t size = 0;  // 0: there is none
        StartLine start = StartLine::neither;
        Head head;
    };
    static std::uint64_t likeness_of(Bytes bytes);
    static void keep(Place& place, Bytes bytes, StartLine start, const Head& head);

    std::unique_ptr<Place[]> places_;
    std::array<std::uint64_t, places> last_{};  // of each place, the likeness of what came last
    std::uint32_t identities_ = 0;  // given so far; none is given twice
    Head other_;                    // the last, where it is in no place
    const Head* head_ = &other_;
};

}  // namespace podsnoop
