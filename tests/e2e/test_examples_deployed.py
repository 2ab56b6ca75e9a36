"""Every example is trained, deployed, called, and passes its golden cases in both places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import get
from tests.e2e.world import Desk


@pytest.mark.parametrize("name", ["hello", "iris", "digits", "text"])
def test_an_example_works_as_its_readme_says(desk: Desk, tmp_path: Path, name: str) -> None:
    module = modules.example(name, tmp_path)
    if (module / "src" / name / "train.py").is_file():
        trained = desk.run("exec", name, "--", "python", "-m", f"{name}.train", at=module)
        assert "accuracy on unseen" in trained.out
    url = desk.deployed(module)["url"]
    deployed = desk.run("test", "--target", "local", "--json", at=module).value
    in_process = desk.run("test", "--json", at=module).value
    assert deployed["passed"] == in_process["passed"] >= 3
    document = get(url, "/openapi.json").value
    assert "/predict" in document["paths"]
    assert get(url, f"/v2/models/{name}").value["name"] == name
    assert desk.run("diff", at=module).err.endswith("no change\n")
