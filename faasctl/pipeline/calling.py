"""One call of a function, from the words of a command line to its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faasctl import http
from faasctl.errors import InvocationError, UsageError
from faasctl.pipeline import file_calls
from faasctl.pipeline.deploying import deployment
from faasctl.pipeline.loading import one_function
from faasctl.pipeline.session import Session
from faasctl.pipeline.signatures import signature
from faasctl.plan import Deployment
from faasctl.store.transfer_work import Tell
from handlers.contract.datatypes import DICT, FILE, PLATFORM, STRING, V2
from handlers.contract.docstring import Signature, Variable, VariableType

_GUESSES: tuple[tuple[set[type], str], ...] = (
    ({bool}, "BOOL"),
    ({int}, "INT64"),
    ({int, float}, "FP64"),
    ({str}, "BYTES"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """One call as a command line says it: `data` or `inputs`; results go to `folder`."""

    data: str | None
    inputs: tuple[str, ...]
    path: str = "/predict"
    timeout: float = 300.0
    folder: Path = Path()


def invoke(session: Session, name: str | None, wish: Wish, tell: Tell) -> Any:
    """One call; files that it names with `@` are uploaded first, results downloaded after.

    Raises UsageError and InvocationError.
    """
    if (wish.data is None) == (not wish.inputs):
        raise UsageError("give --data or --input", hint="--input NAME=VALUE, or --data JSON")
    component = one_function(session.module, name)
    there = deployment(session, component.name)
    if wish.data is not None:
        body = body_from_data(wish.data)
    else:
        declared = signature(session.module.root, component)
        words: Sequence[str] = wish.inputs
        named = file_calls.named_files(words, declared)
        if named:
            words = file_calls.uploaded(session, component, words, named, tell)
        body = body_from_inputs(words, declared)
    answer = call(there, body, path=wish.path, timeout=wish.timeout)
    if component.file_exchange is None:
        return answer
    return file_calls.downloaded(session, component, answer, wish.folder, tell)


def body_from_data(data: str) -> bytes:
    """`--data JSON` or `--data @file`; raises UsageError when it is no JSON."""
    text = _text(data)
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"--data is no JSON: {error}", hint="quote it for the shell, or write @FILE"
        ) from error
    return text.encode()


def body_from_inputs(words: Sequence[str], declared_by: Signature) -> bytes:
    """`--input name=value` words as a `/predict` body, by the types that the docstring declares.

    Raises UsageError for a word without `=`, an unknown name, or a value of another type.
    """
    declared = {variable.name: variable for variable in declared_by.inputs}
    inputs = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UsageError(f"--input {word!r}: expected name=value")
        if declared and name not in declared:
            raise UsageError(
                f"--input {name}: the function has no such input",
                hint=f"it has {', '.join(declared)}",
            )
        inputs.append(_input(name, value, declared.get(name)))
    wanted = [
        {"name": one.name, "datatype": one.types[0].datatype}
        for one in declared_by.outputs
        if one.types and one.types[0].datatype in PLATFORM
    ]
    return json.dumps({"inputs": inputs, "output_fields": wanted}).encode()


def _input(name: str, value: str, variable: Variable | None) -> dict[str, Any]:
    kind = _kind(value, variable.types) if variable and variable.types else None
    if kind is None:
        return _guessed(name, value)
    item: dict[str, Any] = {"name": name, "datatype": kind.datatype}
    if kind.datatype == STRING:
        return {**item, "data": _text(value)}
    if kind.datatype == FILE:
        return {**item, "data": value, "content_type": kind.content_type}
    if kind.datatype == DICT:
        return {**item, "data": _json(name, _text(value))}
    data = _json(name, _listed(_text(value), kind))
    flat, shape = _flattened(data)
    return {**item, "data": flat, "shape": _fitted(len(flat), shape, kind)}


def _kind(value: str, kinds: Sequence[VariableType]) -> VariableType:
    """The declared type that a value is of: the first, unless only a file's name fits."""
    named = next((one for one in kinds if one.datatype == FILE), None)
    if named is None or kinds[0].datatype in {FILE, STRING}:
        return kinds[0]
    return kinds[0] if re.fullmatch(r"[-+0-9.eE,\s\[\]]+|true|false|[\[{].*", value) else named


def _guessed(name: str, value: str) -> dict[str, Any]:
    """An input that no docstring declares: JSON where it is JSON, else text."""
    try:
        data = json.loads(_text(value))
    except (ValueError, RecursionError):
        return {"name": name, "datatype": STRING, "data": _text(value)}
    if isinstance(data, dict):
        return {"name": name, "datatype": DICT, "data": data}
    if isinstance(data, str):
        return {"name": name, "datatype": STRING, "data": data}
    flat, shape = _flattened(data)
    kinds = {type(one) for one in flat}
    datatype = next((word for of, word in _GUESSES if kinds and kinds <= of), "FP64")
    return {"name": name, "datatype": datatype, "data": flat, "shape": shape}


def _listed(text: str, kind: VariableType) -> str:
    """`1,2,3` as a JSON list; strings are quoted."""
    stripped = text.strip()
    is_text = kind.datatype in V2 and V2[kind.datatype].family == "bytes"
    if stripped.startswith("[") and not (is_text and not _is_json(stripped)):
        return stripped
    if is_text:
        return json.dumps([text])
    return f"[{stripped}]"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _flattened(data: Any) -> tuple[list[Any], list[int]]:
    shape: list[int] = []
    level = data if isinstance(data, list) else [data]
    while True:
        shape.append(len(level))
        if not level or not all(isinstance(one, list) for one in level):
            break
        level = level[0]
    flat = data if isinstance(data, list) else [data]
    while any(isinstance(one, list) for one in flat):
        flat = [leaf for one in flat for leaf in (one if isinstance(one, list) else [one])]
    return flat, shape


def _fitted(count: int, shape: list[int], kind: VariableType) -> list[int]:
    """The declared shape with its one open size filled in, where a flat list was given."""
    declared = kind.shape
    if declared is None or len(shape) > 1 or len(declared) == 1:
        return shape
    known = 1
    for size in declared:
        known *= size if size > 0 else 1
    open_sizes = sum(1 for size in declared if size < 0)
    if open_sizes == 0:
        return list(declared)
    if open_sizes == 1 and known and count % known == 0:
        return [count // known if size < 0 else size for size in declared]
    return shape


def _text(value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        return _file(value[1:]).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"the file {value[1:]} is no UTF-8 text") from error


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"there is no file {name}")
    return path


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--input {name}: {text[:60]!r} is no JSON: {error}") from error


def call(
    deployment: Deployment, body: bytes, *, path: str = "/predict", timeout: float = 300.0
) -> Any:
    """The function's answer; raises InvocationError with its own words when it refuses."""
    request = http.Request(
        "POST", path, body, {"content-type": "application/json"}, timeout=timeout
    )
    answer = http.send_to(deployment.url, request)
    if answer.status >= 400:
        raise InvocationError(
            f"{deployment.name} answered {answer.status}: {_said(answer.text)}",
            status=answer.status,
            body=answer.text,
            hint=f"faasctl logs {deployment.name}" if answer.status >= 500 else None,
        )
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.text


def _said(text: str) -> str:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text.strip()
    if isinstance(error, Mapping):
        return f"{error.get('type', 'Error')}: {error.get('message', '')}"
    return str(error)
