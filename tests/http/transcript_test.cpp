// Runs every transcript beside this file: as written, byte by byte, and with each write cut at every position.
// All must give the exchanges the transcript expects. See README.md for the form.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "conversation.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

struct Step {
    enum class Kind { send, fin, reset, wait } kind = Kind::send;
    test::Conversation::Side side = test::Conversation::client;
    std::string bytes;
};

struct Transcript {
    bool midstream = false;
    bool whole_only = false;
    std::vector<Step> steps;
    std::vector<std::string> expected;
};

std::string unescape(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            bytes += text[i];
            continue;
        }
        switch (text.at(++i)) {
            case 'r': bytes += '\r'; break;
            case 'n': bytes += '\n'; break;
            case 't': bytes += '\t'; break;
            case '\\': bytes += '\\'; break;
            case 'x':
                bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
                i += 2;
                break;
            case '*': {  // \*NxC: N times the character C
                const std::size_t x = text.find('x', i);
                bytes.append(std::stoul(std::string(text.substr(i + 1, x - i - 1))), text.at(x + 1));
                i = x + 1;
                break;
            }
            default: throw std::runtime_error("unknown escape in " + std::string(text));
        }
    }
    return bytes;
}

Transcript read(const std::filesystem::path& path) {
    Transcript transcript;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto side =
            line.ends_with("server") || line.starts_with("s ") ? test::Conversation::server : test::Conversation::client;
        if (line.empty() || line.starts_with('#')) continue;
        if (line == "midstream") transcript.midstream = true;
        else if (line == "whole only") transcript.whole_only = true;
        else if (line.starts_with("c ") || line.starts_with("s "))
            transcript.steps.push_back({Step::Kind::send, side, unescape(line.substr(2))});
        else if (line.starts_with("fin ")) transcript.steps.push_back({Step::Kind::fin, side, {}});
        else if (line.starts_with("reset ")) transcript.steps.push_back({Step::Kind::reset, side, {}});
        else if (line == "wait") transcript.steps.push_back({Step::Kind::wait, side, {}});
        else if (line.starts_with("= ")) transcript.expected.push_back(line.substr(2));
        else throw std::runtime_error(path.string() + ": " + line);
    }
    return transcript;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

/// The exchanges of a transcript; send(conversation, step, index) makes segments of the write at `index`.
template <class Send>
std::string run(const Transcript& transcript, Send send) {
    test::Conversation conversation;
    if (!transcript.midstream) conversation.open();
    std::size_t index = 0;
    for (const Step& step : transcript.steps) {
        switch (step.kind) {
            case Step::Kind::send: send(conversation, step, index++); break;
            case Step::Kind::fin: conversation.fin(step.side); break;
            case Step::Kind::reset: conversation.reset(step.side); break;
            case Step::Kind::wait: conversation.wait(std::chrono::seconds(61)); break;
        }
    }
    conversation.finish();
    const Ledger& ledger = conversation.ledger;
    std::uint64_t told = 0;
    for (const std::uint64_t count : ledger.requests_by_end) told += count;
    CHECK(ledger.requests_seen == told);
    return joined(conversation.collector.lines);
}

}  // namespace

TEST_CASE("transcripts") {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(TRANSCRIPTS))
        if (entry.path().extension() == ".transcript") paths.push_back(entry.path());
    std::ranges::sort(paths);
    REQUIRE(paths.size() > 20);
    for (const auto& path : paths) {
        const std::string name = path.filename().string();
        CAPTURE(name);
        const Transcript transcript = read(path);
        REQUIRE_FALSE(transcript.steps.empty());
        const std::string expected = joined(transcript.expected);
        CHECK(run(transcript, [](auto& conversation, const Step& step, std::size_t) {
                  conversation.send(step.side, step.bytes);
              }) == expected);
        if (transcript.whole_only) continue;
        CHECK(run(transcript, [](auto& conversation, const Step& step, std::size_t) {
                  for (const char& byte : step.bytes) conversation.send(step.side, {&byte, 1});
              }) == expected);
        for (std::size_t write = 0; write < transcript.steps.size(); ++write) {
            if (transcript.steps[write].bytes.size() > 3000) continue;  // cut enough by the byte-wise run
            for (std::size_t cut = 1; cut < transcript.steps[write].bytes.size(); ++cut) {
                CAPTURE(write);
                CAPTURE(cut);
                std::size_t sends = 0;
                for (std::size_t i = 0; i < write; ++i) sends += transcript.steps[i].kind == Step::Kind::send;
                const std::string exchanges = run(transcript, [&](auto& conversation, const Step& step, std::size_t index) {
                    const std::string_view bytes = step.bytes;
                    const std::size_t first = index == sends ? cut : bytes.size();
                    conversation.send(step.side, bytes.substr(0, first));
                    if (first < bytes.size()) conversation.send(step.side, bytes.substr(first));
                });
                REQUIRE(exchanges == expected);
            }
        }
    }
}
