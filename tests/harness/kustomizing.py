"""A kustomization as the resources it stands for, by kubectl where it is there, else by the little of kustomize it uses."""

import base64
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]

HASH = "[2456789bcdfghkmt]{10}"
"""What kustomize hangs on a generated name: hexadecimal digits, some of them replaced so that no words come of it."""


def by_kubectl(folder: Path) -> list[Resource] | None:
    """What ``kubectl kustomize`` makes of it; None where there is no kubectl. Generated names lose their hash."""
    if shutil.which("kubectl") is None:
        return None
    made = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout
    for name in re.findall(rf"^  name: (\S+)-{HASH}$", made, re.MULTILINE):
        made = re.sub(rf"\b{name}-{HASH}\b", name, made)
    return list(yaml.safe_load_all(made))


def by_hand(folder: Path) -> list[Resource]:
    """The same without a program: resources, generators, namespace, labels and images.

    :raises ValueError: the kustomization uses something else.
    """
    asked = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    known = {
        "apiVersion",
        "kind",
        "namespace",
        "labels",
        "resources",
        "configMapGenerator",
        "secretGenerator",
        "images",
    }
    if set(asked) - known:
        raise ValueError(f"{folder}: {', '.join(sorted(set(asked) - known))} is not known here")
    made: list[Resource] = []
    for name in asked.get("resources", []):
        path = folder / name
        made += by_hand(path) if path.is_dir() else yaml.safe_load_all(path.read_text(encoding="utf-8"))
    for kind in ("ConfigMap", "Secret"):
        made += [_generated(kind, one, folder) for one in asked.get(f"{kind[0].lower()}{kind[1:]}Generator", [])]
    tags = {image["name"]: image["newTag"] for image in asked.get("images", [])}
    for resource in made:
        if "namespace" in asked and resource["kind"] != "Namespace":
            resource["metadata"]["namespace"] = asked["namespace"]
        for container in containers(resource):
            if container["image"] in tags:
                container["image"] += f":{tags[container['image']]}"
        for labels in asked.get("labels", []):
            pods = [template(resource)] if template(resource) else []
            for one in [resource, *pods, *resource.get("spec", {}).get("volumeClaimTemplates", [])]:
                one["metadata"]["labels"] = {**one["metadata"].get("labels", {}), **labels["pairs"]}
    return made


def template(resource: Resource) -> Resource | None:
    """The pod that a resource makes, if it makes any."""
    return resource.get("spec", {}).get("template")


def containers(resource: Resource) -> list[Resource]:
    """Its containers, the sidecars among them."""
    pod = template(resource)
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]] if pod else []


def _generated(kind: str, asked: Resource, folder: Path) -> Resource:
    data = {(folder / name).name: (folder / name).read_text(encoding="utf-8") for name in asked.get("files", [])}
    data |= dict(literal.split("=", 1) for literal in asked.get("literals", []))
    made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": asked["name"]}, "data": data}
    if kind == "Secret":
        made["data"] = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
        made["type"] = "Opaque"
    return made
