#include "event/backlog.hpp"
#include "event/check.hpp"
#include "event/exchange.hpp"
#include "event/oom.hpp"
#include "event/pod.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

std::string_view name_of(ExchangeEnd end) {
    switch (end) {
        case ExchangeEnd::complete: return "complete";
        case ExchangeEnd::reset: return "reset";
        case ExchangeEnd::closed: return "closed";
        case ExchangeEnd::timeout: return "timeout";
        case ExchangeEnd::gap: return "gap";
        case ExchangeEnd::upgraded: return "upgraded";
        case ExchangeEnd::capture_end: return "capture-end";
        case ExchangeEnd::evicted: return "evicted";
    }
    return {};
}

std::string_view name_of(Side side) {
    switch (side) {
        case Side::unknown: return {};
        case Side::client: return "client";
        case Side::server: return "server";
        case Side::between: return "between";
    }
    return {};
}

std::string_view name_of(ExchangeFlag flag) {
    switch (flag) {
        case flag_midstream: return "midstream";
        case flag_pipelined: return "pipelined";
        case flag_early: return "early";
        case flag_body_gap: return "body-gap";
        case flag_retransmit: return "retransmit";
        case flag_truncated_head: return "truncated-head";
    }
    return {};
}

std::string_view name_of(ConnectionEnd end) {
    switch (end) {
        case ConnectionEnd::fin: return "fin";
        case ConnectionEnd::reset: return "reset";
        case ConnectionEnd::refused: return "refused";
        case ConnectionEnd::timeout: return "timeout";
        case ConnectionEnd::reused: return "reused";
        case ConnectionEnd::capture_end: return "capture-end";
        case ConnectionEnd::evicted: return "evicted";
    }
    return {};
}

std::string_view name_of(ConnectionFlag flag) {
    switch (flag) {
        case connection_midstream: return "midstream";
        case connection_one_way: return "one-way";
        case connection_half_open: return "half-open";
        case connection_reordered: return "reordered";
    }
    return {};
}

std::string_view name_of(ResetBy by) {
    switch (by) {
        case ResetBy::none: return {};
        case ResetBy::client: return "client";
        case ResetBy::server: return "server";
    }
    return {};
}

std::string_view name_of(PodSource source) {
    switch (source) {
        case PodSource::kubelet: return "kubelet";
        case PodSource::node_files: return "node-files";
        case PodSource::file: return "file";
    }
    return {};
}

std::string_view name_of(ProbeSource source) {
    switch (source) {
        case ProbeSource::kprobe: return "kprobe";
        case ProbeSource::fentry: return "fentry";
        case ProbeSource::tracepoint: return "tracepoint";
        case ProbeSource::kmsg: return "kmsg";
        case ProbeSource::netstat: return "netstat";
    }
    return {};
}

std::string_view name_of(CheckState state) {
    switch (state) {
        case CheckState::ok: return "ok";
        case CheckState::degraded: return "degraded";
        case CheckState::missing: return "missing";
    }
    return {};
}

std::string_view name_of(OomScope scope) {
    switch (scope) {
        case OomScope::unknown: return {};
        case OomScope::cgroup: return "cgroup";
        case OomScope::node: return "node";
    }
    return {};
}

std::string_view name_of(ListenQueue queue) {
    switch (queue) {
        case ListenQueue::accept: return "accept";
        case ListenQueue::syn: return "syn";
    }
    return {};
}

std::string_view name_of(HandshakeStage stage) {
    switch (stage) {
        case HandshakeStage::unknown: return {};
        case HandshakeStage::syn: return "syn";
        case HandshakeStage::ack: return "ack";
    }
    return {};
}

}  // namespace podsnoop
