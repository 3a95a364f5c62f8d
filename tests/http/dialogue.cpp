#include "dialogue.hpp"

#include <fmt/format.h>

#include <array>

namespace podsnoop::test {

namespace {

constexpr std::array<std::uint16_t, 14> statuses{200, 201, 202, 203, 206, 301, 400, 403, 404, 409, 429, 500, 502, 503};
constexpr std::string_view decoys[] = {
    "GET /decoy HTTP/1.1\r\nHost: nobody\r\n\r\n",
    "HTTP/1.1 599 Decoy\r\nX-Id: /decoy\r\nContent-Length: 0\r\n\r\n",
    "\r\n\r\n0\r\n\r\n",
};

/// Writes one connection's dialogue, exchange by exchange.
class Author {
  public:
    Author(Random& random, unsigned number, bool request_decoys)
        : random_(random), number_(number), request_decoys_(request_decoys) {}

    Dialogue write() {
        for (std::size_t left = random_.between(1, 8); left != 0; --left) one_of_many();
        switch (random_.below(6)) {
            case 0: until_close(); break;
            case 1: unanswered(Dialogue::Ending::fin, ExchangeEnd::closed); break;
            case 2: unanswered(Dialogue::Ending::reset, ExchangeEnd::reset); break;
            case 3: unanswered(Dialogue::Ending::none, ExchangeEnd::capture_end); break;
            default: break;
        }
        return std::move(dialogue_);
    }

  private:
    using Side = Dialogue::Side;
    static constexpr Side client = Dialogue::client, server = Dialogue::server;

    struct Message {
        std::string head, body;  ///< the body as it is on the wire
        std::uint64_t content = 0;
    };

    void one_of_many() {
        switch (random_.below(8)) {
            case 0: pipelined(); break;
            case 1: with_continue(); break;
            case 2: early(); break;
            default: plain(); break;
        }
    }

    Range say(Side from, std::string_view bytes) {
        std::string& stream = dialogue_.streams[from];
        const Range range{stream.size(), stream.size() + bytes.size()};
        stream += bytes;
        if (range.begin != range.end) dialogue_.writes.push_back({from, range});
        return range;
    }

    /// A message in one write, or in two.
    Range say(Side from, const Message& message) {
        if (random_.chance(50)) return say(from, message.head + message.body);
        const Range head = say(from, message.head);
        return {head.begin, say(from, message.body).end};
    }

    std::string body(bool with_decoys) {
        static constexpr std::size_t sizes[] = {1, 40, 1500, 9000, 60000};
        const std::size_t size = random_.between(1, sizes[random_.below(5)]);
        std::string text;
        while (text.size() < size) {
            if (with_decoys && random_.chance(10)) text += decoys[random_.below(3)];
            text.append(random_.between(1, 700), static_cast<char>('a' + random_.below(26)));
        }
        text.resize(size);
        return text;
    }

    std::string chunked(std::string_view content) {
        std::string text;
        while (!content.empty()) {
            const std::string_view piece = content.substr(0, random_.between(1, 4000));
            content.remove_prefix(piece.size());
            text += fmt::format("{}{:x}{}\r\n", random_.chance(10) ? "00" : "", piece.size(),
                                random_.chance(10) ? ";name=\"value\"" : "");
            text += piece;
            text += "\r\n";
        }
        return text + (random_.chance(20) ? "0\r\nTrailer: yes\r\n\r\n" : "0\r\n\r\n");
    }

    void add_body(Message& message, const std::string& content) {
        message.content = content.size();
        const bool in_chunks = random_.chance(40);
        message.head +=
            in_chunks ? std::string("Transfer-Encoding: chunked\r\n") : fmt::format("Content-Length: {}\r\n", content.size());
        message.body = in_chunks ? chunked(content) : content;
    }

    std::string fields() { return random_.chance(30) ? "Cookie: " + std::string(random_.between(1, 3000), 'c') + "\r\n" : ""; }

    Message request(Truth& truth, bool with_body, std::string_view extra = {}) {
        truth.target = fmt::format("/{}/{}-{}", number_, requests_++, std::string(random_.below(30), 'p'));
        truth.method = with_body ? (random_.chance(50) ? "POST" : "PUT") : random_.chance(15) ? "HEAD" : "GET";
        Message message;
        message.head = fmt::format("{} {} HTTP/1.1\r\nHost: shop.test\r\n{}{}", truth.method, truth.target, fields(), extra);
        if (with_body) add_body(message, body(request_decoys_));
        message.head += "\r\n";
        truth.request_body = message.content;
        return message;
    }

