#include "recorder.hpp"

#include <utility>
#include <variant>
#include <vector>

namespace podsnoop {

Result<Recorder> Recorder::create(RecorderOptions options) {
    if (options.path == "-") return fail("cannot write capture", "-", "standard output carries the records", "name a file");
    Recorder recorder(std::move(options));
    // Made now, so that a path that cannot be written is known before tracing.
    if (Result<void> opened = recorder.open(false); !opened) return std::unexpected(opened.error());
    return recorder;
}

Result<void> Recorder::open(bool skips_bodies) {
    Result<PcapngWriter> writer = PcapngWriter::create(name(number_), skips_bodies);
    if (!writer) return std::unexpected(writer.error());
    writer_ = std::move(*writer);
    return {};
}

std::string Recorder::name(std::uint64_t number) const {
    if (number == 0) return options_.path;
    std::string digits = std::to_string(number);
    digits.insert(digits.begin(), '.');
    const std::size_t dot = options_.path.rfind('.');
    const std::size_t slash = options_.path.rfind('/');
    const bool extension = dot != std::string::npos && dot != 0 && (slash == std::string::npos || dot > slash + 1);
    return extension ? options_.path.substr(0, dot) + digits + options_.path.substr(dot) : options_.path + digits;
}

/// Begins a file that is whole in itself.
Result<void> Recorder::begin(bool skips_bodies, const Attribution& known, Time first) {
    if (begun_) {
        if (Result<void> opened = open(skips_bodies); !opened) return opened;
        if (Result<void> emptied = empty(); !emptied) return emptied;
    } else {
        // The first file is open, which it could not be once more after privileges were given up.
        writer_->start_over(skips_bodies);
        begun_ = true;
    }
    first_ = first;
    notes_ = {};
    for (const Noted& noted : known.standing())
        if (Result<void> written = write(noted); !written) return written;
    // It may be more than a whole file: each file takes packets all the same.
    base_ = writer_->size();
    return {};
}

Result<void> Recorder::write(const Noted& noted) {
    if (!begun_) return {};  // it will be in what is known when the first packet comes
    const std::vector<std::string> texts = notes_.write(noted);
    std::vector<PcapngWriter::AddressName> names;
    if (const auto* known = std::get_if<PodsKnown>(&noted.note); known != nullptr && notes_.wrote_pods())
        for (const PodRecord& pod : known->pods)
            for (const Address& address : pod.addresses) names.push_back({address, pod.name + "." + pod.namespace_name});
    return writer_->write_notes(texts, names);
}

Result<void> Recorder::write(const Packet& packet, const Interface& interface, bool skips_bodies, const Attribution& known) {
    if (!begun_) {
        if (Result<void> begun = begin(skips_bodies, known, packet.time); !begun) return begun;
    } else if (options_.file_bytes != 0 && writer_->size() - base_ >= options_.file_bytes) {
        if (Result<void> finished = writer_->finish({}, first_, last_); !finished) return finished;
        ++number_;
        if (options_.files != 0) number_ %= options_.files;
        if (Result<void> begun = begin(skips_bodies, known, packet.time); !begun) return begun;
    }
    last_ = packet.time;
    return writer_->write(packet, interface);
}

Result<void> Recorder::finish(const PacketCounts& counts, Time started, Time stopped) {
    return writer_->finish(counts, started, stopped);
}

}  // namespace podsnoop
