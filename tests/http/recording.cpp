#include "recording.hpp"

#include <algorithm>

namespace podsnoop::test {

namespace {

using Side = Dialogue::Side;

Side other(Side side) { return side == Dialogue::client ? Dialogue::server : Dialogue::client; }

bool is_pinned(const Recorded& segment) { return (segment.flags & (tcp_syn | tcp_rst)) != 0; }

std::int64_t end_of(const Recorded& segment) { return segment.offset + static_cast<std::int64_t>(segment.length); }

/// What of each stream was sent and acknowledged so far, for each connection.
struct Progress {
    std::int64_t sent[2] = {0, 0}, acked[2] = {0, 0};
    bool ended = false;
    void follow(const Recorded& segment) {
        sent[segment.from] = std::max(sent[segment.from], end_of(segment));
        acked[segment.from] = std::max(acked[segment.from], segment.ack);
        if ((segment.flags & (tcp_fin | tcp_rst)) != 0) ended = true;
    }
};

}  // namespace

Recording record(const Dialogue& dialogue, std::uint32_t connection, Random& random, std::size_t shortest) {
    static constexpr std::size_t segment_sizes[] = {40, 500, 1448, 8000, 70000};
    Recording recording;
    std::int64_t next[2] = {0, 0};
    const auto add = [&](Side from, std::uint8_t flags, std::int64_t offset, std::size_t length) {
        recording.push_back({connection, from, flags, offset, length, next[other(from)]});
    };
    add(Dialogue::client, tcp_syn, -1, 0);
    add(Dialogue::server, tcp_syn | tcp_ack, -1, 0);
    add(Dialogue::client, tcp_ack, 0, 0);
    const std::size_t acknowledge = random.below(3);  // every how many segments; 0: never by itself
    std::size_t unacknowledged = 0;
    for (const Dialogue::Write& write : dialogue.writes) {
        const std::size_t size = write.range.end - write.range.begin;
        // No more than a few dozen segments a write.
        const std::size_t most = std::max(segment_sizes[random.below(5)], size / 40 + 1);
        for (std::size_t at = write.range.begin; at != write.range.end;) {
            const std::size_t length = std::min(write.range.end - at, random.chance(70) ? most : random.between(shortest, most));
            add(write.from, tcp_ack | tcp_psh, static_cast<std::int64_t>(at), length);
            at += length;
            next[write.from] = static_cast<std::int64_t>(at);
            if (acknowledge != 0 && ++unacknowledged % acknowledge == 0)
                add(other(write.from), tcp_ack, next[other(write.from)], 0);
        }
    }
    switch (dialogue.ending) {
        case Dialogue::Ending::none: break;
        case Dialogue::Ending::reset: add(Dialogue::server, tcp_rst | tcp_ack, next[1], 0); break;
        case Dialogue::Ending::fin:
            // A FIN may ride on the last bytes.
            if (recording.back().from == Dialogue::server && recording.back().length != 0 && random.chance(50))
                recording.back().flags |= tcp_fin;
            else add(Dialogue::server, tcp_fin | tcp_ack, next[1], 0);
            ++next[1];
            add(Dialogue::client, tcp_fin | tcp_ack, next[0], 0);
            ++next[0];
            add(Dialogue::server, tcp_ack, next[1], 0);
            break;
    }
    return recording;
}

Recording interleave(std::vector<Recording> recordings, Random& random) {
    Recording merged;
    std::vector<std::size_t> at(recordings.size(), 0);
    for (;;) {
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < recordings.size(); ++i)
            if (at[i] != recordings[i].size()) left.push_back(i);
        if (left.empty()) return merged;
        const std::size_t from = left[random.below(left.size())];
        for (std::size_t run = random.between(1, 5); run != 0 && at[from] != recordings[from].size(); --run)
            merged.push_back(recordings[from][at[from]++]);
    }
}

void retransmit(Recording& recording, Random& random) {
    std::vector<Progress> progress(recording.size());
    Recording result;
    for (const Recorded& segment : recording) {
        result.push_back(segment);
        Progress& now = progress[segment.connection];
        now.follow(segment);
        if (random.chance(10) && (segment.flags & tcp_rst) == 0) result.push_back(segment);
        const Side side = random.chance(50) ? Dialogue::client : Dialogue::server;
        if (now.ended || now.sent[side] == 0 || !random.chance(15)) continue;
        const auto sent = static_cast<std::size_t>(now.sent[side]);
        const std::size_t from = sent - 1 - random.below(std::min<std::size_t>(sent, 4000));
        const std::size_t length = random.between(1, sent - from);
        result.push_back({segment.connection, side, tcp_ack, static_cast<std::int64_t>(from), length, now.acked[side], true});
    }
    recording = std::move(result);
}

