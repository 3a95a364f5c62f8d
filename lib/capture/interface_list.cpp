#include "capture/interface_list.hpp"

#include <algorithm>

namespace podsnoop {

std::uint32_t InterfaceList::add(const std::string& name, std::uint64_t netns, std::uint32_t namespace_number,
                                 std::uint32_t ifindex) {
    std::size_t index = 0;
    while (index < interfaces_.size() && (places_[index].namespace_number != namespace_number || interfaces_[index].name != name))
        ++index;
    if (index == interfaces_.size()) {
        if (index == limit) {
            --index;
            interfaces_[index] = {};
        } else {
            interfaces_.push_back({.name = name, .netns = netns});
            places_.emplace_back();
        }
    }
    places_[index] = {ifindex, namespace_number};
    return static_cast<std::uint32_t>(index);
}

}  // namespace podsnoop
