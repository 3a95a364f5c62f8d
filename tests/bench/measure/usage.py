"""What processes take, as the kernel accounts for it.

CPU is a thread's run time of /proc/PID/task/TID/schedstat, in nanoseconds: user and system time together, and, where the
kernel is built without IRQ_TIME_ACCOUNTING as here and in Debian, the softirq work done while that thread ran. Of
processes that ended it is what wait() told."""
import pathlib
import time


def cpu(pid):
    """Seconds used so far by a process and the children it has now."""
    return sum(int((task / "schedstat").read_text().split()[0]) + 1e9 * sum(map(cpu, children(task)))
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def children(task):
    return [int(child) for child in (task / "children").read_text().split()]


def ksoftirqd():
    """The kernel's threads that do what softirqs left over, one a processor."""
    return [int(process.name) for process in pathlib.Path("/proc").glob("[0-9]*")
            if name_of(process).startswith("ksoftirqd/")]


def name_of(process):
    try:
        return (process / "comm").read_text()
    except OSError:
        return ""  # it ended meanwhile


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    return 0


def peak_mib(pid):
    """The most memory it ever had, the packet ring that it has mapped included."""
    return sum(status(each, "VmHWM") for each in family(pid)) / 1024


def family(pid):
    yield pid
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in children(task):
            yield from family(child)


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def wait_until_rested(pid, limit):
    """Until a process has done what it had to: in a fifth of a second it uses under 1 % of a processor. Gives up after
    `limit` seconds. Whether it came to rest."""
    used, end = cpu(pid), time.monotonic() + limit
    while time.monotonic() < end:
        time.sleep(0.2)
        before, used = used, cpu(pid)
        if used - before < 0.002:
            return True
    return False
