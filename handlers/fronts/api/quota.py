"""How full a box is, and whether something still fits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from handlers.contract.application import Box
from handlers.contract.boxes import box_prefix
from handlers.engine.storage import Storage
from handlers.fronts.api.errors import ApiError

#: How long a measure is good for links, in seconds, and at least how many times what it took.
_KEPT, _WORTH = 5.0, 20.0


@dataclass(frozen=True, slots=True)
class _Measure:
    """`started` and `until` are clock times; `used` in bytes."""

    used: int
    started: float
    until: float


class Quota:
    """The capacities of an application's boxes; methods may take as long as a listing."""

    def __init__(
        self, storage: Storage, application: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._storage = storage
        self._application = application
        self._clock = clock
        self._measures: dict[str, _Measure] = {}
        self._locks: dict[str, threading.Lock] = {}

    def room(self, box: Box) -> int:
        """Bytes that still fit, as of a moment ago; may be negative."""
        known = self._measures.get(box.name)
        if known is None or self._clock() > known.until:
            known = self._measured(box, self._clock())
        return box.capacity - known.used

    def check(self, box: Box, size: int) -> None:
        """Raises ApiError (413) when `size` more bytes do not fit."""
        if (room := self.room(box)) < size:
            raise over(box, box.capacity - room, size)

    def settle(self, box: Box, remove: Callable[[], None]) -> None:
        """After an upload: measure anew, call `remove` when the box is over its capacity.

        Raises ApiError (413) then.
        """
        if self._measured(box, self._clock()).used <= box.capacity:
            return
        with self._lock(box):
            found = self._measure(box)
            if found.used <= box.capacity:
                return
            remove()
            self._measures.pop(box.name, None)
        raise over(box, found.used, 0)

    def forget(self, box: Box) -> None:
        """Something was removed: the last measure is too high."""
        self._measures.pop(box.name, None)

    def _measured(self, box: Box, moment: float) -> _Measure:
        """A measure begun at that moment or later; those who wait for the same share it."""
        with self._lock(box):
            known = self._measures.get(box.name)
            if known is None or known.started < moment:
                known = self._measure(box)
            return known

    def _measure(self, box: Box) -> _Measure:
        started = self._clock()
        prefix = box_prefix(self._application, box.name)
        used = sum(one.size for one in self._storage.listing(prefix))
        took = self._clock() - started
        measure = _Measure(used, started, started + took + max(_KEPT, _WORTH * took))
        self._measures[box.name] = measure
        return measure

    def _lock(self, box: Box) -> threading.Lock:
        return self._locks.setdefault(box.name, threading.Lock())


def over(box: Box, used: int, more: int) -> ApiError:
    """That a box is full, in numbers."""
    announced = f", {more} more were announced" if more else ""
    message = f"the box {box.name!r} holds {used} of {box.capacity} bytes{announced}"
    return ApiError(413, "QuotaExceeded", message)
