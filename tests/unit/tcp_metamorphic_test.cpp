// Conversations made up at random, together with what must be told of them: however they are captured, it is the same.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>

#include "tcp_scene.hpp"

using namespace podsnoop;
using namespace podsnoop::test;
using namespace std::chrono_literals;

namespace {

/// What both ends sent, as a capture between them sees it. The round trip is 300 us, timeouts 210 ms.
class Chatter {
  public:
    explicit Chatter(std::uint64_t seed) : engine_(seed) {
        for (auto retries = below(3); retries != 0; --retries) {
            add(false, "S", 0, 0);
            ++again_[0];
            now_ += 1s;
        }
        say(false, "S", 0);
        now_ += 200us;
        say(true, "SA", 0);
        now_ += 100us;
        say(false, "A", 0);
        for (auto steps = 1 + below(30); steps != 0; --steps) step();
        close();
        line_ = end_ + ' ' + pair(bytes_);
        if (again_[0] + again_[1] != 0) line_ += " again " + pair(again_);
        if (zero_[0] + zero_[1] != 0) line_ += " zero " + pair(zero_);
        if (syns_ > 1) line_ += " syns " + std::to_string(syns_);
        line_ += ending_;
    }

    [[nodiscard]] const std::vector<Said>& packets() const { return packets_; }
    [[nodiscard]] const std::string& line() const { return line_; }
    /// Pairs of packets that a network may put in another order.
    [[nodiscard]] const std::vector<std::size_t>& swappable() const { return swappable_; }

  private:
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    static std::string pair(const std::array<std::uint64_t, 2>& numbers) {
        return std::to_string(numbers[0]) + '/' + std::to_string(numbers[1]);
    }

    void add(bool side, const std::string& flags, std::uint32_t length, std::uint32_t seq) {
        const bool acks = flags.find('A') != std::string::npos;
        packets_.push_back(
            {.by_server = side, .at = now_, .flags = flags, .length = length, .seq = seq, .ack = acks ? next_[!side] : 0});
        if (flags == "S") ++syns_;
    }
    void say(bool side, const std::string& flags, std::uint32_t length) {
        add(side, flags, length, next_[side]);
        next_[side] += length + (flags == "S" || flags == "SA" || flags == "FA" ? 1 : 0);
        bytes_[side] += length;
    }
    void acknowledge(bool side) {
        now_ += 150us;
        say(side, "A", 0);
        now_ += 150us;
    }

    void step() {
        const bool side = below(2) == 1;
        const auto length = static_cast<std::uint32_t>(1 + below(1448));
        now_ += std::chrono::microseconds(below(5000) + 5);
        switch (below(7)) {
            case 0:
            case 1: say(side, "A", length); return acknowledge(!side);
            case 2:  // lost behind the capture
                say(side, "A", length);
                now_ += 210ms;
                add(side, "A", length, next_[side] - length);
                ++again_[side];
                return acknowledge(!side);
            case 3: {  // lost before the capture
                const std::uint32_t hole = next_[side];
                next_[side] += 1000;
                bytes_[side] += 1000;
                say(side, "A", length);
                now_ += 210ms;
                add(side, "A", 1000, hole);
                ++again_[side];
                return acknowledge(!side);
            }
            case 4:  // keep-alive
                acknowledge(!side);
                add(side, "A", 0, next_[side] - 1);
                return acknowledge(!side);
            case 5:  // a reader that stops for a while
                say(side, "A", length);
                acknowledge(!side);
                packets_.back().window = 0;
                ++zero_[!side];
                return acknowledge(!side);
            case 6:
                say(side, "A", length);
                now_ += 3us;
                swappable_.push_back(packets_.size() - 1);
                say(side, "A", length);
                return acknowledge(!side);
        }
    }

    void close() {
        const bool side = below(2) == 1;
        now_ += 1ms;
        if (below(4) == 0) {
            add(side, "R", 0, next_[side]);
            end_ = "reset";
            ending_ = side ? " by server" : " by client";
            return;
        }
        say(side, "FA", 0);
        acknowledge(!side);
        say(!side, "FA", 0);
        if (below(3) == 0) {
            now_ += 210ms;
            add(!side, "FA", 0, next_[!side] - 1);
            ++again_[!side];
        }
        acknowledge(side);
    }

    std::mt19937_64 engine_;
    Nanoseconds now_{};
    std::vector<Said> packets_;
    std::vector<std::size_t> swappable_;
    std::array<std::uint32_t, 2> next_{};
    std::array<std::uint64_t, 2> bytes_{}, again_{}, zero_{};
    std::uint64_t syns_ = 0;
    std::string end_ = "fin", ending_, line_;
};

/// check(chatter, wire) for many, of which no two are alike.
template <class Check>
void for_many(Check check) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        check(Chatter(seed));
    }
}

}  // namespace

