"""`Engine.infer`: the only caller of user code.

It runs synchronous code in threads, so that health checks are answered meanwhile; lets the first
call of a process run alone, so that a model is loaded once; and keeps the time limit.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from handlers.engine.loader import failure_of
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
        self._threads = ThreadPoolExecutor(concurrency or UNLIMITED_THREADS, "inference")
        self._slots = asyncio.Semaphore(concurrency) if concurrency else None
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
                    response = await self._limited(request)
                    self.model_load_seconds = time.perf_counter() - started
                    return response
        return await self._limited(request)

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
        except (RequestError, TimeLimitError, UserCodeError, asyncio.CancelledError):
            raise
        except BaseException as error:
            failure = failure_of(error)
            raise UserCodeError(failure.kind, failure.message, trace=failure.trace) from error

    async def _await(self, request: InferenceRequest) -> InferenceResponse:
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                return self._code.finish(await self._code.call(request))
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
        call.cancel()
        if not running.cancelled():
            self.stuck += 1
        raise TimeLimitError(self._timeout)

    def _call(self, request: InferenceRequest) -> InferenceResponse:
        try:
            return self._code.finish(self._code.call(request))
        except StopIteration as error:
            # A future can't carry StopIteration: asyncio would never wake the caller.
            raise UserCodeError("StopIteration", str(error)) from error
