"""A Service with one pod behind it, as kube-proxy puts it into the node's kernel: of its rules those that translate the
address, with its tables, chains and comments."""
import re

from .network import command


class Service:
    """`name` is NAMESPACE/SERVICE:PORT."""

    def __init__(self, name, address, port, pod, pod_port):
        self.name, self.address, self.port = name, address, port
        self.pod, self.pod_port = pod, pod_port

    @property
    def environment(self):
        """What the kubelet puts into the environment of the namespace's containers that start from now on."""
        _, service, port = re.split("[/:]", self.name)
        service, url = service.upper(), f"tcp://{self.address}:{self.port}"
        return {f"{service}_SERVICE_HOST": self.address, f"{service}_SERVICE_PORT": str(self.port),
                f"{service}_SERVICE_PORT_{port.upper()}": str(self.port), f"{service}_PORT": url,
                f"{service}_PORT_{self.port}_TCP": url, f"{service}_PORT_{self.port}_TCP_PROTO": "tcp",
                f"{service}_PORT_{self.port}_TCP_PORT": str(self.port),
                f"{service}_PORT_{self.port}_TCP_ADDR": self.address}

    def install(self, node, proxy):
        """`proxy` is `nftables`, or the tool that puts rules of iptables into the kernel's newer or older tables:
        `iptables`, `iptables-legacy`; or `nameless`, some other proxy's rules, which do not say whose they are."""
        # As nodes are set up: without it the answers between two pods of a bridge pass by the firewall.
        command(*node.inside("sysctl", "-q", "-w", "net.bridge.bridge-nf-call-iptables=1"))
        if proxy == "nftables":
            self.nftables(node)
        elif proxy == "nameless":
            self.nameless(node)
        else:
            self.iptables(node, proxy)

    def iptables(self, node, tool):
        def rule(*words):
            command(*node.inside(tool, "--wait", "--table", "nat", *words))

        def comment(text):
            return "--match", "comment", "--comment", text

        services, service, endpoint = "KUBE-SERVICES", "KUBE-SVC-XPGD46QRK7WJZT7O", "KUBE-SEP-SXIVWICOYRO3J4NJ"
        for chain in services, service, endpoint:
            rule("--new-chain", chain)
        for chain in "PREROUTING", "OUTPUT":
            rule("--append", chain, *comment("kubernetes service portals"), "--jump", services)
        rule("--append", services, "--destination", f"{self.address}/32", "--protocol", "tcp",
             *comment(f"{self.name} cluster IP"), "--match", "tcp", "--dport", self.port, "--jump", service)
        rule("--append", service, *comment(f"{self.name} -> {self.pod.address}:{self.pod_port}"), "--jump", endpoint)
        rule("--append", endpoint, "--protocol", "tcp", *comment(self.name), "--match", "tcp", "--jump", "DNAT",
             "--to-destination", f"{self.pod.address}:{self.pod_port}")

    def nftables(self, node):
        namespace, service, port = re.split("[/:]", self.name)
        chain = f"service-ULMVA6XW-{namespace}/{service}/tcp/{port}"
        rules = f"""
            table ip kube-proxy {{
                comment "rules for kube-proxy"
                map service-ips {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
                chain {chain} {{ meta l4proto tcp dnat to {self.pod.address}:{self.pod_port}; }}
                chain services {{ ip daddr . meta l4proto . th dport vmap @service-ips; }}
                chain nat-prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
                chain nat-output {{ type nat hook output priority -100; jump services; }}
            }}
            add element ip kube-proxy service-ips {{ {self.address} . tcp . {self.port} : goto {chain} }}"""
        command(*node.inside("nft", rules))

    def nameless(self, node):
        command(*node.inside("nft", f"""
            table ip balancer {{
                chain prerouting {{
                    type nat hook prerouting priority dstnat;
                    ip daddr {self.address} tcp dport {self.port} dnat to {self.pod.address}:{self.pod_port};
                }}
            }}"""))
