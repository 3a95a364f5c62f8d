"""A program started by a case, its output kept in files."""
import os
import pathlib
import signal
import subprocess

from .check import Failure, TIMEOUT


class Process:
    def __init__(self, lab, argv, stdin=subprocess.DEVNULL, stdout=None, cwd=None, noise=None):
        self.argv = [str(word) for word in argv]
        self.noise = noise  # in the lines of its standard error that help nobody
        number = len(lab.processes)
        self.stdout_path = pathlib.Path(f"{lab.folder}/{number}.out")
        self.stderr_path = pathlib.Path(f"{lab.folder}/{number}.err")
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            # A session of its own: a Ctrl-C at the terminal reaches the lab, which then ends this in order.
            self.child = subprocess.Popen(self.argv, stdin=stdin, stdout=stdout or out, stderr=err,
                                          cwd=cwd, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    @property
    def stdout(self):
        return self.stdout_path.read_bytes()

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def memory(self):
        """KiB of its own that it holds now, without files and what it shares with the kernel."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.split("RssAnon:")[1].split()[0])

    def running(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, timeout=TIMEOUT):
        """Its exit status; minus the signal's number where one ended it."""
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name()} still runs after {timeout:g} s") from None

    def quit(self):
        """Asks it to finish what it is doing and end (nginx's meaning of SIGQUIT)."""
        self.signal(signal.SIGQUIT)
        self.wait()

    def kill(self):
        """Ends it and the processes it started."""
        if self.running():
            os.killpg(self.pid, signal.SIGTERM)
            try:
                self.child.wait(2)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.child.wait()

    def name(self):
        words = self.argv[self.argv.index("--") + 1:] if "--" in self.argv else self.argv
        return os.path.basename(words[0])

    def said(self):
        """Its standard error, for the report of a failure."""
        text = "\n".join(line for line in self.stderr.splitlines() if not self.noise or self.noise not in line).strip()
        return f"standard error of {self.name()}:\n{text}" if text else ""
