"""The first process of a crowd's node: makes a process for each control group it is told of, then waits.

Usage: crowd_node.py MOUNT CGROUP..."""
import ctypes
import os
import pathlib
import signal
import sys

CLONE_NEWNET = 0x40000000  # linux/sched.h
libc = ctypes.CDLL(None, use_errno=True)


def pod(cgroup, told):
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    (cgroup / "cgroup.procs").write_text("0")
    os.write(told, b".")
    signal.pause()


def main():
    mount, cgroups = sys.argv[1], sys.argv[2:]
    hear, told = os.pipe()
    for number, cgroup in enumerate(cgroups):
        uid = pathlib.Path(cgroup).parent.name.removeprefix("pod")
        pathlib.Path(f"/var/log/pods/team-{number % 20}_app-{number:05}_{uid}/app").mkdir(parents=True)
        if os.fork() == 0:
            try:
                pod(pathlib.Path(mount + cgroup), told)
            except OSError as error:
                sys.exit(f"{cgroup}: {error}")
    os.close(told)
    made = 0
    while made < len(cgroups) and (more := os.read(hear, 4096)):
        made += len(more)
    print("ready" if made == len(cgroups) else "some pods could not be made", flush=True)
    signal.pause()


main()
