// What a library function gives back when it may fail: a value, or an Error that a person can act on.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace podsnoop {

/// Why something could not be done. The program prints it as one line, "what: on: why", and then the hint.
struct Error {
    std::string what;  ///< what was tried, "cannot open interface"
    std::string on;    ///< on what, "eth9"; may be empty
    std::string why;   ///< the reason, "no such device"
    std::string hint;  ///< what to do about it; may be empty

    /// "what: on: why", without the hint and without a line end.
    [[nodiscard]] std::string line() const {
        std::string text = what;
        if (!on.empty()) text += ": " + on;
        if (!why.empty()) text += ": " + why;
        return text;
    }
};

template <class T>
using Result = std::expected<T, Error>;

/// Short for returning an Error from a function that returns a Result.
inline std::unexpected<Error> fail(std::string what, std::string on, std::string why, std::string hint = {}) {
    return std::unexpected(Error{std::move(what), std::move(on), std::move(why), std::move(hint)});
}

}  // namespace podsnoop
