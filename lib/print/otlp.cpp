#include "print/otlp.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "base/address.hpp"
#include "print/escape.hpp"

namespace podsnoop {

void OtlpAttributes::begin(std::string_view key) {
    if (!to_.ends_with('[')) to_ += ',';
    to_ += R"({"key":")";
    append_json_text(to_, key);
    to_ += R"(","value":{)";
}

void OtlpAttributes::text(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    begin(key);
    to_ += R"("stringValue":")";
    append_json_text(to_, text);
    to_ += "\"}}";
}

void OtlpAttributes::number(std::string_view key, std::uint64_t number) {
    if (number > otlp_most) return;
    begin(key);
    fmt::format_to(std::back_inserter(to_), R"("intValue":"{}"}}}})", number);
}

void OtlpAttributes::micros(std::string_view key, Micros micros) {
    if (!micros.value) return;
    const auto count = std::chrono::duration_cast<std::chrono::microseconds>(*micros.value).count();
    number(key, static_cast<std::uint64_t>(count));
}

void OtlpAttributes::yes(std::string_view key) {
    begin(key);
    to_ += R"("boolValue":true}})";
}

void OtlpAttributes::only_text(std::string_view key, std::string_view text) {
    begin(key);
    to_ += R"("arrayValue":{"values":[{"stringValue":")";
    append_json_text(to_, text);
    to_ += "\"}]}}}";
}

void OtlpAttributes::address(std::string_view key, const Address& address) {
    if (address.family == 0) return;
    std::string written;
    append_address(written, address);
    text(key, written);
}

void append_otlp_resource(OtlpAttributes& attributes, const Pod* pod) {
    if (pod == nullptr) return;
    attributes.text("k8s.namespace.name", pod->namespace_name);
    attributes.text("k8s.pod.name", pod->name);
    attributes.text("k8s.pod.uid", pod->uid);
    attributes.text("k8s.container.name", pod->container);
}

}  // namespace podsnoop
