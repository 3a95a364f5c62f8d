// red records as OpenTelemetry metrics: a line is one ExportMetricsServiceRequest in OTLP's JSON encoding. The conventions'
// http.server.request.duration is not among them: it has to be told by method, and by the server.
#pragma once

#include <string>

#include "event/red.hpp"

namespace podsnoop {

/// Appends one line: sums over the record's interval (delta temporality) and, where the record has its sketch, a histogram
/// of the durations.
void append_otlp(std::string& out, const RedRecord& red);

}  // namespace podsnoop
