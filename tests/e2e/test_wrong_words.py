"""Whatever is typed: a clean error, the right exit code, and help for what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from faasctl.cli.main import COMMANDS
from tests.e2e import modules
from tests.e2e.world import Desk, Said, environment, share

#: A command line that can't work, its exit code, and a part of what it says.
WRONG = [
    ("nothing", 2, "No such command"),
    ("--nothing", 2, "No such option"),
    ("deploy extra", 2, "unexpected extra argument"),
    ("deploy --component nobody", 2, "no function 'nobody'"),
    ("deploy --component ech", 2, "did you mean 'echo'?"),
    ("deploy --target moon", 2, "'moon' is no target"),
    ("deploy --tag Next", 2, "'Next' is no name"),
    ("deploy --tag x --weight 10", 2, "exclude one another"),
    ("deploy --weight 101", 2, "is no percentage"),
    ("deploy --weight -5", 2, "is no percentage"),
    ("deploy --weight ten", 2, "is no percentage"),
    ("deploy --weight 1²", 2, "is no percentage"),
    ("deploy --timeout soon", 2, "should be a valid number"),
    ("deploy --timeout 0", 2, "expected seconds above 0"),
    ("deploy -C /nowhere", 2, "/nowhere"),
    ("render --component nobody", 2, "no function 'nobody'"),
    ("render --json --component nobody", 2, "no function 'nobody'"),
    ("diff --component nobody", 2, "no function 'nobody'"),
    ("status nobody", 2, "no component 'nobody'"),
    ("status --json nobody", 2, "no component 'nobody'"),
    ("list extra", 2, "unexpected extra argument"),
    ("list -C /", 2, "is no module"),
    ("traffic", 2, "Missing argument"),
    ("traffic echo", 2, "Missing argument"),
    ("traffic echo 1", 2, "is no share"),
    ("traffic echo 1=x", 2, "is no share"),
    ("traffic echo 1=²", 2, "is no share"),
    ("traffic echo 1=50", 2, "make 50, not 100"),
    ("traffic echo 1=50 1=50", 2, "named twice"),
    ("traffic echo 9=100", 2, "no revision '9'"),
    ("traffic echo ²=100", 2, "no revision '²'"),
    ("traffic echo =100", 2, "no revision ''"),
    ("rollback", 2, "Missing argument"),
    ("rollback nobody", 2, "no component 'nobody'"),
    ("rollback echo", 2, "nothing was live before"),
    ("rollback echo --to 77", 2, "no revision '77'"),
    ("invoke", 2, "give --data or --input"),
    ("invoke nobody --data 1", 2, "no function 'nobody'"),
    ("invoke --data {", 2, "is no JSON"),
    ("invoke --data @nowhere.json", 2, "no file nowhere.json"),
    ("invoke --data @manifests", 2, "no file manifests"),
    ("invoke --data @binary", 2, "binary"),
    ("invoke --data 1 --input ask=1", 2, "give --data or --input"),
    ("invoke --input ask", 2, "expected name=value"),
    ("invoke --input =1", 2, "expected name=value"),
    ("invoke --input nobody=1", 2, "no such input"),
    ("invoke --input ask=@binary", 2, "binary"),
    ("invoke --input ask=[", 2, "is no JSON"),
    ("invoke --data {} --timeout x", 2, "should be a valid number"),
    ("invoke --data {} --timeout -1", 2, "expected seconds above 0"),
    ("invoke --data {} --timeout nan", 2, "expected seconds above 0"),
    ("invoke --data {}", 1, "answered 400"),
    ("invoke --data [] --path /nowhere", 1, "answered 404"),
    ("invoke --data [] --path nowhere", 1, "answered 404"),
    ("invoke --data [] --path /a\nb", 1, "control characters"),
    ("logs nobody", 2, "no component 'nobody'"),
    ("logs --since yesterday", 2, "write 30s"),
    ("logs --since 1e9h", 2, "write 30s"),
    ("delete --component nobody --yes", 2, "no component 'nobody'"),
    ("exec", 2, "Missing argument"),
    ("exec nobody -- true", 2, "no function 'nobody'"),
    ("exec echo -- nothing-of-that-name", 1, "cannot start nothing-of-that-name"),
    ("run nobody", 2, "no function 'nobody'"),
    ("run --port 70000", 2, "--port"),
    ("run --port -1", 2, "--port"),
    ("test --component nobody", 2, "no function 'nobody'"),
    ("test --target moon", 2, "'moon' is no target"),
    ("test", 1, "no golden cases"),
    ("test --json", 1, "no golden cases"),
    ("secret set", 2, "Missing argument"),
    ("secret set mail", 2, "NAME/KEY"),
    ("secret set mail/key", 2, "the value is empty"),
    ("secret remove mail/nothing", 2, "no secret mail/nothing"),
    ("local nothing", 2, "No such command"),
    ("validate -C /nowhere", 2, "/nowhere"),
    ("new", 2, "Missing argument"),
    ("new Not-A-Name --no-input", 2, "Not-A-Name"),
    ("new x --template /nowhere --no-input", 2, "/nowhere"),
    ("new x --set nothing --no-input", 2, "expected KEY=VALUE"),
    ("new x --set nothing=1 --no-input", 2, "nothing"),
    ("new x --set framework=fortran --no-input", 2, "fortran"),
    ("new src --no-input", 2, "src"),
    ("schema extra", 2, "unexpected extra argument"),
]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, prepared: Path, cache: str
) -> Iterator[tuple[Desk, Path]]:
    """A module that is deployed; no wrong word changes anything."""
    place = tmp_path_factory.mktemp("shop")
    share(prepared, place / "home")
    desk = Desk(place / "home", environment(place / "home", place / "user", cache))
    module = modules.echo(place / "echo")
    (module / "binary").write_bytes(b"\xff\xfe\x00\x80")
    desk.run("deploy", at=module)
    yield desk, module
    assert desk.status(module)["revision"] == "echo-00001"
    desk.close()


@pytest.fixture(scope="module")
def answers(shop: tuple[Desk, Path]) -> dict[str, Future[Said]]:
    """What each wrong line led to; some at a time, as each is a process of its own."""
    desk, module = shop
    with ThreadPoolExecutor(4) as pool:
        return {
            line: pool.submit(desk.run, *line.split(" "), at=module, code=code)
            for line, code, _ in WRONG
        }


@pytest.mark.parametrize(("line", "part"), [(line, part) for line, _, part in WRONG])
def test_a_wrong_command_line_is_told_cleanly(
    answers: dict[str, Future[Said]], line: str, part: str
) -> None:
    said = answers[line].result()
    told = said.out if "--json" in line else said.err
    assert part in " ".join(told.replace("│", " ").split())
    if "--json" in line:
        assert part in said.value["error"]["message"]
    else:
        assert said.out == ""


def test_every_command_has_help(desk: Desk) -> None:
    def helped(command: str) -> None:
        said = desk.run(*command.split(), "--help")
        assert f"Usage: faasctl {command}" in said.out
        assert said.err == ""

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(helped, [*COMMANDS, "local start", "secret set"]))) > 18


def test_help_lists_every_command(desk: Desk) -> None:
    out = desk.run("--help").out
    assert all(f" {command} " in out for command in COMMANDS)
    for group in ((), ("local",), ("secret",)):
        said = desk.run(*group, code=2)
        assert f"Usage: faasctl {' '.join(group)}".strip() in said.out + said.err
    assert desk.run("--version").out.count(".") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAASCTL_GATEWAY_PORT", "many"),
        ("FAASCTL_GATEWAY_PORT", "70000"),
        ("FAASCTL_GATEWAY_PORT", "²"),
        ("FAASCTL_TARGET", "moon"),
        ("FAASCTL_S3_ENDPOINT", "nowhere"),
    ],
)
def test_wrong_settings_are_named(shop: tuple[Desk, Path], name: str, value: str) -> None:
    desk, module = shop
    said = desk.having({name: value}).run("list", at=module, code=2)
    assert value in said.err


def test_a_module_of_many_problems_names_them_all_and_is_left_alone(
    desk: Desk, tmp_path: Path
) -> None:
    module = modules.echo(tmp_path / "echo", timeout="soon", scaling={"mx": 3}, nothing=1)
    said = desk.run("validate", at=module, code=1)
    for part in ("spec.timeout", "did you mean max?", "nothing", "3 problems"):
        assert part in said.err
    problems = desk.run("validate", "--json", at=module, code=1).value["problems"]
    assert all(one["line"] > 1 and one["column"] >= 1 for one in problems)
    for words in (("deploy",), ("render",), ("test",), ("run",), ("list",)):
        assert "spec.timeout" in desk.run(*words, at=module, code=1).err
    fault = json.loads(desk.run("deploy", "--json", at=module, code=1).out)["error"]
    assert len(fault["problems"]) == 3


def test_the_shell_completes_commands_options_and_targets(desk: Desk) -> None:
    script = desk.run("--show-completion", "bash").out
    assert "_FAASCTL_COMPLETE=complete_bash" in script
    assert completed(desk, "faasctl de") == {"deploy", "delete"}
    assert completed(desk, "faasctl ") >= set(COMMANDS)
    assert {"--plan", "--tag", "--weight"} <= completed(desk, "faasctl deploy --")
    assert {"set", "list", "remove"} == completed(desk, "faasctl secret ")
    assert completed(desk, "faasctl deploy --target l") == {"local", "lambda"}


def completed(desk: Desk, line: str) -> set[str]:
    """What bash is offered at the end of a line."""
    said = desk.having(
        {
            "_FAASCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
        }
    ).run()
    return set(said.out.split())
