"""An example on a real cluster, by the real command and the manifests that `local` uses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import Desk
from tests.faasctl.backends.kubernetes_world import REGISTRY, Ground, ground

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = [
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(
        "FAASCTL_TEST_KUBECONFIG" not in os.environ,
        reason="FAASCTL_TEST_KUBECONFIG names no cluster",
    ),
]


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made


def test_an_example_is_deployed_called_changed_and_deleted(
    place: Ground, desk: Desk, tmp_path: Path
) -> None:
    module = tmp_path / "hello"
    shutil.copytree(EXAMPLES / "hello", module, ignore=shutil.ignore_patterns("__pycache__"))
    there = {
        "KUBECONFIG": os.environ["FAASCTL_TEST_KUBECONFIG"],
        "FAASCTL_TARGET": "knative",
        "FAASCTL_NAMESPACE": place.namespace,
        "FAASCTL_REGISTRY": f"{REGISTRY}/test",
        "FAASCTL_IMAGE_BASE": f"{REGISTRY}/python:3.11-slim",
    }
    desk = Desk(desk.home, {**desk.environment, **there})
    assert desk.run("deploy", "--plan", at=module, code=2).out == "+ hello\n"
    first = desk.run("deploy", "--json", at=module).component
    assert (first["target"], first["changed"]) == ("knative", True)
    tested = desk.run("test", "--target", "knative", "--json", at=module).value
    assert (tested["passed"], tested["failed"]) == (3, 0)
    said = desk.run("diff", at=module)
    assert f"namespace {place.namespace}" in said.err
    assert desk.run("deploy", "--json", at=module).component["changed"] is False
    code = module / "src" / "hello" / "predict.py"
    code.write_text(code.read_text("utf-8") + "\nADDED = True\n")
    second = desk.run("deploy", "--json", at=module).component
    assert second["revision"] != first["revision"]
    back = desk.run("rollback", "hello", "--json", at=module).component
    assert back["revision"] == first["revision"]
    answer = desk.run("invoke", "hello", "--input", "name=you", at=module)
    assert "Hello, you!" in answer.out
    doctor = desk.run("doctor", "--json", at=module).value
    assert "failed" not in {one["status"] for one in doctor["checks"]}
    gone = desk.run("delete", "--yes", "--json", at=module).value
    assert gone == {"deleted": ["hello"]}
