"""Images whole: the same for the same inputs, upon a base found once, saved, loaded, refused."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faasctl.build import comparing, image, layout, oci, registry, sbom
from faasctl.build.bytecode_tree import own_minor
from faasctl.build.image import BuiltImage, ImageSpec
from faasctl.build.registry import Access
from faasctl.errors import BuildError, UnreachableError, UsageError
from faasctl.plan import EnvironmentPlan, ImagePlan
from tests.faasctl.build.fake_registry import FakeRegistry, running

ACCESS = Access(lookup=lambda _: None, delays=())
MINOR = own_minor()


def put_image(fake: FakeRegistry, name: str, python: str = MINOR, **config: Any) -> str:
    """A base image in a fake registry: one layer with a Python that is only a name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(f"./usr/bin/python{python}"))
    layer = out.getvalue()
    document = oci.document(
        {
            "os": "linux",
            "architecture": "amd64",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [oci.digest_of(layer)]},
        }
    )
    digests = [fake.put(name, one) for one in (layer, document)]
    manifest = oci.document(
        {
            "schemaVersion": 2,
            "mediaType": oci.MANIFEST,
            "config": {"mediaType": oci.CONFIG, "digest": digests[1], "size": len(document)},
            "layers": [{"mediaType": oci.PLAIN_LAYER, "digest": digests[0], "size": len(layer)}],
        }
    )
    for key in ("latest", oci.digest_of(manifest)):
        fake.manifests[name, key] = (oci.MANIFEST, manifest)
    return f"{fake.host}/{name}:latest"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with running(FakeRegistry()) as registry_:
        yield registry_


@pytest.fixture
def module(tmp_path: Path) -> Path:
    root = tmp_path / "module"
    root.mkdir()
    (root / "app.py").write_text("def f(x): return x\n")
    (root / "model.bin").write_bytes(b"m" * 100)
    return root


def plan(text: str, **changes: Any) -> ImagePlan:
    """An image without packages: nothing is installed from anywhere."""
    made = ImagePlan(
        name="f",
        environment=EnvironmentPlan("", f"=={MINOR}.*"),
        program="command",
        base=text,
        files=("app.py",),
        models=("model.bin",),
        compiled="{}",
    )
    return replace(made, **changes)


def build(made: ImagePlan, root: Path, home: Path) -> BuiltImage:
    return image.build(ImageSpec(made, root, revision="r1"), home, lambda _: None, ACCESS)


