"""What a container of a pod is to a tracer, made in no time and without a runtime."""
import contextlib
import os
import secrets
import uuid

from . import cgroups
from .check import wait_for


class Sham:
    """A process in a namespace and a control group as a pod's container has them: made in no time. There is one file of
    it, the folder of its logs."""

    def __init__(self, name):
        self.name, self.uid, self.container = name, str(uuid.uuid4()), secrets.token_hex(32)
        self.cgroup = f"/kubepods/besteffort/pod{self.uid}"
        self.process = self.logs = None

    def start(self, lab, node):
        self.logs = node.root / f"var/log/pods/shop_{self.name}_{self.uid}"
        home = os.stat("/proc/self/ns/net").st_ino, node.inode
        self.process = lab.start(node, "unshare", "--net", "sleep", "infinity")
        wait_for(lambda: os.stat(f"/proc/{self.process.pid}/ns/net").st_ino not in home, "namespace of its own")
        group = f"{self.cgroup}/{self.container}"
        node.make_cgroup(self.cgroup)
        cgroups.make(group)
        for mount in cgroups.mounts():
            with contextlib.suppress(OSError):  # some of version 1 take no process until more is written
                (mount / group[1:] / "cgroup.procs").write_text(str(self.process.pid))
        self.logs.mkdir()

    def end(self):
        self.process.kill()
        self.logs.rmdir()

    def described(self):
        """What the kubelet tells of it when it is done."""
        return {"metadata": {"namespace": "shop", "name": self.name, "uid": self.uid},
                "spec": {"containers": [{"name": "job"}]},
                "status": {"phase": "Succeeded",
                           "containerStatuses": [{"name": "job", "containerID": f"containerd://{self.container}"}]}}
