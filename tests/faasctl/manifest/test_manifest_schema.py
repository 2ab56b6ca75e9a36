"""The JSON Schema is made from the reader's tables, and agrees with the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from faasctl.manifest import schema
from faasctl.manifest.documents import DOCUMENTS
from faasctl.manifest.report import At, Report
from faasctl.manifest.sections import Key, Section
from faasctl.manifest.source import parse
from tests.faasctl.manifest.manifest_samples import HEADS

_HERE = Path(__file__).parent
_GOLDEN = _HERE / "golden" / "schema.json"
_GOOD = sorted((_HERE / "samples").glob("*.yaml"))


def _documents(text: str) -> list[object]:
    return [one for one in yaml.safe_load_all(text) if one is not None]


def _validator() -> jsonschema.Draft202012Validator:
    made = schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def _keys(section: Section[Any], path: str = "") -> Iterator[tuple[str, Key[object]]]:
    for key in (*section.keys, *section.one_of):
        yield f"{path}.{key.name}", key
        if isinstance(key.reader, Section):
            yield from _keys(key.reader, f"{path}.{key.name}")


_ALL = [pair for kind, section in DOCUMENTS.items() for pair in _keys(section, kind)]


def test_schema_is_the_golden_one(*, update_golden: bool) -> None:
    made = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        _GOLDEN.write_text(made, encoding="utf-8")
    assert made == _GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", _GOOD, ids=lambda file: file.stem)
def test_good_manifests_fit(file: Path) -> None:
    for document in _documents(file.read_text(encoding="utf-8")):
        _validator().validate(document)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("function", "  scalling: {}"),
        ("function", "  scaling: {mni: 1}"),
        ("function", "  scaling: {min: -1}"),
        ("function", "  scaling: {max: many}"),
        ("function", "  timeout: soon"),
        ("function", "  interface: tritonpython"),
        ("function", "  env: [{name: A}]"),
        ("function", "  env: [{name: A, value: a, secret: b/c}]"),
        ("function", "  env: {A: b}"),
        ("function", "  resourceLimits: {memory: 512MB}"),
        ("function", "  connectedBoxes: [{name: a, path: rel, mountS3Box: {s3BoxName: b}}]"),
        ("function", "  aws: {logRetention: 15}"),
        ("pipeline", "  vars: []"),
        ("pipeline", "  stages: []"),
        ("api", "  restfulApi: {path: a}"),
        ("api", "  files: {enabled: true}\n  pipelines: {enabled: true}"),
        ("api", "  mlComponent: {name: a}\n  restfulApi: {path: files}"),
        ("ensemble", "  steps: []"),
        ("box", "  s3DefaultStorage: {capacity: 1Gb}"),
        ("raw", "apiVersion: faasctl.dev/v2\nkind: DataBox\nmetadata: {name: a}"),
        ("raw", "apiVersion: faasctl.dev/v1\nkind: DataBx\nmetadata: {name: a}"),
        ("raw", "apiVersion: faasctl.dev/v1\nkind: DataBox\nmetadata: {name: A_B}"),
        ("raw", "apiVersion: faasctl.dev/v1\nkind: MLComponent\nmetadata: {name: a}"),
        ("raw", "[]"),
    ],
)
def test_bad_manifests_do_not_fit(head: str, body: str) -> None:
    (document,) = _documents(HEADS[head] + body)
    assert not _validator().is_valid(document)


def test_the_platform_may_have_keys_and_kinds_that_we_do_not_know() -> None:
    box = "apiVersion: unified-platform.cs.hse.ru/v1\nkind: DataBox\nmetadata: {name: a, b: c}"
    link = "apiVersion: unified-platform.cs.hse.ru/v1\nkind: ComponentLink\nspec: {}"
    assert all(_validator().is_valid(_documents(text)[0]) for text in (box, link))


@pytest.mark.parametrize(("path", "key"), _ALL, ids=[path for path, _ in _ALL])
def test_every_key_is_described(path: str, key: Key[object]) -> None:
    assert key.doc, path


@pytest.mark.parametrize(
    ("path", "key"),
    [(path, key) for path, key in _ALL if key.shown is not None],
    ids=[path for path, key in _ALL if key.shown is not None],
)
def test_defaults_as_shown_are_the_defaults(path: str, key: Key[object]) -> None:
    source = parse(json.dumps([key.shown]).encode(), path)
    report = Report(path)
    (document,) = source.documents
    value = key.reader.read(document.items[0], At(report, path, strict=True))  # type: ignore[union-attr]
    assert (value, report.problems) == (key.default, [])
