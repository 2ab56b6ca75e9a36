"""Where a module's sources come from, as a label can say it."""

from __future__ import annotations

from pathlib import Path

from faasctl import command, process


def revision(root: Path) -> str:
    """The last commit that touched the module, with `-dirty` where something is not in it.

    Commits elsewhere in the repository change no image. Empty without git.
    """
    program = command.git()
    if program is None:
        return ""
    last = process.capture([program, "log", "-1", "--format=%H", "--", "."], directory=root)
    if last.code or not last.output.strip():
        return ""
    changed = process.capture([program, "status", "--porcelain", "--", "."], directory=root)
    return last.output.strip() + ("-dirty" if changed.output.strip() else "")
