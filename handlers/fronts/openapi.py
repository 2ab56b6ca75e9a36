"""The OpenAPI document of one function, made from its docstring.

Source: OpenAPI Specification 3.1.
"""

from __future__ import annotations

from math import prod
from typing import Any

from handlers.contract.compiled import CompiledComponent
from handlers.contract.datatypes import DICT, FILE, STRING, V2, v2_name
from handlers.contract.docstring import Signature, Variable, VariableType

Schema = dict[str, Any]

_LARGEST_EXAMPLE = 4096


def document(component: CompiledComponent, signature: Signature) -> Schema:
    """What the function takes and answers, for `/predict` and for V2."""
    name = component.name
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{component.namespace}/{name}",
            "version": component.version,
            "description": signature.summary,
        },
        "servers": [{"url": "."}],
        "paths": {
            "/predict": {"post": _predict(component, signature)},
            f"/v2/models/{name}/infer": {"post": _infer(component, signature)},
            f"/v2/models/{name}": {"get": _get("Names, datatypes and shapes of the tensors")},
            "/v2": {"get": _get("The server's name, version and extensions")},
            "/v2/health/live": {"get": _get("Whether the process runs")},
            "/v2/health/ready": {"get": _get("Whether requests would be answered")},
            "/metrics": {"get": _get("Counters of this process, as Prometheus text")},
        },
    }


def _predict(component: CompiledComponent, signature: Signature) -> Schema:
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "inputs": _items(signature.inputs, "The function's inputs"),
            "output_fields": _items(signature.outputs, "The wanted outputs", wanted=True),
            "parameters": {
                "type": "array",
                "description": "Primitive parameters",
                "items": {
                    "type": "object",
                    "required": ["name", "value"],
                    "properties": {"name": {"type": "string"}, "value": {}},
                },
            },
        },
    }
    answer = {
        "type": "object",
        "required": ["outputs"],
        "properties": {"outputs": _items(signature.outputs, "The results")},
    }
    operation = _operation(f"Call {component.name}", body, answer)
    example = _example(signature)
    if example is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example
    if component.exchange is not None:
        operation["x-file-box"] = component.exchange.box
    return operation


def _infer(component: CompiledComponent, signature: Signature) -> Schema:
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": "string"},
            "inputs": _v2_items(signature.inputs),
            "outputs": {"type": "array", "items": {"type": "object"}},
            "parameters": {"type": "object"},
        },
    }
    answer = {
        "type": "object",
        "required": ["model_name", "outputs"],
        "properties": {
            "model_name": {"const": component.name},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "outputs": _v2_items(signature.outputs),
        },
    }
    return _operation(f"Call {component.name} by the Open Inference Protocol", body, answer)


def _operation(summary: str, body: Schema, answer: Schema) -> Schema:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": _response("The answer", answer),
            "400": _response("The request is wrong; the message names the field", {}),
            "500": _response("The function's code failed", {}),
            "504": _response("The function took longer than its time limit", {}),
        },
    }


def _response(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _get(summary: str) -> Schema:
    return {"summary": summary, "responses": {"200": {"description": summary}}}


def _items(variables: tuple[Variable, ...], description: str, *, wanted: bool = False) -> Schema:
    """An array schema in which each variable is one alternative."""
    items: Schema = {"type": "object"}
    if variables:
        items = {"oneOf": [_item(variable, wanted=wanted) for variable in variables]}
    return {"type": "array", "description": description, "items": items}


def _item(variable: Variable, *, wanted: bool) -> Schema:
    words = list(dict.fromkeys(one.datatype for one in variable.types))
    words = words or [*V2, STRING, DICT, FILE]
    properties: Schema = {
        "name": {"const": variable.name},
        "datatype": {"enum": words},
        "shape": {"oneOf": [{"type": "integer"}, _array("integer")]},
    }
    required = ["name"]
    if not wanted:
        properties["data"] = _data(words)
        required = ["name", "datatype", "data"]
    if FILE in words:
        properties["content_type"] = {"type": "string"}
        declared = [one.content_type for one in variable.types if one.content_type]
        if declared:
            properties["content_type"]["examples"] = declared
    return {
        "type": "object",
        "title": variable.name,
        "description": variable.description + (" (optional)" if variable.optional else ""),
        "required": required,
        "properties": properties,
        "x-optional": variable.optional,
    }


def _data(words: list[str]) -> Schema:
    forms: list[Schema] = []
    for word in words:
        form = _form(word)
        if form not in forms:
            forms.append(form)
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _form(word: str) -> Schema:
    if word in {STRING, FILE}:
        return {"type": "string"}
    if word == DICT:
        return {"type": "object"}
    families = {"boolean": "boolean", "integer": "integer", "float": "number", "bytes": "string"}
    return _array(families[V2[word].family]) if word in V2 else {}


def _array(of: str) -> Schema:
    return {"type": "array", "items": {"type": of}}


def _v2_items(variables: tuple[Variable, ...]) -> Schema:
    properties = {
        "name": {"type": "string"},
        "shape": _array("integer"),
        "datatype": {"enum": list(V2)},
        "data": {"type": "array"},
    }
    names = [variable.name for variable in variables]
    if names:
        properties["name"] = {"enum": names}
    words = sorted({v2_name(one.datatype) for variable in variables for one in variable.types})
    if words and all(word in V2 for word in words):
        properties["datatype"] = {"enum": words}
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "shape", "datatype", "data"],
            "properties": properties,
        },
    }


def _example(signature: Signature) -> Schema | None:
    """A request that fits the docstring, with zeros for data; None where there can't be one."""
    needed = [one for one in signature.inputs if not one.optional]
    inputs = [sample for one in needed if (sample := _sample(one))]
    if not inputs or len(inputs) != len(needed):
        return None
    return {
        "inputs": inputs,
        "output_fields": [
            {"name": one.name, "datatype": one.types[0].datatype}
            for one in signature.outputs
            if one.types and _form(one.types[0].datatype)
        ],
    }


def _sample(variable: Variable) -> Schema | None:
    """None for an input of an unknown type, or of more elements than a page should show."""
    first: VariableType | None = next((one for one in variable.types if _form(one.datatype)), None)
    if first is None:
        return None
    item: Schema = {"name": variable.name, "datatype": first.datatype}
    if first.datatype in {STRING, FILE}:
        item["data"] = "group/file" if first.datatype == FILE else "text"
        if first.content_type:
            item["content_type"] = first.content_type
        return item
    if first.datatype == DICT:
        return {**item, "data": {}}
    sizes = [max(1, size) for size in ((1,) if first.shape is None else first.shape)]
    if prod(sizes) > _LARGEST_EXAMPLE:
        return None
    zeros = {"boolean": False, "integer": 0, "float": 0.0, "bytes": "text"}
    return {**item, "shape": sizes, "data": [zeros[V2[first.datatype].family]] * prod(sizes)}
