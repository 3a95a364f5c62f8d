#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>

#include "event/check.hpp"
#include "event/fields_check.hpp"
#include "event/fields_oom.hpp"
#include "event/fields_pod.hpp"
#include "event/fields_tcp.hpp"
#include "exchanges.hpp"
#include "print/escape.hpp"
#include "print/printer.hpp"
#include "print/record_printer.hpp"

using namespace podsnoop;

namespace {

std::string field_text(std::string_view text) {
    std::string out;
    append_influx_text(out, text);
    return out;
}

std::string tag_text(std::string_view text) {
    std::string out;
    append_influx_tag(out, text);
    return out;
}

std::string line(const Exchange& e, PrintOptions options = {}) {
    options.format = Format::influx;
    ExchangePrinter printer(options);
    std::string out;
    printer.header(out);
    printer.print(out, e);
    return out;
}

template <class Record>
std::string line_of(const Record& record) {
    RecordPrinter<Record> printer({.format = Format::influx});
    std::string out;
    printer.print(out, record);
    return out;
}

}  // namespace

TEST_CASE("influx: an exchange is a point, its series are pods, server, method and status") {
    CHECK(
        line(full_exchange()) ==
        "http,side=client,server_address=10.244.0.9,server_port=8080,request_method=GET,request_version=1.1,response_status=200,"
        "response_version=1.1,end=complete "
        "interface=\"eth0\",netns=4026532201i,client_address=\"10.244.0.7\",client_port=51234i,request_target=\"/cart?id=1\","
        "request_host=\"cart.shop\",request_head_bytes=312i,request_body_bytes=0i,response_head_bytes=150i,response_body_bytes="
        "5120i,"
        "latency_us_connect=310i,latency_us_request=12i,latency_us_wait=1834i,latency_us_response=220i,latency_us_total=2066i "
        "1795247365123456789\n");
    CHECK(line(unanswered_exchange()) ==
          "http,server_address=10.244.0.9,server_port=8080,request_method=GET,request_version=1.1,end=timeout "
          "client_address=\"10.244.0.7\",client_port=51234i,request_target=\"/"
          "cart?id=1\",request_head_bytes=312i,request_body_bytes=0i "
          "1795247365123456789\n");
}

TEST_CASE("influx: pods, Services and processes are tags") {
    const Pod client{"shop", "web-0", "uid-1", "app"}, server{"a b", "c=d,e", "", ""};
    Exchange e = full_exchange();
    e.client.pod = &client;
    e.server.pod = &server;
    e.server.comm = "x\\";
    e.service = Service{{ipv4(10, 96, 0, 1), 80}, "shop/cart:http"};
    CHECK(
        line(e).starts_with("http,side=client,client_pod_namespace=shop,client_pod_name=web-0,client_pod_container=app,server_"
                            "address=10.244.0.9,server_port=8080,"
                            "server_pod_namespace=a\\ "
                            "b,server_pod_name=c\\=d\\,e,server_comm=x\\u005c,service_name=shop/cart:http,request_method=GET,"));
    CHECK(line(e).find(",client_pod_uid=\"uid-1\",service_address=\"10.96.0.1\",service_port=80i,") != std::string::npos);
}

TEST_CASE("influx: a method that anybody may have made up makes no series") {
    Exchange e = full_exchange();
    e.request.method = "GE T,=\"";
    const std::string text = line(e);
    CHECK(text.find(",request_method=_OTHER,") != std::string::npos);
    CHECK(text.find(",request_method_original=\"GE T,=\\\"\",") != std::string::npos);
}

