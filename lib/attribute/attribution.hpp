// Whose a record is: its pods, from which side it was seen, the Service called, the process behind an address of the
// node. Pure: all it knows it was told as notes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "attribute/attributed_connections.hpp"
#include "attribute/connection_key.hpp"
#include "attribute/notes.hpp"
#include "attribute/pod_index.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

/// What to ask the node about a connection, whose answer is a ConnectionFacts.
struct AttributionQuestion {
    std::uint64_t netns = 0;  ///< where it was seen
    Endpoint client, server;  ///< as on the wire there
    std::uint64_t client_process_in = 0, server_process_in = 0;  ///< the namespace to look for the socket in; 0: do not ask
    bool translation = false;                                    ///< whether the server's address is another's
};

class Attribution {
  public:
    void apply(const Noted& noted);

    /// Whether the connection, seen in this namespace, is told from another that is traced too: its client's, or where it
    /// only passes, its server's. `time` is that of its first message here: a namespace that was not traced by then did
    /// not see it.
    [[nodiscard]] bool is_told_elsewhere(const Endpoint& client, const Endpoint& server, std::uint64_t netns, Time time) const;
    /// What was found out about a record's connection; null where that is nothing. To be asked before the record is
    /// attributed, valid until the next note.
    [[nodiscard]] const ConnectionFacts* facts_of(const NetworkRecord& record) const {
        return facts_[0].empty() && facts_[1].empty() ? nullptr : find_facts(record);
    }
    /// As above, by what was found out since: whose connection was translated here on its way.
    [[nodiscard]] bool is_told_elsewhere(const NetworkRecord& record, const ConnectionFacts* facts) const {
        return facts != nullptr && was_translated_elsewhere(record, *facts);
    }
    /// A connection begins: what was known of an earlier one between the same endpoints is forgotten. Gives what is worth
    /// asking of this one, if anything.
    std::optional<AttributionQuestion> begin(const Endpoint& client, const Endpoint& server, std::uint64_t netns, Time time);
    /// Fills in side, pods, processes, Service and identity by what was found out; null: nothing. The pods stay valid until the
    /// next note.
    void attribute(NetworkRecord& record, const ConnectionFacts* known);

    /// Notes that tell a new reader all that is known now.
    [[nodiscard]] std::vector<Noted> standing() const;
    [[nodiscard]] const PodIndex& pods() const { return index_; }

  private:
    /// The namespace, traced as a whole, that has an address of its own.
    struct Home {
        std::uint64_t netns = 0;
        Time since;  ///< traced
    };
    using Facts = std::unordered_map<ConnectionKey, Noted, ConnectionKey::Hash>;

    void note(const NamespaceState& state, Time time);
    void note(const PodsKnown& known, Time time);
    void note(const PodsChange&, Time time) { changing_since_ = time; }
    void note(const ConnectionFacts& facts, Time time);
    void forget(const ConnectionKey& connection);
    [[nodiscard]] const ConnectionFacts* find_facts(const NetworkRecord& record) const;
    [[nodiscard]] bool was_translated_elsewhere(const NetworkRecord& record, const ConnectionFacts& facts) const;
    [[nodiscard]] bool is_local(const Address& address, std::uint64_t netns) const;
    [[nodiscard]] bool has_other_home(const Endpoint& end, std::uint64_t netns, Time time) const;
    [[nodiscard]] bool is_nodes(const Address& address) const { return node_ != 0 && is_local(address, node_); }
    [[nodiscard]] std::uint64_t process_namespace(const Endpoint& end, std::uint64_t netns, Time time) const;
    void look_up(NetworkRecord& record, const ConnectionFacts& facts) const;
    void look_up(Peer& peer, const std::optional<Process>& process, bool is_server, const NetworkRecord& record) const;

    PodIndex index_;
    Time pods_time_;  // when they were last noted
    std::optional<Time> changing_since_;  // a pod came or went, and they were not noted as settled since
    std::map<std::uint64_t, NamespaceState> namespaces_;
    std::map<Address, Home> homes_;
    std::uint64_t node_ = 0;  // the node's own namespace
    AttributedConnections attributed_;
    // What is known of connections: the younger half and the older, which is dropped when the younger is full.
    Facts facts_[2];
};

}  // namespace podsnoop
