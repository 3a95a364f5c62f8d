"""The container runtime interface, by which the kubelet has pods made: of runtime.v1 the messages and fields that the
lab needs (cri-api, pkg/apis/runtime/v1/api.proto)."""
import json

from .check import Failure, equal
from .grpc import Channel, decode, message

POD, CONTAINER, NODE = 0, 1, 2  # NamespaceMode: whose namespace it is to have
RUNNING = 1  # ContainerState

NamespaceOption = message(network=1, pid=2)
PodSandboxMetadata = message(name=1, uid=2, namespace=3)
DNSConfig = message(servers=1)
PortMapping = message(container_port=2, host_port=3)
LinuxSandboxSecurityContext = message(namespace_options=1)
LinuxPodSandboxConfig = message(cgroup_parent=1, security_context=2)
PodSandboxConfig = message(metadata=1, hostname=2, log_directory=3, dns_config=4, port_mappings=5, labels=6,
                           annotations=7, linux=8)
ContainerMetadata = message(name=1, attempt=2)
ImageSpec = message(image=1)
Mount = message(container_path=1, host_path=2, readonly=3)
LinuxContainerSecurityContext = message(namespace_options=3)
LinuxContainerConfig = message(security_context=2)
ContainerConfig = message(metadata=1, image=2, command=3, envs=6, mounts=7, labels=9, log_path=11, linux=15)
CreateContainerRequest = message(pod_sandbox_id=1, config=2, sandbox_config=3)
ContainerStatusRequest = message(container_id=1, verbose=2)
ExecSyncRequest = message(container_id=1, cmd=2, timeout=3)
ById = message(id=1)  # what most requests are


def pairs(texts):
    """A map<string, string>, or the list of KeyValue that an environment is: both are encoded the same."""
    return [{1: key, 2: value} for key, value in texts.items()]


class Runtime:
    """The runtime that listens at this unix socket."""

    def __init__(self, socket):
        self.channel = Channel(socket)

    def call(self, method, request):
        return self.channel.call(f"/runtime.v1.RuntimeService/{method}", request)

    def status(self):
        return self.call("Status", {})

    def has_image(self, name):
        request = {1: ImageSpec(image=name)}
        return 1 in self.channel.call("/runtime.v1.ImageService/ImageStatus", request)

    def run_sandbox(self, config):
        """Makes a pod's namespaces and the pause container that holds them. Gives its id."""
        return self.call("RunPodSandbox", {1: config})[1][0].decode()

    def addresses(self, sandbox):
        """The pod's addresses; the first is its podIP."""
        status = decode(self.call("PodSandboxStatus", ById(id=sandbox))[1][0])
        network = decode(status[5][0])
        return [network[1][0].decode(), *(decode(other)[1][0].decode() for other in network.get(2, []))]

    def remove_sandbox(self, sandbox):
        """With all its containers, killed where they run."""
        self.call("StopPodSandbox", ById(id=sandbox))
        self.call("RemovePodSandbox", ById(id=sandbox))

    def start_container(self, sandbox, config, sandbox_config):
        """Gives the container's id."""
        request = CreateContainerRequest(pod_sandbox_id=sandbox, config=config, sandbox_config=sandbox_config)
        container = self.call("CreateContainer", request)[1][0].decode()
        self.call("StartContainer", ById(id=container))
        return container

    def stop_container(self, container):
        """Kills it at once."""
        self.call("StopContainer", ById(id=container))

    def pid(self, container):
        """Of a running container's first process, as the node counts."""
        answer = self.call("ContainerStatus", ContainerStatusRequest(container_id=container, verbose=1))
        status = decode(answer[1][0])
        equal(status.get(3), [RUNNING], f"state of container {container}")
        verbose = dict(tuple(decode(entry)[field][0].decode() for field in (1, 2)) for entry in answer[2])
        return json.loads(verbose["info"])["pid"]

    def run(self, container, argv):
        """Runs a program in the container to its end, as kubectl exec does. Gives what it printed."""
        answer = self.call("ExecSync", ExecSyncRequest(container_id=container, cmd=argv, timeout=30))
        output, errors, status = (answer.get(field, [default])[0] for field, default in ((1, b""), (2, b""), (3, 0)))
        if status != 0:
            raise Failure(f"{' '.join(argv)}: exit status {status}: {errors.decode()}")
        return output
