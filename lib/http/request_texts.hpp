// A request's method, target and host, kept while it waits for its answer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "http/head.hpp"

namespace podsnoop {

/// One behind the other, in memory that is used again and no more than they need.
class RequestTexts {
  public:
    /// A request's. They lie in one segment, or in a head that was kept within a limit: far below 16 MiB, the method below 256 bytes.
    void set(const Head& head) {
        // What is used again is mostly what is said again.
        if (are_same(head)) return;
        head_identity_ = head.identity;
        const std::string_view method = head.start.method, target = head.start.target,
                               host = head.host.value_or(std::string_view());
        method_ = static_cast<std::uint8_t>(method.size());
        target_ = static_cast<std::uint32_t>(target.size());
        host_ = head.host ? static_cast<std::uint32_t>(host.size()) : no_host;
        if (const std::size_t needed = size(); needed > capacity_) {
            // What malloc() gives for it anyway: a multiple of 16 bytes, but for 8 of its own.
            capacity_ = static_cast<std::uint32_t>((std::max<std::size_t>(needed + 7, 16) | 15) - 7) & longest;
            bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
        }
        char* to = bytes_.get();
        // Not by std::ranges::copy, which is a loop of single bytes in GCC 12.
        for (const std::string_view text : {method, target, host}) to = std::copy(text.begin(), text.end(), to);
    }
    /// Whether they were set of the same head, as far as its identity says.
    [[nodiscard]] bool are_same(const Head& head) const { return head.identity != 0 && head.identity == head_identity_; }
    /// Whether set() would set the same texts.
    [[nodiscard]] bool are_of(const Head& head) const {
        return head.start.target == target() && head.start.method == method() && head.host.has_value() == has_host() &&
               (!head.host || *head.host == host());
    }
    /// They are of this head too, from now on.
    void identify(const Head& head) { head_identity_ = head.identity; }
    /// Head::identity of the last head that they are of.
    [[nodiscard]] std::uint32_t head_identity() const { return head_identity_; }
    [[nodiscard]] std::string_view method() const { return {bytes_.get(), method_}; }
    [[nodiscard]] std::string_view target() const { return {bytes_.get() + method_, target_}; }
    [[nodiscard]] bool has_host() const { return host_ != no_host; }
    /// Where there is one.
    [[nodiscard]] std::string_view host() const { return {bytes_.get() + method_ + target_, host_}; }

    /// Of all three, in bytes.
    [[nodiscard]] std::size_t size() const { return std::size_t{method_} + target_ + (has_host() ? host_ : 0); }
    /// Gives long ones' memory back, and what they were with it.
    void trim() {
        if (capacity_ > kept_capacity) *this = {};
    }

  private:
    static constexpr std::uint32_t no_host = 0xffffffff;
    static constexpr std::uint32_t kept_capacity = 512, longest = (1 << 24) - 1;
    std::unique_ptr<char[]> bytes_;
    std::uint32_t capacity_ : 24 = 0;
    std::uint32_t method_ : 8 = 0;  // its length
    std::uint32_t target_ = 0, host_ = no_host;  // likewise
    std::uint32_t head_identity_ = 0;
};

}  // namespace podsnoop