void reorder(Recording& recording, std::size_t window, Random& random) {
    // Between two pinned segments of its connection a segment may move; the others of all connections move
    // with it.
    std::vector<std::pair<std::size_t, std::size_t>> places;  // where to, and which
    std::vector<std::size_t> floor(recording.size(), 0), highest(recording.size(), 0);
    for (std::size_t i = 0; i < recording.size(); ++i) {
        const std::uint32_t connection = recording[i].connection;
        std::size_t place = std::max(i + random.below(window), floor[connection]);
        if (is_pinned(recording[i])) {
            place = std::max(i, highest[connection]);
            floor[connection] = place;
        }
        highest[connection] = std::max(highest[connection], place);
        places.emplace_back(place, i);
    }
    std::ranges::stable_sort(places, {}, [](const auto& place) { return place.first; });
    Recording result;
    for (const auto& [place, index] : places) result.push_back(recording[index]);
    recording = std::move(result);
}

void probe(Recording& recording, Random& random) {
    // In one direction at most, and only where its bytes before were all in order.
    Recording result;
    std::vector<Progress> progress(recording.size());
    for (const Recorded& segment : recording) {
        Progress& now = progress[segment.connection];
        const bool in_order = segment.offset == now.sent[segment.from] && segment.flags == (tcp_ack | tcp_psh);
        now.follow(segment);
        result.push_back(segment);
        if (!in_order || !random.chance(10)) continue;
        result.push_back(
            {segment.connection, segment.from, tcp_ack, end_of(segment) - 1, random.below(2), segment.ack, true, true});
    }
    recording = std::move(result);
}

void lose(Recording& recording, std::size_t count, Random& random) {
    for (; count != 0 && !recording.empty(); --count)
        recording.erase(recording.begin() + static_cast<std::ptrdiff_t>(random.below(recording.size())));
}

Coverage::Coverage(std::span<const Dialogue> dialogues, const Recording& recording) {
    for (const Dialogue& dialogue : dialogues)
        for (const std::string& stream : dialogue.streams) seen_.emplace_back(stream.size() + 1, false);
    for (const Recorded& segment : recording) {
        if (segment.again || segment.offset < 0) continue;
        const std::size_t fin = (segment.flags & (tcp_fin | tcp_rst)) != 0 ? 1 : 0;
        const auto first = seen_[segment.connection * 2 + segment.from].begin() + segment.offset;
        std::fill_n(first, segment.length + fin, true);
    }
}

bool Coverage::whole(std::uint32_t connection, Dialogue::Side side, Range range) const {
    const std::vector<bool>& seen = seen_[connection * 2 + side];
    return std::find(seen.begin() + static_cast<std::ptrdiff_t>(range.begin),
                     seen.begin() + static_cast<std::ptrdiff_t>(range.end),
                     false) == seen.begin() + static_cast<std::ptrdiff_t>(range.end);
}

Outcome replay(std::span<const Dialogue> dialogues, const Recording& recording, Random& random, std::size_t snap) {
    static constexpr std::string_view garbage("\0", 1);
    Collector collector;
    Outcome outcome;
    HttpOptions options;
    options.headers = {"X-Id"};
    HttpTracer tracer(collector, outcome.ledger, options);
    Reassembler reassembler(tracer, {}, random.word());

    std::vector<std::uint32_t> first(dialogues.size() * 2);
    for (std::uint32_t& seq : first)
        seq = random.chance(50) ? random.word() : 0U - static_cast<std::uint32_t>(random.below(20000));
    Address addresses[2] = {{.bytes = {10, 0, 0, 1}, .family = 4}, {.bytes = {10, 0, 0, 2}, .family = 4}};
    if (random.chance(50)) std::swap(addresses[0], addresses[1]);

    Time now{Nanoseconds{1'000'000'000'000'000'000}};
    for (std::size_t i = 0; i < recording.size(); ++i) {
        const Recorded& recorded = recording[i];
        const Endpoint ends[2] = {{addresses[0], static_cast<std::uint16_t>(40000 + recorded.connection)}, {addresses[1], 80}};
        const std::string& stream = dialogues[recorded.connection].streams[recorded.from];
        const std::uint32_t* seq = &first[recorded.connection * 2];
        now += std::chrono::microseconds(random.below(500));
        Segment segment;
        segment.time = now;
        segment.source = ends[recorded.from];
        segment.destination = ends[other(recorded.from)];
        segment.seq = seq[recorded.from] + static_cast<std::uint32_t>(recorded.offset);
        segment.ack = (recorded.flags & tcp_ack) != 0 ? seq[other(recorded.from)] + static_cast<std::uint32_t>(recorded.ack) : 0;
        segment.flags = recorded.flags;
        segment.length = static_cast<std::uint32_t>(recorded.length);
        if (recorded.length != 0)
            segment.payload = recorded.garbage ? as_bytes(garbage)
                                               : as_bytes(std::string_view(stream).substr(
                                                     static_cast<std::size_t>(recorded.offset), std::min(recorded.length, snap)));
        reassembler.accept(segment);
        if (i % 64 == 0) {
            reassembler.advance(now);
            tracer.advance(now);
        }
    }
    reassembler.finish(now);
    outcome.exchanges = std::move(collector.exchanges);
    return outcome;
}

}  // namespace podsnoop::test
