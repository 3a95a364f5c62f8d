#include "print/graph_model.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "event/workload.hpp"

namespace podsnoop {

namespace {

/// What makes two parties one box: a kind, then names.
using Identity = std::tuple<char, std::string, std::string>;
constexpr char in_pod = 'p', of_process = 'c', of_address = 'a', of_strangers = 's';

Identity identity_of(const Party& party, const GraphOptions& options) {
    if (party.pod) {
        const std::string_view name = party.pod->name;
        return {in_pod, party.pod->namespace_name, std::string(options.every_pod ? name : workload_of(name))};
    }
    if (!party.comm.empty()) return {of_process, {}, party.comm};
    Party nameless = party;
    nameless.endpoint.port = 0;
    return {of_address, {}, nameless.name()};
}

/// Edges by their two boxes, before any is left out.
class Folding {
  public:
    Folding(std::span<const EdgeRecord> edges, const GraphOptions& options) : options_(options) { find_strangers(edges); }

    void add(const EdgeRecord& edge) {
        const std::pair ends{box(edge.client), box(edge.server)};
        GraphLink& link = links_[ends];
        link.from = ends.first, link.to = ends.second;
        link.requests += edge.summary.requests;
        link.failed += edge.summary.errors + edge.summary.unanswered;
        link.rate += edge.summary.rate.value_or(0);
        link.p99 = std::max(link.p99, edge.summary.latency.p99);
        ++link.edges;
    }

    [[nodiscard]] std::vector<GraphLink> links() const {
        std::vector<GraphLink> links;
        for (const auto& [ends, link] : links_) links.push_back(link);
        std::ranges::sort(links, [](const GraphLink& a, const GraphLink& b) {
            return std::tie(b.requests, a.from, a.to) < std::tie(a.requests, b.from, b.to);
        });
        return links;
    }
    [[nodiscard]] GraphNode node(std::size_t index) const {
        const auto& [kind, group, name] = *identities_[index];
        const std::size_t members = boxes_.at(*identities_[index]).members.size();
        if (kind == of_strangers) return {group, std::to_string(members) + " addresses", {}};
        if (members <= 1) return {group, name, {}};
        return {group, name, std::to_string(members) + (kind == in_pod ? " pods" : " addresses")};
    }

  private:
    struct Box {
        std::size_t index = 0;
        std::set<std::string> members;
    };

    /// Clients that are only addresses, and serve nobody.
    void find_strangers(std::span<const EdgeRecord> edges) {
        for (const EdgeRecord& edge : edges)
            if (Identity client = identity_of(edge.client, options_); std::get<0>(client) == of_address)
                strangers_.insert(std::move(client));
        for (const EdgeRecord& edge : edges) strangers_.erase(identity_of(edge.server, options_));
        if (strangers_.size() <= GraphModel::most_strangers) strangers_.clear();
    }

    std::size_t box(const Party& party) {
        Identity identity = identity_of(party, options_);
        if (strangers_.contains(identity)) identity = {of_strangers, {}, {}};
        const auto [found, added] = boxes_.try_emplace(std::move(identity));
        if (added) {
            found->second.index = identities_.size();
            identities_.push_back(&found->first);
        }
        Party member = party;
        member.endpoint.port = 0;
        found->second.members.insert(member.name());
        return found->second.index;
    }

    const GraphOptions& options_;
    std::set<Identity> strangers_;
    std::map<Identity, Box> boxes_;
    std::vector<const Identity*> identities_;  // by index
    std::map<std::pair<std::size_t, std::size_t>, GraphLink> links_;
};

}  // namespace

GraphModel GraphModel::from(std::span<const EdgeRecord> edges, const GraphOptions& options) {
    GraphModel model;
    std::vector<EdgeRecord> told;
    for (const EdgeRecord& edge : edges) {
        if (edge.other) model.left_out_requests += edge.summary.requests;
        else told.push_back(edge);
    }
    Folding folding(told, options);
    for (const EdgeRecord& edge : told) folding.add(edge);
    model.links = folding.links();
    for (std::size_t i = most_links; i < model.links.size(); ++i) model.left_out_requests += model.links[i].requests;
    model.links.resize(std::min(model.links.size(), most_links));
    // Only boxes that something still leads to or from, numbered as they appear.
    std::map<std::size_t, std::size_t> numbers;
    for (GraphLink& link : model.links) {
        for (std::size_t* end : {&link.from, &link.to}) {
            const auto [number, added] = numbers.try_emplace(*end, model.nodes.size());
            if (added) model.nodes.push_back(folding.node(*end));
            *end = number->second;
        }
    }
    return model;
}

}  // namespace podsnoop
