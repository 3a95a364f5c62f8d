#include "capture/ring.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot open a packet socket";
constexpr std::size_t large_block = std::size_t{256} << 10;
constexpr std::size_t small_block = std::size_t{128} << 10;  // above 64 KiB and headers, or giant frames are cut
constexpr std::size_t usual_blocks = 16;
constexpr std::size_t least_blocks = 4;
constexpr std::size_t link_offset = (sizeof(tpacket3_hdr) + 15u) & ~std::size_t{15};  // TPACKET_ALIGNMENT
constexpr std::uint32_t loopback_ifindex = 1;  // in every network namespace

template <class T>
bool set_option(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

template <class T>
T read_as(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof(value));
    return value;
}

/// The word by which the kernel and the program hand a block to each other.
std::atomic_ref<std::uint32_t> status_of(std::byte* block) {
    constexpr std::size_t offset = offsetof(tpacket_block_desc, hdr) + offsetof(tpacket_hdr_v1, block_status);
    return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(block + offset));
}

tpacket_hdr_v1 header_of(const std::byte* block) { return read_as<tpacket_block_desc>(block).hdr.bh1; }

bool is_tag_type(std::uint16_t protocol) { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

/// Whether the data starts with the rest of a VLAN tag although the kernel names the EtherType behind it, as
/// it does since 2024 ("af_packet: Handle outgoing VLAN packets without hardware offloading", in 6.11 and
/// stable trees). Where the tag has its EtherType, IPv4 has its total length and IPv6 a part of its flow
/// label.
bool starts_with_tag(const RingFrame& frame) {
    if ((frame.protocol != ETH_P_IP && frame.protocol != ETH_P_IPV6) || frame.data.size() < 6) return false;
    Cursor cursor(frame.data);
    const unsigned version = cursor.u8() >> 4;
    cursor.skip(1);
    const std::uint16_t second = cursor.u16be(), third = cursor.u16be();
    if (second != ETH_P_IP && second != ETH_P_IPV6 && !is_tag_type(second)) return false;
    if (version == 4 && second == frame.wire_length) return false;
    return version != 6 || (third != 0 && third + 40u != frame.wire_length);
}

}  // namespace

Result<PacketRing> PacketRing::open(const RingOptions& options) {
    PacketRing ring;
    // Protocol 0: the socket sees nothing until it is bound, with its filter in place.
    ring.socket_ = Fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!ring.socket_) {
        const int error = errno;
        return fail(what, "", reason_of(error), error == EPERM ? "run as root or with CAP_NET_RAW" : "");
    }
    ring.options_ = options;
    return ring;
}

Result<void> PacketRing::allocate() {
    const int fd = socket_.get();
    if (!set_option(fd, SOL_PACKET, PACKET_VERSION, int{TPACKET_V3})) return fail(what, "", reason_of(errno));
    block_bytes_ = options_.buffer_bytes >= usual_blocks * large_block ? large_block : small_block;
    block_count_ = std::max(options_.buffer_bytes / block_bytes_, least_blocks);
    tpacket_req3 request{};
    request.tp_block_size = static_cast<unsigned>(block_bytes_);
    request.tp_block_nr = static_cast<unsigned>(block_count_);
    request.tp_frame_size = 2048;  // frames are packed in V3; the kernel only checks that it divides the block
    request.tp_frame_nr = static_cast<unsigned>(block_bytes_ / request.tp_frame_size * block_count_);
    request.tp_retire_blk_tov = static_cast<unsigned>(retire_time.count());
    const std::string size = std::to_string(block_bytes_ * block_count_ >> 10) + " KiB ring";
    if (!set_option(fd, SOL_PACKET, PACKET_RX_RING, request))
        return fail("cannot allocate the packet ring", size, reason_of(errno), "ask for a smaller buffer");
    const std::size_t length = block_bytes_ * block_count_;
    void* memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return fail("cannot map the packet ring", size, reason_of(errno), "ask for a smaller buffer");
    memory_ = Mapping({static_cast<std::byte*>(memory), length});
    return {};
}

