#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "attribute/cgroup_path.hpp"

using namespace podsnoop;

namespace {

const std::string uid = "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d", uid_ = "6f25f8b8_66b3_4d6a_9c1c_0d1f8a1b2c3d";
const std::string other_uid = "11111111-2222-3333-4444-555555555555";
const std::string hash = "290e9c6805d91ae2aaf99c220f5e68e8";
const std::string id = "b64d9e765db4e46566df74279f08a5ac03cf6bd2cc39b5c080b7310f6801eb58";
const std::string other_id(64, 'c');
const std::string besteffort = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + uid_ + ".slice";

struct Row {
    std::string path, uid, container_id;
};

/// "UID ID", as a failing test shows it.
std::string read(std::string_view path) {
    const auto owner = read_cgroup_path(path);
    return owner ? owner->uid + " " + owner->container_id : "none";
}

}  // namespace

TEST_CASE("cgroup path: every known shape") {
    const std::vector<Row> rows{
        // cgroupfs: guaranteed, burstable, besteffort; static pods; the pod's own; the sandbox looks like a container
        {"/kubepods/pod" + uid + "/" + id, uid, id},
        {"/kubepods/burstable/pod" + uid + "/" + id, uid, id},
        {"/kubepods/besteffort/pod" + uid + "/" + id, uid, id},
        {"/kubepods/burstable/pod" + hash + "/" + id, hash, id},
        {"/kubepods/pod" + hash + "/" + id, hash, id},
        {"/kubepods/besteffort/pod" + uid, uid, ""},
        {"/kubepods/pod" + uid, uid, ""},
        {"/kubepods/pod" + uid + "/", uid, ""},
        {"kubepods/burstable/pod" + uid + "/" + id, uid, id},
        {"/kubepods/burstable/pod" + uid + "/crio-" + id, uid, id},
        {"/kubepods/burstable/pod" + uid + "/crio-" + id + "/", uid, id},
        {"/kubepods/burstable/pod" + uid + "/crio-conmon-" + id, uid, ""},
        {"/kubepods/burstable/pod" + uid + "/kata_overhead", uid, ""},
        // systemd: containerd, CRI-O, docker
        {besteffort + "/cri-containerd-" + id + ".scope", uid, id},
        {besteffort + "/crio-" + id + ".scope", uid, id},
        {besteffort + "/docker-" + id + ".scope", uid, id},
        {besteffort + "/crio-conmon-" + id + ".scope", uid, ""},
        {besteffort, uid, ""},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid_ + ".slice/cri-containerd-" + id + ".scope", uid,
         id},
        {"/kubepods.slice/kubepods-pod" + uid_ + ".slice/cri-containerd-" + id + ".scope", uid, id},
        {"/kubepods.slice/kubepods-pod" + uid_ + ".slice", uid, ""},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + hash + ".slice/cri-containerd-" + id + ".scope",
         hash, id},
        {"/kubepods.slice/kubepods-pod" + hash + ".slice/crio-" + id + ".scope", hash, id},
        // the kubelet with systemd, the runtime without
        {"/kubepods-besteffort-pod" + uid_ + ".slice:cri-containerd:" + id, uid, id},
        {"/system.slice/containerd.service/kubepods-burstable-pod" + uid_ + ".slice:cri-containerd:" + id, uid, id},
        {"/system.slice/k3s.service/kubepods-pod" + hash + ".slice:cri-containerd:" + id, hash, id},
        {"/kubepods-besteffort-pod" + uid_ + ".slice:crio:" + id, uid, id},
        {"/kubepods-besteffort-pod" + uid_ + ".slice:crio-conmon:" + id, uid, ""},
        // deeper than the container: an init system or a container engine in it
        {"/kubepods/burstable/pod" + uid + "/" + id + "/init.scope", uid, id},
        {"/kubepods/burstable/pod" + uid + "/" + id + "/docker/" + other_id, uid, id},
        {besteffort + "/cri-containerd-" + id + ".scope/init.scope", uid, id},
        {besteffort + "/cri-containerd-" + id + ".scope/system.slice/nginx.service", uid, id},
        {besteffort + "/crio-" + id + ".scope/container", uid, id},
        {besteffort + "/docker-" + id + ".scope/kubepods/besteffort/pod" + other_uid + "/" + other_id, uid, id},
        // nodes that are containers themselves, roots of their own
        {"/docker/" + other_id + "/kubelet/kubepods/besteffort/pod" + uid + "/" + id, uid, id},
        {"/docker/" + other_id + "/kubepods/burstable/pod" + uid + "/" + id, uid, id},
        {"/system.slice/docker-" + other_id +
             ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
             "kubelet-kubepods-besteffort-pod" +
             uid_ + ".slice/cri-containerd-" + id + ".scope",
         uid, id},
        {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + uid_ + ".slice/cri-containerd-" + id + ".scope", uid, id},
        {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + other_id +
             ".scope/container/kubelet.slice/"
             "kubelet-kubepods.slice/kubelet-kubepods-pod" +
             uid_ + ".slice/cri-containerd-" + id + ".scope",
         uid, id},
        {"/k8s/kubepods/pod" + uid + "/" + id, uid, id},
        {"/system.slice/snap.microk8s.daemon-kubelite.service/kubepods/burstable/pod" + uid + "/" + id, uid, id},
        {"/actions_job/" + other_id + "/kubepods/besteffort/pod" + uid + "/" + id, uid, id},
        // told from inside another cgroup namespace
        {"/../../kubepods/burstable/pod" + uid + "/" + id, uid, id},
        {"/../../../burstable/pod" + uid + "/" + id, uid, id},
        {"/../../pod" + uid + "/" + id, uid, id},
        {"/../../kubepods-besteffort-pod" + uid_ + ".slice/cri-containerd-" + id + ".scope", uid, id},
        {"/../../../kubepods.slice/kubepods-pod" + uid_ + ".slice/crio-" + id + ".scope", uid, id},
        // the process is dead, the cgroup is gone
        {besteffort + "/cri-containerd-" + id + ".scope (deleted)", uid, id},
        {"/kubepods/burstable/pod" + uid + " (deleted)", uid, ""},
        // ids of another kind are nobody's
        {"/kubepods/burstable/pod" + uid + "/" + id.substr(0, 12), uid, ""},
        {"/kubepods/burstable/pod" + uid + "/" + id + "0", uid, ""},
        {"/kubepods/burstable/pod" + uid + "/x" + id, uid, ""},
        {besteffort + "/init.scope", uid, ""},
        {besteffort + "/.scope", uid, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CHECK(read(row.path) == row.uid + " " + row.container_id);
    }
}

