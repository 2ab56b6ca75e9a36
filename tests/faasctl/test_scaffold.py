"""`faasctl new`: a module from a template, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from faasctl.errors import FaasctlError, UnknownNameError, UnreachableError, UsageError
from faasctl.scaffold import Question, Scaffolded, ScaffoldRequest, scaffold

Make = Callable[..., Scaffolded]

FOREIGN = {
    "cookiecutter.json": '{"project": "x", "title": "{{ cookiecutter.project }}!", "size": [1, 2]}',
    "{{cookiecutter.project}}/note.txt": "{{ cookiecutter.title }} {{ cookiecutter.size }}\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".cookiecutterrc").write_text("default_context: {framework: onnx}\n")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder / name))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
    return folder


@pytest.fixture
def work(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def make(work: Path) -> Make:
    def one(name: str = "flowers", **values: object) -> Scaffolded:
        ask = values.pop("ask", None)
        answers = values.pop("answers", {})
        request = ScaffoldRequest(name, work, answers=answers, **values)  # type: ignore[arg-type]
        told: list[str] = []
        if ask is not None:
            return scaffold(request, progress=told.append, ask=ask)  # type: ignore[arg-type]
        return scaffold(request, progress=told.append)

    return one


def template(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> Path:
    """A template with a branch, a tag and a later commit."""
    folder = template(tmp_path / "remote", FOREIGN)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for text, mark in (("old\n", ["tag", "v1"]), ("new\n", ["branch", "next"])):
        (folder / "{{cookiecutter.project}}" / "age.txt").write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", text)
        git(folder, *mark)
    (folder / "{{cookiecutter.project}}" / "age.txt").write_text("newest\n")
    git(folder, "commit", "--quiet", "--all", "--message", "newest")
    return folder


def test_says_what_to_type_next(make: Make, work: Path) -> None:
    made = make()
    assert made.directory == work / "flowers"
    assert made.template == "module"
    assert made.next_steps == (
        "cd flowers",
        "faasctl exec flowers -- python -m flowers.train",
        "faasctl test",
        "faasctl deploy",
    )


def test_nothing_of_the_user_is_read_or_written(make: Make, home: Path, work: Path) -> None:
    made = make()
    assert [path.name for path in home.iterdir()] == [".cookiecutterrc"]
    assert [path.name for path in work.iterdir()] == ["flowers"]
    assert "scikit-learn" in (made.directory / "pyproject.toml").read_text()


@pytest.mark.needs("git")
def test_a_module_is_a_git_repository(make: Make) -> None:
    folder = make().directory
    git(folder, "add", ".")
    assert (folder / ".git").is_dir()


@pytest.mark.needs("git")
def test_no_repository_within_a_repository(make: Make, work: Path) -> None:
    git(work, "init", "--quiet")
    assert not (make().directory / ".git").exists()


def test_without_git_it_is_a_folder(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not (make().directory / ".git").exists()


def test_an_empty_folder_is_taken(make: Make, work: Path) -> None:
    (work / "flowers").mkdir()
    assert (make().directory / "pyproject.toml").is_file()


def test_manifests_name_their_schema(make: Make) -> None:
    folder = make().directory
    first = (folder / "manifests" / "flowers.yaml").read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (folder / "manifests" / named).resolve() == folder / ".faasctl/manifest.schema.json"
    assert (folder / ".faasctl" / "manifest.schema.json").is_file()


@pytest.mark.parametrize(
    ("name", "package"),
    [("my-model", "my_model"), ("json", "json_module"), ("class", "class_module")],
)
def test_package_follows_the_name(make: Make, name: str, package: str) -> None:
    folder = make(name).directory
    assert [path.name for path in (folder / "src").iterdir()] == [package]
    assert f"from {package}.predict" in (folder / "tests" / "test_predict.py").read_text()


def test_bytecode_beside_the_template_stays_there(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faasctl.scaffold import sources

    package = tmp_path / "package"
    shutil.copytree(sources.packaged(), package / "_data" / "templates")
    source = "cookiecutter-module/{{cookiecutter.name}}/src/{{cookiecutter.package}}"
    cache = package / "_data" / "templates" / source / "__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-311.pyc").write_bytes(b"\0\1")
    monkeypatch.setattr(sources, "_PACKAGE", package)
    assert sources.packaged() == package / "_data" / "templates"
    assert not list(make().directory.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My Model", "did you mean my-model?"),
        ("model_1", "did you mean model-1?"),
        ("1model", "did you mean model?"),
        ("-", None),
        ("", None),
        ("модель", None),
        ("../up", "did you mean up?"),
        ("a" * 41, f"did you mean {'a' * 40}?"),
        ("a\n", "did you mean a?"),
        ("no", "try no-model"),
        ("files", "try files-model"),
        ("users", "try users-model"),
        ("numpy", "try numpy-model"),
    ],
)
def test_bad_names_are_refused(make: Make, work: Path, name: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        make(name)
    assert refused.value.hint == hint
    assert not list(work.iterdir())


@pytest.mark.parametrize(
    ("answers", "message", "hint"),
    [
        ({"framwork": "onnx"}, "'framwork' is no variable", "did you mean framework?"),
        ({"_jinja2_env_vars": "1"}, "is no variable", None),
        ({"framework": "onxx"}, "'onxx' is none of scikit-learn, onnx", "did you mean onnx?"),
        ({"interface": "predictor"}, "'predictor' is none of inference", "known here: inference"),
        ({"files": "maybe"}, "neither yes nor no", None),
        ({"package": "json"}, "Python has already", "try json_module"),
        ({"package": "my-model"}, "no name of a Python package", None),
        ({"name": "trees"}, "'trees' is not the name 'flowers'", None),
    ],
)
def test_bad_answers_are_refused(
    make: Make, work: Path, answers: dict[str, str], message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        make(answers=answers)
    if hint is not None:
        assert refused.value.hint == hint
    assert not list(work.iterdir())


def test_an_existing_folder_is_not_touched(make: Make, work: Path) -> None:
    kept = template(work / "flowers", {"kept.txt": "mine"})
    with pytest.raises(UsageError, match="exists already"):
        make()
    assert [path.name for path in work.iterdir()] == ["flowers"]
    assert (kept / "kept.txt").read_text() == "mine"


def test_an_existing_file_is_not_touched(make: Make, work: Path) -> None:
    (work / "flowers").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        make()
    assert (work / "flowers").read_text() == "mine"


def test_a_link_to_nowhere_is_not_followed(make: Make, work: Path) -> None:
    (work / "flowers").symlink_to(work / "nowhere")
    with pytest.raises(UsageError, match="exists already"):
        make()
    assert [path.name for path in work.iterdir()] == ["flowers"]


def test_the_parent_must_exist(work: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        scaffold(ScaffoldRequest("flowers", work / "absent"), progress=lambda _: None)


def test_asks_what_is_left_open(make: Make) -> None:
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "onnx" if question.name == "framework" else question.default

    made = make(answers={"pipeline": "yes"}, ask=ask)
    assert [one.name for one in asked] == ["interface", "framework", "files", "python_version"]
    assert asked[1].choices == ("scikit-learn", "onnx", "python")
    assert asked[1].prompt == "What the model is made with"
    assert asked[2].default == "no"
    assert (made.directory / "requirements-train.lock").is_file()
    assert (made.directory / "manifests" / "pipeline.yaml").is_file()


def test_interrupted_while_asking_leaves_nothing(make: Make, work: Path) -> None:
    def ask(_: Question) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(ask=ask)
    assert not list(work.iterdir())


def test_a_template_in_a_folder(make: Make, tmp_path: Path) -> None:
    folder = template(tmp_path / "theirs", FOREIGN)
    made = make(template=str(folder), answers={"size": "2"})
    assert (made.directory / "note.txt").read_text() == "flowers! 2\n"
    assert made.next_steps == ("cd flowers", "faasctl validate")
    assert not (made.directory / ".faasctl").exists()


@pytest.mark.parametrize(
    ("checkout", "age"),
    [(None, "newest\n"), ("v1", "old\n"), ("next", "new\n"), ("HEAD~1", "new\n")],
)
def test_a_template_in_git(
    make: Make, work: Path, repository: Path, checkout: str | None, age: str
) -> None:
    made = make(template=repository.as_uri(), checkout=checkout)
    assert (made.directory / "age.txt").read_text() == age
    assert [path.name for path in work.iterdir()] == ["flowers"]


def test_hooks_of_a_template_run(
    make: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hook = "from pathlib import Path\nprint('hook')\nPath('made.txt').touch()\n"
    folder = template(tmp_path / "theirs", {**FOREIGN, "hooks/post_gen_project.py": hook})
    assert (make(template=str(folder)).directory / "made.txt").is_file()
    out, err = capfd.readouterr()
    assert (out, err) == ("", "hook\n")


@pytest.mark.parametrize("hook", ["pre_prompt", "pre_gen_project", "post_gen_project"])
def test_a_failing_hook_leaves_nothing(
    make: Make, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    folder = template(tmp_path / "theirs", {**FOREIGN, f"hooks/{hook}.py": "raise SystemExit(1)"})
    with pytest.raises(FaasctlError, match="hook"):
        make(template=str(folder))
    assert not list(work.iterdir())
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"note.txt": "x"}, "has no cookiecutter.json"),
        ({"cookiecutter.json": "{"}, "cookiecutter.json: "),
        ({"cookiecutter.json": "[]"}, "expected a JSON object"),
        ({"cookiecutter.json": '{"a": []}'}, "'a' has no choices"),
        ({"cookiecutter.json": "{}", "note.txt": "x"}, "can't be rendered"),
        ({**FOREIGN, "{{cookiecutter.project}}/a": "{% if %}"}, "the template is wrong: a"),
        ({**FOREIGN, "{{cookiecutter.project}}/a": "{{ cookiecutter.b }}"}, "can't be rendered"),
        ({"cookiecutter.json": '{"a": "{{ b }}"}', "{{cookiecutter.a}}/c": ""}, "'b' is undefined"),
    ],
)
def test_broken_templates_are_refused(
    make: Make, work: Path, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    folder = template(tmp_path / "theirs", files)
    with pytest.raises(FaasctlError, match=message):
        make(template=str(folder))
    assert not list(work.iterdir())


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"template": "modul"}, UnknownNameError, "'modul' is no template"),
        ({"template": "/nowhere"}, UnknownNameError, "is no template"),
        ({"template": "file:///nowhere"}, UnreachableError, "can't be cloned: fatal: "),
        ({"checkout": "main"}, UsageError, "nothing to check out"),
    ],
)
def test_unknown_templates_are_refused(
    make: Make, work: Path, values: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**values)
    assert not list(work.iterdir())


@pytest.mark.parametrize("checkout", ["absent", "--help", ""])
def test_an_unknown_branch_is_refused(
    make: Make, work: Path, repository: Path, checkout: str
) -> None:
    with pytest.raises(UsageError, match="has no branch, tag or commit"):
        make(template=repository.as_uri(), checkout=checkout)
    assert not list(work.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(make: Make, work: Path) -> None:
    work.chmod(0o500)
    with pytest.raises(FaasctlError, match="Permission denied"):
        make()
