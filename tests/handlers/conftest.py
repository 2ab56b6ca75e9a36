"""Functions under test: in this process behind an `Application`, or as processes of their own."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.contract.compiled import CompiledComponent
from handlers.engine.core import Engine
from handlers.fronts.application import Application
from handlers.interfaces.inference import InferenceFunction
from tests.handlers.function_process import Function
from tests.handlers.handler_fixtures import MakeApplication, StartFunction


@pytest.fixture(autouse=True)
def _nothing_stays_frozen() -> Iterator[None]:
    """Engines freeze what a first call made; other tests look at the garbage collector's lists."""
    yield
    gc.unfreeze()


@pytest.fixture
def make_application() -> MakeApplication:
    """Makes an application of a function and of the component's further values."""

    def make(function: Callable[..., Any], **values: Any) -> Application:
        component = CompiledComponent("demo", "f", "inference", "m.inference", **values)
        code = InferenceFunction(function, component.model_key)
        engine = Engine(code, timeout=component.timeout, concurrency=component.concurrency)
        return Application(component, engine, code.documentation)

    return make


@pytest.fixture
def start_function(tmp_path: Path) -> Iterator[StartFunction]:
    """Starts functions from source text; ends them with the test."""
    started: list[Function] = []

    def start(source: str, **values: Any) -> Function:
        function = Function(tmp_path / f"function{len(started)}", source, **values)
        started.append(function)
        return function

    yield start
    for function in started:
        function.close()
