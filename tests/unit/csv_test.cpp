#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "exchanges.hpp"
#include "print/escape.hpp"
#include "print/printer.hpp"

using namespace podsnoop;

namespace {

std::string csv_text(std::string_view text) {
    std::string out;
    append_csv_text(out, text);
    return out;
}

}  // namespace

TEST_CASE("csv: names are the JSON's, flattened, and lines have a value for each") {
    ExchangePrinter printer({.format = Format::csv});
    std::string header, full, half;
    printer.header(header);
    printer.print(full, full_exchange());
    printer.print(half, unanswered_exchange());
    CHECK(header ==
          "type,time,side,interface,netns,client_address,client_port,client_pod_namespace,client_pod_name,"
          "client_pod_uid,client_pod_container,client_comm,server_address,server_port,server_pod_namespace,server_pod_name,"
          "server_pod_uid,server_pod_container,server_comm,service_address,service_port,service_name,"
          "request_method,request_target,request_host,request_version,"
          "request_head_bytes,request_body_bytes,response_status,response_version,response_head_bytes,"
          "response_body_bytes,latency_us_connect,latency_us_request,latency_us_wait,latency_us_response,"
          "latency_us_total,end,flags\n");
    CHECK(full ==
          "http,2026-11-21T07:49:25.123456789Z,client,eth0,4026532201,10.244.0.7,51234,,,,,,10.244.0.9,8080,,,"
          ",,,,,,GET,"
          "/cart?id=1,cart.shop,1.1,312,0,200,1.1,150,5120,310,12,1834,220,2066,complete,\n");
    CHECK(half ==
          "http,2026-11-21T07:49:25.123456789Z,,,,10.244.0.7,51234,,,,,,10.244.0.9,8080,,,,,,,,,GET,"
          "/cart?id=1,,1.1,312,0,,,,,,,,,,timeout,\n");
    CHECK(std::ranges::count(header, ',') == std::ranges::count(full, ','));
    CHECK(std::ranges::count(header, ',') == std::ranges::count(half, ','));
}

TEST_CASE("csv: flags, headers and body are one value each") {
    ExchangePrinter printer({.format = Format::csv, .headers = true, .body = true});
    Exchange e = full_exchange();
    e.flags = flag_pipelined | flag_early;
    e.request.headers = {{"Accept", "a, b"}, {"Via", "x"}};
    e.response.body_preview = "1\n2";
    std::string out;
    printer.header(out);
    CHECK(out.find("request_body_bytes,request_headers,request_body,response_status") != std::string::npos);
    out.clear();
    printer.print(out, e);
    CHECK(out.find(R"(,"accept: a, b; via: x",,200,)") != std::string::npos);
    CHECK(out.find(R"(,5120,,1\n2,310,)") != std::string::npos);
    CHECK(out.ends_with(",complete,pipelined early\n"));
}

TEST_CASE("csv: quotes where needed, and a record stays on its line") {
    CHECK(csv_text("") == "");
    CHECK(csv_text("plain text") == "plain text");
    CHECK(csv_text("a,b") == "\"a,b\"");
    CHECK(csv_text("say \"hi\"") == "\"say \"\"hi\"\"\"");
    CHECK(csv_text(" edge") == "\" edge\"");
    CHECK(csv_text("a\r\nb\\n") == R"(a\r\nb\\n)");
    CHECK(csv_text("\x1b[0m,\xff") == "\"\\u001b[0m,\xef\xbf\xbd\"");
}
