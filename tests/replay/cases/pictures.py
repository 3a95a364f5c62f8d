"""The map as a picture, drawn by the real Graphviz."""
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

from lab import equal, true
from lab.lab import PODSNOOP

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(HERE))
import shop  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def podsnoop(capture, pods, *options):
    done = subprocess.run([PODSNOOP, "map", "-r", capture, "--pods", pods, *options], capture_output=True, timeout=60)
    equal(done.returncode, 0, f"exit status ({done.stderr.decode()})")
    return done.stdout.decode()


def draw(dot):
    """The texts of its boxes and arrows, a list of lines each, as Graphviz drew them. It warns of what it does not like."""
    done = subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=60)
    equal((done.returncode, done.stderr), (0, b""), "Graphviz's exit status, and what it has to say")
    found = {"node": [], "edge": []}
    for group in xml.fromstring(done.stdout).iter(f"{SVG}g"):
        if group.get("class") in found:
            found[group.get("class")].append([text.text for text in group.iter(f"{SVG}text")])
    return found["node"], found["edge"]


def test_twenty_services(lab):
    capture, pods = (pathlib.Path(lab.folder) / name for name in ("shop.pcap", "pods.json"))
    shop.write(capture, pods)
    records = [json.loads(line) for line in podsnoop(capture, pods, "-o", "json").splitlines()]
    nodes, edges = draw(podsnoop(capture, pods, "-o", "dot"))
    names = [[service, *([f"{replicas} pods"] if replicas > 1 else [])] for _, service, replicas in shop.SERVICES]
    equal(sorted(nodes), sorted([*names, [f"{shop.STRANGERS} addresses"]]), "boxes")
    wanted = len(shop.CALLS) + len(shop.SCRAPED) + 1
    equal(len(edges), wanted, "arrows")
    true(any("failed" in lines[-1] for lines in edges), "no arrow tells that something failed")
    equal(sum(record["requests"] for record in records),
          sum(call[2] for call in shop.CALLS) + 800 + 4 * sum(r for _, s, r in shop.SERVICES if s in shop.SCRAPED), "requests")
    apart, _ = draw(podsnoop(capture, pods, "-o", "dot", "--replicas"))
    equal(len(apart), 1 + sum(replicas for _, _, replicas in shop.SERVICES), "boxes, with one for each pod")
    mermaid = podsnoop(capture, pods, "-o", "mermaid")
    true(mermaid.startswith("flowchart LR\n"), mermaid)
    equal((mermaid.count("-->"), mermaid.count("subgraph"), mermaid.count("linkStyle")), (wanted, 5, wanted), "arrows, namespaces, styles")


def test_nothing(lab):
    """No requests are a picture that says so."""
    capture, pods = (pathlib.Path(lab.folder) / name for name in ("empty.pcap", "pods.json"))
    with open(capture, "wb") as file:
        subprocess.run([sys.executable, HERE / "flood.py", "paths", "0"], stdout=file, check=True)
    pods.write_text('{"kind": "PodList", "items": []}')
    equal(draw(podsnoop(capture, pods, "-o", "dot")), ([], []), "boxes and arrows")
    true("no requests were seen" in podsnoop(capture, pods, "-o", "mermaid"), "what is said of nothing")
