#include "attribute/hosts_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace podsnoop;

namespace {

const std::string fixed =
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";

std::vector<std::string> addresses(const std::string& text) {
    const auto file = read_hosts_file(text);
    REQUIRE(file);
    CHECK(!file->host_network);
    std::vector<std::string> texts;
    for (const Address& address : file->addresses) append_address(texts.emplace_back(), address);
    return texts;
}

}  // namespace

TEST_CASE("hosts file: the pod's addresses") {
    using List = std::vector<std::string>;
    CHECK(addresses(fixed + "10.244.0.3\tcart-7d9f\n") == List{"10.244.0.3"});
    CHECK(addresses(fixed + "10.244.0.3\tcart\nfd00::3\tcart\n") == List{"10.244.0.3", "fd00::3"});
    CHECK(addresses(fixed + "fd00::3\tcart.sub.shop.svc.cluster.local\tcart") == List{"fd00::3"});
    CHECK(addresses(fixed + "10.244.0.3\tcart\n\n# Entries added by HostAliases.\n10.0.0.1\tother\tnames\n") ==
          List{"10.244.0.3"});
    CHECK(addresses(fixed).empty());
}

TEST_CASE("hosts file: the node's own, of a hostNetwork pod") {
    const auto file = read_hosts_file("# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n10.0.0.1 node1\n");
    REQUIRE(file);
    CHECK(file->host_network);
    CHECK(file->addresses.empty());
}

TEST_CASE("hosts file: nothing of one that somebody else wrote, or wrote in") {
    for (const std::string& text :
         {std::string(), std::string("127.0.0.1\tlocalhost\n10.244.0.3\tcart\n"),
          std::string("# Kubernetes-managed hosts file\n10.244.0.3\tcart\n"), fixed + "10.244.0.3\tcart\n10.152.183.38 auth-db\n",
          fixed + "10.244.0.3\tcart\n10.244.0.4\tcart\n", fixed + "10.244.0.3\tcart\nfd00::9\tanother\n",
          fixed + "10.244.0.3 cart\n", fixed + "10.244.0\tcart\n", fixed + "\tcart\n", fixed + "\x1b[2J\n"}) {
        CAPTURE(text);
        CHECK(!read_hosts_file(text));
    }
}
