// What a writer says of a connection in each of its records: who, and where it was seen. It is most of a record's text, and
// making it most of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

/// Keeps the texts of some connections, each in the one place that it can have.
class ConnectionTexts {
  public:
    /// Whether a record's part is one that is kept: its pods can be told from others, and there are no names besides.
    static bool keeps(const NetworkRecord& record) {
        const auto is_known = [](const Peer& peer) {
            return peer.comm.empty() && (peer.pod == nullptr || peer.pod->identity != 0);
        };
        return is_known(record.client) && is_known(record.server) && !record.service;
    }

    /// Of one that is: the text that `make(text)` makes, or made of the same. Valid until the next call.
    template <class Make>
    std::string_view text_of(const NetworkRecord& record, Make make) {
        if (texts_.empty()) {
            texts_.resize(places);
            memory_ = std::make_unique_for_overwrite<char[]>(places * room);
        }
        const Endpoint &client = record.client.endpoint, &server = record.server.endpoint;
        const std::uint64_t mixed = (client.address.words()[0] ^ server.address.words()[0]) * 0x9e3779b97f4a7c15;
        const std::size_t place = ((mixed >> 32) + client.port) % places;
        Text& at = texts_[place];
        char* const text = &memory_[place * room];
        const std::uint64_t client_pod = identity_of(record.client), server_pod = identity_of(record.server);
        const bool is_same = at.client == client && at.server == server && at.netns == record.netns && at.side == record.side &&
                             at.client_pod == client_pod && at.server_pod == server_pod && at.interface == record.interface;
        if (is_same && at.size != 0) return {text, at.size};
        made_.clear();
        make(made_);
        at.size = 0;
        if (made_.size() > room) return made_;
        std::memcpy(text, made_.data(), made_.size());
        at.client = client;
        at.server = server;
        at.netns = record.netns;
        at.client_pod = client_pod;
        at.server_pod = server_pod;
        at.side = record.side;
        at.interface = record.interface;
        at.size = made_.size();
        return made_;
    }

  private:
    static constexpr std::size_t places = 1024, room = 768;  // bytes of a text; a longer one is not kept

    static std::uint64_t identity_of(const Peer& peer) { return peer.pod == nullptr ? 0 : peer.pod->identity; }

    struct Text {
        Endpoint client, server;
        std::uint64_t netns = 0;
        std::uint64_t client_pod = 0, server_pod = 0;  // Pod::identity; 0: none
        Side side = Side::unknown;
        std::string interface;
        std::size_t size = 0;  // 0: there is none
    };
    std::vector<Text> texts_;
    std::unique_ptr<char[]> memory_;  // of all places, taken at once: no text is an allocation
    std::string made_;                // the last
};

}  // namespace podsnoop
