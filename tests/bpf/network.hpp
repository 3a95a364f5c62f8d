// A network namespace for one test, and TCP connections in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// A fresh namespace, loopback up, with this thread in it until it goes.
class TestNetwork {
  public:
    static Result<TestNetwork> make();
    TestNetwork(TestNetwork&&) = default;
    ~TestNetwork();

    /// Runs `ip ARGUMENTS` inside; false where it failed.
    [[nodiscard]] bool ip(const std::string& arguments) const;

  private:
    explicit TestNetwork(NetworkNamespace home) : home_(std::move(home)) {}
    NetworkNamespace home_;
};

/// A connection over loopback, both ends in this process.
class Connection {
  public:
    static Connection make(bool v6 = false);

    void to_server(std::string_view text) const { exchange(client_, server_, text); }
    void to_client(std::string_view text) const { exchange(server_, client_, text); }

  private:
    /// Sends all of it and receives it on the other side.
    static void exchange(const Fd& from, const Fd& to, std::string_view text);
    Fd client_, server_;
};

/// Sends an Ethernet frame as it stands.
void send_frame(const char* interface, std::string_view frame);

/// Sends a SYN to an address where nobody answers.
void send_syn(const char* address);

}  // namespace podsnoop
