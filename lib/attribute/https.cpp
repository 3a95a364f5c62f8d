#include "attribute/https.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/bounded_socket.hpp"
#include "attribute/tls_stream.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using At = HttpsFailure::At;
using Kind = StreamFailure::Kind;

constexpr std::uint32_t most_head_bytes = 16384;
/// Bytes that the parser did not take, because they are no whole line yet.
constexpr std::size_t most_buffered_bytes = std::size_t{1} << 16;

constexpr const char* cut_short = "the answer is cut short";

std::string parser_reason(const error_code& code) {
    if (code == http::error::end_of_stream) return "it closed the connection without an answer";
    if (code == http::error::partial_message) return cut_short;
    if (code == http::error::body_limit) return "the answer is too large";
    return "the answer is not HTTP (" + code.message() + ")";
}

/// One request and what it needs, on the calling thread.
class Exchange {
  public:
    Exchange(const HttpsRequest& request, std::stop_token stop)
        : request_(request), socket_(std::chrono::steady_clock::now() + request.limit, std::move(stop)) {}

    std::expected<HttpsAnswer, HttpsFailure> run() {
        if (request_.tls) {
            tls_.emplace(socket_);
            tls_->trust({request_.trusted, request_.verify});
            if (!request_.cert_chain.empty())
                if (auto usable = tls_->identify({request_.cert_chain, request_.key}); !usable)
                    return std::unexpected(HttpsFailure{.at = At::credential, .why = std::move(usable.error())});
        }
        if (auto connected = socket_.connect(request_.to); !connected) return failed(At::connect, connected.error());
        if (tls_)
            if (auto known = tls_->shake_hands(request_.to.address); !known) return no_handshake(known.error());
        const std::string head = head_of_request();
        if (auto sent = tls_ ? tls_->send(head) : socket_.send(head); !sent) return failed(At::exchange, sent.error());
        return receive();
    }

  private:
    [[nodiscard]] std::string limit() const {
        const auto count = request_.limit.count();
        return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
    }

    [[nodiscard]] std::string why_of(const StreamFailure& failure, At at) const {
        switch (failure.kind) {
            case Kind::system: return reason_of(failure.error);
            case Kind::stopped: return "it was not waited for";
            case Kind::late: return (at == At::connect ? "no connection within " : "no complete answer within ") + limit();
            case Kind::cut: return at == At::handshake ? "it closed the connection during the TLS handshake" : cut_short;
            case Kind::tls: break;
        }
        if (is_not_tls(failure.tls_error)) return "it does not speak TLS";
        return "TLS failed: " + tls_reason(failure.tls_error);
    }

    [[nodiscard]] std::unexpected<HttpsFailure> failed(At at, const StreamFailure& failure) const {
        const bool timed_out = failure.kind == Kind::late || failure.kind == Kind::stopped;
        return std::unexpected(HttpsFailure{.at = at, .timed_out = timed_out, .why = why_of(failure, at)});
    }

    [[nodiscard]] std::unexpected<HttpsFailure> no_handshake(const StreamFailure& failure) const {
        auto failed_so = failed(At::handshake, failure);
        const auto distrust = tls_->distrust();
        if (!distrust || failed_so.error().timed_out) return failed_so;
        return std::unexpected(
            HttpsFailure{.at = At::handshake, .unverified = true, .why = "its certificate is not trusted: " + *distrust});
    }

    [[nodiscard]] std::string head_of_request() const {
        std::string head = "GET " + request_.target + " HTTP/1.1\r\nHost: ";
        append_endpoint(head, request_.to);
        head += "\r\nUser-Agent: podsnoop/" PODSNOOP_VERSION "\r\nAccept: application/json\r\nConnection: close\r\n";
        if (!request_.token.empty()) head += "Authorization: Bearer " + request_.token + "\r\n";
        return head + "\r\n";
    }

    std::expected<HttpsAnswer, HttpsFailure> receive() {
        http::response_parser<http::string_body> parser;
        parser.header_limit(most_head_bytes);
        parser.body_limit(request_.most_bytes);
        parser.eager(true);  // a body, too, not the head alone
        std::vector<char> buffer(most_buffered_bytes);
        std::size_t held = 0;
        error_code code;
        while (!parser.is_done() && !code) {
            const std::span<char> room = std::span(buffer).subspan(held);
            const auto count = tls_ ? tls_->receive(room) : socket_.receive(room);
            if (!count) return failed(At::exchange, count.error());
            held += *count;
            if (*count == 0) {
                if (!parser.got_some()) code = http::error::end_of_stream;
                else parser.put_eof(code);
                continue;
            }
            const std::size_t taken = parser.put({buffer.data(), held}, code);
            if (code == http::error::need_more) code = {};
            if (!code && taken == 0 && held == buffer.size()) code = http::error::buffer_overflow;
            // What is no whole line yet is given to it again, with what follows.
            const std::span<const char> left = std::span(buffer).first(held).subspan(taken);
            std::ranges::copy(left, buffer.begin());
            held = left.size();
        }
        if (code) return std::unexpected(HttpsFailure{.at = At::exchange, .why = parser_reason(code)});
        return HttpsAnswer{parser.get().result_int(), std::move(parser.get().body())};
    }

    const HttpsRequest& request_;
    BoundedSocket socket_;
    std::optional<TlsStream> tls_;
};

}  // namespace

std::expected<HttpsAnswer, HttpsFailure> https_get(const HttpsRequest& request, std::stop_token stop) {
    return Exchange(request, std::move(stop)).run();
}

}  // namespace podsnoop
