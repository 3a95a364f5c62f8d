#include "node/netlink_socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "node/netlink.hpp"

namespace podsnoop {

namespace {

/// The kernel fills the datagrams of a dump up to 32 KiB (net/netlink/af_netlink.c), at once on the first
/// read.
constexpr std::size_t buffer_size = 64 * 1024;

/// An answer larger than this is cut off: tens of thousands of rules or sockets are a tenth of it.
constexpr std::size_t answer_limit = std::size_t{256} << 20;

constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};

}  // namespace

NetlinkMessage::NetlinkMessage(std::uint16_t type, std::uint16_t flags) : is_dump_((flags & NLM_F_DUMP) == NLM_F_DUMP) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    add(header);
}

void NetlinkMessage::append(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void NetlinkMessage::overwrite(std::size_t at, Bytes bytes) {
    std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
}

NetlinkMessage& NetlinkMessage::attribute(std::uint16_t type, Bytes value) {
    const nlattr header{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), .nla_type = type};
    add(header);
    append(value);
    return *this;
}

std::size_t NetlinkMessage::open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), {});
    return at;
}

void NetlinkMessage::close(std::size_t opened) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - opened);
    overwrite(opened + offsetof(nlattr, nla_len), std::as_bytes(std::span(&length, 1)));
}

Bytes NetlinkMessage::finish(std::uint32_t sequence) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    overwrite(offsetof(nlmsghdr, nlmsg_len), std::as_bytes(std::span(&length, 1)));
    overwrite(offsetof(nlmsghdr, nlmsg_seq), std::as_bytes(std::span(&sequence, 1)));
    return bytes_;
}

NetlinkSocket NetlinkSocket::open(int protocol) {
    NetlinkSocket opened;
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
        return opened;
    opened.fd_ = std::move(fd);
    opened.buffer_.resize(buffer_size);
    return opened;
}

int NetlinkSocket::ask(NetlinkMessage& message, const Reader& read) {
    const Bytes question = message.finish(++sequence_);
    if (::send(fd_.get(), question.data(), question.size(), 0) < 0) return errno;
    for (std::size_t received = 0; received < answer_limit;) {
        const ssize_t count = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
        received += static_cast<std::size_t>(count);
        Bytes rest = Bytes(buffer_).first(static_cast<std::size_t>(count));
        while (const auto header = take<nlmsghdr>(rest)) {
            Bytes body = take_body(rest, header->nlmsg_len, sizeof(nlmsghdr));
            if (header->nlmsg_seq != sequence_) continue;  // of an answer given up before
            // Both begin with an error, 0 or negative: a dump that could not be begun ends in DONE too.
            if (header->nlmsg_type == NLMSG_DONE) return -take<std::int32_t>(body).value_or(0);
            if (header->nlmsg_type == NLMSG_ERROR) return -take<std::int32_t>(body).value_or(-EBADMSG);
            read(header->nlmsg_type, body);
            // Not by NLM_F_MULTI, which ctnetlink sets on the one message of an answer too.
            if (!message.is_dump()) return 0;
        }
    }
    return EMSGSIZE;
}

}  // namespace podsnoop
