"""What the fixtures of the handler's tests are."""

from __future__ import annotations

from collections.abc import Callable

from handlers.fronts.application import Application
from tests.handlers.function_process import Function

MakeApplication = Callable[..., Application]
StartFunction = Callable[..., Function]
