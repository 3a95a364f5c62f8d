#include "stats/edges.hpp"

#include <algorithm>
#include <utility>

#include "stats/party_key.hpp"

namespace podsnoop {

void EdgeTable::add(const Exchange& exchange) {
    if (!exchange.request.seen) return;
    key_.clear();
    append_client_key(key_, exchange.client);
    append_server_key(key_, exchange.server);
    auto* row = edges_.row(key_, [&] {
        EdgeRecord edge;
        edge.client = client_party(exchange.client);
        edge.server = server_party(exchange.server);
        return edge;
    });
    if (row == nullptr) {
        edges_.other().add(exchange);
        return;
    }
    meet_again(row->group.client, exchange.client);
    meet_again(row->group.server, exchange.server);
    row->stats.add(exchange);
}

std::vector<EdgeRecord> EdgeTable::take(const Interval& interval) {
    std::vector<EdgeRecord> edges;
    const auto finish = [&](EdgeRecord edge, const RequestStats& stats) {
        edge.time = interval.start;
        edge.interval = interval.length;
        edge.summary = stats.summary(interval.length);
        edges.push_back(std::move(edge));
    };
    edges_.take([&](auto& row) { finish(std::move(row.group), row.stats); },
                [&](const RequestStats& stats) {
                    finish({.time = {}, .other = true, .client = {}, .server = {}, .summary = {}}, stats);
                });
    std::ranges::sort(edges, [](const EdgeRecord& a, const EdgeRecord& b) {
        if (a.other != b.other) return b.other;
        if (a.summary.requests != b.summary.requests) return a.summary.requests > b.summary.requests;
        return std::pair(a.client.name(), a.server.name()) < std::pair(b.client.name(), b.server.name());
    });
    return edges;
}

}  // namespace podsnoop