def test_the_same_inputs_give_the_same_image(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    made = plan(put_image(fake, "py"))
    one = build(made, module, tmp_path / "one")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(module, elsewhere)
    (elsewhere / "app.py").touch()
    assert build(made, elsewhere, tmp_path / "two").artifact == one.artifact
    (elsewhere / "app.py").write_text("def f(x): return 2\n")
    changed = build(made, elsewhere, tmp_path / "two").artifact
    assert changed.identity != one.artifact.identity
    same = [a == b for a, b in zip(changed.layers, one.artifact.layers, strict=True)]
    names = [layer.what for layer in changed.layers]
    assert dict(zip(names, same, strict=True)) == {
        "base": True,
        "models": True,
        "code": False,
        "component": True,
    }


def test_a_function_starts_as_nobody_by_the_handler(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    made = plan(put_image(fake, "py", Env=["PATH=/usr/bin", "A=b"], Cmd=["sh"], User="root"))
    config = json.loads(build(made, module, tmp_path / "home").config)
    assert config["created"] == oci.EPOCH
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["WorkingDir"] == "/function"
    assert "Cmd" not in config["config"]
    assert config["config"]["Env"] == ["PATH=/usr/bin", "A=b", "PYTHONPATH=/faasctl/packages"]
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == "r1"
    assert len(config["history"]) == len(config["rootfs"]["diff_ids"]) == 4


def test_byte_code_lies_beside_the_code(fake: FakeRegistry, module: Path, tmp_path: Path) -> None:
    built = build(plan(put_image(fake, "py")), module, tmp_path / "home")
    layer = next(one for one in built.artifact.layers if one.what == "code")
    with tarfile.open(built.shelf.blob(layer.digest)) as tar:
        tag = f"cpython-{MINOR.replace('.', '')}"
        assert tar.getnames() == [
            "function",
            "function/__pycache__",
            f"function/__pycache__/app.{tag}.pyc",
            "function/app.py",
        ]


def test_the_digest_of_a_base_is_kept_and_works_offline(module: Path, tmp_path: Path) -> None:
    with running(FakeRegistry()) as fake:
        text = put_image(fake, "py")
        first = build(plan(text), module, tmp_path / "home")
        locked = json.loads((module / "faasctl.lock").read_text())
        assert locked == {"version": 1, "bases": {text: first.base.digest}}
        put_image(fake, "py", Env=["NEW=1"])
        assert build(plan(text), module, tmp_path / "home").artifact == first.artifact
        spec = ImageSpec(plan(text), module, fresh=True, revision="r1")
        newer = image.build(spec, tmp_path / "home", lambda _: None, ACCESS)
        assert newer.base.digest != first.base.digest
    again = build(plan(text), module, tmp_path / "home")
    assert again.artifact == newer.artifact
    with pytest.raises(UnreachableError, match="does not answer"):
        build(plan(text), module, tmp_path / "other")


def test_a_base_with_another_python_is_refused(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match=rf"has Python 3\.99, the module is made for {MINOR}"):
        build(plan(put_image(fake, "py", python="3.99")), module, tmp_path / "home")
    said = put_image(fake, "said", Env=["PYTHON_VERSION=3.98.1"])
    with pytest.raises(BuildError, match=r"has Python 3\.98"):
        build(plan(said), module, tmp_path / "home")


def test_an_image_of_the_users_own_keeps_what_it_is(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    text = put_image(fake, "own", User="1000", WorkingDir="/app", Env=["A=b", "PATH=/x"])
    built = build(plan(text, existing=True), module, tmp_path / "home")
    process = json.loads(built.config)["config"]
    assert (process["User"], process["WorkingDir"]) == ("1000", "/app")
    assert process["Env"] == ["A=b", "PATH=/x"]
    assert [one.what for one in built.artifact.layers] == ["base", "component"]


def test_a_push_sends_code_alone_after_a_change(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    made = plan(put_image(fake, "py"))
    said: list[str] = []
    for text in ("a = 1\n", "a = 2\n"):
        (module / "app.py").write_text(text)
        said.clear()
        built = build(made, module, tmp_path / "home")
        image.push(built, f"{fake.host}/team/f", said.append, access=ACCESS)
    assert [one.partition(":")[0] for one in said] == ["code", "configuration"]
    subject = built.artifact.digest.replace(":", "-")
    listed = json.loads(fake.manifests["team/f", subject][1])["manifests"]
    assert listed[0]["artifactType"] == sbom.MEDIA_TYPE


def test_a_saved_image_is_the_image(fake: FakeRegistry, module: Path, tmp_path: Path) -> None:
    built = build(plan(put_image(fake, "py")), module, tmp_path / "home")
    folder = tmp_path / "saved"
    layout.save(built.pushable, "f:latest", folder, built.shelf, ACCESS)
    loaded = layout.load(folder, image.shelf_of(tmp_path / "other"))
    assert (loaded.manifest, loaded.config) == (built.manifest, built.config)
    pushed = registry.push(
        loaded, f"{fake.host}/x", image.shelf_of(tmp_path / "other"), report=print, access=ACCESS
    )
    assert pushed.digest == built.artifact.digest
    for blob in (folder / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    with pytest.raises(UsageError, match="not empty"):
        layout.save(built.pushable, "f:latest", folder, built.shelf, ACCESS)
    with pytest.raises(BuildError, match="is no image"):
        layout.load(module, built.shelf)


def test_the_first_file_that_differs_is_named(
    fake: FakeRegistry, module: Path, tmp_path: Path
) -> None:
    made = plan(put_image(fake, "py"), files=("app.py",), models=())
    blobs, configs = [], []
    for text in ("a = 1\n", "a = 2\n"):
        (module / "app.py").write_text(text)
        built = build(made, module, tmp_path / "home")
        layer = next(one for one in built.artifact.layers if one.what == "code")
        blobs.append(built.shelf.blob(layer.digest))
        configs.append(built.config)
    assert "app" in comparing.different_files(*blobs)
    assert comparing.different_files(blobs[0], blobs[0]) == ""
    assert comparing.different_configuration(*configs).startswith("configuration rootfs.diff_ids")
    assert comparing.different_configuration(configs[0], configs[0]) == ""


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("faasctl/packages/numpy/x.so", "packages/numpy"),
        ("faasctl/packages/numpy.libs/x.so", "packages/numpy"),
        ("faasctl/packages/numpy-2.dist-info/RECORD", "packages/numpy"),
        ("faasctl/handlers/start.py", "handlers"),
        ("faasctl/component.json", "component"),
        ("function/src/app/x.py", "code/src"),
        ("function/app.py", "code"),
    ],
)
def test_parts_of_an_image(name: str, part: str) -> None:
    assert comparing.part_of(name) == part


def test_a_bill_names_what_the_lock_names() -> None:
    first, second = (f"--hash=sha256:{letter * 64}" for letter in "ab")
    lock = f"# x\nSix==1.16.0 \\\n    {first}\nnumpy[x]==2.0 ; a > 'b' \\\n    {first} {second}\n"
    found = json.loads(sbom.bill("f", "sha256:1", (lock,)))["components"]
    assert [one["purl"] for one in found] == ["pkg:pypi/numpy@2.0", "pkg:pypi/six@1.16.0"]
    assert found[1]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert "hashes" not in found[0]
    assert sbom.bill("f", "sha256:1", (lock,)) == sbom.bill("f", "sha256:1", (lock, lock))
