"""Room on Python's own stack.

CPython keeps frames in chunks of 16 KiB and gives a chunk back as soon as it is empty: code whose
calls go back and forth over a chunk's end pays two system calls and a page fault each time.
Importing scikit-learn does so 7,600 times, a twentieth of the import. A frame that needs more
than a chunk gets a larger one, and what the frame leaves free serves all calls below it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: In words of 8 bytes: just over half of the 1 MiB that it makes CPython reserve.
_FRAME = 70_000


def with_room(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function whose callees find half a megabyte of stack in one piece."""
    return call(*arguments, **named)


if sys.implementation.name == "cpython":
    with_room.__code__ = with_room.__code__.replace(co_stacksize=_FRAME)
