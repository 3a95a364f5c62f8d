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
    Index take() {
        if (!free_.empty()) {
            const Index index = free_.back();
            free_.pop_back();
            ++used_;
            return index;
        }
        if (made_ == limit_) return none;
        if (made_ % block_size == 0) {
            blocks_.push_back(std::make_unique<T[]>(block_size));
            free_.reserve(blocks_.size() * block_size);
        }
        ++used_;
        return static_cast<Index>(made_++);
    }
    void give_back(Index index) {
        free_.push_back(index);
        --used_;
    }

    T& operator[](Index index) { return blocks_[index / block_size][index % block_size]; }
    const T& operator[](Index index) const { return blocks_[index / block_size][index % block_size]; }

    [[nodiscard]] std::size_t used() const { return used_; }
    [[nodiscard]] std::size_t made() const { return made_; }  ///< indices below this were taken at least once
    [[nodiscard]] std::size_t limit() const { return limit_; }

  private:
    static constexpr std::size_t block_size = 256;
    std::vector<std::unique_ptr<T[]>> blocks_;
    std::vector<Index> free_;
    std::size_t limit_, made_ = 0, used_ = 0;
};

}  // namespace podsnoop
