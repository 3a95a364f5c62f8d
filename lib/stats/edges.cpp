#include "stats/edges.hpp"

#include <utility>

#include "stats/party_key.hpp"
#include "stats/rank.hpp"

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
    sort_by_rank(edges, [](const EdgeRecord& edge) -> Rank {
        // No name has a zero in it.
        return {edge.other, static_cast<double>(edge.summary.requests), edge.client.name() + '\0' + edge.server.name(), 0};
    });
    return edges;
}

}  // namespace podsnoop
