// Live capture: packets from the kernel, of one network namespace or of many at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/filter.hpp"
#include "capture/interface_list.hpp"
#include "capture/namespace_capture.hpp"
#include "capture/source.hpp"
#include "event/flow_hint.hpp"
#include "event/ledger.hpp"
#include "event/namespace.hpp"
#include "event/packet.hpp"
#include "node/netns.hpp"

namespace podsnoop {

struct LiveOptions {
    std::vector<std::string> interfaces{};  ///< empty or with "any": all there are and will be, on one socket
    std::string netns{};                    ///< process id, path or name; empty: the current one
    std::size_t buffer_bytes = std::size_t{32} << 20;  ///< of each socket
    FilterOptions filter{};
};

/// A namespace that was added, and could not be captured in.
struct NotStarted {
    std::uint64_t netns;  ///< inode
    Error error;
};

class LiveCapture {
  public:
    /// Captures in one namespace, and tells of its interfaces that come and go.
    static Result<LiveCapture> open(const LiveOptions& options);
    /// Captures nothing until `add` says where; `options` say how.
    static Result<LiveCapture> open_empty(const LiveOptions& options);
    LiveCapture(LiveCapture&&) = default;
    LiveCapture& operator=(LiveCapture&&) = default;
    /// Closes the sockets side by side.
    ~LiveCapture();

    /// Captures in another namespace too, with rings of `buffer_bytes`; on all its interfaces with one, or on each of
    /// some (sorted), which are opened again when they come back. Nothing is seen there before start_added().
    Result<void> add(NetworkNamespace netns, std::size_t buffer_bytes, std::vector<std::string> interfaces = {});
    /// Lets packets in from the namespaces added, side by side. Gives those where it failed, which are no longer captured in.
    std::vector<NotStarted> start_added();
    /// Takes no further packets from a namespace, and lets go of it when those on their way have been given.
    void remove(std::uint64_t netns_inode);
    /// How many namespaces are captured in.
    [[nodiscard]] std::size_t namespaces() const noexcept { return places_.size(); }

    /// The next packet, over all sockets the oldest of those waiting. Never waits.
    Result<Next> next(Packet& packet);
    /// Readable when `next()` or `take_notices()` may have something: call both.
    [[nodiscard]] int poll_fd() const noexcept { return epoll_.get(); }
    /// The interfaces packets came from. Only grows; Packet::interface is an index into it.
    [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept { return interfaces_->all(); }
    /// What happened to interfaces since the last call, a line each for people. Opens again what came back.
    std::vector<std::string> take_notices();
    /// Namespaces that were added or removed since the last call, or whose addresses changed.
    std::vector<NamespaceState> take_namespaces();
    void hint(const FlowHint& hint);

    /// Takes no further packets. Waits, some hundredths of a second, until those on their way have arrived;
    /// `next()` gives them and then `end`. Needs no privilege.
    Result<void> stop();
    /// Balanced exactly once `next()` gave `end`; before, packets on their way show as `dropped_other`.
    [[nodiscard]] PacketCounts counts() const;

    /// Whether segments inside bodies are left out.
    [[nodiscard]] bool skips_bodies() const noexcept { return filter_.skips_bodies(); }

  private:
    struct Place {
        NamespaceCapture capture;
        Time since{};  ///< packets are taken from then on
        Fd filter{};  ///< its own, as long as sockets may have to be started; none: the common one
        std::optional<std::chrono::steady_clock::time_point> done_at{};  ///< removed: close it then
        std::vector<Address> told{};  ///< the addresses last told
        bool begun = false, ended = false;  ///< told as traced, and as no longer traced
    };
    /// A socket that has packets to read.
    struct Ready {
        Time time;  ///< of its front packet
        Tap* tap;
        NamespaceCapture* capture;
    };

    LiveCapture(PacketFilter filter, Fd epoll, std::unique_ptr<InterfaceList> interfaces)
        : filter_(std::move(filter)), epoll_(std::move(epoll)), interfaces_(std::move(interfaces)) {}
    const RingFrame* behind_given();
    void find_ready();
    void add_ready(Tap& tap, NamespaceCapture& capture);
    void close_removed();
    [[nodiscard]] bool settled() const;

    PacketFilter filter_;
    Fd epoll_;
    std::unique_ptr<InterfaceList> interfaces_;  // where it stands is known to the places
    std::vector<std::unique_ptr<Place>> places_;
    std::vector<std::unique_ptr<Place>> added_;  // not started yet
    std::vector<Ready> ready_;  // a heap, the oldest first
    std::optional<Ready> given_;  // whose front packet the caller has
    std::size_t look_in_ = 0;  // packets to give until all sockets are looked at again
    std::uint32_t last_number_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t closed_drops_ = 0;  // of places that are closed
    std::optional<PacketCounts> final_counts_;  // the filter's, after stop
    bool stopped_ = false;
};

}  // namespace podsnoop
