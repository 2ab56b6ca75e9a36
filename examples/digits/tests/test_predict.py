"""The golden cases, answered by the function itself; `faasctl test` sends the same over HTTP."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from digits.predict import inference

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "model" / "digits.joblib"
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


def test_a_picture_reads_like_its_pixels(tmp_path):
    case = yaml.safe_load((ROOT / "tests" / "cases" / "three.yaml").read_text("utf-8"))
    pixels = np.reshape(case["request"]["inputs"][0]["data"], (8, 8))
    picture = Image.fromarray(np.uint8(255 - pixels * 255 / 16)).resize((80, 80), 0)
    picture.save(tmp_path / "three.png")
    tensor = {"name": "image", "datatype": "FILE", "data": str(tmp_path / "three.png")}
    (digit,), _ = inference([], [tensor], [{"name": "digit"}], str(MODEL))
    assert digit["data"] == [3]


def _about(value, tolerance):
    numbers = isinstance(value, list) and all(isinstance(one, int | float) for one in value)
    return pytest.approx(value, abs=tolerance) if numbers else value
