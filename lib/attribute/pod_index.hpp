// Finds the pod that an address, a port of the node, a network namespace, a cgroup or a container belongs to.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attribute/tenure.hpp"
#include "base/address.hpp"
#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// A snapshot of what the sources know, with what they knew in the last five minutes. Looks up without allocating. What
/// it gives is valid until the next update(). Where two pods could be meant it gives null.
class PodIndex {
  public:
    /// Takes what the sources know at `now`. What the first of them tells of is taken to have been so before, as far back as
    /// the pod's start; what a later one tells of, back to the one before it. Time::min() is the time for a list that was saved: all in it is then as if it
    /// had always been known. Beyond 65,536 pods the rest is left out.
    void update(PodList pods, Time now);

    /// The pod that had the address at `time`, with the container that declares the port, or the only one. Null for what
    /// is no pod's own: addresses of nodes (hostNetwork), loopback, link-local and multicast ones.
    const Pod* by_address(const Endpoint& endpoint, Time time) const;
    /// The pod that a port of the node led to (hostPort). Null for ports of hostNetwork pods: what they declare need not
    /// be theirs; the socket's owner tells.
    const Pod* by_host_port(std::uint16_t port, Time time) const;
    /// The pod whose own network namespace this was; null for the node's.
    const Pod* by_netns(std::uint64_t inode, Time time) const;
    /// The pod, and the container where that is known, that a cgroup path names. It may be gone for five minutes.
    const Pod* by_cgroup(std::string_view path) const;
    /// Until the next update() all that is asked for of a time after this one has the same answer at all of them.
    Time settled() const { return settled_; }
    /// Those present now, as they were given.
    const PodList& pods() const { return present_; }

  private:
    struct Container {
        Pod pod;
        std::string id;
        std::vector<std::uint16_t> ports;
        bool ended = false;
        Time until = Time::max();  // when its pod was seen without it, or with another id
    };
    struct Known {
        Pod pod;  // its container is empty
        std::vector<Container> containers;  // those it has, then those it had
        Time containers_since;  // when those that run last changed
        Holdings<Address> addresses;
        Holdings<std::uint16_t> host_ports;
        Holdings<std::uint64_t> namespaces;
        bool is_terminating = false;  // for good: deletion cannot be taken back, but not every source tells of it
        Time gone = Time::max();
        std::uint64_t update = 0;  // the last one that told of it
        bool is_doubtful = false;  // it has no name, or another pod was told of under its uid: it is told as none
    };
    struct AddressHash {
        std::size_t operator()(const Address& address) const {
            const auto words = address.words();
            return static_cast<std::size_t>((words[0] ^ std::rotl(words[1], 29)) * 0x9e3779b97f4a7c15U >> 32);
        }
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    void see(const PodRecord& record, Time now);
    void see_holdings(Known& known, const PodRecord& record, Time now) const;
    void see_containers(Known& known, const PodRecord& record, Time now, bool is_new);
    void let_go(Time now);
    void make_tables();
    static const Pod* container_at(const Known* known, std::uint16_t port, Time time);

    PodList present_;
    std::unordered_map<std::string, Known, TextHash, std::equal_to<>> known_;  // by uid, else by "namespace/name"
    std::uint64_t updates_ = 0;
    std::uint64_t last_identity_ = 0;  // given to a pod
    Time previous_ = Time::min();  // the last update's

    // Made from known_ at each update.
    HolderTable<Address, Known, AddressHash> addresses_;
    HolderTable<std::uint16_t, Known> host_ports_;
    HolderTable<std::uint64_t, Known> namespaces_;
    Time settled_ = Time::min();
};

}  // namespace podsnoop
