"""Secrets reach the function's environment and nothing else; the user's own stays outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import ask
from tests.e2e.world import Desk

CANARY = "canary-8f1c-Ω-value"


@pytest.fixture
def keeping(desk: Desk, tmp_path: Path) -> Path:
    """A deployed module whose function has a secret in its environment, and one plain value."""
    env = [
        {"name": "TOKEN", "secret": "mail/token"},
        {"name": "MODE", "value": "quick"},
    ]
    module = modules.echo(tmp_path / "echo", env=env)
    desk.run("secret", "set", "mail/token", at=module, stdin=CANARY + "\n")
    desk.run("deploy", "-v", at=module, SHELL_ONLY="of-the-user")
    return module


def seen(desk: Desk, module: Path) -> dict[str, str]:
    """The environment that the function has."""
    found: dict[str, str] = ask(desk.status(module)["url"], environment=1).answer["environment"]
    return found


def test_a_function_sees_its_own_environment_and_nothing_of_the_users(
    desk: Desk, keeping: Path
) -> None:
    found = seen(desk, keeping)
    assert (found["TOKEN"], found["MODE"]) == (CANARY, "quick")
    own = {"PATH", "LANG", "HOME", "TMPDIR"}
    assert found["FAASCTL_REVISION"] == "echo-00001"
    assert not (set(found) - own) & {*desk.environment, "SHELL_ONLY"}
    assert not own - set(found)
    assert str(desk.home.parent / "user") not in json.dumps(found)


def test_a_value_is_in_no_output_and_in_no_file_but_its_own(desk: Desk, keeping: Path) -> None:
    for words in (
        ("render",), ("render", "--json"), ("diff",), ("status", "--json"), ("logs",),
        ("secret", "list"), ("list", "--json"), ("deploy", "--json"), ("validate",),
    ):  # fmt: skip
        desk.run(*words, at=keeping)
    modules.write_code(keeping, "def inference(parameters, inputs): ...\nexit(1)\n")
    desk.run("deploy", "-v", at=keeping, code=1)
    assert CANARY not in "".join(said.out + said.err for said in desk.transcript)
    text = CANARY.encode()
    escaped = json.dumps(CANARY)[1:-1].encode()
    holding = [
        file.relative_to(desk.home)
        for file in desk.home.rglob("*")
        if file.is_file() and (text in (said := file.read_bytes()) or escaped in said)
    ]
    assert holding == [Path("secrets/echo/mail.json")]
    assert (desk.home / holding[0]).stat().st_mode & 0o777 == 0o600
    assert (desk.home / "secrets").stat().st_mode & 0o077 == 0
    assert (desk.home / "local").stat().st_mode & 0o077 == 0


def test_a_new_value_is_seen_from_the_next_start_on(desk: Desk, keeping: Path) -> None:
    desk.run("secret", "set", "mail/token", at=keeping, stdin="new\n")
    for process in desk.functions():
        process.kill()
        process.wait()
    assert seen(desk, keeping)["TOKEN"] == "new"


def test_a_missing_secret_stops_a_deploy_and_says_what_to_type(desk: Desk, keeping: Path) -> None:
    desk.run("secret", "remove", "mail/token", at=keeping)
    assert desk.run("secret", "list", at=keeping).out == ""
    modules.write_version(keeping, "2")
    said = desk.run("deploy", at=keeping, code=1)
    assert "the secret mail/token is missing" in said.err
    assert "faasctl secret set mail/token" in said.err
    assert ask(desk.status(keeping)["url"]).answer["version"] == "1"


def test_exec_and_run_do_not_print_values(desk: Desk, keeping: Path) -> None:
    said = desk.run("exec", "echo", "--", "python", "-c", "import os; print(*os.environ)",
                    at=keeping)  # fmt: skip
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize("name", ["token", "mail/", "../x/token", "mail/..", "MAIL/token"])
def test_a_bad_name_of_a_secret_is_a_usage_error(desk: Desk, module: Path, name: str) -> None:
    assert "NAME/KEY" in desk.run("secret", "set", name, at=module, code=2, stdin="x").err
