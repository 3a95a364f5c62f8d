#include "attribute/credentials.hpp"

#include <algorithm>
#include <array>

namespace podsnoop {

namespace {

constexpr const char* service_account = "/var/run/secrets/kubernetes.io/serviceaccount/";

struct KnownCertificate {
    const char* as;
    const char* cert;
    const char* key;
};

/// Those of the API server, which may ask kubelets for anything, by who installs them; then the kubelet's own,
/// which is let in where the kubelet authorizes all who are known to it.
constexpr std::array known_certificates{
    KnownCertificate{"with kubeadm's client certificate", "/etc/kubernetes/pki/apiserver-kubelet-client.crt",
                     "/etc/kubernetes/pki/apiserver-kubelet-client.key"},
    KnownCertificate{"with k3s's client certificate", "/var/lib/rancher/k3s/server/tls/client-kube-apiserver.crt",
                     "/var/lib/rancher/k3s/server/tls/client-kube-apiserver.key"},
    KnownCertificate{"with rke2's client certificate", "/var/lib/rancher/rke2/server/tls/client-kube-apiserver.crt",
                     "/var/lib/rancher/rke2/server/tls/client-kube-apiserver.key"},
    KnownCertificate{"with minikube's client certificate", "/var/lib/minikube/certs/apiserver-kubelet-client.crt",
                     "/var/lib/minikube/certs/apiserver-kubelet-client.key"},
    KnownCertificate{"with k0s's client certificate", "/var/lib/k0s/pki/apiserver-kubelet-client.crt",
                     "/var/lib/k0s/pki/apiserver-kubelet-client.key"},
    KnownCertificate{"with microk8s's client certificate", "/var/snap/microk8s/current/certs/apiserver-kubelet-client.crt",
                     "/var/snap/microk8s/current/certs/apiserver-kubelet-client.key"},
    KnownCertificate{"with the kubelet's own client certificate", "/var/lib/kubelet/pki/kubelet-client-current.pem",
                     "/var/lib/kubelet/pki/kubelet-client-current.pem"},
    KnownCertificate{"with k3s's kubelet certificate", "/var/lib/rancher/k3s/agent/client-kubelet.crt",
                     "/var/lib/rancher/k3s/agent/client-kubelet.key"},
    KnownCertificate{"with rke2's kubelet certificate", "/var/lib/rancher/rke2/agent/client-kubelet.crt",
                     "/var/lib/rancher/rke2/agent/client-kubelet.key"},
};

/// The kubelet's own certificate, signed by itself (kubelet.crt) or by the cluster (kubelet-server-current.pem, where
/// serverTLSBootstrap is on), and the authorities that sign it.
constexpr std::array known_trust{
    "/var/lib/kubelet/pki/kubelet.crt",
    "/var/lib/kubelet/pki/kubelet-server-current.pem",
    "/var/lib/k0s/kubelet/pki/kubelet.crt",
    "/var/lib/k0s/kubelet/pki/kubelet-server-current.pem",
    "/var/lib/rancher/k3s/agent/serving-kubelet.crt",
    "/var/lib/rancher/rke2/agent/serving-kubelet.crt",
    "/var/snap/microk8s/current/certs/kubelet.crt",
    "/etc/kubernetes/pki/ca.crt",
    "/var/lib/rancher/k3s/agent/server-ca.crt",
    "/var/lib/rancher/rke2/agent/server-ca.crt",
    "/var/lib/minikube/certs/ca.crt",
    "/var/lib/k0s/pki/ca.crt",
    "/var/snap/microk8s/current/certs/ca.crt",
};

constexpr Address loopback{{127, 0, 0, 1}, 4};

RootFile ours(const std::string& path) { return {"", path}; }

using Exists = std::function<bool(const RootFile&)>;

/// The ways to be let in, each still without where.
std::vector<KubeletAttempt> ways_in(const KubeletOptions& options, const Exists& exists) {
    std::vector<KubeletAttempt> ways;
    if (!options.token_file.empty()) ways.push_back({.as = "with the token given", .token = ours(options.token_file)});
    if (!options.cert_file.empty()) {
        const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
        ways.push_back({.as = "with the client certificate given", .cert = ours(options.cert_file), .key = ours(key)});
    }
    if (!ways.empty()) return ways;

    // The token is that of the pod podsnoop runs in, so it is below our root, wherever the node's is.
    if (const RootFile token = ours(std::string(service_account) + "token"); exists(token))
        ways.push_back({.as = "with the service account's token", .token = token});
    for (const auto& known : known_certificates) {
        const RootFile cert{options.root, known.cert}, key{options.root, known.key};
        if (exists(cert) && exists(key)) ways.push_back({.as = known.as, .cert = cert, .key = key});
    }
    if (ways.empty()) ways.push_back({.as = "without a credential"});
    return ways;
}

std::vector<RootFile> trust(const KubeletOptions& options, const Exists& exists) {
    if (!options.ca_file.empty()) return {ours(options.ca_file)};
    std::vector<RootFile> found;
    if (const RootFile ca = ours(std::string(service_account) + "ca.crt"); exists(ca)) found.push_back(ca);
    for (const char* path : known_trust)
        if (const RootFile file{options.root, path}; exists(file)) found.push_back(file);
    return found;
}

}  // namespace

Result<KubeletPlan> plan_kubelet(const KubeletOptions& options, const Exists& exists) {
    const bool credential_given = !options.token_file.empty() || !options.cert_file.empty();
    if (!options.key_file.empty() && options.cert_file.empty())
        return fail("a key without its certificate", options.key_file, "--kubelet-key needs --kubelet-cert");
    if (options.url && !options.url->tls && credential_given)
        return fail("cannot ask the kubelet", text_of(*options.url), "a credential is not sent without TLS",
                    "write https://, or leave the credential out");

    KubeletPlan plan{.attempts = {}, .trusted = trust(options, exists), .verify = !options.insecure};
    if (options.url && !options.url->tls) {
        plan.attempts.push_back({.as = "without a credential", .url = *options.url});
        return plan;
    }

    std::vector<Address> addresses{loopback};
    for (const Address& address : options.node_addresses)
        if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    std::vector<KubeletUrl> urls;
    if (options.url) {
        urls.push_back(*options.url);
    } else {
        for (const Address& address : addresses) urls.push_back({.endpoint = {address, kubelet_port}});
    }
    const std::vector<KubeletAttempt> ways = ways_in(options, exists);
    for (const KubeletUrl& url : urls) {
        for (KubeletAttempt attempt : ways) {
            attempt.url = url;
            plan.attempts.push_back(std::move(attempt));
        }
    }
    if (!options.url && !credential_given) {
        for (const Address& address : addresses)
            plan.attempts.push_back(
                {.as = "without a credential", .url = {.tls = false, .endpoint = {address, kubelet_read_only_port}}});
    }
    return plan;
}

}  // namespace podsnoop
