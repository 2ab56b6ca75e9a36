"""From folders to modules: what good manifests become, and which files count."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from faasctl.errors import ManifestError, NotAModuleError
from faasctl.manifest import check, find_module, load
from faasctl.model import (
    BoxPath,
    CopiedBox,
    DatasetReference,
    EntryPoint,
    EnvSecret,
    EnvValue,
    ExistingImage,
    FileExchange,
    FilesApi,
    ImageBuild,
    Interface,
    ModelReference,
    MountedBox,
    Position,
    Resources,
    Scaling,
    SecretKey,
)
from tests.faasctl.manifest.manifest_samples import HEADS, make, problems_of, write

_SAMPLES = Path(__file__).parent / "samples"
_BOX = "apiVersion: faasctl.dev/v1\nkind: DataBox\nmetadata: {name: box}\n"


def _module(tmp_path: Path, *names: str) -> Path:
    root = make(tmp_path)
    (root / "manifests" / "others.yaml").unlink()
    write(root, {f"manifests/{name}": (_SAMPLES / name).read_text() for name in names})
    return root


def test_a_function_of_the_platform(tmp_path: Path) -> None:
    module = load(_module(tmp_path, "digits.yaml"))
    (function,) = module.functions
    assert module.namespace == "pu-anna-pa-digits"
    assert function.image == ExistingImage("registry.example/anna/digits:9f31c02")
    assert function.limits == Resources(cpu=500, memory=512_000_000)
    assert function.env == (EnvValue("TOP_K", "3"),)
    place = Position("manifests/digits.yaml", 23, 53)
    assert function.entry_point == EntryPoint("src", "digits.serve.inference", place)
    assert function.model_reference == ModelReference("model-box", "/srv/digits/model/net.joblib")
    assert function.file_exchange == FileExchange("user-box", "/srv/digits/exchange")
    below = "users/developer/file_groups/models"
    assert function.connections == (
        MountedBox("model-box", "weights", "/srv/digits/model", below),
        CopiedBox("user-box", "users"),
    )
    assert [box.capacity for box in module.boxes] == [10**9, 2 * 10**9]
    assert module.apis[0].target == FilesApi()


@pytest.mark.parametrize("name", sorted(file.name for file in _SAMPLES.iterdir()))
def test_samples_are_valid(name: str, tmp_path: Path) -> None:
    checked = check(_module(tmp_path, name))
    assert [str(one) for one in checked.problems if not one.warning] == []
    assert checked.module is not None


def test_every_key_arrives(tmp_path: Path) -> None:
    module = load(_module(tmp_path, "everything.yaml"))
    function, net = module.functions
    assert function.interface is Interface.INFERENCE
    assert net.interface is Interface.MODEL_FILE
    assert isinstance(function.image, ImageBuild)
    assert function.image.python == "3.10"
    assert function.scaling == Scaling(min=1, max=5, concurrency=8, idle=120, queue=10, burst=3)
    assert (function.env[0], function.env[1]) == (
        EnvValue("TOP_K", "3"),
        EnvValue("VERBOSE", "yes"),
    )
    assert function.env[2] == EnvSecret("KEY", SecretKey("weather", "api-key"))
    assert function.aws.memory == 2048
    assert (function.cache_size, function.timeout, function.cold_start_p95) == (64_000_000, 90, 2)
    assert function.public
    (train,) = module.pipelines
    assert train.vars[1].mount_from == BoxPath("constants", "a/b")
    assert train.stages[0].command == ("python", "-m", "fit")
    assert train.stages[0].args == ("--epochs", "3")
    assert module.ensembles[0].steps[1].version == 2


def test_a_chain_goes_on_and_a_dataset_is_only_kept(tmp_path: Path) -> None:
    checked = check(_module(tmp_path, "chain.yaml"))
    assert checked.module is not None
    assert checked.module.pipelines[0].continue_with == "report"
    assert checked.module.boxes[0].dataset == DatasetReference(
        "some-data-collection", "pu-other-pa-data"
    )
    assert [problem.warning for problem in checked.problems] == [True]


def test_everything_at_once_and_one_broken_file_hides_no_other(tmp_path: Path) -> None:
    root = make(tmp_path)
    write(
        root,
        {
            "manifests/a.yaml": "a: [",
            "manifests/b.yaml": HEADS["function"] + "  timeout: x\n  scaling: {min: x}\n",
            "manifests/deep/c.yml": HEADS["box"] + "  s3DefaultStorage: {capacity: x}\n",
        },
    )
    with pytest.raises(ManifestError) as caught:
        load(root)
    places = [(one.file, one.line) for one in caught.value.problems]
    assert places == [
        ("manifests/a.yaml", 1),
        ("manifests/b.yaml", 6),
        ("manifests/b.yaml", 7),
        ("manifests/deep/c.yml", 5),
    ]


def test_what_exists_with_problems_is_not_said_to_be_missing(tmp_path: Path) -> None:
    root = make(tmp_path)
    write(
        root,
        {
            "manifests/b.yaml": HEADS["api"]
            + "  mlComponent: {name: model}\n  restfulApi: {path: a}\n"
        },
    )
    problems = problems_of(root, HEADS["function"] + "  timeout: x\n")
    assert "is called" not in problems
    assert problems.count("manifests/") == 1


@pytest.mark.parametrize("broken", ["a: [", "- x", "apiVersion: faasctl.dev/v1\nkind: DataBox\n"])
def test_nothing_is_said_to_be_missing_while_a_name_is_unknown(broken: str, tmp_path: Path) -> None:
    root = make(tmp_path)
    write(
        root,
        {"manifests/b.yaml": HEADS["api"] + "  mlComponent: {name: x}\n  restfulApi: {path: a}\n"},
    )
    assert "is called" not in problems_of(root, broken)


def test_documents_before_a_syntax_error_are_checked(tmp_path: Path) -> None:
    problems = problems_of(make(tmp_path), HEADS["function"] + "  timeout: x\n---\na: [")
    assert "spec.timeout" in problems
    assert "not valid YAML" in problems


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    body = "  scaling: &s {min: 1, max: 4}\n---\n" + HEADS["function"].replace("model", "other", 1)
    more = "  scaling:\n    <<: [{max: 7, min: 3}, {queue: 5}]\n    max: 9\n"
    root = make(tmp_path)
    assert problems_of(root, HEADS["function"] + body + more) == ""
    other = next(one for one in load(root).functions if one.name == "other")
    assert (other.scaling.min, other.scaling.max, other.scaling.queue) == (3, 9, 5)


def test_a_problem_behind_two_aliases_is_reported_once(tmp_path: Path) -> None:
    body = "  resourceLimits: &r {cpu: x}\n  image: {resourceLimits: *r}\n"
    problems = problems_of(make(tmp_path), HEADS["function"] + body)
    assert problems.count("manifests/m.yaml:6:28") == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfea\x00", "manifests/m.yaml:1:1: not UTF-8: byte 0xff can't stand here"),
        (b"a: b\nc: \xe9\n", "manifests/m.yaml:2:4: not UTF-8: byte 0xe9 can't stand here"),
        (b"a: b\nc: \x00\n", "manifests/m.yaml:2:4: the control character U+0000"),
        (b"a: \x07", "manifests/m.yaml:1:4: the control character U+0007"),
        (b"\xef\xbb\xbf" + _BOX.encode(), "manifests/m.yaml:1:1: warning: the byte order mark"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, said: str, tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "manifests" / "m.yaml").write_bytes(data)
    (problem,) = check(root).problems
    assert str(problem).startswith(said)


@pytest.mark.parametrize("text", ["", "\n\n", "---\n---\n", "# words\n", "---\n" + _BOX + "---\n"])
def test_empty_documents_are_skipped(text: str, tmp_path: Path) -> None:
    assert problems_of(make(tmp_path), text) == ""


def test_a_module_without_components(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/m.yaml": "# nothing\n"})
    (problem,) = check(tmp_path).problems
    assert str(problem).startswith("manifests:1:1: no manifest declares a component")
    assert check(tmp_path / "nowhere").module is None


def test_files_that_are_no_manifests(tmp_path: Path) -> None:
    root = make(tmp_path)
    write(root, {"manifests/.m.yaml": "[", "manifests/.git/a.yaml": "[", "manifests/a.txt": "["})
    (root / "manifests" / "folder.yaml").mkdir()
    assert check(root).problems == ()


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "manifests" / "gone.yaml").symlink_to("nowhere")
    os.mkfifo(root / "manifests" / "pipe.yaml")
    assert [str(problem).splitlines()[0] for problem in check(root).problems] == [
        "manifests/gone.yaml:1:1: can't be read: no such file",
        "manifests/pipe.yaml:1:1: can't be read: not a regular file",
    ]


def test_the_namespace_is_the_folder_unless_manifests_say_otherwise(tmp_path: Path) -> None:
    root = make(tmp_path)
    assert load(root).namespace == "app"
    write(root, {"manifests/m.yaml": _BOX.replace("box}", "box, namespace: other}")})
    assert load(root).namespace == "other"


def test_a_folder_whose_name_can_be_no_namespace(tmp_path: Path) -> None:
    root = tmp_path / "My_App"
    write(root, {"manifests/m.yaml": _BOX})
    (problem,) = check(root).problems
    assert (problem.line, problem.column) == (3, 18)
    assert problem.message.startswith("metadata.namespace: missing, and the folder's name 'My_App'")
    assert problem.hint == "write metadata.namespace, for example my-app"


def test_names_are_shared_by_kinds_that_become_objects(tmp_path: Path) -> None:
    root = make(tmp_path)
    box = _BOX.replace("box", "iris")
    assert problems_of(root, box) == ""
    pipeline = (
        HEADS["pipeline"].replace("name: pipe", "name: iris")
        + "  stages: [{name: a, entryPoint: x}]\n"
    )
    said = "manifests/others.yaml:3:18: metadata.name: iris is the name of the ExperimentPipeline"
    assert problems_of(root, pipeline).startswith(f"{said} in manifests/m.yaml:3")


def test_find_module(tmp_path: Path) -> None:
    root = make(tmp_path)
    assert find_module(root) == root
    assert find_module(root / "src" / "digits") == root
    (tmp_path / "empty" / "manifests").mkdir(parents=True)
    with pytest.raises(NotAModuleError, match="is no module") as caught:
        find_module(tmp_path / "empty")
    assert "faasctl new NAME" in (caught.value.hint or "")
    assert "-C DIR" in (caught.value.hint or "")


def _component(index: int) -> str:
    api = HEADS["api"].replace("name: api", f"name: api-{index}")
    body = f"  mlComponent: {{name: model-{index}}}\n  restfulApi: {{path: p{index}}}\n"
    return f"{HEADS['function'].replace('name: model', f'name: model-{index}')}---\n{api}{body}"


def test_a_thousand_components_take_seconds(tmp_path: Path) -> None:
    root = make(tmp_path)
    write(root, {"manifests/m.yaml": "---\n".join(_component(index) for index in range(1000))})
    started = time.monotonic()
    assert len(load(root).components) == 2003
    assert time.monotonic() - started < 10
