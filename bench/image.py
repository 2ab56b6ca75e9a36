"""Time of a code-only change of an image, build and push, beyond the start of the interpreter.

    python bench/image.py MODULE HOST/PATH     (FAASCTL_IMAGE_BASE as for the command)

Builds and pushes the module once; then, for each round, one file changes by a line and the same
happens again in this process. The module's file gets its old content back.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from faasctl.pipeline import image_work
from faasctl.plan import Event

ROUNDS = 7


def main(module: str, place: str) -> None:
    workshop = image_work.open_workshop(Path(module), [])
    sent: list[str] = []

    def report(event: Event) -> None:
        if event.step == "publish":
            sent.append(event.message)

    image_work.push_all(workshop, place, report)
    folder = workshop.module.root / workshop.components[0].entry_point.python_path  # type: ignore[union-attr]
    file = next(path for path in sorted(folder.rglob("*.py")) if path.stat().st_size)
    before, seconds = file.read_bytes(), []
    try:
        for number in range(ROUNDS):
            file.write_bytes(before + f"# {time.time()} {number}\n".encode())
            sent.clear()
            started = time.perf_counter()
            image_work.push_all(image_work.open_workshop(Path(module), []), place, report)
            seconds.append(time.perf_counter() - started)
    finally:
        file.write_bytes(before)
    shown = f"{min(seconds):.3f}..{max(seconds):.3f}"
    print(f"code-only build + push: {statistics.median(seconds):.3f} s [{shown}] n={ROUNDS}")
    print("sent: " + ", ".join(sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
