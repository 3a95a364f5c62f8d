#include "attribute/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>
#include <utility>

namespace podsnoop {

namespace {

using Kind = StreamFailure::Kind;

/// Owns what an OpenSSL function frees.
template <auto free>
struct Free {
    void operator()(auto* object) const { free(object); }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;

/// OpenSSL gives null only where there is no memory.
template <class Owner>
Owner made(typename Owner::pointer object) {
    if (object == nullptr) throw std::bad_alloc();
    return Owner(object);
}

Bio reader_of(const std::string& text) { return made<Bio>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

/// Without this OpenSSL asks for the password of an encrypted key at the terminal.
int no_password(char*, int, int, void*) { return 0; }

/// The certificates in a PEM text; keys between them are passed over.
std::vector<Certificate> read_certificates(const std::string& pem) {
    std::vector<Certificate> found;
    const Bio bio = reader_of(pem);
    while (Certificate certificate{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)})
        found.push_back(std::move(certificate));
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

}  // namespace

/// The socket as OpenSSL reads and writes it. Waiting is done in there, so that for OpenSSL it is a blocking one.
struct TlsStream::State {
    BoundedSocket& socket;
    std::optional<StreamFailure> failed{};  ///< the socket did
    bool ended = false;                     ///< the peer sends no more
    std::vector<Certificate> trusted{};
    BioMethod method{};
    Context context{};
    Session session{};

    static State& of(BIO* bio) { return *static_cast<State*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int size) {
        State& state = of(bio);
        const auto count = state.socket.receive({into, static_cast<std::size_t>(size)});
        if (!count) state.failed = count.error();
        state.ended = count && *count == 0;
        return count ? static_cast<int>(*count) : -1;
    }

    static int write(BIO* bio, const char* bytes, int size) {
        State& state = of(bio);
        const auto sent = state.socket.send({bytes, static_cast<std::size_t>(size)});
        if (!sent) state.failed = sent.error();
        return sent ? size : -1;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

TlsStream::TlsStream(BoundedSocket& socket) : state_(std::make_unique<State>(socket)) {
    // Not the machine's openssl.cnf: what it loads is made for the machine's own library.
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    state_->method = made<BioMethod>(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "bounded socket"));
    BIO_meth_set_read(state_->method.get(), State::read);
    BIO_meth_set_write(state_->method.get(), State::write);
    BIO_meth_set_ctrl(state_->method.get(), State::control);
    state_->context = made<Context>(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(state_->context.get(), TLS1_2_VERSION);
}

TlsStream::~TlsStream() = default;

void TlsStream::trust(const TlsTrust& trust) {
    SSL_CTX* context = state_->context.get();
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const std::string& pem : trust.certificates)
        for (Certificate& certificate : read_certificates(pem)) {
            X509_STORE_add_cert(store, certificate.get());
            state_->trusted.push_back(std::move(certificate));
        }
    // An authority may itself be signed by one that is not known here.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, trust.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_server, &state_->trusted);
}

std::expected<void, std::string> TlsStream::identify(const TlsIdentity& identity) {
    SSL_CTX* context = state_->context.get();
    const auto unusable = [](const char* on) {
        return std::unexpected(std::string(on) + " cannot be used (" + tls_reason(ERR_get_error()) + ")");
    };
    ERR_clear_error();
    const std::vector<Certificate> chain = read_certificates(identity.cert_chain);
    if (!chain.empty()) ERR_clear_error();  // that there is no further one
    if (chain.empty() || SSL_CTX_use_certificate(context, chain.front().get()) != 1) return unusable("the client certificate");
    for (const Certificate& certificate : std::span(chain).subspan(1)) SSL_CTX_add1_chain_cert(context, certificate.get());
    const PrivateKey key(PEM_read_bio_PrivateKey(reader_of(identity.key).get(), nullptr, no_password, nullptr));
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return unusable("the client certificate's key");
    return {};
}

std::expected<void, StreamFailure> TlsStream::shake_hands(const Address& to) {
    state_->session = made<Session>(SSL_new(state_->context.get()));
    SSL* ssl = state_->session.get();
    BIO* bio = made<Bio>(BIO_new(state_->method.get())).release();
    BIO_set_data(bio, state_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);  // the session's from here on
    X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), to.bytes.data(), to.family == 6 ? 16 : 4);
    ERR_clear_error();
    if (const int result = SSL_connect(ssl); result != 1) return failure(result);
    return {};
}

std::optional<std::string> TlsStream::distrust() const {
    const SSL* ssl = state_->session.get();
    const long result = SSL_get_verify_result(ssl);
    if (SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE || result == X509_V_OK) return std::nullopt;
    return X509_verify_cert_error_string(result);
}

std::expected<void, StreamFailure> TlsStream::send(std::string_view bytes) {
    ERR_clear_error();
    const int result = SSL_write(state_->session.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (result <= 0) return failure(result);
    return {};
}

std::expected<std::size_t, StreamFailure> TlsStream::receive(std::span<char> into) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(state_->session.get(), into.data(), into.size(), &count);
    if (result == 1) return count;
    if (SSL_get_error(state_->session.get(), result) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    return failure(result);
}

std::unexpected<StreamFailure> TlsStream::failure(int result) {
    // Before what OpenSSL makes of it: without its socket it can only say that it got nothing.
    if (state_->failed) return std::unexpected(*state_->failed);
    const bool broken = SSL_get_error(state_->session.get(), result) == SSL_ERROR_SSL;
    if (state_->ended || !broken) return std::unexpected(StreamFailure{Kind::cut});
    return std::unexpected(StreamFailure{Kind::tls, 0, ERR_get_error()});
}

std::string tls_reason(unsigned long error) {
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "for an unknown reason";
}

bool is_not_tls(unsigned long error) { return ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER; }

}  // namespace podsnoop
