// What becomes known of pods, namespaces and connections while packets are read, in the order of the packets: live from
// the node, and from a capture file as it was then. What is told of a packet depends on the packets and the notes before
// it alone, so that a file gives the records that the trace gave which wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "event/namespace.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// All pods of the node, as they are now known.
struct PodsKnown {
    PodList pods{};
    bool settled = true;  ///< none came or went since they were asked for
};

/// A pod comes or goes: whose an address is will be known with the next PodsKnown that is settled.
struct PodsChange {};

/// Who owns a socket.
struct Process {
    std::string comm{};    ///< empty where unknown
    std::string cgroup{};  ///< as in /proc/PID/cgroup, or below the cgroup mount; empty where unknown
};

/// What the node knows of one connection.
struct ConnectionFacts {
    std::uint64_t netns = 0;   ///< where it was seen
    Endpoint client{}, server{};   ///< as on the wire there
    std::optional<Process> client_process{}, server_process{};
    Endpoint backend{};          ///< who answers behind a Service's address; unknown where it was not translated
    Endpoint caller{};           ///< who called behind the client's address; unknown where that was not translated
    std::string service_name{};  ///< "namespace/name:port"; empty where unknown
    bool delivery = false;       ///< it is known to carry away what the trace wrote
};

using Note = std::variant<NamespaceState, PodsKnown, PodsChange, ConnectionFacts>;

struct Noted {
    Time time{};
    Note note{};
};

/// A note as texts without line ends, of at most 60,000 bytes each, JSON inside. What does not fit is left out.
std::vector<std::string> write_note(const Noted& noted);

/// Writes notes one behind the other. Pods that are as before, as they mostly are, are not written out again.
class NoteWriter {
  public:
    /// As write_note().
    std::vector<std::string> write(const Noted& noted);
    /// Whether the note last written told of other pods than before.
    [[nodiscard]] bool wrote_pods() const { return wrote_pods_; }

  private:
    std::vector<std::string> pods_;  // as last written
    bool wrote_pods_ = false;
};

/// Puts texts together again. What a hostile file can make it keep is bounded.
class NoteReader {
  public:
    /// A note when the last of its texts was read, else nothing. Any other text is an Error, and changes nothing.
    Result<std::optional<Noted>> read(std::string_view written);

  private:
    PodList known_;  // of the last note of pods
    std::vector<PodRecord> pods_;   // of one whose last text has not come yet
    std::size_t pods_bytes_ = 0;    // of their texts
};

}  // namespace podsnoop
