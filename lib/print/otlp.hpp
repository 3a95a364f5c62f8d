// What spans and metrics have in common in OTLP's JSON encoding: attributes, and whose they are. It is Protobuf's
// JSON but for ids, which are hex: enumerators are numbers, and whole numbers of 64 bits are texts.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "event/fields.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

/// The greatest whole number: it is a signed one. Nobody has so many bytes; a peer can still claim to.
inline constexpr std::uint64_t otlp_most = std::numeric_limits<std::int64_t>::max();

/// Appends the members of a list of attributes. What is unknown is left out, and so is a number that is too great.
class OtlpAttributes {
  public:
    /// `to` ends with the list's bracket.
    explicit OtlpAttributes(std::string& to) : to_(to) {}

    void text(std::string_view key, std::string_view text);
    void number(std::string_view key, std::uint64_t number);
    void micros(std::string_view key, Micros micros);
    void yes(std::string_view key);
    /// One of a list.
    void only_text(std::string_view key, std::string_view text);
    void address(std::string_view key, const Address& address);

  private:
    void begin(std::string_view key);

    std::string& to_;
};

/// Appends the attributes of a resource that is a pod; none where there is no pod.
void append_otlp_resource(OtlpAttributes& attributes, const Pod* pod);

}  // namespace podsnoop
