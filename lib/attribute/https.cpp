#include "attribute/https.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using At = HttpsFailure::At;

constexpr std::uint32_t most_head_bytes = 16384;
constexpr std::size_t most_buffered_bytes = std::size_t{1} << 20;

struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

/// The certificates in a PEM text; keys between them are passed over.
std::vector<Certificate> read_certificates(const std::string& pem) {
    std::vector<Certificate> found;
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    while (bio) {
        Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        found.push_back(std::move(certificate));
    }
    ERR_clear_error();  // the last try found none
    return found;
}

/// A server that shows a trusted certificate itself has the key of it, so its names and dates add nothing: the
/// certificate a kubelet signs for itself is for the node's name only, and it goes on with it after it expired.
int verify_server(X509_STORE_CTX* context, void* trusted) {
    const X509* shown = X509_STORE_CTX_get0_cert(context);
    const auto same = [shown](const Certificate& known) { return X509_cmp(known.get(), shown) == 0; };
    if (std::ranges::any_of(*static_cast<const std::vector<Certificate>*>(trusted), same)) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    return X509_verify_cert(context);
}

/// Without this OpenSSL asks for the password of an encrypted key at the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string why_of(const error_code& code) {
    if (code.category() == boost::system::system_category()) return reason_of(code.value());
    if (code == http::error::end_of_stream || code == asio::error::eof) return "it closed the connection without an answer";
    if (code == http::error::partial_message || code == asio::ssl::error::stream_truncated) return "the answer is cut short";
    if (code == http::error::body_limit) return "the answer is too large";
    if (code.category() == asio::error::get_ssl_category()) {
        const auto error = static_cast<unsigned long>(code.value());
        if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) return "it does not speak TLS";
        const char* reason = ERR_reason_error_string(error);
        return std::string("TLS failed: ") + (reason != nullptr ? reason : "for an unknown reason");
    }
    return "the answer is not HTTP (" + code.message() + ")";
}

/// One request and what it needs, on the calling thread.
class Exchange {
  public:
    Exchange(const HttpsRequest& request, std::stop_token stop)
        : request_(request), stop_(std::move(stop)), deadline_(std::chrono::steady_clock::now() + request.limit) {}

    std::expected<HttpsAnswer, HttpsFailure> run() {
        if (!request_.tls) {
            asio::ip::tcp::socket stream(io_);
            if (!connect(stream)) return std::unexpected(failure_);
            return converse(stream);
        }
        // Not the machine's openssl.cnf: what it loads is made for the machine's own library.
        OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        asio::ssl::context context(asio::ssl::context::tls_client);
        if (!prepare(context)) return std::unexpected(failure_);
        asio::ssl::stream<asio::ip::tcp::socket> stream(io_, context);
        if (!connect(stream.next_layer()) || !shake_hands(stream)) return std::unexpected(failure_);
        return converse(stream);
    }

  private:
    /// Runs one operation to its end, which is `start`ed with where to tell it. False: it failed, ran out of time, or
    /// was stopped, as failure_ says. What is left of it then goes with io_, without being called.
    template <class Start>
    bool finish(At at, Start start) {
        done_.reset();
        io_.restart();
        start([this](const error_code& code, auto&&...) { done_ = code; });
        // Asked to stop after restart(), io_ is stopped; before, this tells it.
        if (!stop_.stop_requested()) io_.run_until(deadline_);
        if (done_ && !*done_) return true;
        failure_ = {.at = at, .timed_out = !done_};
        failure_.why = done_                     ? why_of(*done_)
                       : stop_.stop_requested() ? "it was not waited for"
                       : at == At::connect      ? "no connection within " + limit()
                                                : "no complete answer within " + limit();
        return false;
    }

    [[nodiscard]] std::string limit() const {
        const auto count = request_.limit.count();
        return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
    }

