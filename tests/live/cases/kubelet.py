"""The kubelet as a source of pods: which credential is used, whom it is given to, and every way an answer fails."""
import json
import os
import pathlib
import shutil
import threading
import time

from lab import equal, true
from lab.kubelet import NAMES, PODS, TOKEN, Authority, Kubelet, answer, openssl, response
from lab.raw import reset

URL = "https://127.0.0.1:10250"


class Node:
    """A node's root directory and network namespace, empty but for what a case puts there."""

    def __init__(self, lab):
        self.lab = lab
        self.namespace = lab.namespace("node")
        self.root = pathlib.Path(lab.folder) / "root"
        self.root.mkdir()
        self.authority = Authority(f"{lab.folder}/pki")
        self.serving = self.authority.sign("serving", "IP:127.0.0.1")
        self.ca = ("--kubelet-ca", self.authority.cert)
        self.token_file = pathlib.Path(lab.folder) / "token"
        self.token_file.write_text(TOKEN + "\n")
        self.token = ("--kubelet-token-file", self.token_file)

    def put(self, path, *sources):
        """A file of the node, made of these."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(source.read_bytes() for source in sources))

    def kubelet(self, **how):
        return Kubelet(self.namespace, **{"serving": self.serving, "clients": self.authority, **how})

    def ask(self, *options, **how):
        """Runs podsnoop pods. Gives the kubelet's pods' names and what it said."""
        done = self.lab.podsnoop("pods", "--root", self.root, "-o", "json", *options, namespace=self.namespace, **how)
        records = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return [record["name"] for record in records if record["source"] == "kubelet"], done.stderr.decode()

    def answers(self, *options, **how):
        names, said = self.ask(*options, **how)
        equal(names, NAMES, f"pods ({said})")
        equal(said, "", "what it says")

    def fails(self, *options, because, **how):
        names, said = self.ask(*options, **how)
        equal(names, [], "pods")
        true(because in said, f"it does not say {because!r} but {said!r}")
        return said


# Credentials

def test_found_certificate(lab):
    """Without any option, on a control plane that kubeadm made."""
    node = Node(lab)
    cert, key = node.authority.sign("client")
    node.put("/etc/kubernetes/pki/apiserver-kubelet-client.crt", cert)
    node.put("/etc/kubernetes/pki/apiserver-kubelet-client.key", key)
    node.put("/etc/kubernetes/pki/ca.crt", node.authority.cert)
    with node.kubelet() as kubelet:
        node.answers()
        equal([head.split("\r\n")[0] for head in kubelet.heads], ["GET /pods HTTP/1.1"], "requests")


def test_found_token(lab):
    """In a debug pod: its token is below our root, and all else below the node's."""
    node = Node(lab)
    folder = pathlib.Path(lab.folder) / "secret"
    folder.mkdir()
    shutil.copy(node.token_file, folder / "token")
    shutil.copy(node.authority.cert, folder / "ca.crt")
    mount = ('mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && '
             f'cp -r {folder} /run/secrets/kubernetes.io/serviceaccount && exec "$@"')
    with node.kubelet() as kubelet:
        node.answers(wrapper=("unshare", "--mount", "bash", "-c", mount, "-"))
        true(f"Authorization: Bearer {TOKEN}\r\n" in kubelet.heads[0], "the token was not sent")


def test_next_credential(lab):
    """One that is refused is not the end."""
    node = Node(lab)
    cert, key = node.authority.sign("client")
    stranger = Authority(f"{lab.folder}/other", "other").sign("stranger")
    node.put("/etc/kubernetes/pki/ca.crt", node.authority.cert)
    for name, path in zip(("crt", "key"), stranger):
        node.put(f"/etc/kubernetes/pki/apiserver-kubelet-client.{name}", path)
    for name, path in (("crt", cert), ("key", key)):
        node.put(f"/var/lib/rancher/k3s/server/tls/client-kube-apiserver.{name}", path)
    with node.kubelet():
        node.answers()


def test_own_certificate(lab):
    """What a kubelet signs for itself is for its name only, and it goes on with it when it expired. Its client
    certificate is behind an absolute link, which is meant below the node's root."""
    node = Node(lab)
    itself = Authority(f"{lab.folder}/itself", "node-1-ca@1700000000")
    serving = itself.sign("node-1", "DNS:node-1", days=-1)
    node.put("/var/lib/kubelet/pki/kubelet.crt", serving[0], itself.cert)
    node.put("/var/lib/kubelet/pki/kubelet-client-2026.pem", *node.authority.sign("system:node:node-1"))
    (node.root / "var/lib/kubelet/pki/kubelet-client-current.pem").symlink_to("/var/lib/kubelet/pki/kubelet-client-2026.pem")
    with node.kubelet(serving=serving):
        node.answers()


