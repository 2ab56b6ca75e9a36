"""The page's pure modules in node, and that each module is served."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from handlers.fronts import pages
from handlers.fronts.application import ROUTES

FOLDER = Path(pages.__file__).resolve().parent.parent / "pages"


def evaluate(tmp_path: Path, script: str, value: Any) -> Any:
    """What a script that has the modules says of `value`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for file in FOLDER.glob("*.js"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    names = ("values", "json", "snippets", "answer", "request", "contract", "picture")
    imports = "".join(f'import * as {name} from "./{name}.js";\n' for name in names)
    read = 'const value = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));\n'
    main = tmp_path / "main.js"
    main.write_text(f"{imports}{read}console.log({script});\n", encoding="utf-8")
    done = subprocess.run(
        [node, str(main)], input=json.dumps(value), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


#: datatype, declared shape, typed text, typed shape: data as JSON text and shape, or the problem.
READINGS: list[tuple[str, list[int] | None, str, str, Any]] = [
    ("FP32", None, "1 2.0 .5 -1e-7 +3 4.", "", ["[1, 2.0, 0.5, -1e-7, 3, 4.0]", [6]]),
    ("FP32", [-1, 4], "1 2 3 4 5 6 7 8", "", ["[1, 2, 3, 4, 5, 6, 7, 8]", [2, 4]]),
    ("FP32", [-1, -1], "1 2\n3 4", "", ["[1, 2, 3, 4]", [2, 2]]),
    ("FP32", [-1, -1], "1 2 3 4", "", "rows on lines"),
    ("FP32", [2, 2], "1 2 3 4", "", ["[1, 2, 3, 4]", [2, 2]]),
    ("FP32", [2, 2], "1 2 3", "", "[2, 2] takes 4 values, not 3"),
    ("FP32", [-1, 4], "1 2 3", "", "multiple of 4"),
    ("FP32", [-1, 4], "1 2 3", "3", ["[1, 2, 3]", [3]]),
    ("FP32", [-1, 4], "1 2 3", "2, 2", "holds 4 values"),
    ("FP32", [-1, 4], "1 2 3", "-1", "list of sizes"),
    ("FP32", None, "[[1, 2], [3, 4]]", "", ["[1, 2, 3, 4]", [2, 2]]),
    ("FP32", None, "[[1, 2], [3]]", "", "differ in length"),
    ("FP32", None, "[1, null]", "", "takes numbers"),
    ("FP32", None, "[1, ", "", "Not a list"),
    ("FP32", None, "[]", "", ["[]", [0]]),
    ("FP32", None, "", "", "at least one value"),
    ("FP32", None, "NaN", "", "“NaN” is not a number"),
    ("FP32", None, "1e999", "", "too large"),
    ("FP32", None, ".", "", "not a number"),
    ("INT64", None, "9007199254740993 007 -0", "", ["[9007199254740993, 7, 0]", [3]]),
    ("INT32", None, "1.5", "", "whole numbers"),
    ("BOOL", None, "true 0 FALSE 1", "", ["[true, false, false, true]", [4]]),
    ("BOOL", None, "maybe", "", "neither true nor false"),
    ("BYTES", None, "a b\n\nc\n", "", ['["a b", "", "c"]', [3]]),
    ("BYTES", None, '["a\\nb"]', "", ['["a\\nb"]', [1]]),
    ("BYTES", None, "[1]", "", "text in quotes"),
    ("str", None, " any\ntext ", "", ['" any\\ntext "', None]),
    ("dict", None, '{"10": 1.0, "2": 1e2, "__proto__": []}', "",
     ['{"10": 1.0, "2": 1e2, "__proto__": []}', None]),
    ("dict", None, "[1]", "", "Expected an object"),
    ("dict", None, "{", "", "Not JSON"),
    ("FILE", None, " cats/tom.png ", "", ['"cats/tom.png"', None]),
    ("FILE", None, " ", "", "Name a stored file"),
]  # fmt: skip


def test_fields_become_data_and_shape_or_a_problem(tmp_path: Path) -> None:
    script = """JSON.stringify(value.map(([datatype, declared, text, shapeText]) => {
      const reading = values.read(datatype, text, {declared, shapeText});
      return reading.problem ?? [json.inline(reading.data), reading.shape];
    }))"""
    found = evaluate(tmp_path, script, [reading[:4] for reading in READINGS])
    for (*asked, expected), got in zip(READINGS, found, strict=True):
        if isinstance(expected, str):
            assert isinstance(got, str), asked
            assert expected in got, asked
        else:
            assert got == expected, asked


def test_json_keeps_numbers_and_the_order_of_keys(tmp_path: Path) -> None:
    texts = ['{"b": 1.0, "2": 18446744073709551615, "1": [-0.0, 1E+5]}', '"\\u2028"', "[[], {}]"]
    again = evaluate(
        tmp_path, "JSON.stringify(value.map((one) => json.inline(json.parse(one))))", texts
    )
    assert again == [texts[0], '"\u2028"', texts[2]]


def test_long_values_are_laid_out_and_stay_the_same_value(tmp_path: Path) -> None:
    value = {"numbers": list(range(200)), "rows": [[1, 2]] * 30, "text": "x" * 200, "none": None}
    script = "JSON.stringify(json.pretty(json.parse(JSON.stringify(value))))"
    text = evaluate(tmp_path, script, value)
    assert json.loads(text) == value
    assert text.count("\n") < 60


def test_the_words_of_python_are_pythons(tmp_path: Path) -> None:
    value = {"a": [True, False, None], "b": "it's \\ \U0001f331 \n"}
    script = "JSON.stringify(json.pretty(json.parse(JSON.stringify(value)), json.PYTHON_WORDS))"
    assert ast.literal_eval(evaluate(tmp_path, script, value)) == value


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error": {"type": "RequestError", "message": "m", "field": "f"}}',
         {"type": "RequestError", "message": "m", "field": "f"}),
        (404, '{"error": "no such model"}',
         {"type": "Status 404", "message": "no such model", "field": ""}),
        (502, "<h1>Bad gateway</h1>",
         {"type": "Status 502", "message": "<h1>Bad gateway</h1>", "field": ""}),
        (503, "", {"type": "Status 503", "message": "The answer is empty", "field": ""}),
        (500, "[" * 50_000, {"type": "Status 500", "message": "[" * 2000, "field": ""}),
    ],
)  # fmt: skip
def test_errors_of_any_form_are_legible(
    tmp_path: Path, status: int, body: str, error: dict[str, str]
) -> None:
    script = "JSON.stringify(answer.readAnswer(value[0], value[1]).error)"
    assert evaluate(tmp_path, script, [status, body]) == error


