"""Packages of any Debian release, unpacked without being installed; and packages of this one, installed.

Each release gets an apt configuration of its own: this machine's sources with the release's name in them replaced,
and lists of its own.
"""
import os
import pathlib
import re
import shutil
import subprocess

KERNEL = "linux-image-cloud-amd64"
TIME_LIMIT_SECONDS = 300


class Unavailable(Exception):
    """A package that cannot be had here, and why."""


class Release:
    def __init__(self, name, cache):
        self.name = name
        self.folder = cache / name
        self.apt = self.folder / "apt"

    def kernel(self):
        """The folder with the release's newest cloud kernel, as of when it was unpacked."""
        return self.package(KERNEL, stands_for_another=True)

    def package(self, name, stands_for_another=False):
        """The folder with an unpacked package."""
        unpacked = self.folder / name
        if not unpacked.exists():
            try:
                self.update()
                self.unpack(self.dependency(name) if stands_for_another else name, unpacked)
            except Unavailable:
                shutil.rmtree(self.apt, ignore_errors=True)  # the next try has new lists
                raise
        return unpacked

    def update(self):
        """Fetches the lists. Not every suite there is for one release is there for another: the package decides."""
        if self.apt.exists():
            return
        sources = self.apt / "sources"
        for folder in (sources, self.apt / "lists" / "partial", self.apt / "archives" / "partial"):
            folder.mkdir(parents=True)
        here = this_release()
        for source in sources_of_this_machine():
            lines = [line for line in source.read_text().splitlines() if not line.lstrip().startswith("#")]
            text = "\n".join(lines) + "\n"
            if re.search(rf"\b{here}\b", text):
                (sources / source.name).write_text(re.sub(rf"\b{here}\b", self.name, text))
        self.run("apt-get", "update", "-q", may_fail=True)

    def dependency(self, package):
        """The package that a metapackage stands for."""
        listed = self.run("apt-cache", "depends", package, may_fail=True)
        found = re.search(r"Depends: (\S+)", listed)
        if not found:
            raise Unavailable(f"no package {package} of {self.name} can be had here")
        return found[1]

    def unpack(self, package, target):
        self.run("apt-get", "download", "-q", package)
        (archive,) = self.apt.glob(f"{package}_*.deb")
        partial = target.with_name(target.name + ".partial")
        command("dpkg-deb", "-x", archive, partial)
        archive.unlink()
        partial.rename(target)

    def run(self, program, *arguments, may_fail=False):
        """Runs apt on the release's own configuration. As root it downloads as root: _apt may not write here."""
        options = {"Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": self.apt / "sources",
                   "Dir::State::Lists": self.apt / "lists", "Dir::State::Status": "/dev/null",
                   "Dir::Cache": self.apt, "APT::Sandbox::User": "root"}
        settings = [text for name, value in options.items() for text in ("-o", f"{name}={value}")]
        return command(program, *settings, *arguments, folder=self.apt, may_fail=may_fail)


def this_release():
    return re.search(r"^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text(), re.MULTILINE)[1]


def sources_of_this_machine():
    folder = pathlib.Path("/etc/apt")
    found = [folder / "sources.list", *folder.glob("sources.list.d/*.list"), *folder.glob("sources.list.d/*.sources")]
    return [path for path in found if path.is_file()]


def install(programs):
    """Installs the packages of those programs that this machine lacks; {package: program}."""
    missing = [package for package, program in programs.items() if not shutil.which(program)]
    if missing:
        command("apt-get", "update", "-q")
        command("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing)


def command(*argv, folder=None, may_fail=False):
    """Standard output of a command that must work, unless it may fail."""
    argv = [str(word) for word in argv]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=TIME_LIMIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from None
    if done.returncode != 0 and not may_fail:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise Unavailable(f"{argv[0]} ended with exit status {done.returncode} and said: {said[-1]}")
    return done.stdout
