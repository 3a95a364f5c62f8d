// Whatever networks and captures do to a conversation, its exchanges stay what they are; and what was lost
// changes no exchange but its own. Every round has a seed of its own, the same on every run.
// METAMORPHIC_ROUNDS=N tries more of them, METAMORPHIC_SEED=N starts elsewhere.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "recording.hpp"

namespace podsnoop::test {

namespace {

using Lines = std::vector<std::string>;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Calls round(random) for each seed.
template <class Round>
void rounds(Round round) {
    const std::uint64_t first = number_from("METAMORPHIC_SEED", 1);
    for (std::uint64_t seed = first; seed < first + number_from("METAMORPHIC_ROUNDS", 400); ++seed) {
        CAPTURE(seed);
        Random random(seed);
        round(random);
    }
}

/// Flags and times left out: they may change.
std::string core_of(const Exchange& exchange) {
    Exchange bare = exchange;
    bare.flags = 0;
    return line_of(bare);
}

std::string core_of(const Truth& truth) {
    const bool answered = truth.status != 0;
    return fmt::format("{} {} {} body {}/{} {}", truth.method, truth.target, answered ? std::to_string(truth.status) : "-",
                       truth.request_body, answered ? std::to_string(truth.response_body) : "-", name_of(truth.end));
}

template <class Records>
Lines cores_of(const Records& records) {
    Lines lines;
    for (const auto& record : records) lines.push_back(core_of(record));
    std::ranges::sort(lines);
    return lines;
}

/// The lines of one that the other lacks, for people to read.
std::string without(const Lines& lines, const Lines& others) {
    Lines rest;
    std::ranges::set_difference(lines, others, std::back_inserter(rest));
    std::string text;
    for (const std::string& line : rest) text += line + '\n';
    return text;
}

std::vector<Dialogue> some_dialogues(Random& random, bool request_decoys) {
    std::vector<Dialogue> dialogues;
    for (std::size_t left = random.between(1, 4); left != 0; --left)
        dialogues.push_back(make_dialogue(random, static_cast<unsigned>(left), request_decoys));
    return dialogues;
}

Recording record_all(const std::vector<Dialogue>& dialogues, Random& random, std::size_t shortest = 1) {
    std::vector<Recording> recordings;
    for (std::uint32_t i = 0; i < dialogues.size(); ++i) recordings.push_back(record(dialogues[i], i, random, shortest));
    return interleave(std::move(recordings), random);
}

/// Every request is told once, with an end; every answer without request too.
void check_ledger(const Outcome& outcome) {
    std::uint64_t told = 0;
    for (const std::uint64_t count : outcome.ledger.requests_by_end) told += count;
    CHECK(outcome.ledger.requests_seen == told);
    const auto requests = std::ranges::count_if(outcome.exchanges, [](const Exchange& e) { return e.request.seen; });
    CHECK(told == static_cast<std::uint64_t>(requests));
    CHECK(outcome.ledger.responses_orphan == outcome.exchanges.size() - static_cast<std::size_t>(requests));
}

void check_unchanged(const std::vector<Dialogue>& dialogues, const Outcome& outcome) {
    std::vector<Truth> truths;
    for (const Dialogue& dialogue : dialogues) truths.insert(truths.end(), dialogue.exchanges.begin(), dialogue.exchanges.end());
    const Lines came = cores_of(outcome.exchanges), wanted = cores_of(truths);
    CHECK(without(came, wanted) == "");
    CHECK(without(wanted, came) == "");
    check_ledger(outcome);
}

/// What may never happen, whatever was lost: a message nobody sent, one told twice, an answer with another's
/// request, a length that is wrong and not marked.
void check_nothing_invented(const std::vector<Dialogue>& dialogues, const Outcome& outcome) {
    std::map<std::string, const Truth*> truths;
    for (const Dialogue& dialogue : dialogues)
        for (const Truth& truth : dialogue.exchanges) truths[truth.target] = &truth;
    std::set<std::string> requests, responses;
    for (const Exchange& exchange : outcome.exchanges) {
        INFO(line_of(exchange));
        const Truth* truth = nullptr;
        if (exchange.request.seen) {
            // A target that the capture cut off is known by its beginning.
            const bool cut = (exchange.flags & flag_truncated_head) != 0 && !truths.contains(exchange.request.target);
            if (cut) {
                const auto begins = [&](const auto& entry) { return entry.first.starts_with(exchange.request.target); };
                CHECK(std::ranges::any_of(truths, begins));
                continue;
            }
            REQUIRE(truths.contains(exchange.request.target));
            truth = truths[exchange.request.target];
            CHECK(exchange.request.method == truth->method);
            CHECK(requests.insert(truth->target).second);
        }
        if (exchange.response.seen && !exchange.response.headers.empty()) {
            const std::string& id = exchange.response.headers.front().value;
            const bool cut = (exchange.flags & flag_truncated_head) != 0;
            if (!cut) CHECK(responses.insert(id).second);
            if (truth != nullptr) CHECK(truth->target.starts_with(id));
            else if (truths.contains(id)) CHECK(exchange.response.status == truths[id]->status);
        }
        if (truth == nullptr) continue;
        if (exchange.response.seen) CHECK(exchange.response.status == truth->status);
        if (exchange.end != ExchangeEnd::complete || (exchange.flags & flag_truncated_head) != 0) continue;
        REQUIRE(exchange.response.seen);
        CHECK(exchange.request.body_bytes == truth->request_body);
        CHECK(exchange.response.body_bytes == truth->response_body);
    }
    check_ledger(outcome);
}

}  // namespace

TEST_CASE("a recording as it is gives its exchanges") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, true);
        check_unchanged(dialogues, replay(dialogues, record_all(dialogues, random), random));
    });
}

