"""The one container image of the lab, made here: an OCI image layout, as a registry would deliver it. It has the pause
program and the places at which the machine's own /usr is mounted, so that containers run the machine's programs."""
import hashlib
import io
import json
import pathlib
import platform
import tarfile

from .network import command

NAME = "localhost/podsnoop-live:1"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # Go's names
FOLDERS = ("dev", "etc", "proc", "run", "srv", "sys", "tmp", "usr", "var")
LINKS = ("bin", "lib", "lib64", "sbin")  # into /usr, as everywhere in Debian 12


def add(archive, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = 0o755
    archive.addfile(entry, io.BytesIO(data))


def layer(pause):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in FOLDERS:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name in LINKS:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(entry)
        add(archive, "pause", pause)
    return data.getvalue()


def write(path, folder):
    """Writes the image as a tar at `path`; what is compiled for it goes into `folder`."""
    command("g++", "-x", "c", "-O1", "-s", "-static", "-o", f"{folder}/pause",
            pathlib.Path(__file__).with_name("pause.c"))
    blobs = []

    def blob(data, kind):
        blobs.append(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "size": len(data),
                "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}

    def document(content, kind):
        return blob(json.dumps(content).encode(), kind)

    files = blob(layer(pathlib.Path(folder, "pause").read_bytes()), "layer.v1.tar")
    configuration = document({"architecture": ARCHITECTURES[platform.machine()], "os": "linux",
                              "config": {"Entrypoint": ["/pause"], "Env": ["PATH=/usr/bin:/usr/sbin"]},
                              "rootfs": {"type": "layers", "diff_ids": [files["digest"]]}}, "config.v1+json")
    manifest = document({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                         "config": configuration, "layers": [files]}, "manifest.v1+json")
    manifest["annotations"] = {"io.containerd.image.name": NAME}
    with tarfile.open(path, "w") as archive:
        add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
        for data in blobs:
            add(archive, f"blobs/sha256/{hashlib.sha256(data).hexdigest()}", data)