def test_given_certificate(lab):
    node = Node(lab)
    cert, key = node.authority.sign("client")
    both = pathlib.Path(lab.folder) / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    with node.kubelet():
        node.answers("--kubelet-cert", cert, "--kubelet-key", key, *node.ca)
        node.answers("--kubelet-cert", both, *node.ca)
        wrong = node.authority.sign("other")[1]
        node.fails("--kubelet-cert", cert, "--kubelet-key", wrong, *node.ca, because="key cannot be used")
        locked = f"{lab.folder}/locked.key"
        openssl("ec", "-in", key, "-aes128", "-passout", "pass:secret", "-out", locked)
        node.fails("--kubelet-cert", cert, "--kubelet-key", locked, *node.ca, because="key cannot be used")
        node.fails("--kubelet-cert", f"{lab.folder}/none", *node.ca, because="no such file")


def test_given_url(lab):
    node = Node(lab)
    serving = node.authority.sign("six", "IP:::1")
    with node.kubelet(serving=serving, address="::1", port=11250):
        node.answers("--kubelet", "https://[::1]:11250", *node.token, *node.ca)
    with node.kubelet() as kubelet:
        node.answers("--kubelet", "localhost:10250/runningpods/?x=1", *node.token, *node.ca)
        equal(kubelet.heads[0].split("\r\n")[0], "GET /runningpods/?x=1 HTTP/1.1", "request")


def test_node_address(lab):
    """A kubelet that does not listen on loopback, where the pod's environment tells the node's address."""
    node = Node(lab)
    serving = node.authority.sign("elsewhere", "IP:127.0.0.5")
    with node.kubelet(serving=serving, address="127.0.0.5"):
        node.answers(*node.token, *node.ca, env={**os.environ, "HOST_IP": "127.0.0.5"})


def test_read_only_port(lab):
    node = Node(lab)
    with node.kubelet(serving=None, port=10255):
        node.answers()
    with node.kubelet(serving=None, port=8001):
        node.answers("--kubelet", "http://127.0.0.1:8001/pods")


# Who is believed

def test_strangers(lab):
    """A token is not given to whoever happens to listen."""
    node = Node(lab)
    other = Authority(f"{lab.folder}/other", "other")
    for serving, why in ((other.sign("serving", "IP:127.0.0.1"), "unable to get local issuer certificate"),
                         (node.authority.sign("late", "IP:127.0.0.1", days=-1), "certificate has expired"),
                         (node.authority.sign("else", "IP:10.0.0.1,DNS:localhost"), "IP address mismatch"),
                         (node.authority.sign("client"), "unsuitable certificate purpose")):
        with node.kubelet(serving=serving) as kubelet:
            said = node.fails(*node.token, *node.ca, because=f"its certificate is not trusted: {why}")
            true("--kubelet-insecure" in said, f"no hint: {said}")
            equal(kubelet.heads, [], "requests")
            node.answers(*node.token, "--kubelet-insecure")
    with node.kubelet() as kubelet:
        node.fails(*node.token, because="its certificate is not trusted")  # nothing here says whom to trust
        node.fails(*node.token, "--kubelet-ca", node.token_file, because="BEGIN CERTIFICATE")
        equal(kubelet.heads, [], "requests")


def test_no_token_without_tls(lab):
    node = Node(lab)
    with node.kubelet(serving=None) as kubelet:
        node.fails("--kubelet", "http://127.0.0.1:10250", *node.token, because="not sent without TLS")
        kubelet.server.talk = lambda connection: (connection.recv(4096), answer(connection, response(b"", "400 Bad Request")))
        node.fails(*node.token, *node.ca, because="it does not speak TLS")
        equal(kubelet.heads, [], "requests")
    with node.kubelet() as kubelet:
        node.fails("--kubelet", "http://127.0.0.1:10250", because="cannot ask the kubelet")
        equal(kubelet.heads, [], "requests")


# Answers

def test_refusals(lab):
    node = Node(lab)
    forbidden = b"Forbidden (user=system:node:a, verb=get, resource=nodes, subresource=proxy)\n\x1b[31m"
    refusals = (("403 Forbidden", forbidden, "403: Forbidden (user=system:node:a, verb=get"),
                ("500 Internal Server Error", b"\x1b[2J", "500: ?[2J"),
                ("302 Found", b"", "redirects are not followed"),
                ("204 No Content", b"", "it answers 204"))
    for status, body, because in refusals:
        data = response(body, status, ["Location: https://127.0.0.1:1/pods"])
        with node.kubelet(act=lambda connection, data=data: answer(connection, data)):
            said = node.fails(*node.token, *node.ca, because=because)
            true(("nodes/proxy" in said) == (status[0:3] == "403"), f"hint: {said}")
    node.token_file.write_text("wrong")
    with node.kubelet():
        node.fails(*node.token, *node.ca, because="it answers 401: Unauthorized")
    for text in ("", "two\r\nX-Other: 1\r\n"):
        node.token_file.write_text(text)
        with node.kubelet() as kubelet:
            node.fails(*node.token, *node.ca, because="not a token")
            equal(kubelet.heads, [], "requests")


