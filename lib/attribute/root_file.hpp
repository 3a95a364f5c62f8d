// Small files of a node whose root may not be ours: `kubectl debug node/…` has it mounted at /host.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace podsnoop {

/// A path on the node whose root directory is `root`; empty for our own. Symbolic links are followed as they are
/// meant on that node: the kubelet's kubelet-client-current.pem is an absolute one.
struct RootFile {
    std::string root;
    std::string path;  ///< absolute

    bool operator==(const RootFile&) const = default;
    /// As it is named here: "/host/etc/kubernetes/pki/ca.crt".
    [[nodiscard]] std::string shown() const { return root + path; }
};

/// Whether it is there as a regular file, readable or not.
bool exists(const RootFile& file);

/// The names in a folder, in no order, at most so many of them.
Result<std::vector<std::string>> list(const RootFile& folder, std::size_t most_names);

/// All of a regular file. Fails where it holds more than `most_bytes`; does not wait on a pipe or a device.
Result<std::string> read(const RootFile& file, std::size_t most_bytes);
/// The same piece by piece: calls take(piece) for each. What was taken before it fails is not all.
Result<void> read(const RootFile& file, std::size_t most_bytes, const std::function<void(std::string_view)>& take);

}  // namespace podsnoop
