"""What the kustomizations stand for: valid, contained, and every name in them is one that is there. No cluster is needed."""

import os
import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from support.form import TEST_CASES
from tests.harness.kustomizing import Resource, by_hand, by_kubectl, containers, template
from tests.harness.running import PROJECT

DOCKER = PROJECT / "docker"
FOLDERS = {name: DOCKER / "kubernetes" / name for name in ("base", "suite")}
MADE = {name: by_hand(folder) for name, folder in FOLDERS.items()}
RESOURCES = [(name, resource) for name, made in MADE.items() for resource in made]
PODS = [(name, resource) for name, resource in RESOURCES if template(resource)]
OLDEST, NEWEST = "1.29", "1.37"
"""Sidecars and an own backoff limit for each index are there from 1.29 on."""


def named(values: list[tuple[str, Resource]]) -> dict[str, Any]:
    return {
        "argvalues": values,
        "ids": [f"{folder}-{resource['kind']}-{resource['metadata']['name']}" for folder, resource in values],
    }


def found(folder: str, kind: str, name: str) -> Resource:
    (resource,) = [one for one in MADE[folder] if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return resource


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(("folder", "resource"), **named(RESOURCES))
def test_a_resource_is_valid(folder, resource, version):
    kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("folder", FOLDERS)
def test_kustomize_makes_the_same(folder):
    made = by_kubectl(FOLDERS[folder])
    if made is None:
        pytest.skip("kubectl, which has kustomize in it, is not here")

    def sorted_resources(resources):
        return sorted(resources, key=lambda one: (one["kind"], one["metadata"]["name"]))

    assert sorted_resources(made) == sorted_resources(MADE[folder])


@pytest.mark.parametrize(("folder", "resource"), **named(PODS))
def test_a_pod_is_contained(folder, resource):
    pod = template(resource)["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False, "a Service mysql would set MYSQL_PORT to an address"
    for container in containers(resource):
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"]["memory"]
        assert container["resources"]["limits"]["memory"]
        assert re.search(r":\d", container["image"]), "a pinned version"


@pytest.mark.parametrize(("folder", "resource"), **named(PODS))
def test_everything_a_pod_refers_to_is_there(folder, resource):
    pod = template(resource)["spec"]
    for container in containers(resource):
        for source in container.get("envFrom", []):
            assert found(folder, *source_of(source))["data"]
        for variable in container.get("env", []):
            value = variable.get("valueFrom", {})
            if "fieldRef" not in value and value:
                (reference,) = value.values()
                assert reference["key"] in found(folder, *source_of(value))["data"]
        claims = [claim["metadata"]["name"] for claim in resource["spec"].get("volumeClaimTemplates", [])]
        volumes = {volume["name"] for volume in pod["volumes"]} | set(claims)
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    for volume in pod["volumes"]:
        if "configMap" in volume:
            assert found(folder, "ConfigMap", volume["configMap"]["name"])
        if "persistentVolumeClaim" in volume:
            assert found(folder, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])


def source_of(reference: dict[str, Any]) -> tuple[str, str]:
    """(kind, name) of what an environment variable is taken from."""
    ((kind, value),) = reference.items()
    return ("ConfigMap" if kind.startswith("configMap") else "Secret"), value["name"]


@pytest.mark.parametrize(("folder", "resource"), **named(RESOURCES))
def test_a_selector_selects_a_pod(folder, resource):
    spec = resource.get("spec", {})
    selector = spec.get("selector") or spec.get("podSelector")
    if resource["kind"] == "Service":
        selector = {"matchLabels": selector}
    if selector and "matchLabels" in selector:
        labels = [template(one)["metadata"]["labels"] for one in MADE[folder] if template(one)]
        assert any(selector["matchLabels"].items() <= one.items() for one in labels)


def test_mysql_is_given_the_very_files_of_the_project():
    init, options = (
        found("base", "ConfigMap", "mysql-init")["data"],
        found("base", "ConfigMap", "mysql-options")["data"],
    )
    assert set(init) == {file.name for file in (DOCKER / "mysql").glob("*.sql")} | {"30-accounts.sh"}
    assert options == {"acceptance.cnf": (DOCKER / "mysql" / "conf.d" / "acceptance.cnf").read_text(encoding="utf-8")}


def test_parts_are_asked_whether_they_are_well():
    (mysql,), (api,) = containers(found("base", "StatefulSet", "mysql")), containers(found("base", "Deployment", "api"))
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(mysql)
    assert {"readinessProbe", "livenessProbe"} <= set(api)
    assert found("base", "Deployment", "api")["spec"]["replicas"] >= 2


def test_api_and_agent_are_given_what_compose_gives_them():
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("api", "agent"):
        (container,) = containers(found("base", "Deployment", name))
        given = {variable["name"] for variable in container["env"]}
        given |= set(found("base", "ConfigMap", "executor")["data"])
        left = set(compose[name]["environment"]) - given
        assert left <= {variable for variable in left if ":-" in compose[name]["environment"][variable]}, "defaults"
        assert {"MYSQL_USER", "MYSQL_PASSWORD", "API_SECRET", "MYSQL_DATABASE"} <= given


def test_there_is_one_pod_a_shard_and_one_that_merges():
    job = found("suite", "Job", "acceptance")["spec"]
    mysql, suite = containers(found("suite", "Job", "acceptance"))
    shards = int(suite["args"][suite["args"].index("--of") + 1])

    assert 1 < shards <= len(TEST_CASES)
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"] == shards + 1
    assert job["backoffLimitPerIndex"] == 0, "what is red stays red"
    assert mysql["restartPolicy"] == "Always", "a sidecar"


def test_the_overlay_of_the_guide_can_be_made(tmp_path):
    guide = (DOCKER.parent / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    (overlay,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    inside = overlay.replace("../docker", os.path.relpath(DOCKER, tmp_path))
    (tmp_path / "kustomization.yaml").write_text(inside, encoding="utf-8")

    made = by_kubectl(tmp_path)
    if made is None:
        pytest.skip("kubectl, which has kustomize in it, is not here")
    (job,) = [one for one in made if one["kind"] == "Job"]
    assert containers(job)[1]["image"] == "registry.example.org/qa/executor-v1-acceptance:1.0.0"
    assert containers(job)[1]["env"][-1]["name"] == "ACCEPTANCE_AGENT_COMMAND"
    assert {one["metadata"]["namespace"] for one in made if one["kind"] != "Namespace"} == {"executor-v1-acceptance"}


def test_the_reader_is_a_valid_pod_of_the_suite():
    reader = yaml.safe_load((DOCKER / "kubernetes" / "reader.yaml").read_text(encoding="utf-8"))
    kubernetes_validate.validate(reader, OLDEST, strict=True)
    kubernetes_validate.validate(reader, NEWEST, strict=True)

    suite = found("suite", "Job", "acceptance")
    assert reader["metadata"]["namespace"] == suite["metadata"]["namespace"]
    assert reader["spec"]["containers"][0]["image"] == containers(suite)[1]["image"]
    assert found("suite", "PersistentVolumeClaim", reader["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"])