def chunked(body, size=7):
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\n"


def test_shapes(lab):
    """Every form in which an answer may come."""
    node = Node(lab)

    def in_pieces(connection):
        for at in range(0, len(PODS), 100):
            answer(connection, (response() if at == 0 else b"")[:-len(PODS)] + PODS[at:at + 100])

    for data in (response(), CHUNKED + chunked(PODS), UNTIL_CLOSE + PODS, response(version="1.0")):
        with node.kubelet(act=lambda connection, data=data: answer(connection, data)):
            node.answers(*node.token, *node.ca)
    with node.kubelet(act=in_pieces):
        node.answers(*node.token, *node.ca)


def test_broken(lab):
    node = Node(lab)
    broken = ((response()[:-20], "the answer is cut short"), (CHUNKED + chunked(PODS)[:-10], "the answer is cut short"),
              (b"", "it closed the connection without an answer"), (b"SSH-2.0-OpenSSH\r\n", "the answer is not HTTP"),
              (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10000 + b"\r\n", "the answer is not HTTP"),
              (CHUNKED + b"1;" + b"x" * 3000000, "the answer is"), (response(b"<html>"), "list of pods"), (response(b""), "list of pods"))
    for data, because in broken:
        with node.kubelet(act=lambda connection, data=data: answer(connection, data)):
            node.fails(*node.token, *node.ca, because=because)


def test_cut_without_goodbye(lab):
    """An answer that ends with the connection, which anybody on the way can end: it may be a part of it."""
    node = Node(lab)
    with node.kubelet(act=lambda connection: answer(connection, UNTIL_CLOSE + PODS), goodbye=False):
        node.fails(*node.token, *node.ca, because="the answer is cut short")


def test_no_handshake(lab):
    node = Node(lab)
    hello_and_alert = bytes.fromhex("15030300020228")  # handshake_failure
    talks = ((lambda connection: connection.recv(4096), "during the TLS handshake"),
             (lambda connection: reset(connection), "connection reset by peer"),
             (lambda connection: (connection.recv(4096), connection.sendall(hello_and_alert)), "handshake failure"),
             (lambda connection: (connection.recv(4096), connection.sendall(b"\0" * 4096)), "it does not speak TLS"))
    for talk, because in talks:
        kubelet = node.kubelet()
        kubelet.server.talk = talk
        with kubelet:
            node.fails(*node.token, *node.ca, because=because)
    node.fails(*node.token, *node.ca, because=f"{URL}/pods: connection refused")


def test_huge(lab):
    """100 MB, with the length told and without."""
    node = Node(lab)

    def endless(connection):
        connection.sendall(CHUNKED)
        megabyte = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        for _ in range(100):
            connection.sendall(megabyte)

    for act in (endless, lambda connection: answer(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{")):
        with node.kubelet(act=act):
            node.fails(*node.token, *node.ca, because="the answer is too large")


def test_slow(lab):
    """Nobody is waited for more than a few seconds, whether silent from the start, or busy with nothing."""
    node = Node(lab)
    over = threading.Event()

    def drip(connection):
        connection.sendall(CHUNKED)
        while not over.wait(0.2):
            connection.sendall(b"1\r\n \r\n")

    kubelets = [node.kubelet(port=11000), node.kubelet(act=lambda _: over.wait(20), port=11001),
                node.kubelet(act=drip, port=11002)]
    kubelets[0].server.talk = lambda connection: over.wait(20)
    outcomes = {}

    def ask(port):
        started = time.monotonic()
        outcomes[port] = (*node.ask("--kubelet", f"127.0.0.1:{port}", *node.token, *node.ca), time.monotonic() - started)

    with kubelets[0], kubelets[1], kubelets[2]:
        threads = [threading.Thread(target=ask, args=(port,)) for port in (11000, 11001, 11002)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
    for port, (names, said, seconds) in outcomes.items():
        equal(names, [], "pods")
        true("no complete answer within 5 s" in said, f"port {port}: {said}")
        true(4 < seconds < 9, f"port {port}: it took {seconds:.1f} s")
