// What makes two peers the same one in a table, and what is told of them.
#pragma once

#include <string>
#include <string_view>

#include "event/exchange.hpp"
#include "event/party.hpp"

namespace podsnoop {

/// Appends a part of a key, so that no two lists of parts give the same one, whatever bytes are in them.
void append_key(std::string& key, std::string_view part);
/// A server: its pod, else its address, and its port.
void append_server_key(std::string& key, const Peer& server);
/// A client: its pod, else its address and process. Its port is another one with each connection.
void append_client_key(std::string& key, const Peer& client);

Party server_party(const Peer& server);
Party client_party(const Peer& client);
/// Takes one more exchange of the same key into account: of a pod that has several addresses, none is told.
void meet_again(Party& party, const Peer& peer);

}  // namespace podsnoop
