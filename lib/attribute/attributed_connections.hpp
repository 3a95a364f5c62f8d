// What was found of the connections told of last. The pods and the side of a connection are looked up for its first record;
// for the next there is only that it is the same connection to be found out.
#pragma once

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
        if (place.generation != generation_ || place.client != record.client.endpoint || place.server != record.server.endpoint ||
            place.netns != record.netns || place.interface != record.interface)
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
        if (places_.empty()) places_.resize(count);
        record.identity = ++identities_;
        places_[place_of(record)] = {.client = record.client.endpoint,
                                     .server = record.server.endpoint,
                                     .netns = record.netns,
                                     .interface = record.interface,
                                     .side = record.side,
                                     .client_pod = record.client.pod,
                                     .server_pod = record.server.pod,
                                     .identity = record.identity,
                                     .generation = generation_};
    }

    /// What is kept holds no more.
    void forget() { ++generation_; }

  private:
    static constexpr std::size_t count = 1024;  // of places; a connection has the one it can have

    struct Place {
        Endpoint client, server;
        std::uint64_t netns = 0;
        std::string interface;
        Side side = Side::unknown;
        const Pod *client_pod = nullptr, *server_pod = nullptr;
        std::uint64_t identity = 0;
        std::uint64_t generation = 0;  // that it was kept in
    };
    static std::size_t place_of(const NetworkRecord& record) {
        const Endpoint &client = record.client.endpoint, &server = record.server.endpoint;
        const std::uint64_t mixed = (client.address.words()[0] ^ server.address.words()[0]) * 0x9e3779b97f4a7c15;
        return ((mixed >> 32) + client.port) % count;
    }

    std::vector<Place> places_;
    std::uint64_t identities_ = 0;  // given so far
    std::uint64_t generation_ = 1;
};

}  // namespace podsnoop