TEST_CASE("duplicates, other cuts and keep-alive probes change no exchange") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, true);
        Recording recording = record_all(dialogues, random);
        retransmit(recording, random);
        probe(recording, random);
        check_unchanged(dialogues, replay(dialogues, recording, random));
    });
}

TEST_CASE("another order within a window changes no exchange") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, true);
        Recording recording = record_all(dialogues, random);
        reorder(recording, random.between(2, 8), random);
        check_unchanged(dialogues, replay(dialogues, recording, random));
    });
}

TEST_CASE("all of it together changes no exchange") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, true);
        Recording recording = record_all(dialogues, random);
        retransmit(recording, random);
        reorder(recording, random.between(2, 6), random);
        probe(recording, random);
        check_unchanged(dialogues, replay(dialogues, recording, random));
    });
}

TEST_CASE("segments that the capture lost change no exchange but their own") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, false);
        // A message that starts behind a gap is only found where enough of its start line is in the segment.
        Recording recording = record_all(dialogues, random, 40);
        if (random.chance(50)) retransmit(recording, random);
        if (random.chance(50)) reorder(recording, 4, random);
        lose(recording, random.between(1, 6), random);
        const Outcome outcome = replay(dialogues, recording, random);
        check_nothing_invented(dialogues, outcome);

        const Coverage coverage(dialogues, recording);
        std::map<std::string, const Exchange*> told;
        for (const Exchange& exchange : outcome.exchanges)
            if (exchange.request.seen) told[exchange.request.target] = &exchange;
        for (std::uint32_t i = 0; i < dialogues.size(); ++i) {
            for (const Truth& truth : dialogues[i].exchanges) {
                if (!coverage.whole(i, Dialogue::client, truth.request) || !coverage.whole(i, Dialogue::server, truth.response))
                    continue;
                INFO(core_of(truth));
                // Where requests do not wait for answers, nobody can tell which of them an answer after a gap
                // answers, nor find one whose segment starts with the end of another.
                if (dialogues[i].overlapping && (!told.contains(truth.target) || !told[truth.target]->response.seen)) continue;
                CHECK(told.contains(truth.target));
                if (!told.contains(truth.target)) continue;
                const Exchange& exchange = *told[truth.target];
                // If no answer came, it may have been lost.
                if ((dialogues[i].overlapping || truth.status == 0) && exchange.end == ExchangeEnd::gap) continue;
                CHECK(core_of(exchange) == core_of(truth));
            }
        }
    });
}

TEST_CASE("segments captured in part invent nothing") {
    rounds([](Random& random) {
        const auto dialogues = some_dialogues(random, false);
        Recording recording = record_all(dialogues, random);
        if (random.chance(50)) retransmit(recording, random);
        if (random.chance(30)) lose(recording, random.between(1, 4), random);
        check_nothing_invented(dialogues, replay(dialogues, recording, random, random.between(1, 400)));
    });
}

}  // namespace podsnoop::test
