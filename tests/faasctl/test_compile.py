"""A component as its handler reads it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from faasctl.compile import RELATIVE, compile_component, compiled_text
from faasctl.errors import FaasctlError
from faasctl.model import EntryPoint, Interface, MLComponent, ModelReference, Position, Scaling
from handlers.contract import compiled
from handlers.contract.compiled import WarmupRequest

HERE = Position("f.yaml", 1, 1)
COMPONENT = MLComponent("f", HERE, entry_point=EntryPoint("src", "pkg.predict.inference", HERE))


def test_a_component_keeps_what_its_handler_needs() -> None:
    component = replace(
        COMPONENT,
        model_reference=ModelReference(None, "model/m.bin"),
        timeout=5.0,
        scaling=Scaling(concurrency=3),
    )
    warmup = WarmupRequest("one", "/predict", {"inputs": []})
    made = compile_component(component, "demo", warmup, RELATIVE)
    assert (made.namespace, made.name, made.interface) == ("demo", "f", "inference")
    assert (made.python_path, made.function) == ("src", "pkg.predict.inference")
    assert (made.model_key, made.timeout, made.concurrency) == ("model/m.bin", 5.0, 3)
    assert made.warmup == warmup


def test_the_handler_reads_what_is_written() -> None:
    made = compile_component(COMPONENT, "demo", None, RELATIVE)
    assert made.model_key == ""
    assert compiled.parse(compiled_text(made)) == made
    assert json.loads(compiled_text(made))["format"] == compiled.FORMAT


def test_the_interface_that_is_named_is_kept() -> None:
    component = replace(COMPONENT, interface=Interface.PREDICTOR)
    assert compile_component(component, "demo", None, RELATIVE).interface == "predictor"


def test_a_component_without_an_entry_point_is_refused() -> None:
    with pytest.raises(FaasctlError, match="f: no entry point"):
        compile_component(replace(COMPONENT, entry_point=None), "demo", None, RELATIVE)
