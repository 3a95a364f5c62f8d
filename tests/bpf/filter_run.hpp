// Crafted packets, and a filter to run them through with BPF_PROG_TEST_RUN: no socket, no traffic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "capture/filter.hpp"

namespace podsnoop {

/// One TCP segment to be made into a frame. Addresses are 10.0.0.1 (client) and 10.0.0.2, or fd00::1 and
/// fd00::2.
struct Crafted {
    bool from_server = false;
    std::uint32_t seq = 1000;
    std::string flags = "A";  ///< of S, A, F, R, P
    std::string payload{};
    std::uint32_t ack = 1;
    std::uint16_t client_port = 40000;
    bool v6 = false;
    std::string ip_options{};    ///< multiple of 4 bytes
    std::string extensions{};    ///< IPv6 extension headers, the last one's next header being TCP
    std::uint8_t next = 6;       ///< IPv4 protocol, or IPv6 next header of the fixed header
    std::uint16_t fragment = 0;  ///< IPv4 flags and offset
    std::string tcp_options{};   ///< multiple of 4 bytes
    std::optional<std::uint16_t> ip_length{};  ///< instead of the right one
    std::string padding{};                     ///< behind the IP packet

    /// From the network header on.
    [[nodiscard]] std::string packet() const;
    /// Bytes up to the TCP payload.
    [[nodiscard]] std::uint32_t headers() const;
};

/// Numbers in network order, as text to build packets of.
std::string be16(unsigned value);
std::string be32(std::uint32_t value);

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd, ethertype_vlan = 0x8100;

class FilterRun {
  public:
    static Result<FilterRun> load(FilterOptions options = {});
    /// One that tests share, each with connections or counts of its own: where there is no bpf_loop() loading takes 0.1 s, and 5 s
    /// in an emulated machine.
    static Result<FilterRun>& shared();

    /// What the filter says to a packet: bytes to keep, from the network header on.
    std::uint32_t operator()(const Crafted& packet, std::uint32_t ifindex = 0);
    /// The same for any packet behind an EtherType. Frames shorter than what the kernel takes are refused.
    std::uint32_t run(std::uint16_t ethertype, std::string_view packet, std::uint32_t ifindex = 0);
    /// Nanoseconds a run, over many.
    std::uint32_t nanoseconds(const Crafted& packet, int repeat);
    std::uint32_t nanoseconds(std::uint16_t ethertype, std::string_view packet, int repeat);

    PacketFilter filter;
    std::uint32_t namespace_number = 0;  ///< as an entry program would set it

  private:
    explicit FilterRun(PacketFilter loaded) : filter(std::move(loaded)) {}
};

/// The flow of a crafted segment, as the decoder would hint it.
FlowHint hint_for(const Crafted& packet, FlowHint::Kind kind, std::uint32_t from = 0, std::uint64_t length = 0);

}  // namespace podsnoop
