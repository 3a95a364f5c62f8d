#include "probe/features.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/fd.hpp"
#include "node/reason.hpp"
#include "probe/btf_trial.hpp"
#include "probe/trace_folder.hpp"

namespace podsnoop {

namespace {

struct FreeBtf {
    void operator()(btf* types) const noexcept { btf__free(types); }
};
using Btf = std::unique_ptr<btf, FreeBtf>;

Capability works() { return {.works = true, .why = {}}; }
Capability lacks(std::string why) { return {.works = false, .why = std::move(why)}; }
Capability turned_off() { return lacks("turned off by --without"); }

std::string first_line(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// The word in brackets: "none [integrity] confidentiality".
std::string read_lockdown() {
    const std::string line = first_line("/sys/kernel/security/lockdown");
    const std::size_t open = line.find('['), close = line.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    return line.substr(open + 1, close - open - 1);
}

CgroupVersion read_cgroup_version() {
    constexpr const char* root = "/sys/fs/cgroup";
    const auto has = [&](const char* name) { return ::access((std::string(root) + name).c_str(), F_OK) == 0; };
    if (has("/cgroup.controllers")) return CgroupVersion::v2;
    if (!has("/memory")) return CgroupVersion::unknown;
    return has("/unified/cgroup.controllers") ? CgroupVersion::hybrid : CgroupVersion::v1;
}

/// Reads only the lines that may matter: the file has some 10 MB.
Symbols read_symbols() {
    std::ifstream file("/proc/kallsyms");
    std::string kept;
    for (std::string line; std::getline(file, line);)
        if (line.find(" oom_kill_") != std::string::npos || line.find(" tcp_") != std::string::npos) kept += line + '\n';
    return find_symbols(kept);
}

/// Creates an event on a function and lets it go again.
Capability try_kprobe(const std::string& function) {
    const std::string type = first_line("/sys/bus/event_source/devices/kprobe/type");
    std::uint32_t number = 0;
    std::from_chars(type.data(), type.data() + type.size(), number);
    if (number == 0) return lacks("not compiled into this kernel");
    if (function.empty()) return lacks("no function to try it on");
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = number;
    attributes.config1 = std::bit_cast<std::uintptr_t>(function.c_str());
    const Fd event(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
    return event ? works() : lacks(reason_of(errno));
}

/// One instruction; see the kernel's Documentation/bpf/standardization/instruction-set.rst.
constexpr bpf_insn instruction(unsigned code, unsigned to, unsigned from, int value) {
    bpf_insn made{};
    made.code = static_cast<std::uint8_t>(code);
    made.dst_reg = static_cast<std::uint8_t>(to & 0xf);
    made.src_reg = static_cast<std::uint8_t>(from & 0xf);
    made.imm = value;
    return made;
}
constexpr unsigned set_number = BPF_ALU64 | BPF_MOV | BPF_K, set_register = BPF_ALU64 | BPF_MOV | BPF_X;
constexpr bpf_insn leave = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0);

/// Attaches a program that does nothing to a function and lets it go again.
Capability try_fentry(const btf& types, const std::string& function) {
    const int id = btf__find_by_name_kind(&types, function.c_str(), BTF_KIND_FUNC);
    if (id < 0) return lacks("no function to try it on");
    const std::array<bpf_insn, 2> nothing{instruction(set_number, 0, 0, 0), leave};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = BPF_TRACE_FENTRY;
    options.attach_btf_id = static_cast<std::uint32_t>(id);
    const Fd program(bpf_prog_load(BPF_PROG_TYPE_TRACING, "try_fentry", "GPL", nothing.data(), nothing.size(), &options));
    if (!program) return lacks(reason_of(errno));
    const Fd link(bpf_raw_tracepoint_open(nullptr, program.get()));
    return link ? works() : lacks(reason_of(errno));
}

Capability try_programs() {
    if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, nullptr) != 1)
        return lacks(::geteuid() == 0 ? "the kernel does not load them" : "needs root or CAP_BPF and CAP_PERFMON");
    if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, nullptr) != 1) return lacks("needs Linux 5.8");
    // bpf_probe_read_kernel(stack, 8, 0), which the kernel takes back under lockdown.
    const std::array<bpf_insn, 7> reading{instruction(set_register, 1, 10, 0),
                                          instruction(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, -8),
                                          instruction(set_number, 2, 0, 8),
                                          instruction(set_number, 3, 0, 0),
                                          instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_probe_read_kernel),
                                          instruction(set_number, 0, 0, 0),
                                          leave};
    const Fd program(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "try_reading", "GPL", reading.data(), reading.size(), nullptr));
    return program ? works() : lacks("programs may not read the kernel's memory");
}

/// Whether mark_victim's first argument, after the one that all have, is a pointer.
bool is_victim_a_task(const btf* types) {
    const int id = btf__find_by_name_kind(types, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);
    const btf_type* type = id < 0 ? nullptr : btf__type_by_id(types, static_cast<std::uint32_t>(id));
    if (type != nullptr) type = btf__type_by_id(types, type->type);
    if (type == nullptr || !btf_is_ptr(type)) return false;
    type = btf__type_by_id(types, type->type);
    if (type == nullptr || !btf_is_func_proto(type) || btf_vlen(type) < 2) return false;
    const btf_type* argument = btf__type_by_id(types, btf_params(type)[1].type);
    return argument != nullptr && btf_is_ptr(argument);
}

