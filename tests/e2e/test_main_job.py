"""The main job as a newcomer does it, and what every command's `--json` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import get
from tests.e2e.world import Desk, environment, share

DEPLOYMENT = {
    "name", "kind", "target", "url", "endpoints", "revision", "status", "artifact", "changed",
    "seconds",
}  # fmt: skip
RUNNING = DEPLOYMENT | {"ready", "replicas", "last_error"}


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, prepared: Path, cache: str
) -> Iterator[tuple[Desk, Path]]:
    """A home that is shared by what changes nothing, and a module that is deployed there."""
    place = tmp_path_factory.mktemp("shop")
    share(prepared, place / "home")
    desk = Desk(place / "home", environment(place / "home", place / "user", cache))
    module = modules.example("hello", place)
    desk.run("deploy", at=module)
    yield desk, module
    desk.close()


def test_from_nothing_to_an_answer_over_http(bare_desk: Desk, tmp_path: Path) -> None:
    desk = bare_desk
    made = desk.run("new", "iris-demo", "--no-input", at=tmp_path)
    module = tmp_path / "iris-demo"
    assert made.out == f"{module}\n"
    assert "faasctl deploy" in made.err
    trained = desk.run("exec", "iris-demo", "--", "python", "-m", "iris_demo.train", at=module)
    assert "accuracy on unseen" in trained.out
    deployed = desk.run("deploy", at=module)
    assert "installing" in deployed.err
    url = deployed.out.split()[1]
    said = desk.run("invoke", "iris-demo", "--input", "measurements=6.0,2.7,5.1,1.6", at=module)
    assert "species: versicolor" in said.out
    assert get(url, "/v2/health/ready").status == 200
    assert "iris-demo-00001" in desk.run("list", at=module).out
    again = desk.run("deploy", at=module)
    assert "unchanged" in again.out
    assert "installing" not in again.err


def test_new_says_where_the_module_is(desk: Desk, tmp_path: Path) -> None:
    made = desk.run("new", "flowers", "--set", "framework=python", "--json", at=tmp_path).value
    assert made["directory"] == str(tmp_path / "flowers")
    assert made["template"] == "module"


def test_validate_lists_components_and_problems(shop: tuple[Desk, Path]) -> None:
    desk, module = shop
    found = desk.run("validate", "--json", at=module).value
    assert found["problems"] == []
    assert found["components"] == [
        {"name": "hello", "kind": "MLComponent", "interface": "inference"}
    ]


@pytest.mark.parametrize("words", [("list",), ("status",), ("status", "hello")])
def test_what_runs_is_told_as_a_value(shop: tuple[Desk, Path], words: tuple[str, ...]) -> None:
    desk, module = shop
    only = desk.run(*words, "--json", at=module).component
    assert set(only) >= RUNNING
    assert only["name"] == "hello"
    assert only["ready"] is True


@pytest.mark.parametrize(
    "words",
    [("deploy",), ("traffic", "hello", "1=100"), ("rollback", "hello", "--to", "hello-00001")],
)
def test_what_changes_traffic_says_what_runs_then(
    shop: tuple[Desk, Path], words: tuple[str, ...]
) -> None:
    desk, module = shop
    said = desk.run(*words, "--json", at=module)
    assert set(said.component) >= DEPLOYMENT
    assert said.component["url"].startswith("http://127.0.0.1:")
    if words == ("deploy",):
        assert said.value["skipped"] == []


@pytest.mark.parametrize("words", [("diff",), ("deploy", "--plan")])
def test_differences_are_a_list(shop: tuple[Desk, Path], words: tuple[str, ...]) -> None:
    desk, module = shop
    assert desk.run(*words, "--json", at=module).value["changes"] == []


def test_render_prints_the_objects(shop: tuple[Desk, Path]) -> None:
    desk, module = shop
    (release,) = desk.run("render", "--json", at=module).value
    assert release["name"] == "hello"
    assert desk.run("render", at=module).out.startswith("module: hello\n")


def test_invoke_prints_the_answer(shop: tuple[Desk, Path]) -> None:
    desk, module = shop
    answer = desk.run("invoke", "--input", "name=Ann", "--json", at=module).value
    assert answer["outputs"][0]["data"] == "Hello, Ann!"
    body = '{"inputs": [{"name": "name", "datatype": "str", "data": "Bo"}]}'
    assert "Hello, Bo!" in desk.run("invoke", "--data", "-", at=module, stdin=body).out


@pytest.mark.parametrize("target", ["local", "in-process"])
def test_golden_cases_are_counted(shop: tuple[Desk, Path], target: str) -> None:
    desk, module = shop
    found = desk.run("test", "--target", target, "--json", at=module).value
    assert (found["passed"], found["failed"]) == (3, 0)
    assert {case["case"] for case in found["cases"]} == {"world", "world-v2", "word"}


def test_the_gateway_says_where_it_is(shop: tuple[Desk, Path]) -> None:
    desk, _ = shop
    found = desk.run("local", "status", "--json").value
    assert set(found) >= {"url", "store_url", "pid"}
    assert found["pid"] == desk.gateway().pid
    assert desk.run("local", "start", "--json").value["pid"] == found["pid"]


def test_secrets_are_listed_by_name(shop: tuple[Desk, Path]) -> None:
    desk, module = shop
    desk.run("secret", "set", "mail/password", at=module, stdin="hunter2\n")
    listed = desk.run("secret", "list", "--json", at=module)
    assert listed.value == {"secrets": ["mail/password"]}
    desk.run("secret", "remove", "mail/password", at=module)


def test_the_schema_is_one_value(desk: Desk) -> None:
    assert "$schema" in desk.run("schema", "--json").value


def test_delete_names_what_is_gone(desk: Desk, module: Path) -> None:
    desk.run("deploy", at=module)
    assert desk.run("delete", "--yes", "--json", at=module).value == {"deleted": ["echo"]}
    assert desk.run("list", "--json", at=module).value == {"components": []}


def test_a_refusal_is_one_value_too(shop: tuple[Desk, Path]) -> None:
    desk, module = shop
    said = desk.run("status", "nothing", "--json", at=module, code=2)
    assert set(said.value["error"]) >= {"message", "hint"}
