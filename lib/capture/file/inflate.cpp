#include "capture/file/inflate.hpp"

#include <algorithm>

namespace podsnoop {

namespace {
constexpr int gzip_window_bits = 15 + 16;  // the largest window; 16 asks for the gzip format
}

Inflate::Inflate() : stream_(new z_stream{}) { inflateInit2(stream_.get(), gzip_window_bits); }

Inflate::Outcome Inflate::run(Bytes& in, std::span<std::byte> out, std::size_t& written) {
    written = 0;
    if (damaged_) return Outcome::damaged;
    while (!in.empty() && written < out.size()) {
        if (between_members_) {
            in = in.subspan(
                static_cast<std::size_t>(std::ranges::find_if(in, [](std::byte b) { return b != std::byte{}; }) - in.begin()));
            if (in.empty()) break;
            inflateReset(stream_.get());
            between_members_ = false;
        }
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib's interface is older than const; its input is not written
        stream_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
        stream_->avail_in = static_cast<uInt>(in.size());
        stream_->next_out = reinterpret_cast<Bytef*>(out.data() + written);
        stream_->avail_out = static_cast<uInt>(out.size() - written);
        const int code = inflate(stream_.get(), Z_NO_FLUSH);
        in = in.last(stream_->avail_in);
        written = out.size() - stream_->avail_out;
        if (code == Z_STREAM_END) between_members_ = true;
        else if (code != Z_OK && code != Z_BUF_ERROR) damaged_ = true;
        if (damaged_) return Outcome::damaged;
    }
    return Outcome::ok;
}

std::string Inflate::complaint() const { return stream_->msg != nullptr ? stream_->msg : "not gzip data"; }

}  // namespace podsnoop