    Message response(Truth& truth) {
        // Never the status of the exchange before, so that a wrong pair shows.
        last_status_ = (last_status_ + random_.between(1, statuses.size() - 1)) % statuses.size();
        truth.status = statuses[last_status_];
        Message message;
        const auto head = [&] {
            return fmt::format("HTTP/1.1 {} Some Reason\r\nX-Id: {}\r\n{}", truth.status, truth.target, fields());
        };
        const std::size_t kind = random_.below(10);
        if (kind == 0 || kind == 1) {
            truth.status = kind == 0 ? 204 : 304;
            message.head = head() + (kind == 0 ? "\r\n" : "Content-Length: 1234\r\n\r\n");
        } else if (truth.method == "HEAD") {
            message.head = head() + "Content-Length: 5000\r\n\r\n";
        } else if (kind == 2) {
            message.head = head() + "Content-Length: 0\r\n\r\n";
        } else {
            message.head = head();
            add_body(message, body(true));
            message.head += "\r\n";
        }
        truth.response_body = message.content;
        return message;
    }

    void plain() {
        Truth truth;
        truth.request = say(client, request(truth, random_.chance(30)));
        truth.response = say(server, response(truth));
        dialogue_.exchanges.push_back(truth);
    }

    void with_continue() {
        Truth truth;
        const Message asked = request(truth, true, "Expect: 100-continue\r\n");
        truth.request = say(client, asked.head);
        truth.response = say(server, "HTTP/1.1 100 Continue\r\n\r\n");
        truth.request.end = say(client, asked.body).end;
        truth.response.end = say(server, response(truth)).end;
        dialogue_.exchanges.push_back(truth);
    }

    /// The answer comes before the whole of the request was sent.
    void early() {
        dialogue_.overlapping = true;
        Truth truth;
        const Message asked = request(truth, true);
        const std::size_t half = random_.below(asked.body.size());
        truth.request = say(client, asked.head + asked.body.substr(0, half));
        truth.response = say(server, response(truth));
        truth.request.end = say(client, asked.body.substr(half)).end;
        dialogue_.exchanges.push_back(truth);
    }

    void pipelined() {
        dialogue_.overlapping = true;
        std::vector<Truth> truths(random_.between(2, 5));
        std::string together;
        std::size_t at = dialogue_.streams[client].size();
        const bool one_write = random_.chance(50);
        for (Truth& truth : truths) {
            const Message asked = request(truth, random_.chance(20));
            truth.request = {at, at + asked.head.size() + asked.body.size()};
            at = truth.request.end;
            together += asked.head + asked.body;
            if (!one_write) {
                say(client, together);
                together.clear();
            }
        }
        say(client, together);
        for (Truth& truth : truths) {
            truth.response = say(server, response(truth));
            dialogue_.exchanges.push_back(truth);
        }
    }

    void until_close() {
        Truth truth;
        truth.request = say(client, request(truth, false));
        last_status_ = (last_status_ + 1) % statuses.size();
        truth.status = statuses[last_status_];
        const std::string content = truth.method == "HEAD" ? std::string() : body(true);
        truth.response = say(server, fmt::format("HTTP/1.1 {} Until\r\nX-Id: {}\r\n\r\n", truth.status, truth.target) + content);
        truth.response_body = content.size();
        if (truth.method != "HEAD") ++truth.response.end;  // with the FIN
        dialogue_.exchanges.push_back(truth);
    }

    void unanswered(Dialogue::Ending ending, ExchangeEnd end) {
        Truth truth;
        truth.request = say(client, request(truth, random_.chance(30)));
        truth.end = end;
        const std::size_t at = dialogue_.streams[server].size();
        truth.response = {at, ending == Dialogue::Ending::none ? at : at + 1};
        dialogue_.exchanges.push_back(truth);
        dialogue_.ending = ending;
    }

    Random& random_;
    unsigned number_;
    bool request_decoys_;
    Dialogue dialogue_;
    std::size_t requests_ = 0;     // made so far
    std::size_t last_status_ = 0;  // index into statuses
};

}  // namespace

Dialogue make_dialogue(Random& random, unsigned number, bool request_decoys) {
    return Author(random, number, request_decoys).write();
}

}  // namespace podsnoop::test
