"""Modules and homes in places that nobody thought of; pages through the gateway."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import ask, get
from tests.e2e.world import Desk

LONGEST = "a" + 38 * "b" + "c"


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def works(desk: Desk, module: Path) -> None:
    """It deploys, answers, and is deployed again as it is."""
    assert ask(desk.deployed(module)["url"]).answer["version"] == "1"
    assert desk.deployed(module)["changed"] is False


def test_a_module_without_git(desk: Desk, module: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    works(desk.having({"PATH": str(programs)}), module)


def test_a_module_in_a_folder_that_a_parent_repository_ignores(desk: Desk, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("scratch/\n")
    works(desk, modules.echo(tmp_path / "scratch" / "echo"))


def test_a_module_in_a_repository_leaves_out_what_git_ignores(desk: Desk, module: Path) -> None:
    git(module, "init", "-q")
    (module / ".gitignore").write_text("secret.txt\n")
    (module / "secret.txt").write_text("not for functions")
    (module / "new.txt").write_text("not added yet")
    works(desk, module)
    code = Path(desk.run("render", "--json", at=module).value[0]["directory"])
    assert (code / "new.txt").is_file()
    assert not (code / "secret.txt").exists()


@pytest.mark.parametrize("name", ["with spaces and ünïcödé", 'quote\'s "and" $dollar', "-dash"])
def test_a_module_and_a_home_whose_paths_have_odd_signs(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    place = tmp_path / name
    place.mkdir()
    shutil.copytree(desk.home, place / "home", symlinks=True)
    odd = desk.having({"FAASCTL_HOME": str(place / "home")})
    module = modules.echo(place / "echo")
    try:
        works(odd, module)
        assert odd.run("exec", "echo", "--", "python", "-c", "print(1)", at=module).out == "1\n"
    finally:
        odd.run("local", "stop")


def test_a_home_with_a_very_long_path(desk: Desk, tmp_path: Path) -> None:
    home = tmp_path / ("long" * 20) / ("longer" * 10)
    shutil.copytree(desk.home, home, symlinks=True)
    far = desk.having({"FAASCTL_HOME": str(home)})
    try:
        works(far, modules.echo(tmp_path / "echo"))
    finally:
        far.run("local", "stop")


def test_the_longest_names(desk: Desk, tmp_path: Path) -> None:
    module = modules.echo(tmp_path / "echo", name=LONGEST, namespace=LONGEST)
    only = desk.deployed(module, "--tag", LONGEST)
    assert only["url"].endswith(f"/{LONGEST}/{LONGEST}")
    assert ask(f"{only['url']}@{LONGEST}").answer["version"] == "1"
    too_long = modules.echo(tmp_path / "other", name=LONGEST + "d")
    assert "40" in desk.run("deploy", at=too_long, code=1).err


def test_a_module_found_from_below_and_by_its_path(desk: Desk, module: Path) -> None:
    works(desk, module / "src")
    assert desk.run("list", "-C", module / "manifests").out.count("echo-00001") == 1
    assert "is no module" in desk.run("deploy", at=module.parent, code=2).err


@contextmanager
def without_writing(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be made, for root as for anybody."""
    moved = folder.with_name("moved")
    folder.rename(moved)
    folder.write_text("a file, where a folder should be")
    try:
        yield
    finally:
        folder.unlink()
        moved.rename(folder)


@pytest.mark.parametrize(
    "words", [("deploy",), ("local", "start"), ("secret", "set", "a/b"), ("list",)]
)
def test_a_home_that_cannot_be_written_is_named(
    desk: Desk, module: Path, words: tuple[str, ...]
) -> None:
    with without_writing(desk.home):
        code = 0 if words == ("list",) else 1
        said = desk.run(*words, at=module, code=code, stdin="x")
    assert str(desk.home) in said.err or not code


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_write_permission_is_named(desk: Desk, module: Path) -> None:
    desk.home.chmod(0o500)
    try:
        assert str(desk.home) in desk.run("deploy", at=module, code=1).err
    finally:
        desk.home.chmod(0o700)


def test_pages_and_the_description_come_through_the_gateway(desk: Desk, module: Path) -> None:
    url = desk.deployed(module)["url"]
    page = get(url, "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert b"http" not in page.body.replace(b"http://www.w3.org", b"")
    document = get(url, "/openapi.json").value
    assert {"/predict", "/v2/models/echo/infer"} <= set(document["paths"])
    assert get(url).status in {307, 308}
    assert get(url, "/v2/models/echo").value["inputs"][0]["name"] == "ask"
    metrics = get(url, "/metrics").body.decode()
    assert "# TYPE" in metrics
    assert get(url, "/nothing").status == 404
    assert desk.run("openapi", at=module, code=2).out == ""
