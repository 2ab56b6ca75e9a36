"""A call with room on the stack is a call."""

from __future__ import annotations

import pytest

from handlers.engine.room import with_room


def test_arguments_results_and_errors_pass_through() -> None:
    assert with_room(divmod, 7, 2) == (3, 1)
    assert with_room(int, "11", base=2) == 3
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 1, 0)


def test_recursion_ends_as_it_does_elsewhere() -> None:
    def down() -> None:
        down()

    with pytest.raises(RecursionError):
        with_room(down)
