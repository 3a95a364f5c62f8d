"""The control groups of pods. They are at the very paths of a real node, so labs, and a kubelet should there be one,
share all but the pods' own."""
import contextlib
import os
import pathlib

from .check import wait_for


def mounts():
    """Where the hierarchies are mounted: one of version 2, several of version 1, or both."""
    with open("/proc/self/mounts", encoding="utf-8") as lines:
        return [pathlib.Path(words[1]) for line in lines if (words := line.split())[2] in ("cgroup", "cgroup2")]


def make(path):
    for mount in mounts():
        # Another lab that ends at this moment may take away a parent as soon as it was made.
        wait_for(lambda: made(mount / path[1:]), f"control group {path}")


def made(folder):
    with contextlib.suppress(FileNotFoundError):
        folder.mkdir(parents=True, exist_ok=True)
        return True


def remove(path):
    """With what is below it, and its parents where nothing else is in them."""
    for mount in mounts():
        for folder, _, _ in os.walk(mount / path[1:], topdown=False):
            wait_for(lambda: removed(folder), f"end of control group {folder}")
        with contextlib.suppress(OSError):
            for parent in (mount / path[1:]).parents:
                if parent == mount:
                    break
                parent.rmdir()


def removed(folder):
    with contextlib.suppress(OSError):  # busy, until the kernel is done with the last process
        os.rmdir(folder)
    return not os.path.exists(folder)
