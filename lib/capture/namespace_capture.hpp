// The packets of one network namespace, from some of its interfaces or all of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "capture/interface_list.hpp"
#include "capture/links.hpp"
#include "capture/ring.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// One packet socket with a ring, of a namespace that is traced.
struct Tap {
    PacketRing ring;
    std::string name;  ///< of the interface as the user gave it; empty for all interfaces
    std::optional<std::chrono::steady_clock::time_point> done_at{};  ///< its interface is gone: close it then
};

struct NamespaceOptions {
    std::vector<std::string> interfaces{};  ///< sorted, each once; empty: all there are and will be, on one socket
    std::size_t buffer_bytes = 0;           ///< of each socket
    std::uint32_t number = 0;               ///< names the namespace in the interface list and in the filter
    bool follows_links = false;             ///< tell of interfaces that come and go, at the price of two sockets more
};

class NamespaceCapture {
  public:
    /// Makes its sockets, which see nothing yet. `epoll` watches them; it and the list must outlive this.
    static Result<NamespaceCapture> open(NetworkNamespace netns, NamespaceOptions options, InterfaceList& interfaces, int epoll);
    /// Gives the sockets their rings. Takes as long as PacketRing::allocate(); of several namespaces, side by side.
    Result<void> allocate();
    /// Lets packets in that the filter keeps, once there are rings. `room` is for the namespace's ring, where there is but one.
    Result<void> attach(int filter_fd, RingRoom room);
    /// No packets will come any more: the room is for others.
    void leave_room() noexcept { room_.leave(); }

    /// Its sockets; those of interfaces that went are closed by take_notices().
    [[nodiscard]] std::list<Tap>& taps() noexcept { return taps_; }
    [[nodiscard]] bool follows_links() const noexcept { return options_.follows_links; }
    [[nodiscard]] std::uint64_t inode() const noexcept { return netns_.inode(); }
    [[nodiscard]] std::uint32_t number() const noexcept { return options_.number; }
    /// The interface list's index of an interface by the kernel's, which is asked where it is new.
    std::uint32_t interface_of(std::uint32_t ifindex);

    /// Its interfaces' addresses, as of the last look.
    [[nodiscard]] const std::vector<Address>& addresses() const noexcept { return addresses_; }

    /// What happened to interfaces since the last call, a line each for people. Opens again what came back, which needs
    /// the filter.
    void take_notices(int filter_fd, std::vector<std::string>& notices);
    /// Lets no further packet in. Needs no privilege.
    Result<void> close_inlets();
    /// Packets that found the ring full, of all sockets it had.
    [[nodiscard]] std::uint64_t drops() const;
    /// Packets handed over by the kernel that wait to be read.
    [[nodiscard]] std::uint64_t waiting() const;

  private:
    NamespaceCapture(NetworkNamespace netns, NamespaceOptions options, InterfaceList& interfaces, int epoll)
        : netns_(std::move(netns)), options_(std::move(options)), interfaces_(&interfaces), epoll_(epoll) {}

    Result<void> open_all();
    Result<void> open_tap(const std::string& name, std::uint32_t ifindex);
    Result<void> reopen_tap(const std::string& name, std::uint32_t ifindex, int filter_fd);
    Result<void> look_up_links();
    void note_links(const Links& links);
    std::uint32_t add_interface(const std::string& name, std::uint32_t ifindex);
    void retire_tap(const std::string& name);
    void close_retired_taps();
    void tell_changes(const LinksByIndex& before, int filter_fd, std::vector<std::string>& notices);
    [[nodiscard]] bool follows(const std::string& name) const;
    [[nodiscard]] bool has_live_tap() const;

    NetworkNamespace netns_;
    NamespaceOptions options_;
    InterfaceList* interfaces_;
    int epoll_;
    std::optional<Links> links_;  // where it follows them
    LinksByIndex known_;  // as of the last look
    std::vector<Address> addresses_;
    LinksByIndex told_;  // as of the last notices
    std::list<Tap> taps_;
    RingRoom room_;  // of the only tap, or of nobody
    std::unordered_map<std::uint32_t, std::uint32_t> interface_by_ifindex_;
    std::uint32_t last_ifindex_ = 0, last_interface_ = 0;  // the last answer of interface_of
    std::uint64_t closed_drops_ = 0;  // of taps that are closed
    bool closing_ = false;
};

}  // namespace podsnoop
