// The network interfaces of one namespace with their addresses, and word of their coming and going (rtnetlink, RFC 3549).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace podsnoop {

struct Link {
    std::string name;
    std::string kind{};  ///< of a virtual one, as rtnetlink names it: "veth", "bridge"; empty for others
    bool up = false;  ///< IFF_UP: switched on; whether there is a carrier does not matter to a packet socket

    bool operator==(const Link&) const = default;
};

using LinksByIndex = std::map<std::uint32_t, Link>;

/// Knows the interfaces of the namespace it was opened in, whatever namespace the thread is in later.
class Links {
  public:
    static Result<Links> open();

    [[nodiscard]] const LinksByIndex& by_index() const noexcept { return links_; }
    /// The addresses of all interfaces, sorted, each once.
    [[nodiscard]] const std::vector<Address>& addresses() const noexcept { return addresses_; }
    /// The index of the interface of that name; 0 where there is none.
    [[nodiscard]] std::uint32_t index_of(std::string_view name) const noexcept;
    /// Readable when something changed.
    [[nodiscard]] int monitor_fd() const noexcept { return monitor_.get(); }
    /// Whether something changed since the last call; then `refresh()` says what.
    [[nodiscard]] bool take_change();
    /// Asks the kernel for the list again. Comparing lists rather than following messages is right after lost
    /// ones too.
    Result<void> refresh();

  private:
    Fd monitor_, query_;
    Result<void> ask(std::uint16_t type, LinksByIndex& links, std::vector<Address>& addresses);

    std::uint32_t sequence_ = 0;
    LinksByIndex links_;
    std::vector<Address> addresses_;
};

}  // namespace podsnoop
