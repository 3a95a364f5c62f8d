// Exchanges as OpenTelemetry spans: a line is one TracesData message in OTLP's JSON encoding, as the collector's
// otlpjsonfile receiver reads files. Names are those of the semantic conventions for HTTP spans (stable since 1.23)
// and for Kubernetes; what these have no name for begins with "podsnoop.".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/exchange.hpp"

namespace podsnoop {

class OtlpSpans {
  public:
    /// Appends one line. The span is the pod's at whose end it was seen; its trace is its own, since none is carried
    /// by what was seen, and the ids are the same when the same packets are read again.
    void append(std::string& out, const Exchange& exchange);

  private:
    void attribute(std::string_view key, std::string_view text);
    void attribute(std::string_view key, std::uint64_t number);
    void begin_attribute(std::string_view key);
    void append_resource(const Pod* pod);
    void append_request(const Exchange& exchange);
    void append_network(const Exchange& exchange);

    std::uint64_t told_ = 0;  // tells those apart that agree in all else, as requests in one packet
    std::string line_;
};

}  // namespace podsnoop
