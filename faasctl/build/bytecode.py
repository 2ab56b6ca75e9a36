"""Byte code that is the same on every machine, and that nothing checks at run time.

Also a program, run by an interpreter of the target's minor version when that isn't this one:
`python -I bytecode.py LIST`, where a line of LIST is a source, its name in the image and where
the byte code goes, tabs between them.
Standard library only.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import CodeType

#: PEP 552: a hash-based file whose source is not looked at.
_UNCHECKED = (0b01).to_bytes(4, "little")


def compiled(source: bytes, name: str) -> bytes | None:
    """The content of a .pyc file; None for what is no Python of this version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    # marshal notes for each object whether anybody else refers to it. For an interned string that
    # depends on what this process did before; a further reference makes it always so.
    held = list(_strings(code))
    packed = marshal.dumps(code)
    del held
    return importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source) + packed


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, frozenset)):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, CodeType):
        yield from (value.co_filename, value.co_name, value.co_qualname)
        for names in (value.co_names, value.co_varnames, value.co_cellvars, value.co_freevars):
            yield from names
        yield from _strings(value.co_consts)


def place(source: str, minor: str) -> str:
    """Where the byte code of a source lies, for a Python such as `3.11`."""
    folder, _, file = source.rpartition("/")
    name = f"__pycache__/{file.removesuffix('.py')}.cpython-{minor.replace('.', '')}.pyc"
    return f"{folder}/{name}" if folder else name


def main(words: list[str]) -> None:
    """Write the byte code of each source of the list."""
    for line in Path(words[0]).read_text("utf-8").splitlines():
        source, name, target = line.split("\t")
        made = compiled(Path(source).read_bytes(), name)
        if made is not None:
            Path(target).write_bytes(made)


if __name__ == "__main__":
    main(sys.argv[1:])