TEST_CASE("cgroup path: what is no pod's, or only looks like one") {
    const std::vector<std::string> paths{
        "",
        "/",
        "//",
        "/..",
        "/kubepods",
        "/kubepods/burstable",
        "/kubepods.slice/kubepods-besteffort.slice",
        "/system.slice/kubelet.service",
        "/system.slice/containerd.service",
        "/system.slice/k3s.service",
        "/init.scope",
        "/user.slice/user-1000.slice/session-2.scope",
        "/docker/" + id,
        "/system.slice/docker-" + id + ".scope",
        "/machine.slice/libpod-" + id + ".scope",
        "/machine.slice/machine-libpod_pod_" + id + ".slice/libpod-" + id + ".scope",
        "/k8s.io/" + id,
        "/podruntime/kubelet",
        "/lxc/pod" + uid,
        "/pod" + uid + "/" + id,
        "/user.slice/burstable/pod" + uid + "/" + id,
        "/kubepods/other/pod" + uid + "/" + id,
        "/kubepods/burstable/x/pod" + uid + "/" + id,
        "/kubepods/burstable/burstable/pod" + uid + "/" + id,
        "/kubepods2/pod" + uid + "/" + id,
        "/kubepods/burstable/pod",
        "/kubepods/burstable/pod-" + uid + "/" + id,
        "/kubepods/burstable/pod" + uid.substr(1) + "/" + id,
        "/kubepods/burstable/pod" + uid + "0/" + id,
        "/kubepods/burstable/pod" + uid + ".slice/" + id,
        "/kubepods/burstable/pod6F25F8B8-66B3-4D6A-9C1C-0D1F8A1B2C3D/" + id,
        "/kubepods/burstable/pod6f25f8b8-66b3-4d6a-9c1c_0d1f8a1b2c3d/" + id,
        "/kubepods/burstable/pod6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3g/" + id,
        "/kubepods/burstable/pod6f25f8b866b3-4d6a-9c1c-0d1f8a1b2c3d123/" + id,
        "/kubepods/burstable/pod" + hash.substr(1) + "/" + id,
        "/kubepods/burstable/pod" + hash + "0/" + id,
        "/kubepods/burstable/pod" + hash.substr(0, 31) + "g/" + id,
        "/kubepods/burstable/POD" + uid + "/" + id,
        "/kubepods.slice/kubepods-pod" + uid_ + "/cri-containerd-" + id + ".scope",
        "/kubepods.slice/kubepods-pod" + uid_ + ".slice.d",
        "/kubepods.slice/kubepods-pod" + uid_ + ".scope",
        "/kubepods.slice/kubepods-pod.slice",
        "/kubepods.slice/mykubepods-pod" + uid_ + ".slice",
        "/kubepods.slice/kubepods-other-pod" + uid_ + ".slice",
        "/system.slice/system-pod" + uid_ + ".slice",
        "/kubepods-pod" + uid_ + ".slice:cri-containerd",
        "/kubepods-pod" + uid_ + ".slice::" + id,
        "/kubepods-pod" + uid_ + ":cri-containerd:" + id,
        std::string("/kubepods/pod\0", 14) + uid,
        std::string(4096, '/'),
        std::string(4096, 'a'),
    };
    for (const std::string& path : paths) {
        CAPTURE(path);
        CHECK(read(path) == "none");
    }
}

