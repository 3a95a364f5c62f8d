"""One run of a virtual machine, from its kernel's start to the report that it leaves."""
import io
import json
import subprocess
import tarfile
import time

QEMU = "qemu-system-x86_64"
TIME_LIMIT_SECONDS = 600  # of which 5.10 takes 300: without bpf_loop() the filter takes 4 s to load, each time a test does

# Emulated, never -accel kvm: inside some virtual machines that hangs the host. The processor is the oldest x86-64, but
# for a source of randomness: without one getrandom() waits.
HARDWARE = ("-accel", "tcg", "-cpu", "qemu64,+rdrand", "-smp", "2", "-m", "512", "-nic", "none", "-no-reboot",
            "-display", "none", "-monitor", "none")
COMMAND_LINE = "console=ttyS0 quiet panic=-1 random.trust_cpu=on"
FIRST_PROCESS = "the first process runs"  # guest/init says so


class Failed(Exception):
    """The machine did not get as far as its report; `console` is what it said last."""

    def __init__(self, why, console):
        super().__init__(why)
        self.console = console


class NeverUp(Failed):
    """The kernel did not get as far as its first process."""


class Report:
    """The files that the machine left in its /report. One that it did not leave reads as empty."""

    def __init__(self, archive):
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            self.files = {member.name.removeprefix("./"): tar.extractfile(member).read().decode(errors="replace")
                          for member in tar if member.isfile()}

    def __getitem__(self, name):
        return self.files.get(name, "")

    def objects(self, name):
        """The JSON objects of a file, one a line."""
        return [json.loads(line) for line in self[name].splitlines()]


class Machine:
    def __init__(self, folder, kernel, initramfs, parameters=""):
        """Starts it. The kernel's messages go to the first serial port, the report to the second."""
        (image,) = kernel.glob("boot/vmlinuz-*")
        self.console, self.answer, self.complaints = folder / "console", folder / "report.tar", folder / "qemu.log"
        self.command = [QEMU, *HARDWARE, "-kernel", image, "-initrd", initramfs, "-append", f"{COMMAND_LINE} {parameters}",
                        "-serial", f"file:{self.console}", "-serial", f"file:{self.answer}"]
        self.start()

    def start(self):
        self.answer.unlink(missing_ok=True)
        with open(self.complaints, "w") as complaints:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints)
        self.started = time.monotonic()

    def report(self):
        """Waits for its end."""
        try:
            status = self.process.wait(self.started + TIME_LIMIT_SECONDS - time.monotonic())
        except subprocess.TimeoutExpired:
            raise Failed(f"still running after {TIME_LIMIT_SECONDS} s", last_lines(self.console)) from None
        if status != 0:
            raise Failed(f"{QEMU} ended with exit status {status}", last_lines(self.complaints))
        try:
            return Report(self.answer.read_bytes())
        except (OSError, tarfile.TarError):
            console = last_lines(self.console)
            if FIRST_PROCESS not in self.console.read_text(errors="replace"):
                raise NeverUp("its kernel did not come up", console) from None
            raise Failed("it ended without a report", console) from None

    def stop(self):
        self.process.kill()
        self.process.wait()


def last_lines(path):
    return path.read_text(errors="replace").splitlines()[-30:] if path.exists() else []
