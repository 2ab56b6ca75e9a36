"""What a module's functions declare, read from their sources without importing them."""

from __future__ import annotations

import ast
from pathlib import Path

from faasctl.model import MLComponent
from handlers.contract import docstring
from handlers.contract.docstring import Signature


def signature(root: Path, component: MLComponent) -> Signature:
    """The variables of a component's docstring; an empty signature where none can be read."""
    entry = component.entry_point
    if entry is None:
        return Signature()
    dotted, _, name = entry.python_function.rpartition(".")
    base = root / entry.python_path / dotted.replace(".", "/")
    for file in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if file.is_file():
            return docstring.parse(_documentation(file, name))
    return Signature()


def _documentation(file: Path, name: str) -> str | None:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            return ast.get_docstring(node)
    return None
