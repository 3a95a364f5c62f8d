#include "capture/file/file_capture.hpp"

namespace podsnoop {

Result<FileCapture> FileCapture::open(const std::string& path) {
    Result<FileCapture> capture = open_unread(path);
    if (!capture) return capture;
    if (Result<void> begun = capture->begin(); !begun) return std::unexpected(begun.error());
    return capture;
}

Result<FileCapture> FileCapture::open_unread(const std::string& path) {
    Result<Input> input = Input::open(path);
    if (!input) return std::unexpected(input.error());
    return FileCapture(std::move(*input));
}

Result<void> FileCapture::begin() {
    if (input_.waits()) return {};
    if (const auto detected = detect(); !detected) return std::unexpected(detected.error());
    return {};
}

/// Finds out the format, once enough of the input is there.
Result<Input::Fill> FileCapture::detect() {
    const Result<Input::Fill> filled = input_.fill(PcapReader::header_size);
    if (!filled || filled == Input::Fill::idle) return filled;
    const Bytes start = input_.window();
    if (start.empty()) return fail("cannot read capture", input_.name(), "it is empty");
    if (start.size() >= 4) {
        if (PcapngReader::recognises(start)) {
            reader_.emplace<PcapngReader>();
            return Input::Fill::ready;
        }
        const Result<std::optional<PcapReader>> pcap = PcapReader::from_header(input_);
        if (!pcap) return std::unexpected(pcap.error());
        if (*pcap) {
            reader_ = **pcap;
            input_.consume(PcapReader::header_size);
            return Input::Fill::ready;
        }
    }
    return fail("cannot read capture", input_.name(), "it is neither pcap nor pcapng");
}

/// The next packet, by all that it may take.
Result<Next> FileCapture::read(Packet& packet) {
    if (input_.is_cut()) return input_.damaged("the file became shorter while it was read", input_.offset());
    Result<Input::Fill> filled = Input::Fill::ready;
    if (std::holds_alternative<std::monostate>(reader_)) filled = detect();
    if (filled == Input::Fill::ready) {
        if (const auto* pcap = std::get_if<PcapReader>(&reader_)) filled = pcap->next(input_, packet);
        else filled = std::get<PcapngReader>(reader_).next(input_, packet);
    }
    if (!filled) return std::unexpected(filled.error());
    switch (*filled) {
        case Input::Fill::ready: ++packets_; return Next::packet;
        case Input::Fill::idle: return Next::idle;
        case Input::Fill::end: break;
    }
    return Next::end;
}

std::vector<std::string> FileCapture::take_notes() {
    auto* pcapng = std::get_if<PcapngReader>(&reader_);
    return pcapng != nullptr ? pcapng->take_notes() : std::vector<std::string>{};
}

std::optional<Time> FileCapture::started() const {
    const auto* pcapng = std::get_if<PcapngReader>(&reader_);
    return pcapng != nullptr ? pcapng->started() : std::nullopt;
}

std::optional<Time> FileCapture::stopped() const {
    const auto* pcapng = std::get_if<PcapngReader>(&reader_);
    return pcapng != nullptr ? pcapng->stopped() : std::nullopt;
}

PacketCounts FileCapture::counts() const {
    PacketCounts counts;
    if (const auto* pcapng = std::get_if<PcapngReader>(&reader_)) {
        counts = pcapng->statistics();
        counts.skipped_not_tcp += pcapng->undecodable();
    }
    counts.kept = packets_;
    counts.seen = counts.kept + counts.skipped_not_tcp + counts.skipped_not_selected + counts.skipped_not_http +
                  counts.skipped_body + counts.skipped_ack + counts.dropped_ring_full + counts.dropped_other;
    return counts;
}

}  // namespace podsnoop