def test_answers_that_are_no_outputs_do_not_break_the_page(tmp_path: Path) -> None:
    odd = '{"outputs": [1, {"name": 2}, {"data": [[1], 2]}]}'
    bodies = ["", "[]", "null", '{"outputs": 1}', odd]
    script = """JSON.stringify(
      value.map((one) => answer.readAnswer(200, one).outputs?.length ?? null))"""
    assert evaluate(tmp_path, script, bodies) == [None, None, None, None, 3]


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ([8, 8], [8, 8, 1, False]),
        ([1, 28, 28], [28, 28, 1, False]),
        ([1, 1, 28, 28], [28, 28, 1, False]),
        ([32, 16, 3], [32, 16, 3, False]),
        ([-1, 3, 224, 224], [224, 224, 3, True]),
        ([-1, -1], [0, 0, 1, False]),
        ([-1, 64], None),
        ([4], None),
        ([150, 4], None),
    ],
)
def test_shapes_of_pictures(tmp_path: Path, shape: list[int], layout: Any) -> None:
    script = """JSON.stringify([picture.pictureLayout(value)].map((one) =>
      one && [one.height, one.width, one.channels, one.planes])[0])"""
    assert evaluate(tmp_path, script, shape) == layout


def imported(start: str) -> set[str]:
    """The names of a page's script and of all modules that it needs."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'from "\./([a-z]+\.js)"', (FOLDER / name).read_text("utf-8"))
    return found


def test_each_module_belongs_to_a_page() -> None:
    pages_of = {name: imported(f"{name}.js") for name in ("docs", "application")}
    assert set.union(*pages_of.values()) == {file.name for file in FOLDER.glob("*.js")}


def test_each_module_of_a_functions_page_is_served_and_nothing_else() -> None:
    served = [route for route in ROUTES if route.pattern.fullmatch("/docs")]
    (route,) = served
    for name in (*imported("docs.js"), "docs.css"):
        assert route.pattern.fullmatch(f"/docs/{name}"), name
        assert pages.read(f"/docs/{name}").body == (FOLDER / name).read_bytes()
    named = re.findall(r"[a-z]+(?=[|)])", route.pattern.pattern.split("docs/(?:")[1])
    assert {f"{name}.js" for name in named} == imported("docs.js")
    for name in ("README.md", "docs.html", "application.js", "../start.py", "docs.js.map"):
        assert not route.pattern.fullmatch(f"/docs/{name}")