Result<void> PacketRing::attach(int filter_fd, RingRoom room) {
    const int fd = socket_.get();
    room_ = room;
    room_.take(block_bytes_ * block_count_);
    if (!set_option(fd, SOL_SOCKET, SO_ATTACH_BPF, filter_fd))
        return fail("cannot attach the packet filter", "", reason_of(errno));
    // Saves the filter a run for each packet sent; since Linux 4.20, and the filter does without.
    if (options_.ifindex == loopback_ifindex) static_cast<void>(set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, int{1}));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(options_.ifindex);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return fail("cannot bind a packet socket", "", reason_of(errno));
    if (options_.ifindex == 0) return {};
    // A bridge hands up only frames for itself unless it is promiscuous.
    packet_mreq membership{};
    membership.mr_ifindex = static_cast<int>(options_.ifindex);
    membership.mr_type = PACKET_MR_PROMISC;
    if (!set_option(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership))
        return fail("cannot make an interface promiscuous", "", reason_of(errno));
    return {};
}

std::span<std::byte> PacketRing::block(std::size_t index) const noexcept {
    return memory_.bytes().subspan(index * block_bytes_, block_bytes_);
}

/// Opens the current block if the kernel has handed it over. Blocks are handed over in order, never empty but
/// for the timeout of some kernels.
bool PacketRing::open_block() noexcept {
    for (;;) {
        std::byte* start = block(current_).data();
        if ((status_of(start).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
        const tpacket_hdr_v1 header = header_of(start);
        if (header.num_pkts != 0) {
            frames_left_ = header.num_pkts;
            offset_ = header.offset_to_first_pkt;
            read_frame();
            return true;
        }
        hand_back();
    }
}

/// Done with the current block: the kernel's again.
void PacketRing::hand_back() noexcept {
    status_of(block(current_).data()).store(TP_STATUS_KERNEL, std::memory_order_release);
    if (room_.made()) blocks_behind_ = block_count_;
    if (blocks_behind_ != 0) --blocks_behind_;
    current_ = (current_ + 1) % block_count_;
}

void PacketRing::read_frame() noexcept {
    const std::byte* start = block(current_).data() + offset_;
    const auto header = read_as<tpacket3_hdr>(start);
    const auto link = read_as<sockaddr_ll>(start + link_offset);
    frame_.time = Time{std::chrono::seconds{header.tp_sec} + Nanoseconds{header.tp_nsec}};
    frame_.data = Bytes(start + header.tp_net, header.tp_snaplen);
    frame_.wire_length = header.tp_len;
    frame_.ifindex = static_cast<std::uint32_t>(link.sll_ifindex);
    frame_.protocol = ntohs(link.sll_protocol);
    if (starts_with_tag(frame_)) frame_.protocol = ETH_P_8021Q;
    // The kernel wrote the next one on another processor: it is on its way while this one is looked at.
    const std::byte* next = start + header.tp_next_offset;
    for (std::size_t line = 0; line < 4; ++line) __builtin_prefetch(next + line * 64);
}

const RingFrame* PacketRing::front() noexcept {
    if (frames_left_ == 0 && !open_block()) return nullptr;
    return &frame_;
}

void PacketRing::pop() noexcept {
    if (frames_left_ == 0) return;
    if (--frames_left_ != 0) {
        offset_ += read_as<tpacket3_hdr>(block(current_).data() + offset_).tp_next_offset;
        read_frame();
        return;
    }
    hand_back();
}

std::uint64_t PacketRing::waiting() const noexcept {
    std::uint64_t count = frames_left_;
    for (std::size_t i = frames_left_ != 0 ? 1 : 0; i < block_count_; ++i) {
        std::byte* start = block((current_ + i) % block_count_).data();
        if ((status_of(start).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) break;
        count += header_of(start).num_pkts;
    }
    return count;
}

std::uint64_t PacketRing::drops() const noexcept {
    tpacket_stats_v3 statistics{};
    socklen_t size = sizeof(statistics);
    // Reading sets them to zero.
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) drops_ += statistics.tp_drops;
    return drops_;
}

int PacketRing::take_error() noexcept {
    int error = 0;
    socklen_t size = sizeof(error);
    return ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

Result<void> PacketRing::close_inlet() noexcept {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{.len = 1, .filter = &nothing};
    if (!set_option(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, program))
        return fail("cannot stop a packet socket", "", reason_of(errno));
    return {};
}

}  // namespace podsnoop
