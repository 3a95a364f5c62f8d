// What a writer says of a connection in each of its records: who, and where it was seen. It is most of a record's text, and
// making it most of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

    /// Of one that is: the text that `make(text)` makes, or made of the same.
    template <class Make>
    std::string_view text_of(const NetworkRecord& record, Make make) {
        if (texts_.empty()) texts_.resize(places);
        const Endpoint &client = record.client.endpoint, &server = record.server.endpoint;
        const std::uint64_t mixed = (client.address.words()[0] ^ server.address.words()[0]) * 0x9e3779b97f4a7c15;
        Text& at = texts_[((mixed >> 32) + client.port) % places];
        const std::uint64_t client_pod = identity_of(record.client), server_pod = identity_of(record.server);
        const bool is_same = at.client == client && at.server == server && at.netns == record.netns && at.side == record.side &&
                             at.client_pod == client_pod && at.server_pod == server_pod && at.interface == record.interface;
        if (!is_same || at.text.empty()) {
            at = {client, server, record.netns, client_pod, server_pod, record.side, record.interface, std::move(at.text)};
            at.text.clear();
            make(at.text);
        }
        return at.text;
    }

  private:
    static constexpr std::size_t places = 1024;

    static std::uint64_t identity_of(const Peer& peer) { return peer.pod == nullptr ? 0 : peer.pod->identity; }

    struct Text {
        Endpoint client, server;
        std::uint64_t netns = 0;
        std::uint64_t client_pod = 0, server_pod = 0;  // Pod::identity; 0: none
        Side side = Side::unknown;
        std::string interface, text;
    };
    std::vector<Text> texts_;
};

}  // namespace podsnoop
