"""Byte code for the sources of a layer, by an interpreter of the target's minor version."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faasctl import process
from faasctl.build import bytecode
from faasctl.build.environment import Interpreter, find_interpreter
from faasctl.build.layers import FromBytes, FromFile, Tree
from faasctl.errors import BuildError

#: Fewer sources are compiled in this process, where it is of the right version.
_FEW = 200


def own_minor() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def interpreter_of(minor: str) -> Interpreter:
    """A Python of this minor version on this machine; raises BuildError without one."""
    try:
        return find_interpreter(f"=={minor}.*")
    except BuildError as error:
        raise BuildError(
            f"byte code for Python {minor} needs a Python {minor}, and none is installed here",
            hint=f"uv python install {minor}",
        ) from error


def with_bytecode(tree: Tree, minor: str, scratch: Path) -> Tree:
    """The tree and the byte code of all its sources; `scratch` must stay until it is packed."""
    sources = {
        name: one.path
        for name, one in tree.items()
        if name.endswith(".py") and isinstance(one, FromFile)
    }
    if len(sources) < _FEW and minor == own_minor():
        made = {
            bytecode.place(name, minor): bytecode.compiled(path.read_bytes(), f"/{name}")
            for name, path in sources.items()
        }
        return {**tree, **{name: FromBytes(one) for name, one in made.items() if one is not None}}
    return {**tree, **_elsewhere(sources, minor, scratch)}


def _elsewhere(sources: dict[str, Path], minor: str, scratch: Path) -> dict[str, FromFile]:
    python = interpreter_of(minor).path
    folder = scratch / "bytecode"
    folder.mkdir(exist_ok=True)
    targets = {name: folder / str(number) for number, name in enumerate(sorted(sources))}
    lines = [f"{sources[name]}\t/{name}\t{target}" for name, target in targets.items()]
    workers = min(os.cpu_count() or 1, max(1, len(lines) // 50))

    def work(number: int) -> None:
        listed = scratch / f"sources-{number}"
        listed.write_text("\n".join(lines[number::workers]), "utf-8")
        done = process.capture([python, "-I", bytecode.__file__, str(listed)])
        if done.code:
            raise BuildError(f"byte code could not be made:\n{done.errors.strip()}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return {
        bytecode.place(name, minor): FromFile(target)
        for name, target in targets.items()
        if target.is_file()
    }
