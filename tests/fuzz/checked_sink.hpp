// Stands between the reassembler and the HTTP tracer and checks that each connection is told as sink.hpp
// promises: in order, every byte once, nothing after the end.
#pragma once

#include <map>

#include "fuzz.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop::fuzz {

/// Says which bytes were sent, for comparison with those told.
class SentBytes {
  public:
    virtual ~SentBytes() = default;
    /// Whether `bytes` are what `source` sent to `destination` at `seq`. True too where that is not known.
    [[nodiscard]] virtual bool sent(const Endpoint& source, const Endpoint& destination, std::uint32_t seq,
                                    Bytes bytes) const = 0;
};

class CheckedSink : public StreamSink {
  public:
    CheckedSink(StreamSink& next, const SentBytes& sent, std::size_t connections)
        : next_(next), sent_(sent), limit_(connections) {}

    void opened(ConnectionId id, const ConnectionInfo& info, const Connections& connections) override {
        const bool fresh = connections_.insert({id, {info}}).second;
        must(fresh, "an open connection is not opened again");
        must(connections_.size() <= limit_, "the number of connections is bounded");
        next_.opened(id, info, connections);
    }
    void connected(ConnectionId id, Nanoseconds connect) override {
        must(connections_.contains(id), "what connects is open");
        must(connect >= Nanoseconds{0}, "a handshake takes no negative time");
        next_.connected(id, connect);
    }
    void data(ConnectionId id, Direction direction, const Chunk& chunk) override {
        Stream& stream = at(id, direction);
        must(chunk.length != 0 && chunk.bytes.size() <= chunk.length, "a chunk has bytes, captured or not");
        must(!stream.placed || stream.seq == chunk.seq, "a chunk starts where the one before ended");
        must(chunk.time >= stream.time, "a chunk is no earlier than the one before");
        const ConnectionInfo& info = connections_.at(id).info;
        must(sent_.sent(info.ends[direction], info.ends[direction ^ 1], chunk.seq, chunk.bytes), "the bytes told were sent");
        stream.placed = true;
        stream.seq = chunk.seq + chunk.length;
        stream.time = chunk.time;
        next_.data(id, direction, chunk);
    }
    void missing(ConnectionId id, Direction direction, std::uint32_t length, Missing why, Time time) override {
        Stream& stream = at(id, direction);
        must(length != 0, "what is missing are bytes");
        stream.seq += length;
        next_.missing(id, direction, length, why, time);
    }
    void retransmitted(ConnectionId id, Direction direction) override {
        at(id, direction);
        next_.retransmitted(id, direction);
    }
    void half_closed(ConnectionId id, Direction direction, Time time) override {
        at(id, direction).ended = true;
        next_.half_closed(id, direction, time);
    }
    void closed(ConnectionId id, Close how, Time time) override {
        must(connections_.erase(id) == 1, "what closes was open");
        next_.closed(id, how, time);
    }
    std::uint64_t skippable(ConnectionId id, Direction direction) const override { return next_.skippable(id, direction); }
    bool is_ignored(ConnectionId id) const override { return next_.is_ignored(id); }

    [[nodiscard]] std::size_t open() const { return connections_.size(); }

  private:
    struct Stream {
        bool placed = false, ended = false;
        std::uint32_t seq = 0;  // of the next byte, where placed
        Time time = Time::min();
    };
    struct Connection {
        ConnectionInfo info;
        Stream streams[2]{};
    };
    Stream& at(ConnectionId id, Direction direction) {
        const auto found = connections_.find(id);
        must(found != connections_.end(), "what tells something is open");
        Stream& stream = found->second.streams[direction];
        must(!stream.ended, "nothing follows a stream's end");
        return stream;
    }

    StreamSink& next_;
    const SentBytes& sent_;
    std::size_t limit_;
    std::map<ConnectionId, Connection> connections_;
};

}  // namespace podsnoop::fuzz
