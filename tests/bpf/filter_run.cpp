#include "filter_run.hpp"

#include <bpf/bpf.h>
#include <doctest/doctest.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

std::string address(bool v6, bool server) {
    const char last = server ? '\2' : '\1';
    if (!v6) return std::string("\x0a\0\0", 3) + last;
    return std::string("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15) + last;
}

unsigned flag_bits(const std::string& flags) {
    unsigned bits = 0;
    for (char c : flags) bits |= c == 'F' ? 1u : c == 'S' ? 2u : c == 'R' ? 4u : c == 'P' ? 8u : 16u;
    return bits;
}

}  // namespace

std::string be16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string be32(std::uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

std::uint32_t Crafted::headers() const {
    const std::size_t ip = v6 ? 40 + extensions.size() : 20 + ip_options.size();
    return static_cast<std::uint32_t>(ip + 20 + tcp_options.size());
}

std::string Crafted::packet() const {
    const unsigned offset = static_cast<unsigned>(20 + tcp_options.size()) / 4;
    const std::string ports = from_server ? be16(80) + be16(client_port) : be16(client_port) + be16(80);
    const std::string tcp = ports + be32(seq) + be32(ack) + be16(offset << 12 | flag_bits(flags)) + be16(65535) + be16(0) +
                            be16(0) + tcp_options + payload;
    const std::string addresses = address(v6, from_server) + address(v6, !from_server);
    const std::size_t total = headers() + payload.size();
    if (v6)
        return be32(0x60000000) + be16(ip_length.value_or(static_cast<std::uint16_t>(total - 40))) + static_cast<char>(next) +
               '\x40' + addresses + extensions + tcp + padding;
    const unsigned ihl = static_cast<unsigned>(20 + ip_options.size()) / 4;
    return be16((0x40 | ihl) << 8) + be16(ip_length.value_or(static_cast<std::uint16_t>(total))) + be16(7) + be16(fragment) +
           '\x40' + static_cast<char>(next) + be16(0) + addresses + ip_options + tcp + padding;
}

Result<FilterRun> FilterRun::load(FilterOptions options) {
#ifdef WITHOUT_BPF_LOOP
    options.bpf_loop = false;
#endif
    auto filter = PacketFilter::load(options);
    if (!filter) return std::unexpected(filter.error());
    return FilterRun(std::move(*filter));
}

Result<FilterRun>& FilterRun::shared() {
    static Result<FilterRun> run = load();
    return run;
}

std::uint32_t FilterRun::operator()(const Crafted& packet, std::uint32_t ifindex) {
    return run(packet.v6 ? ethertype_ipv6 : ethertype_ipv4, packet.packet(), ifindex);
}

std::uint32_t FilterRun::run(std::uint16_t ethertype, std::string_view packet, std::uint32_t ifindex) {
    std::string frame(12, '\0');
    frame += be16(ethertype);
    frame += packet;
    __sk_buff context{};
    context.ifindex = ifindex;  // 0: loopback, of which a test run is always the incoming side
    context.cb[0] = namespace_number;
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
    const int status = bpf_prog_test_run_opts(filter.program_fd(), &options);
    REQUIRE_MESSAGE(status == 0, "BPF_PROG_TEST_RUN: ", reason_of(-status), ", ", frame.size(), " bytes");
    return options.retval;
}

std::uint32_t FilterRun::nanoseconds(const Crafted& packet, int repeat) {
    return nanoseconds(packet.v6 ? ethertype_ipv6 : ethertype_ipv4, packet.packet(), repeat);
}

std::uint32_t FilterRun::nanoseconds(std::uint16_t ethertype, std::string_view packet, int repeat) {
    std::string frame(12, '\0');
    frame += be16(ethertype);
    frame += packet;
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.repeat = repeat;
    REQUIRE(bpf_prog_test_run_opts(filter.program_fd(), &options) == 0);
    return options.duration;
}

FlowHint hint_for(const Crafted& packet, FlowHint::Kind kind, std::uint32_t from, std::uint64_t length) {
    FlowHint hint{.kind = kind, .source = {}, .destination = {}, .interface = 0, .from = from, .length = length};
    const std::string source = address(packet.v6, packet.from_server), target = address(packet.v6, !packet.from_server);
    hint.source = {Address::from(as_bytes(source)), packet.from_server ? std::uint16_t{80} : packet.client_port};
    hint.destination = {Address::from(as_bytes(target)), packet.from_server ? packet.client_port : std::uint16_t{80}};
    return hint;
}

}  // namespace podsnoop
