"""The OpenAPI document that a docstring makes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from handlers.contract.compiled import CompiledComponent
from handlers.contract.datatypes import PLATFORM
from handlers.contract.docstring import parse
from handlers.fronts import openapi
from handlers.fronts.application import Request
from tests.handlers.handler_fixtures import MakeApplication

COMPONENT = CompiledComponent("demo", "f", "inference", "m.inference")


def document(text: str) -> Any:
    return json.loads(json.dumps(openapi.document(COMPONENT, parse(text))))


def schemas(value: Any) -> list[Any]:
    """Every JSON Schema of a document: what stands under a key `schema`."""
    if isinstance(value, list):
        return [found for one in value for found in schemas(one)]
    if not isinstance(value, dict):
        return []
    own = [value["schema"]] if "schema" in value else []
    return own + [found for one in value.values() for found in schemas(one)]


ALL = "\n".join(f":type inputs.i{place}: {word}" for place, word in enumerate(PLATFORM))
TEXTS = [
    "",
    ALL,
    "Title.\n\n:param inputs.x: it\n:type inputs.x: FP32[-1,4] or FP64\n:type outputs.y: str",
    ":type inputs.x: picture\n:type inputs.y: FILE(image/png), optional",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_document_has_the_form_of_openapi(text: str) -> None:
    made = document(text)
    assert made["openapi"].startswith("3.1.")
    assert set(made["info"]) >= {"title", "version"}
    for path, operations in made["paths"].items():
        assert path.startswith("/")
        for method, operation in operations.items():
            assert method in {"get", "post"}
            assert operation["responses"]
            for status, response in operation["responses"].items():
                assert status.isdigit()
                assert response["description"]
            body = operation.get("requestBody")
            assert body is None or body["content"]["application/json"]["schema"]
    for schema in schemas(made):
        jsonschema.Draft202012Validator.check_schema(schema)


def echo(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    return [{"name": "y", "data": [len(inputs)]}], None


EXAMPLES = [
    ":type inputs.x: FP32[-1,4]",
    ":type inputs.x: INT8[2,3] or FP32",
    ":type inputs.x: FP32[]",
    ":type inputs.x: FP32[0,4]",
    ":type inputs.x: BOOL\n:type inputs.s: str\n:type inputs.d: dict\n:type inputs.b: BYTES[-1]",
    ":type inputs.x: FP32\n:type inputs.z: UINT64[3], optional\n:type outputs.y: INT64",
    ":type inputs.x: picture or FP16[2]",
]


@pytest.mark.parametrize("text", EXAMPLES)
async def test_the_example_fits_its_schema_and_is_answered(
    make_application: MakeApplication, text: str
) -> None:
    def inference(
        parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
    ) -> Any:
        return echo(parameters, inputs, output_fields, model_key, model)

    inference.__doc__ = text
    content = document(text)["paths"]["/predict"]["post"]["requestBody"]["content"]
    found = content["application/json"]
    jsonschema.validate(found["example"], found["schema"])
    application = make_application(inference)
    body = json.dumps(found["example"]).encode()
    response = await application.answer(Request("POST", "/predict", {}, body))
    assert response.status == 200, response.body


@pytest.mark.parametrize(
    "text",
    ["", ":type inputs.x: picture", ":type inputs.x: FP32[1,3,512,512]", ":param inputs.x: it"],
)
def test_where_nothing_would_fit_there_is_no_example(text: str) -> None:
    content = document(text)["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert "example" not in content["application/json"]


def test_descriptions_come_from_the_docstring() -> None:
    made = document("Title.\n\n:param inputs.x: a flower\n:type inputs.x: FP32[4]")
    assert made["info"]["description"] == "Title."
    schema = made["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    (item,) = schema["properties"]["inputs"]["items"]["oneOf"]
    assert item["description"] == "a flower"
    assert item["properties"]["datatype"] == {"enum": ["FP32"]}
