// The interfaces that packets came from, over all namespaces: Packet::interface is an index into this list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event/packet.hpp"

namespace podsnoop {

class InterfaceList {
  public:
    /// The list's index of an interface. One that comes again under its old name keeps its place, with a new
    /// `ifindex`. `namespace_number` is the caller's name of its namespace. At the limit all further ones share an entry
    /// without a name.
    std::uint32_t add(const std::string& name, std::uint64_t netns, std::uint32_t namespace_number, std::uint32_t ifindex);

    [[nodiscard]] const std::vector<Interface>& all() const noexcept { return interfaces_; }
    [[nodiscard]] std::uint32_t ifindex(std::uint32_t index) const { return places_[index].ifindex; }
    [[nodiscard]] std::uint32_t namespace_number(std::uint32_t index) const { return places_[index].namespace_number; }

  private:
    static constexpr std::size_t limit = 65536;  // pods come and go as long as a trace runs

    struct Place {
        std::uint32_t ifindex = 0;
        std::uint32_t namespace_number = 0;
    };

    std::vector<Interface> interfaces_;
    std::vector<Place> places_;  // parallel to interfaces_
};

}  // namespace podsnoop