Capability try_tracepoint() {
    auto folder = open_trace_folder();
    if (!folder) return lacks(folder.error().on + ": " + folder.error().why);
    auto format = read_file_at(folder->get(), "events/oom/mark_victim/format");
    return format ? works() : lacks(format.error().on + ": " + format.error().why);
}

Capability try_kmsg() {
    const Fd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    return log ? works() : lacks("/dev/kmsg: " + reason_of(errno));
}

Capability try_btf(const Btf& types, const std::string& file) {
    if (types) return works();
    if (!file.empty()) return lacks(file + ": it cannot be read as BTF");
    return lacks("/sys/kernel/btf/vmlinux is not there; --btf names a file of this kernel's");
}

}  // namespace

Symbols find_symbols(std::string_view kallsyms) {
    Symbols symbols;
    const std::array<std::pair<std::string_view, std::string*>, 5> wanted{
        {{"oom_kill_process", &symbols.oom_kill_process},
         {"oom_kill_memcg_member", &symbols.oom_kill_memcg_member},
         {"tcp_conn_request", &symbols.tcp_conn_request},
         {"tcp_v4_syn_recv_sock", &symbols.tcp_v4_syn_recv_sock},
         {"tcp_v6_syn_recv_sock", &symbols.tcp_v6_syn_recv_sock}}};
    while (!kallsyms.empty()) {
        const std::string_view line = kallsyms.substr(0, kallsyms.find('\n'));
        kallsyms.remove_prefix(std::min(line.size() + 1, kallsyms.size()));
        // "ffffffff81597310 t oom_kill_process", of a module "\t[name]" behind it.
        const std::size_t before = line.find(' ', line.find(' ') + 1);
        if (before == std::string_view::npos) continue;
        const std::string_view name = line.substr(before + 1, line.find('\t') - before - 1);
        for (const auto& [plain, found] : wanted) {
            if (!name.starts_with(plain)) continue;
            const std::string_view suffix = name.substr(plain.size());
            // What is split off as rarely run (".cold", ".part.0") is not the function.
            const bool same = suffix.empty() || suffix.starts_with(".isra.") || suffix.starts_with(".constprop.");
            if (same && (found->empty() || suffix.empty())) *found = name;
        }
    }
    return symbols;
}

Result<Without> parse_without(std::string_view text) {
    Without without;
    const std::array<std::pair<std::string_view, bool*>, 7> mechanisms{{{"btf", &without.btf},
                                                                        {"fentry", &without.fentry},
                                                                        {"kprobe", &without.kprobe},
                                                                        {"raw-tracepoint", &without.raw_tracepoint},
                                                                        {"tracepoint", &without.tracepoint},
                                                                        {"kmsg", &without.kmsg},
                                                                        {"netstat", &without.netstat}}};
    for (std::size_t start = 0; start <= text.size();) {
        const std::string_view word = text.substr(start, text.find(',', start) - start);
        const auto found = std::ranges::find(mechanisms, word, &std::pair<std::string_view, bool*>::first);
        if (found == mechanisms.end())
            return fail("no such mechanism", std::string(word), "",
                        "there are btf, fentry, kprobe, raw-tracepoint, tracepoint, kmsg and netstat");
        *found->second = true;
        start += word.size() + 1;
    }
    return without;
}

Features read_features(const Without& without, const std::string& btf_file) {
    libbpf_set_print(nullptr);
    // Before 5.11 maps count against RLIMIT_MEMLOCK. Where it cannot be raised, what is tried says so.
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    static_cast<void>(::setrlimit(RLIMIT_MEMLOCK, &unlimited));

    Features features;
    utsname name{};
    if (::uname(&name) == 0) features.release = name.release;
    features.lockdown = read_lockdown();
    features.cgroup = read_cgroup_version();
    features.symbols = read_symbols();
    const Symbols& symbols = features.symbols;

    const bool own = ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    const Btf types(without.btf         ? nullptr
                    : !btf_file.empty() ? btf__parse(btf_file.c_str(), nullptr)
                    : own               ? btf__load_vmlinux_btf()
                                        : nullptr);
    features.btf = without.btf ? turned_off() : try_btf(types, btf_file);
    features.btf_file = btf_file;
    features.victim_is_task = types && is_victim_a_task(types.get());
    features.programs = try_programs();
    if (features.btf.works && !btf_file.empty() && features.programs.works && !are_types_of_this_kernel(btf_file))
        features.btf = lacks(btf_file + ": it is not of this kernel");
    features.kprobe = without.kprobe ? turned_off() : try_kprobe(symbols.any());
    features.fentry = without.fentry        ? turned_off()
                      : !features.btf.works ? features.btf
                      : !own                ? lacks("the kernel has no BTF itself")
                                            : try_fentry(*types, symbols.any());
    features.raw_tracepoint = without.raw_tracepoint ? turned_off() : features.programs;
    features.tracepoint = without.tracepoint ? turned_off() : try_tracepoint();
    features.kmsg = without.kmsg ? turned_off() : try_kmsg();
    return features;
}

}  // namespace podsnoop
