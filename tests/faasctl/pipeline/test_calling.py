"""The words of a command line as a request's body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faasctl.errors import UsageError
from faasctl.pipeline.calling import body_from_data, body_from_inputs
from handlers.contract.docstring import Signature, parse
from handlers.protocols import predict

NOTHING = Signature()


def one(word: str, text: str = "") -> Any:
    """The single input that a word makes."""
    (item,) = json.loads(body_from_inputs([word], parse(text)))["inputs"]
    return item


DECLARED: list[tuple[str, str, Any, Any]] = [
    ("FP64[-1,4]", "1,2,3,4", [1, 2, 3, 4], [1, 4]),
    ("FP64[-1,4]", "1,2,3,4,5,6,7,8", [1, 2, 3, 4, 5, 6, 7, 8], [2, 4]),
    ("FP64[-1,4]", "[[1,2,3,4],[5,6,7,8]]", [1, 2, 3, 4, 5, 6, 7, 8], [2, 4]),
    ("FP64[-1,4]", "1,2,3", [1, 2, 3], [3]),
    ("FP64[-1,-1]", "1,2,3,4", [1, 2, 3, 4], [4]),
    ("FP64[2,2]", "1,2,3,4", [1, 2, 3, 4], [2, 2]),
    ("FP64[-1]", "1,2", [1, 2], [2]),
    ("FP64[]", "5", [5], []),
    ("FP64", "5", [5], [1]),
    ("FP32", " 1.5e3 , -2 ", [1500.0, -2], [2]),
    ("FP32", "", [], [0]),
    ("BOOL", "true,false", [True, False], [2]),
    ("BYTES[-1]", "a word", ["a word"], [1]),
    ("BYTES[-1]", '["a","b"]', ["a", "b"], [2]),
    ("BYTES[-1]", "[draft] not JSON", ["[draft] not JSON"], [1]),
    ("FP64 or FP32", "1", [1], [1]),
]


@pytest.mark.parametrize(("kind", "value", "data", "shape"), DECLARED)
def test_values_take_the_declared_form(kind: str, value: str, data: Any, shape: Any) -> None:
    item = one(f"x={value}", f":type inputs.x: {kind}")
    assert (item["data"], item["shape"]) == (data, shape)
    assert item["datatype"] == kind.partition("[")[0].partition(" ")[0]


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("str", "a=b", "a=b"),
        ("str", "", ""),
        ("str", "[1", "[1"),
        ("dict", '{"a": 1}', {"a": 1}),
        ("FILE(image/png)", "group/a.png", "group/a.png"),
    ],
)
def test_words_objects_and_files(kind: str, value: str, data: Any) -> None:
    assert one(f"x={value}", f":type inputs.x: {kind}")["data"] == data


GUESSED: list[tuple[str, str, Any]] = [
    ("5", "INT64", [5]),
    ("1.5", "FP64", [1.5]),
    ("[1, 2.5]", "FP64", [1, 2.5]),
    ("[[1, 2], [3, 4]]", "INT64", [1, 2, 3, 4]),
    ("true", "BOOL", [True]),
    ('["a", "b"]', "BYTES", ["a", "b"]),
    ('{"a": 1}', "dict", {"a": 1}),
    ('"quoted"', "str", "quoted"),
    ("plain words", "str", "plain words"),
    ("1,2", "str", "1,2"),
    ("[]", "FP64", []),
]


@pytest.mark.parametrize(("value", "datatype", "data"), GUESSED)
def test_values_that_nothing_declares_are_guessed(value: str, datatype: str, data: Any) -> None:
    item = one(f"x={value}")
    assert (item["datatype"], item["data"]) == (datatype, data)
    predict.decode(json.dumps({"inputs": [item]}).encode())


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    file.write_text("[[1, 2], [3, 4]]", "utf-8")
    assert one(f"x=@{file}", ":type inputs.x: FP64")["shape"] == [2, 2]
    assert one(f"x=@{file}", ":type inputs.x: str")["data"] == "[[1, 2], [3, 4]]"
    assert body_from_data(f"@{file}") == b"[[1, 2], [3, 4]]"


def test_all_declared_outputs_that_the_handler_knows_are_asked_for() -> None:
    signature = parse(":type outputs.y: FP64\n:param outputs.z: no type\n:type outputs.o: odd")
    wanted = json.loads(body_from_inputs([], signature))["output_fields"]
    assert wanted == [{"name": "y", "datatype": "FP64"}]


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("x", "", "expected name=value"),
        ("=5", "", "expected name=value"),
        ("z=5", ":type inputs.x: FP64", "no such input"),
        ("x=five", ":type inputs.x: FP64", "no JSON"),
        ("x={", ":type inputs.x: dict", "no JSON"),
        ("x=@absent.json", ":type inputs.x: FP64", "no file absent.json"),
        ("x=" + "[" * 100_000, ":type inputs.x: FP64", "no JSON"),
    ],
)
def test_wrong_words_are_told(word: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        body_from_inputs([word], parse(text))
    assert said in str(caught.value)


@pytest.mark.parametrize("data", ["", "{", "@absent.json", "[" * 100_000])
def test_data_that_is_no_json_is_told(data: str) -> None:
    with pytest.raises(UsageError):
        body_from_data(data)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        body_from_data(f"@{file}")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        one(f"x=@{file}", ":type inputs.x: str")


@given(st.text(alphabet='=x[]{}",:1.etru @', max_size=20))
def test_any_word_makes_a_body_or_a_usage_error(word: str) -> None:
    for signature in (NOTHING, parse(":type inputs.x: FP64[-1,2]")):
        try:
            body = body_from_inputs([f"x={word}"], signature)
        except UsageError:
            continue
        assert json.loads(body)["inputs"][0]["name"] == "x"
