#include "stats/party_key.hpp"

#include <cstddef>
#include <cstdint>

namespace podsnoop {

namespace {

void append_number(std::string& key, std::size_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) key += static_cast<char>(number >> (8 * i) & 0xff);
}

/// Says whether it is in a pod.
bool append_pod_key(std::string& key, const Peer& peer) {
    key += peer.pod != nullptr ? 'p' : 'a';
    if (peer.pod != nullptr) {
        append_key(key, peer.pod->namespace_name);
        append_key(key, peer.pod->name);
        append_key(key, peer.pod->uid);
        return true;
    }
    key += static_cast<char>(peer.endpoint.address.family);
    for (const std::uint8_t byte : peer.endpoint.address.bytes) key += static_cast<char>(byte);
    return false;
}

Party party_of(const Peer& peer) {
    Party party{.endpoint = peer.endpoint, .pod = {}, .comm = peer.comm};
    if (peer.pod != nullptr) party.pod = *peer.pod;
    return party;
}

}  // namespace

void append_key(std::string& key, std::string_view part) {
    append_number(key, part.size(), sizeof(std::uint32_t));
    key += part;
}

void append_server_key(std::string& key, const Peer& server) {
    append_pod_key(key, server);
    append_number(key, server.endpoint.port, sizeof server.endpoint.port);
}

void append_client_key(std::string& key, const Peer& client) {
    if (!append_pod_key(key, client)) append_key(key, client.comm);
}

Party server_party(const Peer& server) { return party_of(server); }

Party client_party(const Peer& client) {
    Party party = party_of(client);
    party.endpoint.port = 0;
    if (party.pod) party.pod->container.clear();  // any of them may have asked
    return party;
}

void meet_again(Party& party, const Peer& peer) {
    if (party.endpoint.address != peer.endpoint.address) party.endpoint.address = {};
    if (party.comm.empty() && !party.pod) party.comm = peer.comm;
}

}  // namespace podsnoop
