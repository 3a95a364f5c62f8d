#include "capture/file/input.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>

#include "capture_file.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

constexpr auto order = std::endian::little;
const std::string capture_bytes = pcap_header(order) + pcap_packet(order, 1, 0, "first") + pcap_packet(order, 2, 0, "second");

/// A pipe whose reading end has a path.
class Pipe {
  public:
    Pipe() {
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        reader_ = Fd(ends[0]);
        writer_ = Fd(ends[1]);
    }
    void write(std::string_view bytes) {
        REQUIRE(::write(writer_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    void finish() { writer_.reset(); }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(reader_.get()); }

  private:
    Fd reader_, writer_;
};

/// Appends what the packets carry, until something other than a packet comes.
Next drain(FileCapture& capture, std::string& seen) {
    Packet packet;
    for (;;) {
        const auto next = capture.next(packet);
        REQUIRE(next);
        if (*next != Next::packet) return *next;
        seen += as_text(packet.data);
    }
}

}  // namespace

TEST_CASE("a pipe is idle when nothing is waiting, wherever that cuts a record") {
    for (const std::string& bytes : {capture_bytes, gzip(capture_bytes)}) {
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            CAPTURE(cut);
            Pipe pipe;
            pipe.write(std::string_view(bytes).substr(0, cut));
            auto capture = FileCapture::open(pipe.path());
            REQUIRE(capture);
            std::string seen;
            CHECK(drain(*capture, seen) == Next::idle);
            if (bytes == capture_bytes) CHECK(seen == (cut < 45 ? "" : "first"));
            pipe.write(std::string_view(bytes).substr(cut));
            pipe.finish();
            CHECK(drain(*capture, seen) == Next::end);
            CHECK(seen == "firstsecond");
        }
    }
}

TEST_CASE("a pipe can be polled, and a signal ends the wait for it") {
    Pipe pipe;
    auto capture = FileCapture::open(pipe.path());
    REQUIRE(capture);
    CHECK(fcntl(capture->poll_fd(), F_GETFD) != -1);
    std::string seen;
    CHECK(drain(*capture, seen) == Next::idle);
    struct sigaction quiet{}, before{};
    quiet.sa_handler = [](int) {};
    sigaction(SIGALRM, &quiet, &before);
    const itimerval often{{0, 2000}, {0, 2000}}, never{};
    setitimer(ITIMER_REAL, &often, nullptr);
    CHECK(drain(*capture, seen) == Next::idle);  // would not come back without the signal
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before, nullptr);
}

TEST_CASE("gzip is unpacked, of several members and with padding") {
    for (std::size_t cut = 0; cut <= capture_bytes.size(); cut += 5) {
        const std::string packed = gzip(capture_bytes.substr(0, cut)) + std::string(cut, '\0') + gzip(capture_bytes.substr(cut)) +
                                   std::string(512, '\0');
        const Reading reading = read_bytes(packed);
        CHECK(reading.error == "");
        CHECK(reading.packets.size() == 2);
    }
}

TEST_CASE("damaged gzip gives what came before, then one error") {
    const std::string packed = gzip(capture_bytes);
    for (std::size_t size = 2; size < packed.size(); ++size) {
        CAPTURE(size);
        CHECK(read_bytes(packed.substr(0, size)).error ==
              "damaged capture: the gzip data ends early at byte " + std::to_string(size));
    }
    std::string wrong_sum = packed;
    wrong_sum[packed.size() - 5] ^= 1;
    const Reading reading = read_bytes(wrong_sum);
    CHECK(reading.packets.size() == 2);
    CHECK(reading.error.starts_with("damaged capture: incorrect"));
    CHECK(read_bytes(packed + "garbage").error.starts_with("damaged capture: incorrect header check in the gzip data"));
    CHECK(read_bytes(gzip(capture_bytes.substr(0, 50))).error ==
          "damaged capture: the file ends inside the record at byte 45 of the unpacked data");
}

TEST_CASE("zeroes that unpack to much more than memory should hold are read in bounds") {
    std::string bomb = gzip(capture_bytes);
    const std::string zeroes = gzip(pcap_packet(order, 0, 0, std::string(1 << 20, '\0')));
    for (int i = 0; i < 300; ++i) bomb += zeroes;
    const TemporaryFile file(bomb);
    auto capture = FileCapture::open(file.path());
    REQUIRE(capture);
    std::string ignored;
    Packet packet;
    std::uint64_t bytes = 0;
    for (auto next = capture->next(packet); *next == Next::packet; next = capture->next(packet)) bytes += packet.data.size();
    CHECK(bytes == 11 + (300ull << 20));
}

namespace {

/// A file larger than what is mapped of it at once: packets of 64 KB with a digit of their own.
std::string many_packets(unsigned count) {
    std::string bytes = pcap_header(order);
    for (unsigned i = 0; i < count; ++i) bytes += pcap_packet(order, i, 0, std::string(65'000, static_cast<char>('0' + i % 10)));
    return bytes;
}

/// How many packets came whole and in their order, until something else came.
unsigned whole_packets(FileCapture& capture, std::optional<Error>& error, unsigned until = ~0U) {
    Packet packet;
    for (unsigned count = 0;; ++count) {
        if (count == until) return count;
        const auto next = capture.next(packet);
        if (!next) error = next.error();
        if (!next || *next != Next::packet) return count;
        REQUIRE(packet.data.size() == 65'000);
        REQUIRE(as_text(packet.data).find_first_not_of(static_cast<char>('0' + count % 10)) == std::string_view::npos);
    }
}

}  // namespace

TEST_CASE("a large file is seen whole, whatever of it is mapped, and when it grows") {
    const std::string bytes = many_packets(100);
    const TemporaryFile file(bytes.substr(0, bytes.size() - 100'000));
    auto capture = FileCapture::open(file.path());
    REQUIRE(capture);
    std::optional<Error> error;
    CHECK(whole_packets(*capture, error) == 98);
    REQUIRE(error);
    CHECK(error->why == "the file ends inside the record at byte " + std::to_string(24 + 98 * 65'016));

    const TemporaryFile growing(bytes.substr(0, 24 + 50 * 65'016));
    auto more = FileCapture::open(growing.path());
    REQUIRE(more);
    error.reset();
    CHECK(whole_packets(*more, error) == 50);
    growing.append(std::string_view(bytes).substr(24 + 50 * 65'016));
    CHECK(whole_packets(*more, error) == 50);
    CHECK(!error);
}

TEST_CASE("a file that is cut while it is read gives what was read, then one error") {
    const TemporaryFile file(many_packets(100));
    auto capture = FileCapture::open(file.path());
    REQUIRE(capture);
    std::optional<Error> error;
    // Beyond what is read before anything is mapped, and nowhere near a record's start.
    CHECK(whole_packets(*capture, error, 20) == 20);
    REQUIRE(::truncate(file.path().c_str(), 1000) == 0);
    Packet packet;
    auto next = capture->next(packet);
    for (unsigned i = 0; next && *next == Next::packet && i < 100; ++i) {
        static_cast<void>(as_text(packet.data).find('x'));  // touches all of it
        next = capture->next(packet);
    }
    REQUIRE(!next);
    CHECK(next.error().line().find("the file became shorter while it was read at byte") != std::string::npos);
    CHECK(!capture->next(packet));
}
