// Finds in a thread of its own who is at the ends of connections, so that packets never wait for /proc or
// netlink.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attribute/connection_key.hpp"
#include "attribute/conntrack.hpp"
#include "attribute/delivery.hpp"
#include "attribute/service_names.hpp"
#include "attribute/socket_owners.hpp"
#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "event/pod.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// A network namespace of this node that one end of a connection has its socket in.
struct SocketPlace {
    std::uint64_t netns = 0;  ///< inode
    std::string path;         ///< how to open it, "/proc/4711/ns/net"; empty for the node's own
};

struct ConnectionQuestion {
    std::uint64_t key = 0;    ///< the asker's own, given back with the answer
    std::uint64_t netns = 0;  ///< where the connection was seen: the same
    Endpoint client, server;
    /// Where to look for each end's socket; nothing where it is not asked for.
    std::optional<SocketPlace> client_at = {}, server_at = {};
    bool maybe_translated = false;  ///< whether to ask conntrack
};

struct ConnectionAnswer {
    std::uint64_t key = 0;
    ConnectionKey connection;  ///< that was asked about
    std::optional<SocketOwner> client, server;
    std::optional<Translation> translation;
    std::string service;  ///< "namespace/name:port" of the address the client called; empty where unknown
    bool delivery = false;  ///< an end of it is known to carry away what this process writes
};

struct ConnectionOwnersOptions {
    std::string root;                              ///< what /proc and cgroups stand below
    std::chrono::milliseconds scan_interval{
        100};  ///< processes are looked through at most this often: a socket may not stay open for long
    std::size_t limit = 4096;                      ///< questions whose answer was not taken yet
    bool find_delivery = false;                    ///< whether to tell that of connections
};

/// Asks and answers. `ask` and `take` are for one thread, and never wait.
class ConnectionOwners {
  public:
    /// Starts the thread. `node` is the node's own network namespace, and stays open.
    static Result<std::unique_ptr<ConnectionOwners>> start(NetworkNamespace node, ConnectionOwnersOptions options = {});
    ConnectionOwners(const ConnectionOwners&) = delete;
    ConnectionOwners& operator=(const ConnectionOwners&) = delete;
    ~ConnectionOwners();

    /// False where too many questions wait: it is then counted and never answered.
    bool ask(ConnectionQuestion question);
    /// Each question taken is answered once, in no order.
    std::optional<ConnectionAnswer> take();
    /// The pods of this node, whose environments may tell the names of Services.
    void know(PodList pods);
    /// Readable while there are answers.
    [[nodiscard]] int fd() const noexcept { return answered_.get(); }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    /// Why connections' translations are not known, once; nothing where they are, or where nobody asked yet.
    std::optional<Error> take_warning();

  private:
    using Clock = std::chrono::steady_clock;
    /// A question with what was found out so far.
    struct Pending {
        ConnectionQuestion question;
        ConnectionAnswer answer;
        std::optional<TcpSocket> client, server;
        std::vector<TcpSocket> listeners;  ///< that the server's socket came from, or would have
    };

    /// A question that waits. Thousands may, so there is no path in it for each.
    struct Asked {
        std::uint64_t key = 0, netns = 0;
        Endpoint client, server;
        bool maybe_translated = false;
        std::optional<std::uint64_t> client_at = {}, server_at = {};  ///< namespaces, whose paths are in `paths_`
    };
    /// An answer that waits. Of most connections nothing is found.
    struct Answered {
        std::uint64_t key = 0;
        ConnectionKey connection;
        std::unique_ptr<ConnectionAnswer> found;  ///< null: nothing
    };

    /// The owner of an address that a server had, for connections told of after it closed its sockets.
    struct PastServer {
        SocketOwner owner;
        Clock::time_point at;
    };

    ConnectionOwners(NetworkNamespace node, ConnectionOwnersOptions options, Fd answered);
    void run(const std::stop_token& stop);
    /// Waits for questions, until `deadline` where there is one, and gives those there are, at most `questions_at_once`.
    void next(const std::stop_token& stop, std::optional<Clock::time_point> deadline, std::vector<Pending>& batch);
    [[nodiscard]] std::optional<SocketPlace> place_of(std::optional<std::uint64_t> netns) const;
    void tell(std::vector<Pending>& done);

    /// Finds what the kernel tells: translations, and the sockets.
    void look_up(std::vector<Pending>& batch);
    void find_translations(std::vector<Pending>& batch);
    void find_service_names(std::vector<Pending>& batch);
    /// Fills in the sockets as they are now, and the listeners of those that are gone.
    void find_sockets(std::span<Pending> batch);
    void find_sockets(std::span<Pending> batch, const SocketPlace& place);
    void find_delivery(std::vector<Pending>& batch);
    /// Fills in the owners that are known; whether none is missing of a socket that was found.
    bool find_owners(Pending& pending);
    void look_for_owners(const std::vector<Pending>& waiting);

    const NetworkNamespace node_;
    const ConnectionOwnersOptions options_;
    const Fd answered_;  ///< an eventfd
    // Of the asking thread alone.
    std::uint64_t dropped_ = 0;
    std::size_t in_flight_ = 0;

    std::mutex mutex_;  ///< of what follows, up to `warning_`
    std::condition_variable_any asked_;
    std::deque<Asked> questions_;
    std::map<std::uint64_t, std::string> paths_;  ///< of namespaces that were asked about; forgotten where no question waits
    std::deque<Answered> answers_;
    PodList pods_;
    std::optional<Error> warning_;

    // Of the answering thread alone.
    SocketOwners owners_;
    Delivery delivery_;
    std::optional<Result<Conntrack>> conntrack_;  ///< nothing until it is needed
    ServiceNames service_names_;
    Clock::time_point names_next_{};  ///< not read again before
    std::map<std::pair<std::uint64_t, Endpoint>, PastServer> past_servers_;  ///< by network namespace and address

    std::jthread thread_;  ///< last, so that it ends before what it uses
};

}  // namespace podsnoop
