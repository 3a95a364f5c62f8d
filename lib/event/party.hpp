// Who calls or is called, in a record of many exchanges: owns what it tells, since pods come and go meanwhile.
#pragma once

#include <optional>
#include <string>

#include "base/address.hpp"
#include "event/exchange.hpp"

namespace podsnoop {

struct Party {
    Endpoint endpoint{};       ///< port 0: of no one port. No address: none, or several of one pod
    std::optional<Pod> pod{};  ///< nothing where it is in none, or unknown
    std::string comm{};        ///< process that owns the socket, where it is in no pod; empty where unknown

    /// "shop/cart-0:8080", "10.0.0.1 (curl)", "[fd00::1]:80"; "-" where nothing is known.
    [[nodiscard]] std::string name() const;
};

}  // namespace podsnoop
