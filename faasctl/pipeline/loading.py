"""From a folder to a valid module, and to the components that were asked for."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from faasctl import manifest
from faasctl.errors import UnknownNameError
from faasctl.model import MLComponent, Module


def open_module(directory: Path | None) -> Module:
    """The module of a folder or its nearest parent that is one, the current folder by default.

    Raises NotAModuleError, and ManifestError with every problem of every manifest.
    """
    return manifest.load(manifest.find_module((directory or Path.cwd()).absolute()))


def chosen(module: Module, names: Sequence[str]) -> tuple[MLComponent, ...]:
    """The functions of those names, all when none is given; raises UnknownNameError."""
    if not names:
        return module.functions
    return tuple(one_function(module, name) for name in dict.fromkeys(names))


def one_function(module: Module, name: str | None) -> MLComponent:
    """The function of that name, or the only one; raises UnknownNameError."""
    functions = {one.name: one for one in module.functions}
    if name is None and len(functions) == 1:
        return next(iter(functions.values()))
    if name in functions:
        return functions[name]
    raise unknown(name, functions, "function")


def unknown(
    name: str | None, known: Sequence[str] | dict[str, MLComponent], kind: str
) -> UnknownNameError:
    """The error for a name that does not exist, with the nearest one that does."""
    names = list(known)
    if name is None:
        what = f"which {kind}?" if names else f"the module has no {kind}"
        return UnknownNameError(what, hint=f"name one of {', '.join(names)}" if names else None)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names) or 'none'}"
    return UnknownNameError(f"no {kind} {name!r}", hint=hint)
