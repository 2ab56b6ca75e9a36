"""The files of a module: everything that git tracks or would, and what the manifest adds.

A file that was just written and is not ignored counts, or the first deploy of every new file
would fail on its import.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from faasctl import command, process
from faasctl.errors import BuildError
from faasctl.model import ImageBuild

#: Never part of a function, whatever a repository says.
NEVER = GitIgnoreSpec.from_lines(
    [".git/", ".venv/", "venv/", "__pycache__/", "*.pyc", ".pytest_cache/", "node_modules/", ".env"]
)


def module_files(root: Path, build: ImageBuild) -> tuple[str, ...]:
    """Paths relative to the module, sorted, with `/`; what `include` and `exclude` name applied.

    Raises BuildError when an `include` pattern finds nothing.
    """
    found = set(tracked_files(root))
    for pattern in build.include:
        added = included(root, pattern)
        if not added:
            raise BuildError(
                f"image.build.include: {pattern!r} matches no file",
                hint="run the training script first, or mend the pattern",
            )
        found.update(added)
    excluded = GitIgnoreSpec.from_lines(build.exclude)
    kept = (path for path in found if not NEVER.match_file(path) and not excluded.match_file(path))
    return tuple(sorted(path for path in kept if (root / path).is_file()))


def tracked_files(root: Path) -> tuple[str, ...]:
    """What git lists as tracked or not ignored; without git, all that `.gitignore` lets through."""
    program = command.git()
    if program:
        listed = process.capture(
            [program, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            directory=root,
        )
        # A module inside a folder that another repository ignores has no files for git.
        if listed.code == 0 and listed.output:
            return tuple(path for path in listed.output.split("\0") if path)
    return tuple(_walk(root, _ignored(root)))


def included(root: Path, pattern: str) -> tuple[str, ...]:
    """The files that one `include` pattern (as in `.gitignore`) names."""
    start = _fixed_part(pattern)
    wanted = GitIgnoreSpec.from_lines([pattern])
    if not (root / start).exists():
        return ()
    return tuple(path for path in _walk(root, NEVER, start) if wanted.match_file(path))


def _fixed_part(pattern: str) -> str:
    """The folder in which a pattern's matches must lie; empty for anywhere."""
    parts: list[str] = []
    for part in PurePosixPath(pattern.strip("/")).parts:
        if any(sign in part for sign in "*?["):
            break
        parts.append(part)
    return "/".join(parts) if "/" in pattern.strip("/") else ""


def _ignored(root: Path) -> GitIgnoreSpec:
    file = root / ".gitignore"
    lines: Iterable[str] = file.read_text("utf-8").splitlines() if file.is_file() else ()
    return GitIgnoreSpec.from_lines(lines)


def _walk(root: Path, ignored: GitIgnoreSpec, start: str = "") -> Iterator[str]:
    if (root / start).is_file():
        yield start
        return
    for folder, names, files in os.walk(root / start):
        here = Path(folder).relative_to(root).as_posix()
        prefix = "" if here == "." else f"{here}/"
        names[:] = sorted(name for name in names if not _skip(f"{prefix}{name}/", ignored))
        yield from (
            f"{prefix}{name}" for name in sorted(files) if not _skip(f"{prefix}{name}", ignored)
        )


def _skip(path: str, ignored: GitIgnoreSpec) -> bool:
    return bool(NEVER.match_file(path) or ignored.match_file(path))
