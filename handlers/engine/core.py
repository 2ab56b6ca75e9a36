"""`Engine.infer`: the only caller of user code.

It runs synchronous code in threads, so that health checks are answered meanwhile; lets the first
call of a process run alone, so that a model is loaded once; and keeps the time limit.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import time
from concurrent.futures import CancelledError as CancelledFutureError
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from handlers.engine.loader import failure_of
from handlers.engine.room import with_room
from handlers.engine.values import (
    InferenceRequest,
    InferenceResponse,
    RequestError,
    TimeLimitError,
    UserCodeError,
)

#: Threads of a process whose component sets no concurrency: enough for code that waits for
#: others, few enough for code that computes.
UNLIMITED_THREADS = 32


class ModelCode(Protocol):
    """What an interface makes of user code."""

    is_async: bool

    def call(self, request: InferenceRequest) -> Any: ...

    def finish(self, result: Any) -> InferenceResponse: ...


class Engine:
    """User code, ready to be called.

    `model_load_seconds` is how long the first successful call took; None before it.
    `stuck` counts calls that outlived their time limit in a thread, which nobody can end.
    """

    def __init__(self, code: ModelCode, *, timeout: float, concurrency: int) -> None:
        self._code = code
        self._timeout = timeout
        threads = concurrency or UNLIMITED_THREADS
        self._threads = ThreadPoolExecutor(threads, "inference")
        # Nobody's time limit runs while it waits for a thread.
        slots = concurrency if code.is_async else threads
        self._slots = asyncio.Semaphore(slots) if slots else None
        self._first = asyncio.Lock()
        self.model_load_seconds: float | None = None
        self.stuck = 0

    async def infer(self, request: InferenceRequest) -> InferenceResponse:
        """One call of user code.

        Raises RequestError where user code refuses its input by raising one, TimeLimitError, and
        UserCodeError for everything else that goes wrong in user code.
        """
        if self.model_load_seconds is None:
            async with self._first:
                if self.model_load_seconds is None:
                    started = time.perf_counter()
                    response = await self._uncollected(request)
                    self.model_load_seconds = time.perf_counter() - started
                    return response
        return await self._limited(request)

    async def _uncollected(self, request: InferenceRequest) -> InferenceResponse:
        """The call that loads the model: it makes many objects that stay, which nobody visits."""
        gc.disable()
        try:
            response = await self._limited(request)
            gc.freeze()
        finally:
            gc.enable()
        return response

    async def _limited(self, request: InferenceRequest) -> InferenceResponse:
        if self._slots is None:
            return await self._guarded(request)
        async with self._slots:
            return await self._guarded(request)

    async def _guarded(self, request: InferenceRequest) -> InferenceResponse:
        try:
            if self._code.is_async:
                return await self._await(request)
            return await self._in_thread(request)
        except (RequestError, TimeLimitError, UserCodeError):
            raise
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            raise _of_user(error) from error

    async def _await(self, request: InferenceRequest) -> InferenceResponse:
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                result = self._code.call(request)
                return self._code.finish(await result if inspect.isawaitable(result) else result)
        except TimeoutError:
            if limit.expired():
                raise TimeLimitError(self._timeout) from None
            raise

    async def _in_thread(self, request: InferenceRequest) -> InferenceResponse:
        context = contextvars.copy_context()
        running = self._threads.submit(context.run, self._call, request)
        call = asyncio.wrap_future(running)
        done, _ = await asyncio.wait({call}, timeout=self._timeout)
        if done:
            return call.result()
        if not running.cancel():
            self.stuck += 1
        call.cancel()
        raise TimeLimitError(self._timeout)

    def _call(self, request: InferenceRequest) -> InferenceResponse:
        try:
            return self._code.finish(with_room(self._code.call, request))
        except (StopIteration, asyncio.CancelledError, CancelledFutureError) as error:
            # A future can't carry these: asyncio would never wake the caller, or cancel it.
            raise _of_user(error) from error


def _of_user(error: BaseException) -> UserCodeError:
    said = failure_of(error)
    return UserCodeError(said.kind, said.message, trace=said.trace, file=said.file, line=said.line)
