// What was found of the connections told of last. The pods and the side of a connection are looked up for its first record;
// for the next there is only that it is the same connection to be found out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "event/network_record.hpp"

namespace podsnoop {

class AttributedConnections {
  public:
    /// Fills a record in as one of its connection was; false where nothing is kept of that.
    bool recall(NetworkRecord& record) const {
        if (places_.empty()) return false;
        const Place& place = places_[place_of(record)];
        if (place.identity == 0 || place.client != record.client.endpoint || place.server != record.server.endpoint ||
            place.netns != record.netns || interfaces_[place.interface] != record.interface)
            return false;
        record.side = place.side;
        record.client.pod = place.client_pod;
        record.server.pod = place.server_pod;
        record.identity = place.identity;
        return true;
    }

    /// Keeps what a record was filled in with, and gives it an identity. Its ends have no names of processes, and no Service was
    /// called.
    void keep(NetworkRecord& record) {
        record.identity = ++identities_;
        const std::uint8_t interface = number_of(record.interface);
        if (places_.empty()) places_.resize(count);
        places_[place_of(record)] = {.client = record.client.endpoint,
                                     .side = record.side,
                                     .interface = interface,
                                     .server = record.server.endpoint,
                                     .netns = record.netns,
                                     .client_pod = record.client.pod,
                                     .server_pod = record.server.pod,
                                     .identity = record.identity};
    }

    /// What is kept holds no more.
    void forget() {
        places_.clear();
        interfaces_.clear();
    }

  private:
    static constexpr std::size_t count = 1024;  // of places; a connection has the one it can have
    static constexpr std::size_t interfaces_limit = 256;

    struct Place {
        Endpoint client;
        Side side = Side::unknown;
        std::uint8_t interface = 0;
        Endpoint server;
        std::uint64_t netns = 0;
        const Pod *client_pod = nullptr, *server_pod = nullptr;
        std::uint64_t identity = 0;
    };
    static std::size_t place_of(const NetworkRecord& record) {
        const Endpoint &client = record.client.endpoint, &server = record.server.endpoint;
        const std::uint64_t mixed = (client.address.words()[0] ^ server.address.words()[0]) * 0x9e3779b97f4a7c15;
        return ((mixed >> 32) + client.port) % count;
    }
    /// Where all have their number, a further one begins anew, with nothing kept.
    std::uint8_t number_of(const std::string& interface) {
        auto found = std::ranges::find(interfaces_, interface);
        if (found == interfaces_.end()) {
            if (interfaces_.size() == interfaces_limit) forget();
            interfaces_.push_back(interface);
            found = interfaces_.end() - 1;
        }
        return static_cast<std::uint8_t>(found - interfaces_.begin());
    }

    std::vector<Place> places_;
    std::vector<std::string> interfaces_;  // their names, by number
    std::uint64_t identities_ = 0;  // given so far
};

}  // namespace podsnoop
