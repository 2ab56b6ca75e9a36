"""What the local target makes of a module."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from faasctl import wire
from faasctl.cases import Case
from faasctl.errors import FaasctlError, UnknownNameError
from faasctl.model import (
    Batching,
    CopiedBox,
    Ensemble,
    EntryPoint,
    EnvValue,
    ExistingImage,
    FileExchange,
    Interface,
    MLComponent,
    ModelReference,
    Module,
    MountedBox,
    Position,
    Resources,
    Scaling,
)
from faasctl.plan import LocalRelease, PreparedFunction, StorageAddress
from faasctl.targets import local
from faasctl.targets.local import Site, Sources

HERE = Position("manifests/iris.yaml", 1, 1)
IRIS = MLComponent(
    "iris",
    HERE,
    entry_point=EntryPoint("src", "iris.predict.inference", HERE),
    model_reference=ModelReference(None, "model/iris.joblib"),
    env=(EnvValue("TOP", "3"),),
    limits=Resources(memory=2**30),
    scaling=Scaling(max=4, idle=30.0),
    warmup="setosa",
    public=True,
)
FILES = replace(
    IRIS,
    model_reference=ModelReference("weights", "/srv/model/net.joblib"),
    file_exchange=FileExchange("users", "/srv/exchange"),
    connections=(
        MountedBox("weights", "data-box", "/srv/model", "users/developer/file_groups/models"),
        CopiedBox("users", "user-box"),
    ),
)
SETOSA = Case("setosa", {"inputs": []})
SITE = Site(StorageAddress("http://s", "http://s", "faasctl", "us-east-1", "path"), "/home/boxes")
SOURCES = Sources("six==1\n", ">=3.11", ("src/iris/predict.py",))


def rendered(component: MLComponent, site: Site | None = None) -> LocalRelease:
    module = Module(Path("/m/flowers"), "garden", (component,))
    plan = local.plan(module, [component], {component.name: SOURCES}, [SETOSA])
    made = PreparedFunction(component.name, "/env/bin/python", "/code", "/runtime", "abc")
    return local.render(plan, {component.name: made}, site)[0]


@pytest.mark.parametrize(
    ("component", "site"), [(IRIS, None), (FILES, SITE)], ids=["plain", "files"]
)
def test_a_release_says_all_that_the_gateway_needs(
    component: MLComponent,
    site: Site | None,
    request: pytest.FixtureRequest,
    *,
    update_golden: bool,
) -> None:
    golden = Path(__file__).parent / "golden" / f"{request.node.callspec.id}.json"
    found = json.loads(wire.encode_release(rendered(component, site)))
    found["component"] = json.loads(found["component"])
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if update_golden:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_equal_releases_have_equal_digests_and_others_do_not() -> None:
    assert rendered(IRIS).digest == rendered(IRIS).digest
    assert rendered(IRIS).digest != rendered(replace(IRIS, timeout=5.0)).digest
    assert rendered(IRIS).digest != rendered(replace(IRIS, env=())).digest


def test_no_secret_stands_in_a_release_with_boxes() -> None:
    text = wire.encode_release(rendered(FILES, SITE)).decode()
    assert '"faasctl-store"' in text
    assert "SECRET_KEY" in text
    assert "AKIA" not in text


def test_an_image_of_ones_own_is_a_note() -> None:
    component = replace(IRIS, image=ExistingImage("registry.local/iris:1"))
    module = Module(Path("/m/flowers"), "garden", (component,))
    plan = local.plan(module, [component], {"iris": SOURCES}, [SETOSA])
    assert "registry.local/iris:1 is not run here" in plan.functions[0].notes[0]


@pytest.mark.parametrize("file", ["handlers.py", "src/handlers/__init__.py", "handlers/x.txt"])
def test_a_package_that_hides_the_handlers_own_is_refused(file: str) -> None:
    module = Module(Path("/m/flowers"), "garden", (IRIS,))
    sources = replace(SOURCES, files=(file,))
    with pytest.raises(FaasctlError, match="clashes with the package `handlers`"):
        local.plan(module, [IRIS], {"iris": sources}, [SETOSA])


def test_a_warmup_that_is_not_there_is_named() -> None:
    module = Module(Path("/m/flowers"), "garden", (IRIS,))
    with pytest.raises(UnknownNameError, match="setosa"):
        local.plan(module, [IRIS], {"iris": SOURCES}, [])


def test_an_interface_that_nobody_runs_is_refused_not_called_as_another() -> None:
    with pytest.raises(FaasctlError, match="does not run the interface predictor"):
        rendered(replace(IRIS, interface=Interface.PREDICTOR))


def test_what_this_target_does_not_do_is_said() -> None:
    asking = replace(IRIS, batching=Batching(max_batch_size=8), protocol="grpc")
    graph = Ensemble("graph", HERE)
    module = Module(Path("/m/flowers"), "garden", (asking, graph))
    plan = local.plan(module, [asking], {"iris": SOURCES}, [SETOSA])
    assert plan.functions[0].notes == (
        "iris: spec.batching is not used here",
        "iris: spec.protocol is not used here",
    )
    assert [(one.name, one.kind) for one in plan.skipped] == [("graph", "Ensemble")]
