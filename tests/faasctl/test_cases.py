"""Golden cases: read from files, chosen for a component, held against an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faasctl import cases
from faasctl.cases import Case, differences
from faasctl.errors import ManifestError, UnknownNameError


def write(root: Path, name: str, text: str) -> None:
    folder = root / cases.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_a_case_with_everything(tmp_path: Path) -> None:
    write(
        tmp_path,
        "one.yaml",
        """
request: {inputs: []}
expect: {outputs: []}
tolerance: 1.0e-6
path: /v2/models/f/infer
status: 201
component: f
""",
    )
    assert cases.load(tmp_path) == (
        Case("one", {"inputs": []}, {"outputs": []}, 1e-6, "/v2/models/f/infer", 201, "f"),
    )


def test_what_a_case_leaves_out_has_its_default(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "request: 1")
    write(tmp_path, "a.yaml", "request: {when: 2020-01-01}")
    write(tmp_path, "ignored.txt", "nothing")
    assert cases.load(tmp_path) == (Case("a", {"when": "2020-01-01"}), Case("b", 1))
    assert json.dumps([case.request for case in cases.load(tmp_path)])


def test_a_module_without_cases_has_none(tmp_path: Path) -> None:
    assert cases.load(tmp_path) == ()


WRONG = [
    ("", 1, "expected a mapping"),
    ("[1]", 1, "expected a mapping"),
    ("{}", 1, "`request` is missing"),
    ("request: [", 1, "no YAML"),
    ("request: 1\nexpects: 2", 2, "unknown key 'expects'"),
    ("request: 1\n5: 2", 2, "unknown key 5"),
    ("request: 1\ntolerance: small", 2, "tolerance: expected a number"),
    ("request: 1\ntolerance: true", 2, "tolerance: expected a number"),
    ("request: 1\ntolerance: -1", 2, "tolerance: expected a number from 0 up"),
    ("request: 1\ntolerance: .nan", 2, "tolerance: expected a number from 0 up"),
    ("request: 1\nstatus: '200'", 2, "status: expected a number"),
    ("request: 1\npath: 5", 2, "path: expected a string"),
    ("request: 1\npath: predict", 2, "starts with /"),
    ("request: 1\ncomponent: [f]", 2, "component: expected a string"),
    ("request: !!python/object:os.system {}", 1, "no YAML"),
    ("request: \x00", 1, ""),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_a_wrong_case_is_told_with_file_and_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    write(tmp_path, "wrong.yaml", text)
    with pytest.raises(ManifestError) as caught:
        cases.load(tmp_path)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("tests/cases/wrong.yaml", line)
    assert said in problem.message


def test_all_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "expect: 1\nstatus: x")
    write(tmp_path, "b.yaml", "[")
    (tmp_path / cases.FOLDER / "c.yaml").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ManifestError) as caught:
        cases.load(tmp_path)
    files = [problem.file for problem in caught.value.problems]
    assert files == [f"tests/cases/{name}.yaml" for name in ("a", "a", "b", "c")]


def test_a_case_is_found_by_its_name() -> None:
    known = (Case("a", 1), Case("b", 2))
    assert cases.find(known, "b").request == 2
    with pytest.raises(UnknownNameError, match="no golden case 'c'"):
        cases.find(known, "c")


@pytest.mark.parametrize(
    ("case", "component", "only", "calls"),
    [
        (Case("a", 1), "f", True, True),
        (Case("a", 1), "f", False, False),
        (Case("a", 1, component="f"), "f", False, True),
        (Case("a", 1, component="g"), "f", True, False),
        (Case("a", 1, path="/v2/models/f/infer"), "f", False, True),
        (Case("a", 1, path="/v2/models/g/infer"), "f", True, False),
    ],
)
def test_a_case_calls_the_component_that_it_names(
    case: Case, component: str, *, only: bool, calls: bool
) -> None:
    assert bool(cases.for_component([case], component, only=only)) is calls


NAMED = [{"name": "a", "data": [1]}, {"name": "b", "data": [2]}]

AGREE: list[tuple[Any, Any, float]] = [
    ({"a": 1}, {"a": 1, "b": 2}, 0.0),
    ({}, {"a": 1}, 0.0),
    ([], [], 0.0),
    (1, 1.0, 0.0),
    (1.0, 1.0 + 1e-9, 1e-6),
    (1e9, 1e9 + 1, 1e-6),
    (float("nan"), float("nan"), 0.0),
    (float("inf"), float("inf"), 0.0),
    (NAMED, list(reversed(NAMED)), 0.0),
    (NAMED[:1], NAMED, 0.0),
    (None, None, 0.0),
    ("a", "a", 0.0),
    (True, True, 0.0),
    (10**400, 10**400, 0.0),
    ([{"name": []}], [{"name": []}], 0.0),
]


@pytest.mark.parametrize(("expected", "got", "tolerance"), AGREE)
def test_answers_that_agree(expected: Any, got: Any, tolerance: float) -> None:
    assert list(differences(expected, got, tolerance)) == []


DIFFER: list[tuple[Any, Any, str]] = [
    ({"a": 1}, {}, "a is missing"),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b: expected 1, got 2"),
    ([1], [1, 2], "the answer: expected 1 elements, got 2"),
    ([1, 2], [1, 3], "[1]: expected 2, got 3"),
    (NAMED, [NAMED[0]], "[b] is missing"),
    (
        {"o": NAMED},
        {"o": [{"name": "a", "data": [9]}, NAMED[1]]},
        "o[a].data[0]: expected 1, got 9",
    ),
    (1, True, "the answer: expected 1, got True"),
    (True, 1, "the answer: expected True, got 1"),
    (NAMED[:1], [{"name": []}], "[a] is missing"),
    (1, 10**400, f"the answer: expected 1, got {10**400}"),
    (1, "1", "the answer: expected 1, got '1'"),
    (None, 0, "the answer: expected None, got 0"),
    (float("nan"), 1.0, "the answer: expected nan, got 1.0"),
    ({"a": 1}, [1], "the answer: expected {'a': 1}, got [1]"),
]


@pytest.mark.parametrize(("expected", "got", "said"), DIFFER)
def test_answers_that_differ_say_where(expected: Any, got: Any, said: str) -> None:
    assert list(differences(expected, got, 1e-6)) == [said]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "data", "a"]), inner)
    ),
    max_leaves=8,
)


@given(anything, anything)
def test_any_answer_can_be_held_against_any_other(expected: Any, got: Any) -> None:
    list(differences(expected, got, 0.1))


@given(anything)
def test_an_answer_agrees_with_itself(value: Any) -> None:
    assert list(differences(value, value, 0.0)) == []
