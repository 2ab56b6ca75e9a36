"""How long a code-only change takes from the command to traffic on the new revision.

    python bench/redeploy.py --module MODULE [--rounds N] [--json]

MODULE is a deployed, trained module (it is copied, not changed). Each round changes a comment of
its code and deploys; `unchanged` deploys once more without a change. Whole commands, with the
start of Python.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

FAASCTL = Path(sys.executable).with_name("faasctl")


def timed(*words: str | Path) -> float:
    """Seconds of one command; it must succeed."""
    started = time.perf_counter()
    subprocess.run([str(FAASCTL), *map(str, words)], check=True, capture_output=True)
    return time.perf_counter() - started


def measure(module: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds by what was done; `--help` is what no command can be quicker than."""
    code = next(module.glob("src/*/predict.py"))
    timed("deploy", "-C", module, "-q")
    found: dict[str, list[float]] = {"code changed": [], "unchanged": [], "--help": []}
    for number in range(rounds):
        with code.open("a") as file:
            file.write(f"# {number}\n")
        found["code changed"].append(timed("deploy", "-C", module, "-q"))
        found["unchanged"].append(timed("deploy", "-C", module, "-q"))
        found["--help"].append(timed("--help"))
    return found


def table(found: dict[str, list[float]]) -> str:
    rows = ["| what | median s | min | max |", "|---|---:|---:|---:|"]
    for what, seconds in found.items():
        middle = statistics.median(seconds)
        rows.append(f"| {what} | {middle:.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")
    return "\n".join(rows)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / given.module.name
        shutil.copytree(given.module, copy, ignore=shutil.ignore_patterns(".git", ".venv"))
        found = measure(copy, given.rounds)
    print(json.dumps(found) if given.json else table(found))


if __name__ == "__main__":
    main()