TEST_CASE("cgroup path: of a node that is a pod, the pods below it follow") {
    const std::string path = besteffort + "/cri-containerd-" + id + ".scope/kubelet/kubepods/burstable/pod" + other_uid + "/" +
                             other_id + "/init.scope";
    std::string_view rest = path;
    CHECK(take_cgroup_owner(rest)->uid == uid);
    const auto inner = take_cgroup_owner(rest);
    REQUIRE(inner);
    CHECK(inner->uid == other_uid);
    CHECK(inner->container_id == other_id);
    CHECK_FALSE(take_cgroup_owner(rest));
}

TEST_CASE("cgroup_of: the line that tells of a pod") {
    const std::string pod = "/kubepods/burstable/pod" + uid, container = pod + "/" + id;
    CHECK(cgroup_of("0::" + container + "\n") == container);
    CHECK(cgroup_of("0::" + container) == container);
    CHECK(cgroup_of("12:pids:" + container + "\n4:memory:" + container + "\n1:name=systemd:" + container + "\n") == container);
    // A hybrid's unified hierarchy may be unused, or the only one used.
    CHECK(cgroup_of("11:files:/\n4:memory:" + container + "\n0::/\n") == container);
    CHECK(cgroup_of("4:memory:" + pod + "\n1:name=systemd:" + container + "\n0::" + pod + "\n") == container);
    CHECK(cgroup_of("4:memory:/\n0::" + container + "\n") == container);
    const std::string unsplit = "/system.slice/containerd.service/kubepods-pod" + uid_ + ".slice:cri-containerd:" + id;
    CHECK(cgroup_of("9:cpu,cpuacct:" + unsplit + "\n0::/system.slice/containerd.service\n") == unsplit);
    // Of no pod.
    CHECK(cgroup_of("4:memory:/user.slice\n0::/user.slice/user-0.slice/session-1.scope\n") ==
          "/user.slice/user-0.slice/session-1.scope");
    CHECK(cgroup_of("4:memory:/docker/" + id + "\n1:name=systemd:/x\n") == "/docker/" + id);
    CHECK(cgroup_of("0::/\n") == "/");
    // Of two.
    CHECK(cgroup_of("4:memory:" + container + "\n1:name=systemd:/kubepods/pod" + hash + "\n").empty());
    CHECK(cgroup_of("4:memory:" + container + "\n1:name=systemd:" + pod + "/" + other_id + "\n").empty());
    // Of what is no such file.
    for (const char* text : {"", "\n", "\n\n", "0", "0:", "0::", "0::\n", ":::", "nonsense\n", "a:b\n", "0::relative\n"})
        CHECK(cgroup_of(text).empty());
}
