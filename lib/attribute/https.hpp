// One GET over TLS (or without), with a limit on time and size. Boost.Beast is behind it, since it takes long
// to compile.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <stop_token>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace podsnoop {

struct HttpsRequest {
    Endpoint to;
    bool tls = true;
    std::string target{};                 ///< path and query
    std::string token{};                  ///< sent as `Authorization: Bearer`; empty: not sent
    std::string cert_chain{}, key{};      ///< PEM, of the client; empty: none
    std::vector<std::string> trusted{};   ///< PEM; see verify
    /// The server must show one of the trusted certificates itself, whatever names and dates stand in it, or one that
    /// a trusted one has signed, which is for the address asked and not expired. False: anybody will do.
    bool verify = true;
    std::chrono::milliseconds limit{5000};  ///< for all of it
    std::size_t most_bytes = 0;             ///< of the body
};

struct HttpsAnswer {
    unsigned status = 0;
    std::string body;  ///< after transfer decoding
};

struct HttpsFailure {
    /// How far it came. From `exchange` on there is a peer that is to be believed.
    enum class At : std::uint8_t { connect, credential, handshake, exchange };
    At at = At::connect;
    bool timed_out = false;   ///< or was asked to stop
    bool unverified = false;  ///< the server's certificate is not trusted
    std::string why{};
};

/// Blocks until the answer is there, the time is over, or `stop` is requested. An answer with any status is an
/// answer; one that is cut short, too large or no HTTP is a failure. Redirects are not followed.
std::expected<HttpsAnswer, HttpsFailure> https_get(const HttpsRequest& request, std::stop_token stop);

}  // namespace podsnoop
