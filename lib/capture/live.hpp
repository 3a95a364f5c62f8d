// Live capture: packets from the kernel of one network namespace, from some of its interfaces or all of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "capture/filter.hpp"
#include "capture/links.hpp"
#include "node/netns.hpp"
#include "capture/ring.hpp"
#include "capture/source.hpp"
#include "event/flow_hint.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"

namespace podsnoop {

struct LiveOptions {
    std::vector<std::string> interfaces{};  ///< empty or with "any": all there are and will be, on one socket
    std::string netns{};                    ///< process id, path or name; empty: the current one
    std::size_t buffer_bytes = std::size_t{32} << 20;  ///< of each socket
    FilterOptions filter{};
};

class LiveCapture {
  public:
    static Result<LiveCapture> open(const LiveOptions& options);

    /// The next packet, over all sockets the oldest of those waiting. Never waits.
    Result<Next> next(Packet& packet);
    /// Readable when `next()` or `take_notices()` may have something: call both.
    [[nodiscard]] int poll_fd() const noexcept { return epoll_.get(); }
    /// The interfaces packets came from. Only grows; Packet::interface is an index into it.
    [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept { return interfaces_; }
    /// What happened to interfaces since the last call, a line each for people. Opens again what came back.
    std::vector<std::string> take_notices();
    void hint(const FlowHint& hint);

    /// Takes no further packets. Waits, some hundredths of a second, until those on their way have arrived;
    /// `next()` gives them and then `end`. Needs no privilege.
    Result<void> stop();
    /// Balanced exactly once `next()` gave `end`; before, packets on their way show as `dropped_other`.
    [[nodiscard]] PacketCounts counts() const;

    static constexpr bool trims_bodies = true;

  private:
    struct Tap {
        PacketRing ring;
        std::string name;  ///< as the user gave it; empty for all interfaces
        std::optional<std::chrono::steady_clock::time_point>
            done_at;  ///< its interface is gone: close it then
    };

    LiveCapture(HttpFilter filter, NetworkNamespace netns, Links links, Fd epoll)
        : filter_(std::move(filter)),
          netns_(std::move(netns)),
          links_(std::move(links)),
          epoll_(std::move(epoll)) {}
    Result<void> open_tap(const std::string& name, std::uint32_t ifindex);
    Result<void> reopen_tap(const std::string& name, std::uint32_t ifindex);
    std::uint32_t interface_of(std::uint32_t ifindex);
    std::uint32_t add_interface(const std::string& name, std::uint32_t ifindex);
    void retire_tap(const std::string& name);
    void close_retired_taps();
    void tell_changes(const LinksByIndex& before, std::vector<std::string>& notices);
    [[nodiscard]] bool follows(const std::string& name) const;
    [[nodiscard]] bool has_live_tap() const;
    [[nodiscard]] bool settled() const;

    HttpFilter filter_;
    NetworkNamespace netns_;
    Links links_;
    Fd epoll_;
    LinksByIndex told_;               ///< the interfaces as of the last notices
    std::vector<std::string> names_;  ///< interfaces to follow; empty: all
    std::size_t buffer_bytes_ = 0;
    std::vector<Tap> taps_;
    std::optional<std::size_t> given_;  ///< the tap whose front packet the caller has
    std::vector<Interface> interfaces_;
    std::vector<std::uint32_t> ifindexes_;  ///< the newest of each interface, parallel to interfaces_
    std::unordered_map<std::uint32_t, std::uint32_t> interface_by_ifindex_;
    std::uint32_t last_ifindex_ = 0, last_interface_ = 0;  ///< the last answer of interface_of
    std::uint64_t delivered_ = 0;
    std::uint64_t closed_drops_ = 0;            ///< of taps that are closed
    std::optional<PacketCounts> final_counts_;  ///< the filter's, after stop
    bool stopped_ = false;
};

}  // namespace podsnoop
