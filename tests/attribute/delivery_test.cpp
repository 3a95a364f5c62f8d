#include "attribute/delivery.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "node.hpp"
#include "node/file.hpp"
#include "processes.hpp"

using namespace podsnoop;

namespace {

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        read = Fd(ends[0]);
        write = Fd(ends[1]);
    }
    [[nodiscard]] std::string name() const { return read_link("/proc/self/fd/" + std::to_string(read.get())).value(); }

    Fd read, write;
};

Fd make_socket() { return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/// A process of a pipeline that alone holds a socket.
struct Program {
    Program(const Fd& input, const Fd& output) : Program(input, output, make_socket()) {}

    std::uint32_t socket;
    TestProcess process;

  private:
    Program(const Fd& input, const Fd& output, const Fd& made)
        : socket(inode_of(made)), process(TestProcess::start("", [&] {
              ::dup2(input.get(), 0);
              ::dup2(output.get(), 1);
          })) {}
};

}  // namespace

TEST_CASE("delivery: this process' own sockets, whatever its output is") {
    const Fd socket = make_socket();
    for (const char* output : {"", "/dev/null", "/dev/pts/0", "socket:[1]"}) {
        Delivery delivery("", output);
        CHECK(delivery.sockets().contains(inode_of(socket)));
    }
}

TEST_CASE("delivery: all programs of the pipeline behind it, and no others") {
    const Pipe ours, next, foreign;
    const Fd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const Program curl(next.read, nowhere), jq(ours.read, next.write);  // in whatever order they began
    const Program other(foreign.read, next.write), writer(nowhere, ours.write);
    Delivery delivery("", ours.name());
    const auto& sockets = delivery.sockets();
    CHECK(sockets.contains(jq.socket));
    CHECK(sockets.contains(curl.socket));
    CHECK_FALSE(sockets.contains(other.socket));
    CHECK_FALSE(sockets.contains(writer.socket));
}

TEST_CASE("delivery: a pipeline that bites its own tail is followed once") {
    const Pipe ours, back;
    const Program one(ours.read, back.write), two(back.read, ours.write);
    Delivery delivery("", ours.name());
    const auto& sockets = delivery.sockets();
    CHECK(sockets.contains(one.socket));
    CHECK(sockets.contains(two.socket));
}
