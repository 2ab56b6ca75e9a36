"""`Engine.infer`: first calls, threads, time limits, and whatever user code raises."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from handlers.engine.core import UNLIMITED_THREADS, Engine
from handlers.engine.values import (
    InferenceRequest,
    InferenceResponse,
    RequestError,
    Tensor,
    TimeLimitError,
    UserCodeError,
)

NOTHING = InferenceRequest(inputs=())
ANSWER = InferenceResponse((Tensor("y", "INT64", [1]),))


class Code:
    """User code of one function; `loads` counts calls that found no model."""

    def __init__(self, call: Callable[[], Any], *, is_async: bool = False) -> None:
        self._call = call
        self.is_async = is_async

    def call(self, request: InferenceRequest) -> Any:
        return self._call()

    def finish(self, result: Any) -> InferenceResponse:
        return ANSWER


def engine(
    call: Callable[[], Any], *, is_async: bool = False, timeout: float = 30.0, concurrency: int = 0
) -> Engine:
    return Engine(Code(call, is_async=is_async), timeout=timeout, concurrency=concurrency)


async def test_many_first_calls_load_the_model_once() -> None:
    loaded: list[int] = []
    alone = threading.Lock()

    def call() -> None:
        if not loaded:
            assert alone.acquire(blocking=False), "two calls found no model"
            threading.Event().wait(0.05)
            loaded.append(1)
            alone.release()

    running = engine(call)
    assert running.model_load_seconds is None
    answers = await asyncio.gather(*(running.infer(NOTHING) for _ in range(50)))
    assert answers == [ANSWER] * 50
    assert loaded == [1]
    assert running.model_load_seconds is not None


async def test_a_first_call_that_fails_is_no_load_and_the_next_one_is_alone_again() -> None:
    begun = 0

    def call() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise OSError("no model yet")

    running = engine(call)
    with pytest.raises(UserCodeError, match="OSError: no model yet"):
        await running.infer(NOTHING)
    assert running.model_load_seconds is None
    assert await running.infer(NOTHING) == ANSWER
    assert running.model_load_seconds is not None


@pytest.mark.parametrize("fails", [False, True])
async def test_garbage_is_collected_again_after_the_first_call(*, fails: bool) -> None:
    seen: list[bool] = []

    def call() -> None:
        seen.append(gc.isenabled())
        if fails:
            raise ValueError

    running = engine(call)
    await asyncio.gather(running.infer(NOTHING), return_exceptions=True)
    assert seen == [False]
    assert gc.isenabled()


class Unprintable(Exception):  # noqa: N818 - user code names its errors as it likes
    def __str__(self) -> str:
        raise RuntimeError("not even this")


RAISED = [
    (ValueError("bad weights"), "ValueError", "bad weights"),
    (SystemExit(4), "SystemExit", "the code called exit(4)"),
    (KeyboardInterrupt(), "KeyboardInterrupt", ""),
    (StopIteration("done"), "StopIteration", "done"),
    (asyncio.CancelledError("mine"), "CancelledError", "mine"),
    (RecursionError("too deep"), "RecursionError", "too deep"),
    (MemoryError(), "MemoryError", ""),
    (TimeoutError("the database"), "TimeoutError", "the database"),
    (ExceptionGroup("two", [ValueError("a"), ValueError("b")]), "ExceptionGroup", "two"),
    (Unprintable(), "Unprintable", "(its text can't be shown)"),
]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("error", "kind", "message"), RAISED, ids=[one[1] for one in RAISED])
async def test_what_user_code_raises_becomes_an_error_with_type_and_message(
    error: BaseException, kind: str, message: str, *, is_async: bool
) -> None:
    def call() -> None:
        raise error

    async def call_async() -> None:
        raise error

    if is_async and isinstance(error, StopIteration):
        kind = "RuntimeError"  # Python's own rule for coroutines
        message = "coroutine raised StopIteration"
    running = engine(call_async if is_async else call, is_async=is_async)
    with pytest.raises(UserCodeError) as caught:
        await running.infer(NOTHING)
    assert caught.value.kind == kind
    assert caught.value.message.startswith(message)
    assert "Traceback" in caught.value.trace
    assert (await engine(lambda: None).infer(NOTHING)) == ANSWER


async def test_user_code_may_refuse_its_input() -> None:
    def call() -> None:
        raise RequestError("too dark", field="image")

    with pytest.raises(RequestError, match="too dark"):
        await engine(call).infer(NOTHING)


async def test_a_sync_call_over_its_limit_is_given_up_and_counted_as_stuck() -> None:
    release = threading.Event()
    running = engine(release.wait, timeout=0.05)
    with pytest.raises(TimeLimitError):
        await running.infer(NOTHING)
    assert running.stuck == 1
    release.set()


async def test_an_async_call_over_its_limit_is_cancelled_and_nothing_is_stuck() -> None:
    cancelled: list[bool] = []

    async def call() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    running = engine(call, is_async=True, timeout=0.05)
    with pytest.raises(TimeLimitError):
        await running.infer(NOTHING)
    assert cancelled == [True]
    assert running.stuck == 0


async def test_a_caller_that_gives_up_is_cancelled() -> None:
    async def call() -> None:
        await asyncio.sleep(60)

    waiting = asyncio.ensure_future(engine(call, is_async=True).infer(NOTHING))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("is_async", [False, True])
async def test_no_more_calls_run_at_once_than_the_concurrency(*, is_async: bool) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def enter(step: int) -> None:
        nonlocal now, most
        with lock:
            now += step
            most = max(most, now)

    def call() -> None:
        enter(1)
        threading.Event().wait(0.002)
        enter(-1)

    async def call_async() -> None:
        enter(1)
        await asyncio.sleep(0.002)
        enter(-1)

    running = engine(call_async if is_async else call, is_async=is_async, concurrency=3)
    await asyncio.gather(*(running.infer(NOTHING) for _ in range(30)))
    assert most <= 3


async def test_waiting_for_a_thread_does_not_use_up_the_time_limit() -> None:
    first = True
    release = threading.Event()

    def call() -> None:
        nonlocal first
        if first:
            first = False
            return
        assert release.wait(30)

    running = engine(call, timeout=30.0)
    await running.infer(NOTHING)
    calls = [asyncio.ensure_future(running.infer(NOTHING)) for _ in range(UNLIMITED_THREADS + 5)]
    await asyncio.sleep(0.05)
    release.set()
    assert await asyncio.gather(*calls) == [ANSWER] * len(calls)
    assert running.stuck == 0


async def test_an_awaitable_from_plain_code_is_awaited_when_it_said_so() -> None:
    def call() -> None:
        return None

    assert await engine(call, is_async=True).infer(NOTHING) == ANSWER
