"""`faasctl image` and `faasctl size` by their words; the registry is one of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faasctl.build import registry
from faasctl.cli import main
from tests.faasctl.build.fake_registry import FakeRegistry, running
from tests.faasctl.build.test_image import put_image

MANIFEST = """\
apiVersion: faasctl.dev/v1
kind: MLComponent
metadata: {name: echo, namespace: shop}
spec:
  mlService:
    inference:
      entryPoint: {pythonPath: ., pythonFunction: app.inference}
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A module here, a home of its own, a registry; the handler's packages are left out."""
    root = tmp_path / "shop"
    (root / "manifests").mkdir(parents=True)
    (root / "manifests" / "echo.yaml").write_text(MANIFEST)
    (root / "app.py").write_text("def inference(x):\n    return x\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("FAASCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    with running(FakeRegistry()) as found:
        monkeypatch.setenv("FAASCTL_IMAGE_BASE", put_image(found, "py"))
        yield found


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main.run(list(words)) == code
    return capsys.readouterr().out


@pytest.mark.e2e
def test_an_image_is_built_pushed_saved_verified_and_measured(
    fake: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"{fake.host}/team"
    folder = str(tmp_path / "saved")
    built = json.loads(said(capsys, "image", "build", "--output", folder, "--json"))["images"][0]
    assert built["name"] == "echo"
    names = [one["what"] for one in built["layers"]]
    assert names == ["base", "dependencies", "handler", "code", "component"]

    pushed = json.loads(said(capsys, "image", "push", place, "--json"))["images"][0]
    assert pushed["reference"] == f"{place}/shop/echo@{built['digest']}"
    fake.asked.clear()
    assert built["digest"] in said(capsys, "image", "push", place, "-q")
    assert fake.count("POST") == 0

    again = said(capsys, "image", "push", "--from", folder, f"{place}/other", "--tag", "v1")
    assert f"{place}/other@{built['digest']}" in again
    assert registry.resolve(f"{place}/other:v1")[0] == built["digest"]

    assert said(capsys, "image", "verify", "-q") == "echo: the same\n"
    Path("app.py").write_text("def inference(x):\n    return 2\n")
    differs = said(capsys, "image", "verify", "-q", pushed["reference"], code=2)
    assert differs.startswith("echo: layer code: /function/")

    sizes = json.loads(said(capsys, "size", "--json"))
    assert {one["name"] for one in sizes["parts"]} >= {"code", "handlers", "dependencies/uvicorn"}
    assert sizes["fits"] == {"echo": ["zip", "layers", "image"]}


def test_a_push_without_a_registry_says_what_to_type(
    fake: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["image", "push"]) == 2
    assert "faasctl image push HOST/PATH" in capsys.readouterr().err
    assert main.run(["image", "push", "--from", "nowhere"]) == 2
    assert "no repository is named" in capsys.readouterr().err


def test_a_base_that_is_not_there_is_named(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAASCTL_IMAGE_BASE", f"{fake.host}/nothing:1")
    assert main.run(["image", "build", "-q"]) == 1
    assert f"there is no image {fake.host}/nothing:1" in capsys.readouterr().err
