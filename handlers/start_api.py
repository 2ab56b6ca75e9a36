"""The program that serves an application's API, in the environment made of `api.lock`.

Started as a file in isolated mode, as `start.py` is; there is no user code on the path.
"""

from __future__ import annotations

import os
import sys

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
# In an image the packages of `api.lock` lie beside the handler.
sys.path += [_RUNTIME, *(os.path.join(_RUNTIME, one) for one in ("packages", "dependencies"))]  # noqa: PTH118

if __name__ == "__main__":
    from handlers.fronts.api.server import main

    main(sys.argv[1:])
