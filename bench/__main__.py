"""`python -m bench`: the local target's figures in one run, prepared from nothing.

A module is scaffolded and trained in a scratch home; then cold starts, the gateway's overhead and
code-only redeploys are measured, one after the other. Takes a few minutes; wants an idle machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FAASCTL = Path(sys.executable).with_name("faasctl")


def run(*words: str | Path) -> str:
    done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def prepared(place: Path) -> tuple[Path, Path, Path]:
    """A trained module, its environment's Python, and the handler's runtime."""
    run(FAASCTL, "new", "iris", "-C", place, "--no-input", "-q")
    module = place / "iris"
    run(FAASCTL, "exec", "iris", "-C", module, "-q", "--", "python", "-m", "iris.train")
    (release,) = json.loads(run(FAASCTL, "render", "-C", module, "--json"))
    python, _, start, _ = release["command"]
    return module, Path(python), Path(start).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["FAASCTL_HOME"] = str(place / "home")
        os.environ["FAASCTL_GATEWAY_PORT"] = "0"
        module, python, runtime = prepared(place)
        try:
            print("## Cold start\n", flush=True)
            words = ("--python", python, "--runtime", runtime, "--module", module)
            print(run(sys.executable, HERE / "cold_start.py", *words), flush=True)
            print("## What the gateway costs\n", flush=True)
            print(run(sys.executable, HERE / "gateway_overhead.py"), flush=True)
            print("## Redeploy\n", flush=True)
            print(run(sys.executable, HERE / "redeploy.py", "--module", module), flush=True)
        finally:
            run(FAASCTL, "local", "stop")


if __name__ == "__main__":
    main()
