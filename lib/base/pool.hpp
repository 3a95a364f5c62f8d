// Objects addressed by index: they never move, and a freed one is used again before memory grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace podsnoop {

/// At most `limit` objects of T, allocated in blocks as they are needed and kept until the pool goes. A taken
/// object is as its last user left it, so that its strings keep their memory; the user resets what matters.
template <class T>
class Pool {
  public:
    using Index = std::uint32_t;
    static constexpr Index none = 0xffffffff;

    explicit Pool(std::size_t limit) : limit_(limit) {}

    /// `none` when the limit is reached.
    Index take() { return free_count_ != 0 ? free_[--free_count_] : make(); }
    void give_back(Index index) { free_[free_count_++] = index; }

    T& operator[](Index index) { return blocks_[index / block_size][index % block_size]; }
    const T& operator[](Index index) const { return blocks_[index / block_size][index % block_size]; }

    [[nodiscard]] std::size_t made() const { return made_; }  ///< indices below this were taken at least once
    [[nodiscard]] std::size_t limit() const { return limit_; }

  private:
    static constexpr std::size_t block_size = 256;

    // Out of line, or those who take one would have to save registers for it each time.
    [[gnu::noinline]] Index make() {
        if (made_ == limit_) return none;
        if (made_ % block_size == 0) {
            blocks_.push_back(std::make_unique<T[]>(block_size));
            if (const std::size_t room = blocks_.size() * block_size; room > free_room_) {
                free_room_ = 2 * room;
                free_ = std::make_unique_for_overwrite<Index[]>(free_room_);  // none is free now
            }
        }
        return static_cast<Index>(made_++);
    }

    std::vector<std::unique_ptr<T[]>> blocks_;
    std::unique_ptr<Index[]> free_;  // room for all that were made
    std::size_t free_count_ = 0, free_room_ = 0;
    std::size_t limit_, made_ = 0;
};

}  // namespace podsnoop
