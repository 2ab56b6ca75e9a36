"""Docstrings read from a module's sources without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from faasctl.model import EntryPoint, MLComponent, Position
from faasctl.pipeline.signatures import signature
from handlers.contract.docstring import Signature

HERE = Position("f.yaml", 1, 1)


def component(function: str, path: str = "src") -> MLComponent:
    return MLComponent("f", HERE, entry_point=EntryPoint(path, function, HERE))


FUNCTION = '''
import nothing_like_that

{word} inference(parameters, inputs, output_fields, model_key, model=None):
    """Say it.

    :type inputs.x: FP64
    """
'''


@pytest.mark.parametrize("word", ["def", "async def"])
@pytest.mark.parametrize("file", ["src/pkg/predict.py", "src/pkg/predict/__init__.py"])
def test_a_docstring_is_read_without_an_import(tmp_path: Path, file: str, word: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(FUNCTION.format(word=word), "utf-8")
    found = signature(tmp_path, component("pkg.predict.inference"))
    assert found.summary == "Say it."
    assert [one.name for one in found.inputs] == ["x"]


@pytest.mark.parametrize(
    "source", [b"def broken(:", b"x = 1", b"def inference(): ...", b"\x00", b"\xff\xfe", b""]
)
def test_where_there_is_none_nothing_is_declared(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "m.py").write_bytes(source)
    assert signature(tmp_path, component("m.inference", ".")) == Signature()


def test_a_module_that_is_not_there_declares_nothing(tmp_path: Path) -> None:
    assert signature(tmp_path, component("absent.inference")) == Signature()
    assert signature(tmp_path, MLComponent("f", HERE)) == Signature()
