// Network namespaces: finding one, going in, and coming back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace podsnoop {

/// A network namespace held open, so that it stays while this does.
class NetworkNamespace {
  public:
    /// The one this thread is in.
    static Result<NetworkNamespace> current();
    /// By process id, by path, or by the name `ip netns` gave it.
    static Result<NetworkNamespace> open(std::string_view pid_path_or_name);

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] std::uint64_t inode() const noexcept { return inode_; }

  private:
    static Result<NetworkNamespace> at(const std::string& path, const std::string& shown);

    Fd fd_;
    std::uint64_t inode_ = 0;
};

/// This thread inside a network namespace, until it leaves. Sockets opened meanwhile stay in that namespace.
class NetnsVisit {
  public:
    /// Does nothing where the thread is in that namespace already, which needs no privilege.
    static Result<NetnsVisit> enter(const NetworkNamespace& target);
    NetnsVisit(NetnsVisit&&) = default;
    NetnsVisit& operator=(NetnsVisit&&) = delete;
    ~NetnsVisit() { static_cast<void>(leave()); }

    /// Goes back. Fails where the thread could not: it is then in a namespace it should not be in.
    Result<void> leave();

  private:
    NetnsVisit() = default;

    Fd home_;  ///< where to go back to; none where nothing was entered
};

/// Whether this thread may enter a namespace: it does, and comes back, also where it is there already.
Result<void> try_to_enter(const NetworkNamespace& target);

}  // namespace podsnoop
