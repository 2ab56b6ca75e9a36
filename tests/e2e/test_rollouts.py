"""Plans, tags, shares, back and forth, and whose name it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.e2e import modules
from tests.e2e.calls import ask, at_once, get
from tests.e2e.world import Desk, until


def version(url: str) -> str:
    return str(ask(url).answer["version"])


def deployed(desk: Desk, module: Path, version: str, *words: str) -> str:
    """Deploy that version; the component's URL."""
    modules.write_version(module, version)
    return str(desk.deployed(module, *words)["url"])


def test_a_plan_says_what_would_change_and_changes_nothing(desk: Desk, module: Path) -> None:
    for words in (("deploy", "--plan"), ("diff",)):
        found = desk.run(*words, "--json", at=module, code=2).value["changes"]
        assert [(one["component"], one["desired"]) for one in found] == [("echo", "new")]
        assert "+ echo" in desk.run(*words, at=module, code=2).out
    assert desk.run("list", "--json", at=module).value == {"components": []}
    assert desk.run("local", "status", code=1).out == ""
    url = deployed(desk, module, "1")
    assert desk.run("deploy", "--plan", at=module).out == ""
    modules.manifest(module, "echo", timeout="7s")
    found = desk.run("diff", "--json", at=module, code=2).value["changes"]
    changes = {one["field"]: (one["live"], one["desired"]) for one in found}
    assert set(changes) == {"component.timeout", "timeout", "directory"}
    assert changes["timeout"] == ("60.0", "7.0")
    assert "~ echo timeout: 60.0 -> 7.0" in desk.run("diff", at=module, code=2).out
    assert version(url) == "1"


def test_a_tag_is_a_url_beside_the_traffic(desk: Desk, module: Path) -> None:
    url = deployed(desk, module, "1")
    modules.write_version(module, "2")
    said = desk.run("deploy", "--tag", "next", at=module)
    assert said.out.split()[1] == f"{url}@next"
    assert (version(url), version(f"{url}@next")) == ("1", "2")
    assert desk.status(module)["tags"] == {"next": "echo-00002"}
    assert "echo: @next is echo-00002" in desk.run("status", at=module).out
    assert desk.run("traffic", "echo", "next=100", at=module).out == "100 % echo-00002\n"
    assert version(url) == "2"


def test_a_weight_is_a_share_and_a_deploy_takes_all_again(desk: Desk, module: Path) -> None:
    url = deployed(desk, module, "1")
    modules.write_version(module, "2")
    only = desk.deployed(module, "--weight", "10")
    assert shares(only) == {"echo-00001": 90, "echo-00002": 10}
    heard = Counter(reply.answer["version"] for reply in at_once(url, 120))
    assert heard["1"] > heard["2"]
    only = desk.run("traffic", "echo", "1=0", "2=100", "--json", at=module).component
    assert shares(only) == {"echo-00002": 100}
    assert version(url) == "2"
    desk.run("traffic", "echo", "1=50", "2=50", at=module)
    assert "50 % echo-00001" in desk.run("status", at=module).out
    deployed(desk, module, "3")
    assert shares(desk.status(module)) == {"echo-00003": 100}


def shares(component: dict[str, list[dict[str, object]]]) -> dict[object, object]:
    return {share["revision"]: share["percent"] for share in component["traffic"]}


def test_back_to_what_ran_before_and_forward_again(desk: Desk, module: Path) -> None:
    url = deployed(desk, module, "1")
    deployed(desk, module, "2")
    deployed(desk, module, "3")
    assert "echo-00002" in desk.run("rollback", "echo", at=module).out
    assert version(url) == "2"
    desk.run("rollback", "echo", at=module)
    assert version(url) == "1"
    assert "nothing was live before" in desk.run("rollback", "echo", at=module, code=2).err
    desk.run("rollback", "echo", "--to", "3", at=module)
    assert version(url) == "3"
    deployed(desk, module, "4")
    assert version(url) == "4"


def test_deleted_is_gone_with_its_processes_and_logs(desk: Desk, module: Path) -> None:
    url = deployed(desk, module, "1")
    assert version(url) == "1"
    asked = desk.run("delete", at=module, code=130)
    assert "delete echo?" in asked.err
    assert desk.run("delete", "--yes", at=module).out == "deleted echo\n"
    assert desk.functions() == []
    assert get(url, "/predict").status == 404
    assert desk.run("delete", "--yes", at=module).err == "nothing runs\n"
    assert not (desk.home / "local" / "logs" / "echo" / "echo").exists()
    assert deployed(desk, module, "2") == url
    assert desk.status(module)["revision"] == "echo-00002"


def test_a_name_belongs_to_the_module_that_deployed_it(desk: Desk, tmp_path: Path) -> None:
    ours = modules.echo(tmp_path / "ours", namespace="shop")
    theirs = modules.echo(tmp_path / "theirs", namespace="shop", version="2")
    url = desk.deployed(ours)["url"]
    said = desk.run("deploy", at=theirs, code=1)
    assert "echo belongs to the module ours, not to theirs" in said.err
    assert version(url) == "1"
    assert desk.run("delete", "--yes", at=theirs).err == "nothing runs\n"
    said = desk.run("delete", "--yes", "--component", "echo", at=theirs, code=1)
    assert "belongs to the module ours" in said.err
    for words in (("traffic", "echo", "1=100"), ("rollback", "echo", "--to", "1")):
        assert "belongs to the module ours" in desk.run(*words, at=theirs, code=1).err
    assert version(url) == "1"


def test_a_renamed_component_is_a_new_one_and_the_old_is_told(desk: Desk, module: Path) -> None:
    old = deployed(desk, module, "1")
    (module / "manifests" / "echo.yaml").unlink()
    modules.manifest(module, "chorus", "echo")
    changes = desk.run("diff", "--json", at=module, code=2).value["changes"]
    told = {(one["component"], one["field"], one["desired"]) for one in changes}
    assert told == {("chorus", "component", "new")}
    said = desk.run("deploy", at=module)
    assert "echo runs, but is no component of this module any more" in said.err
    assert version(old.replace("/echo/echo", "/echo/chorus")) == "1"
    assert version(old) == "1"
    assert desk.run("delete", "--yes", "--component", "echo", at=module).out == "deleted echo\n"
    until(lambda: get(old).status == 404)
    assert "any more" not in desk.run("deploy", at=module).err
