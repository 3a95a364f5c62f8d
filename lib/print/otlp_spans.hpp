// Exchanges as OpenTelemetry spans: a line is one ExportTraceServiceRequest in OTLP's JSON encoding, as the collector's
// otlpjsonfile receiver reads files. Names are those of the semantic conventions for HTTP spans (stable since 1.23)
// and for Kubernetes; what these have no name for begins with "podsnoop.".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/exchange.hpp"

namespace podsnoop {

class OtlpAttributes;

class OtlpSpans {
  public:
    /// Headers that say more than their text: who asked, and which trace the request belongs to. They have to be among those
    /// that exchanges carry.
    static constexpr std::array<std::string_view, 3> headers{"user-agent", "traceparent", "tracestate"};

    /// Appends one line. The span is the pod's at whose end it was seen. Its parent is the one that the request names; where
    /// that names none its trace is its own. Ids are the same when the same packets are read again.
    void append(std::string& out, const Exchange& exchange);

  private:
    void append_ids(const Exchange& exchange);
    void append_request(OtlpAttributes& attributes, const Exchange& exchange);
    void append_headers(OtlpAttributes& attributes, std::string_view prefix, const Message& message);

    std::uint64_t told_ = 0;  // tells those apart that agree in all else, as requests in one packet
    std::string line_, scratch_;
};

}  // namespace podsnoop
