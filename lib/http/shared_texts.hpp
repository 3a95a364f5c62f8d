// What is told of requests' heads, of all requests under way. Many clients wait for the same thing: those that ask for it in the
// same words share one text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/pool.hpp"
#include "http/head.hpp"
#include "http/request_texts.hpp"

namespace podsnoop {

/// A request's head, as far as it is told.
struct SharedTexts {
    RequestTexts texts;
    std::uint32_t head_bytes = 0;
    std::uint32_t users = 0;
    std::uint8_t version_minor = 1;
    bool kept = false;  ///< in a place, whether or not it is used
};

/// Finds again what came twice and nothing of the same place since: most of what is the same, at next to no cost.
class SharedTextsTable {
  public:
    using Index = Pool<SharedTexts>::Index;
    static constexpr Index none = Pool<SharedTexts>::none;

    /// `requests`: at most so many use any at once.
    explicit SharedTextsTable(std::size_t requests) : pool_(requests + places) { known_.fill(none); }

    /// Those of a request whose head took so many bytes. They are there until they were given back as often as they were taken.
    Index take(const Head& head, std::uint32_t head_bytes) {
        const Index known = known_[head.identity % places];
        if (known != none && pool_[known].texts.are_same(head)) return use(known);
        return find(head, head_bytes);
    }
    void give_back(Index index) {
        SharedTexts& shared = pool_[index];
        if (--shared.users != 0) return;
        bytes_ -= shared.texts.size();
        if (!shared.kept) drop(index);
    }
    const SharedTexts& operator[](Index index) const { return pool_[index]; }

    /// Of all that are used, in bytes.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    static constexpr std::size_t places = 256, longest_kept = 512;  // bytes of a text

    struct Place {
        Index kept = none;
        std::uint32_t likeness = 0;  // of what came last
    };

    Index use(Index index) {
        SharedTexts& shared = pool_[index];
        if (shared.users++ == 0) bytes_ += shared.texts.size();
        return index;
    }
    void drop(Index index) {
        RequestTexts& texts = pool_[index].texts;
        if (Index& known = known_[texts.head_identity() % places]; known == index) known = none;
        texts.trim();
        pool_.give_back(index);
    }

    /// Of a head whose identity is not known here, or that has none. What is told of heads may be the same where they are not:
    /// then that is told under the identity of the last of them.
    [[gnu::noinline]] Index find(const Head& head, std::uint32_t head_bytes) {
        const std::uint64_t likeness = likeness_of(head);
        const auto upper = static_cast<std::uint32_t>(likeness >> 32);
        Place& place = places_[likeness % places];
        Index index = place.kept;
        if (index == none || !is_of(pool_[index], head, head_bytes)) {
            index = make(head, head_bytes);
            if (place.likeness == upper || head.identity != 0) keep(index, place);
            place.likeness = upper;
        }
        if (head.identity != 0) {
            pool_[index].texts.identify(head);
            known_[head.identity % places] = index;
        }
        return use(index);
    }
    static bool is_of(const SharedTexts& shared, const Head& head, std::uint32_t head_bytes) {
        return shared.head_bytes == head_bytes && shared.version_minor == head.start.version_minor && shared.texts.are_of(head);
    }
    Index make(const Head& head, std::uint32_t head_bytes) {
        const Index index = pool_.take();  // never none: there are as many as requests and places
        SharedTexts& shared = pool_[index];
        shared.texts.set(head);
        shared.head_bytes = head_bytes;
        shared.version_minor = head.start.version_minor;
        shared.kept = false;
        return index;
    }
    void keep(Index index, Place& place) {
        if (pool_[index].texts.size() > longest_kept) return;
        pool_[index].kept = true;
        if (place.kept != none) {
            pool_[place.kept].kept = false;
            if (pool_[place.kept].users == 0) drop(place.kept);
        }
        place.kept = index;
    }

    /// The same for heads with the same texts, and mostly another for others.
    static std::uint64_t likeness_of(const Head& head) {
        const std::uint64_t mixed =
            (ending_of(head.start.target) + ending_of(head.host.value_or(std::string_view()))) * 0x9e3779b97f4a7c15;
        return mixed ^ mixed >> 32;
    }
    /// The last bytes, where targets and hosts mostly differ, and how many there are in all.
    static std::uint64_t ending_of(std::string_view text) {
        std::uint64_t ending = 0;
        if (text.size() >= sizeof(ending)) std::memcpy(&ending, text.data() + text.size() - sizeof(ending), sizeof(ending));
        else
            for (const char c : text) ending = ending << 8 | static_cast<unsigned char>(c);
        return ending + text.size();
    }

    Pool<SharedTexts> pool_;
    std::array<Place, places> places_;
    std::array<Index, places> known_;  // by identity, those that have one
    std::size_t bytes_ = 0;
};

}  // namespace podsnoop
