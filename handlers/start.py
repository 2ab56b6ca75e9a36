"""The program that a target runs: find the handler and its dependencies, then serve.

Started as a file in isolated mode, so that neither the environment nor the current folder decides
what is imported. The user's packages come first on the path, the handler's own after them.
"""

from __future__ import annotations

import gc
import os
import sys

gc.disable()
_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
sys.path += [_RUNTIME, os.path.join(_RUNTIME, "dependencies")]  # noqa: PTH118

if __name__ == "__main__":
    from handlers.fronts.server import main

    main(sys.argv[1:])
