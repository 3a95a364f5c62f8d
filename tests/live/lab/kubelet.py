"""A kubelet's /pods over real TLS: it asks for client certificates or tokens as a kubelet does, and misbehaves in
every way a case asks for."""
import contextlib
import json
import pathlib
import ssl
import subprocess

from .check import Failure
from .raw import RawServer, read_head

TOKEN = "eyJhbGciOi.test-token"
PODS = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [
    {"metadata": {"name": f"cart-{number}", "namespace": "shop", "uid": f"6f25f8b8-66b3-4e4f-9d0c-00000000000{number}"},
     "spec": {}, "status": {"phase": "Running", "podIP": f"10.244.0.{number}"}} for number in (1, 2)]}).encode()
NAMES = ["cart-1", "cart-2"]


def openssl(*words, **how):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, **how)
    if done.returncode != 0:
        raise Failure(f"openssl {' '.join(map(str, words))}: {done.stderr.decode()}")
    return done.stdout


class Authority:
    """A certificate authority in a folder, as a cluster has one."""

    def __init__(self, folder, name="kubernetes"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert, self.key = self.folder / "ca.crt", self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.cert)

    def sign(self, name, names="", days=2):
        """A certificate for these subject alternative names, "IP:127.0.0.1"; for a client without any. Gives the paths
        of certificate and key. With -1 days it has expired."""
        cert, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        asked = openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", key)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n" if names else "extendedKeyUsage=clientAuth\n")
        openssl("x509", "-req", "-CA", self.cert, "-CAkey", self.key, "-days", days, "-extfile", extensions,
                "-out", cert, input=asked)
        return cert, key


def response(body=PODS, status="200 OK", head=(), version="1.1"):
    lines = [f"HTTP/{version} {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *head]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(connection, data=None):
    connection.sendall(response() if data is None else data)


class Kubelet:
    """Listens in a namespace. With `serving` (certificate and key) it speaks TLS; whoever shows a client certificate
    that `clients` signed, or TOKEN, is let in, any other gets 401. Then `act(connection)` answers."""

    def __init__(self, namespace, serving=None, clients=None, act=answer, port=10250, goodbye=True, **where):
        self.act = act
        self.goodbye = goodbye  # whether TLS is ended as it should be (close_notify), or just the connection
        self.heads = []  # of the requests that came, decoded
        self.context = None
        if serving:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*serving)
            if clients:
                self.context.verify_mode = ssl.CERT_OPTIONAL
                self.context.load_verify_locations(clients.cert)
        self.server = RawServer(namespace, self.talk, port, **where)

    def talk(self, connection):
        # What a client makes of a bad answer is its business: it may close at any time.
        with contextlib.suppress(OSError):
            if not self.context:
                return self.serve(connection, known=True)
            with self.context.wrap_socket(connection, server_side=True) as secured:
                self.serve(secured, known=bool(secured.getpeercert()))
                if self.goodbye:
                    secured.unwrap()

    def serve(self, connection, known):
        head = read_head(connection).decode()
        self.heads.append(head)
        if known or f"Authorization: Bearer {TOKEN}\r\n" in head:
            self.act(connection)
        else:
            connection.sendall(response(b"Unauthorized", "401 Unauthorized"))

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *failure):
        self.server.__exit__(*failure)