    bool prepare(asio::ssl::context& context) {
        SSL_CTX* ssl = context.native_handle();
        SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
        SSL_CTX_set_default_passwd_cb(ssl, no_password);
        for (const std::string& pem : request_.trusted)
            for (Certificate& certificate : read_certificates(pem)) {
                X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), certificate.get());
                trusted_.push_back(std::move(certificate));
            }
        // An authority may itself be signed by one that is not known here.
        X509_STORE_set_flags(SSL_CTX_get_cert_store(ssl), X509_V_FLAG_PARTIAL_CHAIN);
        SSL_CTX_set_verify(ssl, request_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_cert_verify_callback(ssl, verify_server, &trusted_);
        if (request_.cert_chain.empty()) return true;
        error_code code;
        context.use_certificate_chain(asio::buffer(request_.cert_chain), code);
        if (code) {
            failure_ = {.at = At::credential, .why = "the client certificate cannot be used (" + code.message() + ")"};
            return false;
        }
        context.use_private_key(asio::buffer(request_.key), asio::ssl::context::pem, code);
        if (code) {
            failure_ = {.at = At::credential, .why = "the client certificate's key cannot be used (" + code.message() + ")"};
            return false;
        }
        return true;
    }

    bool connect(asio::ip::tcp::socket& socket) {
        const Endpoint& to = request_.to;
        asio::ip::address address;
        if (to.address.family == 6) {
            address = asio::ip::address_v6(to.address.bytes);
        } else {
            asio::ip::address_v4::bytes_type bytes;
            std::copy_n(to.address.bytes.begin(), bytes.size(), bytes.begin());
            address = asio::ip::address_v4(bytes);
        }
        return finish(At::connect,
                      [&](auto done) { socket.async_connect(asio::ip::tcp::endpoint(address, to.port), std::move(done)); });
    }

    bool shake_hands(asio::ssl::stream<asio::ip::tcp::socket>& stream) {
        SSL* ssl = stream.native_handle();
        const std::size_t address_bytes = request_.to.address.family == 6 ? 16 : 4;
        X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), request_.to.address.bytes.data(), address_bytes);
        if (finish(At::handshake,
                   [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); }))
            return true;
        if (const long result = SSL_get_verify_result(ssl); request_.verify && result != X509_V_OK && !failure_.timed_out) {
            failure_.unverified = true;
            failure_.why = std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(result);
        } else if (failure_.why == why_of(asio::error::eof) || failure_.why == why_of(asio::ssl::error::stream_truncated)) {
            failure_.why = "it closed the connection during the TLS handshake";
        }
        return false;
    }

    template <class Stream>
    std::expected<HttpsAnswer, HttpsFailure> converse(Stream& stream) {
        http::request<http::empty_body> message(http::verb::get, request_.target, 11);
        std::string host;
        append_endpoint(host, request_.to);
        message.set(http::field::host, host);
        message.set(http::field::user_agent, "podsnoop/" PODSNOOP_VERSION);
        message.set(http::field::accept, "application/json");
        message.set(http::field::connection, "close");
        if (!request_.token.empty()) message.set(http::field::authorization, "Bearer " + request_.token);
        if (!finish(At::exchange, [&](auto done) { http::async_write(stream, message, std::move(done)); }))
            return std::unexpected(failure_);

        boost::beast::flat_buffer buffer(most_buffered_bytes);
        http::response_parser<http::string_body> parser;
        parser.header_limit(most_head_bytes);
        parser.body_limit(request_.most_bytes);
        if (!finish(At::exchange, [&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); }))
            return std::unexpected(failure_);
        return HttpsAnswer{parser.get().result_int(), std::move(parser.get().body())};
    }

    const HttpsRequest& request_;
    std::stop_token stop_;
    std::chrono::steady_clock::time_point deadline_;
    std::vector<Certificate> trusted_;
    std::optional<error_code> done_;  // of the operation under way
    HttpsFailure failure_;
    asio::io_context io_{1};
    std::stop_callback<std::function<void()>> on_stop_{stop_, [this] { io_.stop(); }};
};

}  // namespace

std::expected<HttpsAnswer, HttpsFailure> https_get(const HttpsRequest& request, std::stop_token stop) {
    try {
        return Exchange(request, std::move(stop)).run();
    } catch (const boost::system::system_error& error) {  // no descriptor or no memory left
        return std::unexpected(HttpsFailure{.at = At::connect, .why = error.code().message()});
    }
}

}  // namespace podsnoop