TEST_CASE("tcp at random: what was done is what is told") {
    for_many([](const Chatter& chatter) { CHECK(told(chatter.packets()) == chatter.line()); });
}

TEST_CASE("tcp at random: sequence numbers may wrap anywhere") {
    std::mt19937 engine(1);
    for_many([&](const Chatter& chatter) {
        const Wire wire{
            .first = {0u - static_cast<std::uint32_t>(engine() % 20'000), 0u - static_cast<std::uint32_t>(engine() % 20'000)}};
        CHECK(told(chatter.packets(), wire) == chatter.line());
    });
}

TEST_CASE("tcp at random: payload is not needed, and addresses do not matter") {
    for_many([](const Chatter& chatter) {
        CHECK(told(chatter.packets(), {.headers_only = true}) == chatter.line());
        CHECK(told(chatter.packets(), {.client = "10.0.0.9", .server = "10.0.0.2"}) == chatter.line());
        CHECK(told(chatter.packets(), {.client = "fd00::7", .server = "fd00::1"}) == chatter.line());
    });
}

TEST_CASE("tcp at random: every packet may be captured twice, at one interface or at two") {
    for_many([](const Chatter& chatter) {
        for (const std::uint32_t interface : {0u, 1u}) {
            std::vector<Said> twice;
            for (Said said : chatter.packets()) {
                twice.push_back(said);
                said.at += 1us;
                said.interface = interface;
                twice.push_back(said);
            }
            CHECK(told(twice) == chatter.line());
        }
    });
}

TEST_CASE("tcp at random: segments that overtake one another were not sent again") {
    std::size_t swapped = 0;
    for_many([&](const Chatter& chatter) {
        std::vector<Said> packets = chatter.packets();
        for (const std::size_t at : chatter.swappable()) {
            std::swap(packets[at], packets[at + 1]);
            std::swap(packets[at].at, packets[at + 1].at);
            ++swapped;
        }
        CHECK(told(packets) == chatter.line() + (chatter.swappable().empty() ? "" : " reordered"));
    });
    CHECK(swapped > 100);
}

TEST_CASE("tcp at random: many at once do not disturb each other") {
    std::vector<Chatter> chatters;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) chatters.emplace_back(seed);
    std::vector<Said> packets;
    for (std::size_t i = 0; i < chatters.size(); ++i) {
        for (Said said : chatters[i].packets()) {
            said.client_port = static_cast<std::uint16_t>(40'000 + i);
            packets.push_back(said);
        }
    }
    std::ranges::stable_sort(packets, {}, &Said::at);
    std::vector<TcpConnection> records = records_of(packets);
    REQUIRE(records.size() == chatters.size());
    std::ranges::sort(records, {}, [](const TcpConnection& c) { return c.client.endpoint.port; });
    for (std::size_t i = 0; i < chatters.size(); ++i) CHECK(line_of(records[i]) == chatters[i].line());
}

TEST_CASE("tcp at random: whatever comes, the ledger balances and nothing is told twice") {
    std::mt19937 engine(2);
    const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
    for (int round = 0; round < 200; ++round) {
        Tracking tracking(TcpLimits{.connections = 8});
        Nanoseconds now{};
        for (int i = 0; i < 300; ++i) {
            Said said{.by_server = random() % 2 == 1, .at = now, .seq = random(), .ack = random()};
            if (random() % 3 != 0) said.length = random() % 2000;
            if (random() % 4 != 0) said.seq %= 5000, said.ack %= 5000;
            for (const char flag : {'S', 'A', 'F', 'R'})
                if (random() % (flag == 'A' ? 2 : 5) == 0) said.flags += flag;
            said.window = static_cast<std::uint16_t>(random() % 2);
            said.interface = random() % 2;
            said.client_port = static_cast<std::uint16_t>(40'000 + random() % 20);
            now += std::chrono::microseconds(random() % 300'000);
            tracking.take(said);
        }
        tracking.tracker.finish();
        std::uint64_t ended = 0;
        for (const std::uint64_t count : tracking.ledger.connections_by_end) ended += count;
        CHECK(ended == tracking.ledger.connections_seen);
        CHECK(ended == tracking.told.records.size());
        CHECK(ended == tracking.told.opened.size());
        for (const TcpConnection& c : tracking.told.records) CHECK(c.duration >= 0s);
    }
}
