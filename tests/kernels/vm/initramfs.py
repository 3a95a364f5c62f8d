"""The file system that a virtual machine starts from, and all it has: busybox, a shell, ip, and what is tested."""
import gzip
import lzma
import pathlib
import re
import shutil
import subprocess

GUEST = pathlib.Path(__file__).resolve().parent.parent / "guest"

# In the order of their dependencies: 8021q needs garp and mrp, they need stp, that needs llc; tcp_diag needs inet_diag.
MODULES = ("veth", "llc", "stp", "garp", "mrp", "8021q", "inet_diag", "tcp_diag")


def build(folder, kernel, busybox, programs, files, scenario):
    """Builds it below `folder`, out of an unpacked kernel package, an unpacked busybox-static, the programs under
    test, other files for its root, and the name of what happens in the guest. Returns the path of the image."""
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "sbin", "dev", "proc", "sys", "run", "report", "tmp", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(busybox / "bin" / "busybox", root / "bin")
    for program in (*programs, "dash", "ip"):
        add_program(root, shutil.which(program))
    for file in files:
        shutil.copy(file, root)
    shutil.copy(GUEST / "init", root / "init")
    shutil.copy(GUEST / scenario, root / "scenario")
    add_modules(root / "modules", kernel)

    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = subprocess.run(["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0"], cwd=root,
                             input=names.encode(), stdout=subprocess.PIPE, check=True).stdout
    image = folder / "initramfs"
    image.write_bytes(gzip.compress(archive, compresslevel=1))
    return image


def add_program(root, path):
    """Copies one of this machine's programs, and the libraries that it is linked with to where it looks for them."""
    shutil.copy(path, root / "sbin")
    listed = subprocess.run(["ldd", path], capture_output=True, text=True).stdout  # none, and a failure, if static
    for library in re.findall(r"(/\S+) \(0x", listed):
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)


def add_modules(target, kernel):
    """Those that are not built in, unpacked: busybox does not know every compression."""
    order = []
    for name in MODULES:
        for path in kernel.glob(f"**/kernel/**/{name}.ko*"):
            data = path.read_bytes()
            (target / f"{name}.ko").write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
            order.append(f"{name}.ko\n")
    (target / "order").write_text("".join(order))
