"""The golden cases, answered by the function itself; `faasctl test` sends the same over HTTP."""

from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.package }}.predict import inference

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "model" / "{{ cookiecutter.__model }}"
CASES = sorted((ROOT / "tests" / "cases").glob("*.yaml"))


@pytest.fixture(autouse=True)
def _trained():
    if not MODEL.exists():
        pytest.fail("there is no model yet: train it as README.md says")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_golden_case(file):
    case = yaml.safe_load(file.read_text("utf-8"))
    request = case["request"]
    wanted = request.get("output_fields", request.get("outputs", []))
    outputs, _ = inference(request.get("parameters", []), request["inputs"], wanted, str(MODEL))
    expected = case["expect"]["outputs"]
    assert [output["name"] for output in outputs] == [output["name"] for output in expected]
    for output, like in zip(outputs, expected, strict=True):
        for key, value in like.items():
            assert output[key] == _about(value, case.get("tolerance", 0))


def test_model_is_loaded_once():
    request = yaml.safe_load(CASES[0].read_text("utf-8"))["request"]
    _, model = inference([], request["inputs"], [], str(MODEL))
    _, again = inference([], request["inputs"], [], "no such file", model)
    assert again is model
{% if cookiecutter.files %}


def test_flowers_in_a_file(tmp_path):
    table = tmp_path / "flowers.csv"
    table.write_text("5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n", "utf-8")
    tensor = {"name": "measurements", "datatype": "FILE", "data": str(table)}
    (species,), _ = inference([], [tensor], [{"name": "species"}], str(MODEL))
    assert species["data"] == ["setosa", "virginica"]
{% endif %}


def _about(value, tolerance):
    numbers = isinstance(value, list) and all(isinstance(one, int | float) for one in value)
    return pytest.approx(value, abs=tolerance) if numbers else value
