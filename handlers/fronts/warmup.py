"""The golden case that a process answers before it says that it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.engine.loader import Failure
from handlers.fronts.application import Request
from handlers.protocols.text import to_json

if TYPE_CHECKING:
    from handlers.fronts.application import Application


async def warm_up(application: Application) -> Failure | None:
    """Run the component's warm-up case, if it has one; why it failed, or None."""
    case = application.component.warmup
    if case is None:
        return None
    body = to_json(case.body)
    response = await application.answer(Request("POST", case.path, {}, body))
    if response.status < 400:
        return None
    message = (
        f"the warm-up case {case.name!r} was answered {response.status}: "
        f"{response.body.decode('utf-8', 'replace')}"
    )
    error = application.last_error
    if error is not None and error.file:
        return Failure("WarmupError", message, error.file, error.line, error.trace)
    return Failure("WarmupError", message, f"tests/cases/{case.name}.yaml", 1, "")
