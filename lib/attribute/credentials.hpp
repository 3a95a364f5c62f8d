// Which kubelet to ask, and with what to be let in: as the command line says, or as the files of this node allow.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attribute/kubelet_url.hpp"
#include "attribute/root_file.hpp"
#include "base/address.hpp"
#include "base/result.hpp"

namespace podsnoop {

/// What the command line and the environment say. Its files are our own, not below `root`.
struct KubeletOptions {
    std::optional<KubeletUrl> url;        ///< nothing: this node's loopback, then `node_addresses`
    std::vector<Address> node_addresses;  ///< where the kubelet may listen if not on loopback (NODE_IP, HOST_IP)
    std::string token_file;               ///< empty, as the others: what is found on the node
    std::string cert_file;                ///< PEM
    std::string key_file;                 ///< PEM; empty: in cert_file too
    std::string ca_file;                  ///< PEM; certificates of authorities, or the kubelet's own
    bool insecure = false;                ///< ask whoever answers
    std::string root;                     ///< where the node's root directory is; empty: as ours
};

/// One way to ask. Without a token and a certificate: as anybody.
struct KubeletAttempt {
    std::string as;  ///< "with kubeadm's client certificate"
    std::optional<RootFile> token{};
    std::optional<RootFile> cert{}, key{};
    KubeletUrl url{};
};

struct KubeletPlan {
    std::vector<KubeletAttempt> attempts;  ///< in this order
    std::vector<RootFile> trusted;         ///< certificates by which the kubelet is known
    bool verify = true;
};

/// The ways to ask. Fails where options contradict each other.
///
/// A kubelet is verified always, unless `insecure` says otherwise: a token must not reach a stranger, and what a
/// stranger says would be wrong names. That costs little, since whoever can read a client certificate of the node
/// can read the authority's or the kubelet's own certificate as well. Only the read-only port, which has no
/// certificate, is believed as it is, and it comes last.
Result<KubeletPlan> plan_kubelet(const KubeletOptions& options,
                                 const std::function<bool(const RootFile&)>& exists = podsnoop::exists);

}  // namespace podsnoop
