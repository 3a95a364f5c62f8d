// TLS over a BoundedSocket. OpenSSL is behind this file: it takes long to compile, and its objects need owners.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attribute/bounded_socket.hpp"

namespace podsnoop {

/// Of the client; PEM texts.
struct TlsIdentity {
    const std::string& cert_chain;  ///< empty: none
    const std::string& key;
};

/// Whom to believe.
struct TlsTrust {
    /// PEM texts. The server must show one of these certificates itself, whatever names and dates stand in it, or one
    /// that one of these has signed, which is for the address asked and not expired.
    const std::vector<std::string>& certificates;
    bool verify = true;  ///< false: anybody will do
};

/// What OpenSSL says of an error.
std::string tls_reason(unsigned long error);
/// Whether the error is that the peer does not speak TLS at all.
bool is_not_tls(unsigned long error);

class TlsStream {
  public:
    /// Neither prepared nor connected. The socket is the caller's, and must outlive it.
    explicit TlsStream(BoundedSocket& socket);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream();

    void trust(const TlsTrust& trust);
    /// Fails with what is wrong with it, as the end of a sentence.
    std::expected<void, std::string> identify(const TlsIdentity& identity);

    /// Once, after trust() and identify(); the socket is connected.
    std::expected<void, StreamFailure> shake_hands(const Address& to);
    /// After a handshake that failed: why the server's certificate is not trusted, if that was it.
    [[nodiscard]] std::optional<std::string> distrust() const;

    std::expected<void, StreamFailure> send(std::string_view bytes);
    /// As BoundedSocket::receive(). The end is the peer's TLS goodbye; without it, it is a failure.
    std::expected<std::size_t, StreamFailure> receive(std::span<char> into);

  private:
    struct State;
    [[nodiscard]] std::unexpected<StreamFailure> failure(int result);

    std::unique_ptr<State> state_;
};

}  // namespace podsnoop
