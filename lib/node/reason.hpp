// The reason the system gave for a failure, as the end of a sentence.
#pragma once

#include <cctype>
#include <cstring>
#include <string>

namespace podsnoop {

/// "operation not permitted" for EPERM.
inline std::string reason_of(int error) {
    const char* text = ::strerrordesc_np(error);
    if (text == nullptr) return "error " + std::to_string(error);
    std::string reason = text;
    // Not where an abbreviation comes first: "RPC struct is bad".
    if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])))
        reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
    return reason;
}

}  // namespace podsnoop
