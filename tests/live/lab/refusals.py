"""System calls that a seccomp filter refused: the kernel's log has each. What podsnoop does by itself needs none of them."""
import os
import re

REFUSED = re.compile(r"type=1326 .* pid=(\d+) .* exe=\"([^\"]*)\" .* syscall=(\d+)")


class Refusals:
    """Those since it was made. There are none to be seen where the log cannot be read, or an auditd takes them."""

    def __init__(self):
        try:
            self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self.log, 0, os.SEEK_END)
        except OSError:
            self.log = None

    def of(self, program):
        """The numbers of system calls that were refused to a program."""
        return [int(number) for _, exe, number in map(re.Match.groups, self.matches()) if exe == str(program)]

    def matches(self):
        while self.log is not None:
            try:
                line = os.read(self.log, 8192).decode(errors="replace")  # a record each
            except BlockingIOError:
                return
            except BrokenPipeError:  # some were overwritten meanwhile
                continue
            if match := REFUSED.search(line):
                yield match

    def close(self):
        if self.log is not None:
            os.close(self.log)
            self.log = None
