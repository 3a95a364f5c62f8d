// The texts of all requests under way. Many clients wait for the same thing: those that ask for it in the same words share one
// text.
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

/// Finds again what came twice and no text of the same place since: most of what is the same, at next to no cost.
class SharedTexts {
  public:
    using Index = RequestTexts::Index;

    /// `requests`: at most so many use any at once.
    explicit SharedTexts(std::size_t requests) : pool_(requests + places) {}

    /// Those of a request. They are there until they were given back as often as they were taken.
    Index take(const Head& head) {
        if (const Index kept = places_[head.identity % places].kept;
            kept != RequestTexts::none && pool_[kept].texts.are_same(head))
            return use(kept);
        return find(head);
    }
    void give_back(Index index) {
        Shared& shared = pool_[index];
        if (--shared.users != 0) return;
        bytes_ -= shared.texts.size();
        if (!shared.kept) drop(index);
    }
    const RequestTexts& operator[](Index index) const { return pool_[index].texts; }

    /// Of all that are used, in bytes.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    static constexpr std::size_t places = 256, longest_kept = 512;  // bytes of a text

    struct Shared {
        RequestTexts texts;
        std::uint32_t users = 0;
        bool kept = false;  // in a place, whether or not it is used
    };
    struct Place {
        Index kept = RequestTexts::none;
        std::uint32_t likeness = 0;  // of what came last
    };

    Index use(Index index) {
        Shared& shared = pool_[index];
        if (shared.users++ == 0) bytes_ += shared.texts.size();
        return index;
    }
    void drop(Index index) {
        pool_[index].texts.trim();
        pool_.give_back(index);
    }

    /// Of a head that is not known in its place, or has no identity.
    [[gnu::noinline]] Index find(const Head& head) {
        // A head with an identity came before.
        if (head.identity != 0) return keep(make(head), places_[head.identity % places]);
        const std::uint64_t likeness = likeness_of(head);
        Place& place = places_[likeness % places];
        if (place.kept != RequestTexts::none && pool_[place.kept].texts.are_of(head)) return use(place.kept);
        const auto last = static_cast<std::uint32_t>(likeness >> 32);
        if (place.likeness == last) return keep(make(head), place);
        place.likeness = last;
        return make(head);
    }
    Index make(const Head& head) {
        const Index index = pool_.take();  // never none: there are as many as requests and places
        pool_[index].texts.set(head);
        pool_[index].kept = false;
        return use(index);
    }
    Index keep(Index index, Place& place) {
        if (pool_[index].texts.size() > longest_kept) return index;
        pool_[index].kept = true;
        if (place.kept != RequestTexts::none) {
            pool_[place.kept].kept = false;
            if (pool_[place.kept].users == 0) drop(place.kept);
        }
        place.kept = index;
        return index;
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

    Pool<Shared> pool_;
    std::array<Place, places> places_;
    std::size_t bytes_ = 0;
};

}  // namespace podsnoop
