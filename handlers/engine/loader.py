"""User code, found and imported; and what to say when that fails."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why user code failed; `line` 0 and an empty `file` where nobody can tell."""

    kind: str
    message: str
    file: str
    line: int
    trace: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        return f"{where}{self.kind}: {self.message}"


#: Where user code lives: it may change the current folder, or delete it.
_CODE = {"root": os.getcwd()}  # noqa: PTH109


class LoadError(Exception):
    """The entry point could not be imported."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def load(python_path: str, function: str) -> Callable[..., Any]:
    """The function of that dotted name, from a folder relative to the current one.

    Raises LoadError with the user's own file and line.
    """
    root = os.getcwd()  # noqa: PTH109 - pathlib is an import that no first answer needs
    _CODE["root"] = root
    folder = os.path.normpath(os.path.join(root, python_path))  # noqa: PTH118
    for path in (root, folder):
        if path not in sys.path:
            sys.path.insert(0, path)
    module_name, _, name = function.rpartition(".")
    if not module_name:
        what = f"{function!r} names no module, expected MODULE.FUNCTION"
        raise LoadError(Failure("EntryPointError", what, "", 0, ""))
    try:
        module = importlib.import_module(module_name)
    except BaseException as error:
        raise LoadError(failure_of(error)) from error
    try:
        found: Any = getattr(module, name)
    except AttributeError as error:
        raise LoadError(_absent(module_name, name)) from error
    if not callable(found):
        raise LoadError(_absent(module_name, name, "is not callable"))
    return found  # type: ignore[no-any-return]


def failure_of(error: BaseException) -> Failure:
    """Where an exception started, in the user's own files where they are on its way."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, SyntaxError) and error.filename:
        return Failure(
            "SyntaxError", str(error.msg), _shown(error.filename), error.lineno or 0, trace
        )
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)]
    message = _text(error)
    if isinstance(error, SystemExit):
        message = f"the code called exit({error.code!r})"
    if not own:
        return Failure(type(error).__name__, message, "", 0, trace)
    return Failure(
        type(error).__name__, message, _shown(own[-1].filename), own[-1].lineno or 0, trace
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - user code's own __str__
        return "(its text can't be shown)"


def _is_own(filename: str) -> bool:
    if filename.startswith("<"):  # `<frozen _sitebuiltins>`, where exit() is
        return False
    path = os.path.join(_CODE["root"], filename)  # noqa: PTH118
    return path.startswith(_CODE["root"] + os.sep) and "site-packages" not in path


def _shown(filename: str) -> str:
    return os.path.relpath(filename, _CODE["root"]) if _is_own(filename) else filename


def place_of(function: Callable[..., Any], what: str) -> Failure:
    """A failure at a function's definition."""
    code = getattr(function, "__code__", None)
    file, line = (_shown(code.co_filename), code.co_firstlineno) if code else ("", 0)
    name = getattr(function, "__qualname__", type(function).__name__)
    return Failure("EntryPointError", f"{name} {what}", file, line, "")


def _absent(module_name: str, name: str, what: str = "does not exist") -> Failure:
    file = getattr(sys.modules.get(module_name), "__file__", None) or ""
    return Failure(
        "EntryPointError",
        f"{name!r} {what} in module {module_name!r}",
        _shown(file) if file else "",
        1 if file else 0,
        "",
    )
