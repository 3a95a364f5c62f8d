#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "attribute/credentials.hpp"

using namespace podsnoop;

namespace {

constexpr const char* token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
constexpr const char* token_ca = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
constexpr const char* kubeadm_cert = "/etc/kubernetes/pki/apiserver-kubelet-client.crt";
constexpr const char* kubeadm_key = "/etc/kubernetes/pki/apiserver-kubelet-client.key";

/// What is planned where these files are there: a line an attempt, then "trust FILE".
std::vector<std::string> plan(const KubeletOptions& options, const std::vector<std::string>& files) {
    const auto plan = plan_kubelet(options, [&](const RootFile& file) { return std::ranges::count(files, file.shown()) > 0; });
    if (!plan) return {plan.error().why};
    std::vector<std::string> lines;
    for (const KubeletAttempt& attempt : plan->attempts) {
        std::string line = text_of(attempt.url) + " " + attempt.as;
        for (const auto& file : {attempt.token, attempt.cert, attempt.key})
            if (file) line.append(" ").append(file->shown());
        lines.push_back(line);
    }
    for (const RootFile& file : plan->trusted) lines.push_back(std::string("trust ").append(file.shown()));
    if (!plan->verify) lines.push_back("trust anybody");
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("credentials: where there is nothing, the kubelet is asked as by anybody") {
    CHECK(plan({}, {}) ==
          Lines{"https://127.0.0.1:10250/pods without a credential", "http://127.0.0.1:10255/pods without a credential"});
}

TEST_CASE("credentials: what is found is tried in order, then the read-only port") {
    CHECK(plan({},
               {token, token_ca, kubeadm_cert, kubeadm_key, "/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/pki/kubelet.crt"}) ==
          Lines{std::string("https://127.0.0.1:10250/pods with the service account's token ") + token,
                std::string("https://127.0.0.1:10250/pods with kubeadm's client certificate ") + kubeadm_cert + " " + kubeadm_key,
                "http://127.0.0.1:10255/pods without a credential", std::string("trust ") + token_ca,
                "trust /var/lib/kubelet/pki/kubelet.crt", "trust /etc/kubernetes/pki/ca.crt"});
}

TEST_CASE("credentials: a certificate without its key is none") {
    CHECK(plan({}, {kubeadm_cert})[0] == "https://127.0.0.1:10250/pods without a credential");
    CHECK(plan({}, {kubeadm_key})[0] == "https://127.0.0.1:10250/pods without a credential");
}

TEST_CASE("credentials: the node's files are below its root, the token is ours") {
    KubeletOptions options;
    options.root = "/host";
    const std::string cert = std::string("/host") + kubeadm_cert, key = std::string("/host") + kubeadm_key;
    const Lines lines = plan(
        options, {token, kubeadm_cert, kubeadm_key, cert, key, "/host/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/ca.crt"});
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == std::string("https://127.0.0.1:10250/pods with the service account's token ") + token);
    CHECK(lines[1] == "https://127.0.0.1:10250/pods with kubeadm's client certificate " + cert + " " + key);
    CHECK(lines[3] == "trust /host/etc/kubernetes/pki/ca.crt");
}

TEST_CASE("credentials: each address of the node is asked with each credential") {
    KubeletOptions options;
    options.node_addresses = {*parse_address("10.0.0.5"), *parse_address("127.0.0.1"), *parse_address("10.0.0.5")};
    CHECK(plan(options, {}) ==
          Lines{"https://127.0.0.1:10250/pods without a credential", "https://10.0.0.5:10250/pods without a credential",
                "http://127.0.0.1:10255/pods without a credential", "http://10.0.0.5:10255/pods without a credential"});
}

TEST_CASE("credentials: what is given is used and nothing else") {
    KubeletOptions options;
    options.token_file = "t";
    options.cert_file = "c";
    options.ca_file = "a";
    const std::vector<std::string> files{token, token_ca, kubeadm_cert, kubeadm_key, "/etc/kubernetes/pki/ca.crt"};
    CHECK(plan(options, files) == Lines{"https://127.0.0.1:10250/pods with the token given t",
                                        "https://127.0.0.1:10250/pods with the client certificate given c c", "trust a"});
    options.key_file = "k";
    options.url = parse_kubelet_url("[fd00::5]").value();
    options.insecure = true;
    CHECK(plan(options, files) == Lines{"https://[fd00::5]:10250/pods with the token given t",
                                        "https://[fd00::5]:10250/pods with the client certificate given c k", "trust a",
                                        "trust anybody"});
    // An address given is the only one, though credentials are looked for.
    KubeletOptions only_url;
    only_url.url = options.url;
    only_url.node_addresses = {*parse_address("10.0.0.5")};
    CHECK(plan(only_url, {token})[0] == std::string("https://[fd00::5]:10250/pods with the service account's token ") + token);
    CHECK(plan(only_url, {token}).size() == 1);
}

TEST_CASE("credentials: nothing is given away without TLS") {
    KubeletOptions options;
    options.url = parse_kubelet_url("http://10.0.0.5").value();
    CHECK(plan(options, {token, kubeadm_cert, kubeadm_key}) == Lines{"http://10.0.0.5:10255/pods without a credential"});
    options.token_file = "t";
    CHECK(plan(options, {}) == Lines{"a credential is not sent without TLS"});
    options.token_file.clear();
    options.cert_file = "c";
    CHECK(plan(options, {}) == Lines{"a credential is not sent without TLS"});
    KubeletOptions key_only;
    key_only.key_file = "k";
    CHECK(plan(key_only, {}) == Lines{"--kubelet-key needs --kubelet-cert"});
}
