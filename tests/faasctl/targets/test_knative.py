"""What the knative target makes of a module."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from faasctl.cases import Case
from faasctl.errors import FaasctlError
from faasctl.model import (
    APIComponent,
    CopiedBox,
    EntryPoint,
    EnvSecret,
    EnvValue,
    FileExchange,
    FilesApi,
    MLComponent,
    ModelReference,
    Module,
    MountedBox,
    Position,
    Resources,
    Scaling,
    SecretKey,
)
from faasctl.plan import KnativeRelease, StorageAddress
from faasctl.targets import knative
from faasctl.targets.knative import ClusterSite
from faasctl.targets.knative_service import module_label, window
from faasctl.targets.local import Sources

HERE = Position("manifests/iris.yaml", 1, 1)
IRIS = MLComponent(
    "iris",
    HERE,
    entry_point=EntryPoint("src", "iris.predict.inference", HERE),
    env=(EnvValue("TOP", "3"), EnvSecret("TOKEN", SecretKey("hub", "token"))),
    limits=Resources(memory=2**30),
    requests=Resources(cpu=500),
    scaling=Scaling(max=4, idle=30.0),
    warmup="setosa",
    public=True,
)
FILES = replace(
    IRIS,
    public=False,
    limits=Resources(cpu=2000, memory=2**30, gpu=1),
    requests=Resources(memory=2**29),
    scaling=Scaling(min=1, concurrency=4),
    model_reference=ModelReference("weights", "/srv/model/net.joblib"),
    file_exchange=FileExchange("users", "/srv/exchange"),
    connections=(
        MountedBox("weights", "data-box", "/srv/model", "users/developer/file_groups/models"),
        CopiedBox("users", "user-box"),
    ),
)
STORE = StorageAddress("http://s3", "https://links", "faasctl", "us-east-1", "path")
IMAGE = "registry.example.com/team/garden/iris@sha256:" + 64 * "a"
SOURCES = Sources("six==1\n", ">=3.11", ("src/iris/predict.py",))


def rendered(component: MLComponent, storage: StorageAddress | None = None) -> KnativeRelease:
    module = Module(Path("/m/flowers"), "garden", (component,))
    plan = knative.plan(module, [component], {"iris": SOURCES}, [Case("setosa", {"inputs": []})])
    return knative.render(plan, {"iris": IMAGE}, ClusterSite("prod", storage))[0]


def service(component: MLComponent, storage: StorageAddress | None = None) -> Any:
    (only,) = json.loads(rendered(component, storage).objects)
    return only


def pod(component: MLComponent) -> Any:
    return service(component)["spec"]["template"]["spec"]


def scaled(scaling: Scaling) -> Any:
    template = service(replace(IRIS, scaling=scaling))["spec"]["template"]
    found = template["metadata"]["annotations"].items()
    return {key.rpartition("/")[2]: value for key, value in found}


@pytest.mark.parametrize(
    ("component", "storage"), [(IRIS, None), (FILES, STORE)], ids=["public", "boxes"]
)
def test_a_service_is_exactly_this(
    component: MLComponent,
    storage: StorageAddress | None,
    request: pytest.FixtureRequest,
    *,
    update_golden: bool,
) -> None:
    name = f"knative-{request.node.callspec.id}.yaml"
    golden = Path(__file__).parent / "golden" / name
    text = yaml.safe_dump(service(component, storage), sort_keys=False)
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text()


def test_a_release_says_what_it_is() -> None:
    release = rendered(IRIS)
    assert (release.module, release.namespace, release.name) == ("flowers", "prod", "iris")
    assert release.artifact == IMAGE
    assert release.digest == rendered(IRIS).digest
    assert release.digest != rendered(replace(IRIS, timeout=5.0)).digest


def test_no_secret_stands_in_a_release() -> None:
    text = rendered(FILES, STORE).objects
    assert '"secretKeyRef": {"key": "SECRET_KEY", "name": "faasctl-store"}' in text
    assert "AKIA" not in text


@pytest.mark.parametrize(
    ("scaling", "name", "value"),
    [
        (Scaling(idle=1.0), "window", "6s"),
        (Scaling(idle=30.5), "window", "31s"),
        (Scaling(idle=9999.0), "window", "3600s"),
        (Scaling(min=2), "min-scale", "2"),
        (Scaling(max=7), "max-scale", "7"),
        (Scaling(), "target-burst-capacity", "0"),
        (Scaling(concurrency=1), "target-burst-capacity", None),
        (Scaling(concurrency=1, burst=-1), "target-burst-capacity", "-1"),
    ],
)
def test_scaling_as_knative_says_it(scaling: Scaling, name: str, value: str | None) -> None:
    assert scaled(scaling).get(name) == value


@pytest.mark.parametrize(
    ("limits", "requests", "expected"),
    [
        (Resources(), Resources(), None),
        (
            Resources(memory=2**30),
            Resources(),
            {"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}},
        ),
        (
            Resources(memory=2**30),
            Resources(cpu=500, memory=2**29),
            {"limits": {"memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "512Mi"}},
        ),
        (Resources(cpu=1000), Resources(), {"limits": {"cpu": "1"}}),
    ],
)
def test_resources(limits: Resources, requests: Resources, expected: Any) -> None:
    container = pod(replace(IRIS, limits=limits, requests=requests))["containers"][0]
    assert container.get("resources") == expected


@pytest.mark.parametrize("public", [True, False])
def test_only_what_is_public_answers_outside(*, public: bool) -> None:
    labels = service(replace(IRIS, public=public))["metadata"]["labels"]
    visible = labels.get("networking.knative.dev/visibility")
    assert visible == (None if public else "cluster-local")


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (replace(IRIS, timeout=601.0), "Knative ends calls after 600 s"),
        (replace(IRIS, env=(EnvValue("PORT", "1"),)), "Knative sets these itself"),
    ],
)
def test_what_knative_would_refuse_is_refused_here(component: MLComponent, message: str) -> None:
    with pytest.raises(FaasctlError, match=message):
        rendered(component)


@pytest.mark.parametrize(
    ("component", "note"),
    [
        (replace(IRIS, limits=Resources(cpu=1000)), "stretches every start"),
        (replace(IRIS, scaling=Scaling(idle=2.0)), "6s is used"),
        (replace(IRIS, scaling=Scaling(concurrency=2000)), "at most 1000"),
        (replace(IRIS, scaling=Scaling(queue=5)), "a queue of its own"),
    ],
)
def test_what_is_done_otherwise_is_said(component: MLComponent, note: str) -> None:
    (told,) = knative.notes(component)
    assert note in told


def test_what_does_not_run_on_knative_is_skipped() -> None:
    module = Module(Path("/m/flowers"), "garden", (IRIS, APIComponent("files", HERE, FilesApi())))
    plan = knative.plan(module, [IRIS], {"iris": SOURCES}, [Case("setosa", {})])
    assert [one.name for one in plan.skipped] == ["files"]


@pytest.mark.parametrize(
    ("name", "label"), [("flowers", "flowers"), ("my module!", "my-module"), ("_", "module")]
)
def test_a_module_as_a_label(name: str, label: str) -> None:
    assert module_label(name) == label
    assert window(60.0) == 60
