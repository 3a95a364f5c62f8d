// Names a connection as it was seen in one namespace.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.hpp"

namespace podsnoop {

struct ConnectionKey {
    std::uint64_t netns = 0;  ///< inode
    Endpoint client, server;  ///< as on the wire there

    bool operator==(const ConnectionKey&) const = default;

    struct Hash {
        std::size_t operator()(const ConnectionKey& key) const {
            std::uint64_t hash = key.netns;
            for (const Endpoint* end : {&key.client, &key.server}) {
                const auto words = end->address.words();
                for (const std::uint64_t word : {words[0], words[1], std::uint64_t{end->port}}) {
                    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
                    hash ^= hash >> 32;
                }
            }
            return hash;
        }
    };
};

}  // namespace podsnoop
