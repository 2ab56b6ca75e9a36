"""What a function's OpenAPI document says of files."""

from __future__ import annotations

from typing import Any

from handlers.contract.compiled import CompiledComponent, FileExchange
from handlers.contract.docstring import parse
from handlers.fronts import openapi

TEXT = """Find edges.

:param inputs.picture: the picture
:type inputs.picture: FILE(image/png) or FILE(image/jpeg)
"""


def predict(**values: Any) -> Any:
    component = CompiledComponent("garden", "edges", "inference", "m.inference", **values)
    return openapi.document(component, parse(TEXT))["paths"]["/predict"]["post"]


def test_types_of_files_are_examples_and_a_datatype_stands_once() -> None:
    schema = predict()["requestBody"]["content"]["application/json"]["schema"]
    (item,) = schema["properties"]["inputs"]["items"]["oneOf"]
    assert item["properties"]["datatype"] == {"enum": ["FILE"]}
    assert item["properties"]["content_type"]["examples"] == ["image/png", "image/jpeg"]


def test_the_box_of_files_is_named_where_there_is_one() -> None:
    assert predict(exchange=FileExchange("users", "files"))["x-file-box"] == "users"
    assert "x-file-box" not in predict()
