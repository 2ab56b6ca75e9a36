"""The program that a target runs: find the handler and its dependencies, then serve.

Started as a file in isolated mode, so that neither the environment nor the current folder decides
what is imported. The user's packages come first on the path, the handler's own after them.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def _start(words: list[str]) -> None:
    # Whoever waits for a start that hangs may ask where it stands.
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    gc.disable()  # until everything is loaded: what is imported stays
    # OpenBLAS' idle threads burn a core for some 25 ms after each use: 200 ms of CPU in one start.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    sys.path.insert(0, _RUNTIME)
    from handlers.engine.room import with_room
    from handlers.fronts.server import main

    sys.path.remove(_RUNTIME)  # found once, whatever packages of that name the user has
    _find_packages(os.path.join(_RUNTIME, "packages"))  # noqa: PTH118
    sys.path.append(os.path.join(_RUNTIME, "dependencies"))  # noqa: PTH118
    with_room(main, words)


def _find_packages(folder: str) -> None:
    """In an image the user's packages lie beside the handler; they go before the base's own."""
    if os.path.isdir(folder):  # noqa: PTH112
        third = (at for at, path in enumerate(sys.path) if path.endswith("-packages"))
        sys.path.insert(next(third, len(sys.path)), folder)


if __name__ == "__main__":  # processes that user code spawns import this file under another name
    _start(sys.argv[1:])