TEST_CASE("influx: whatever bytes come, a field ends where it should and a line is one") {
    CHECK(field_text("a b,c=d") == "a b,c=d");
    CHECK(field_text("say \"hi\"") == "say \\\"hi\\\"");
    CHECK(field_text("end\\") == "end\\\\\\\\");  // stored as a JSON string's inside, end\\ .
    CHECK(field_text("a\r\nb\x1b") == "a\\\\r\\\\nb\\\\u001b");
    CHECK(field_text("\xff\xc3\xa4\xe2\x80\xae") == "\xef\xbf\xbd\xc3\xa4\\\\u202e");
    CHECK(tag_text("a b,c=d\"e") == "a\\ b\\,c\\=d\"e");
    CHECK(tag_text("end\\") == "end\\u005c");
    CHECK(tag_text("\\,") == "\\u005c\\,");
    CHECK(tag_text("a\nb\xff") == "a\\nb\xef\xbf\xbd");
}

TEST_CASE("influx: flags, headers and body are texts") {
    Exchange e = full_exchange();
    e.flags = flag_pipelined | flag_early;
    e.request.headers = {{"Accept", "a, \"b\""}, {"Via", "x"}};
    const std::string text = line(e, {.headers = true, .body = true});
    CHECK(text.find(",request_headers=\"accept: a, \\\"b\\\"; via: x\",request_body=\"\",") != std::string::npos);
    CHECK(text.find(",flags=\"pipelined early\" 1795247365123456789\n") != std::string::npos);
}

TEST_CASE("influx: a number that line protocol cannot tell is left out") {
    Exchange e = full_exchange();
    e.response.body_bytes = std::numeric_limits<std::int64_t>::max();
    CHECK(line(e).find(",response_body_bytes=9223372036854775807i,") != std::string::npos);
    ++e.response.body_bytes;
    CHECK(line(e).find("response_body_bytes") == std::string::npos);
}

TEST_CASE("influx: points of one series and time are told apart, by as little as there is") {
    ExchangePrinter printer({.format = Format::influx});
    const auto time_told = [&](const Exchange& e) {
        std::string out;
        printer.print(out, e);
        return out.substr(out.rfind(' ') + 1);
    };
    Exchange e = full_exchange();
    CHECK(time_told(e) == "1795247365123456789\n");
    CHECK(time_told(e) == "1795247365123456790\n");
    CHECK(time_told(e) == "1795247365123456791\n");
    e.time += std::chrono::nanoseconds(1);
    CHECK(time_told(e) == "1795247365123456792\n");
    e.time -= std::chrono::nanoseconds(1);
    e.response.status = 404;
    CHECK(time_told(e) == "1795247365123456789\n");
}

TEST_CASE("influx: other records") {
    TcpConnection connection;
    connection.time = some_time;
    connection.client.endpoint = {ipv4(10, 0, 0, 1), 40000};
    connection.server.endpoint = {ipv4(10, 0, 0, 2), 5432};
    connection.duration = std::chrono::microseconds(12);
    connection.reset_by = ResetBy::server;
    connection.end = ConnectionEnd::reset;
    CHECK(line_of(connection) ==
          "tcp,server_address=10.0.0.2,server_port=5432,reset_by=server,end=reset "
          "client_address=\"10.0.0.1\",client_port=40000i,duration_us=12i,"
          "client_bytes=0i,server_bytes=0i,retransmits=0i,client_retransmits=0i,server_retransmits=0i,client_zero_windows=0i,"
          "server_zero_windows=0i,syns=0i 1795247365123456789\n");
    connection.open = true;
    CHECK(line_of(connection).starts_with("tcp-open,server_address=10.0.0.2,server_port=5432,reset_by=server client_address="));

    OomKill kill;
    kill.time = some_time;
    CHECK(line_of(kill).ends_with(" seen=true 1795247365123456789\n"));

    PodRecord pod;
    pod.namespace_name = "shop";
    pod.name = "web-0";
    pod.containers.resize(2);
    pod.containers[0].name = "app";
    pod.containers[0].pid = 7;
    CHECK(line_of(pod) ==
          "pod,namespace=shop,name=web-0,source=node-files host_network=false,containers_name=\"app -\",containers_id=\"- "
          "-\",containers_pid=\"7 -\"\n");
}
