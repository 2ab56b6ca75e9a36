"""FILE tensors: fetched before user code sees them, published before the caller does.

The caller names `<group>/<file>` in its own area of the box; user code gets a local path in a
folder of this one request, and returns local paths; the answer holds the storage path and a link.
"""

from __future__ import annotations

import asyncio
import mimetypes
import os
import shutil
import uuid
from dataclasses import dataclass, replace
from typing import Any

from handlers.contract.boxes import (
    FilePath,
    GroupPath,
    NameRefusedError,
    check_segment,
    file_key,
    parse_file,
    parse_path,
)
from handlers.contract.datatypes import FILE
from handlers.engine.core import ModelCode
from handlers.engine.storage import Storage, StorageError
from handlers.engine.values import (
    InferenceRequest,
    InferenceResponse,
    RequestError,
    Tensor,
    UserCodeError,
)

#: How long the link to a result is good, in seconds.
LINK_LIFETIME = 3600

#: The largest file that is fetched for a call, in bytes.
LARGEST = 5 * 1024**3


@dataclass(frozen=True, slots=True)
class _Call:
    """One request's folder, its caller, and where results shall go."""

    folder: str
    caller: str
    wanted: dict[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A box, and the folder (absolute) under which requests have theirs."""

    storage: Storage
    application: str
    box: str
    folder: str

    def open(self, request: InferenceRequest) -> tuple[_Call, InferenceRequest]:
        """Fetch every FILE input; raises RequestError for names and files that are not there."""
        call = _Call(
            os.path.join(self.folder, uuid.uuid4().hex),  # noqa: PTH118
            request.caller,
            {one.name: str(one.data) for one in request.outputs if one.data},
        )
        os.makedirs(call.folder, mode=0o700)  # noqa: PTH103
        try:
            inputs = tuple(
                self._fetched(one, call) if one.datatype == FILE else one for one in request.inputs
            )
        except BaseException:
            close(call)
            raise
        outputs = tuple(replace(one, data=None) for one in request.outputs)
        return call, replace(request, inputs=inputs, outputs=outputs)

    def publish(self, call: _Call, response: InferenceResponse) -> InferenceResponse:
        """Upload every FILE output; raises UserCodeError for a path outside the exchange."""
        if not call.caller and any(one.datatype == FILE for one in response.outputs):
            raise RequestError("FILE results need a caller: call through the API", status=401)
        return InferenceResponse(
            tuple(
                self._stored(one, call) if one.datatype == FILE else one for one in response.outputs
            )
        )

    def _fetched(self, tensor: Tensor, call: _Call) -> Tensor:
        field = f"input {tensor.name!r}"
        try:
            path = parse_file(str(tensor.data))
            key = file_key(self.application, self.box, call.caller, path)
            place = os.path.join(call.folder, check_segment(tensor.name))  # noqa: PTH118
        except NameRefusedError as error:
            raise RequestError(f"{field}: {error}", field=tensor.name) from error
        os.makedirs(place, mode=0o700, exist_ok=True)  # noqa: PTH103
        file = os.path.join(place, path.name)  # noqa: PTH118
        try:
            self.storage.fetch(key, file, limit=LARGEST)
        except StorageError as error:
            if error.status == 404:
                raise RequestError(
                    f"{field}: there is no file {str(path)!r} in the box {self.box!r}",
                    field=tensor.name,
                ) from error
            raise RequestError(f"{field}: {error}", field=tensor.name, status=502) from error
        kind = tensor.content_type or mimetypes.guess_type(path.name)[0]
        return replace(tensor, data=file, content_type=kind)

    def _stored(self, tensor: Tensor, call: _Call) -> Tensor:
        file = self._local(tensor)
        path = self._destination(tensor, call, os.path.basename(file))  # noqa: PTH119
        kind = tensor.content_type or mimetypes.guess_type(file)[0] or "application/octet-stream"
        key = file_key(self.application, self.box, call.caller, path)
        try:
            self.storage.store(key, file, kind)
        except StorageError as error:
            raise RequestError(f"output {tensor.name!r}: {error}", status=502) from error
        url = self.storage.link("GET", key, expires=LINK_LIFETIME)
        return replace(
            tensor, data=str(path), content_type=kind, parameters={**tensor.parameters, "url": url}
        )

    def _local(self, tensor: Tensor) -> str:
        """The file that user code names; it must lie in the exchange folder."""
        given = str(tensor.data)
        file = os.path.realpath(os.path.join(self.folder, given))  # noqa: PTH118
        root = os.path.realpath(self.folder)
        if not file.startswith(root + os.sep):
            raise _wrong(tensor, f"{given} lies outside {self.folder}")
        if not os.path.isfile(file):  # noqa: PTH113
            raise _wrong(tensor, f"there is no file {given}")
        return file

    def _destination(self, tensor: Tensor, call: _Call, name: str) -> FilePath:
        """Where the caller asked for (`group` or `group/file`), else a group of this call's own."""
        try:
            asked = parse_path(call.wanted[tensor.name]) if tensor.name in call.wanted else None
            match asked:
                case FilePath():
                    return asked
                case GroupPath(group):
                    return FilePath(group, check_segment(name))
                case None:
                    group = f"results/{os.path.basename(call.folder)}"  # noqa: PTH119
                    return FilePath(group, check_segment(name))
        except NameRefusedError as error:
            raise RequestError(f"output {tensor.name!r}: {error}", field=tensor.name) from error


def close(call: _Call) -> None:
    """Remove the request's folder."""
    shutil.rmtree(call.folder, ignore_errors=True)


def clear(folder: str) -> None:
    """Remove what requests of a process that died left behind."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103


def _wrong(tensor: Tensor, what: str) -> UserCodeError:
    return UserCodeError("ContractError", f"output {tensor.name!r}: {what}")


class ExchangingCode:
    """User code whose FILE tensors are moved before and after each call."""

    def __init__(self, code: ModelCode, exchange: Exchange) -> None:
        self.is_async = code.is_async
        self._code = code
        self._exchange = exchange

    def call(self, request: InferenceRequest) -> Any:
        """The published response, or an awaitable of it when user code is async."""
        return self._awaited(request) if self.is_async else self._called(request)

    def finish(self, result: Any) -> InferenceResponse:
        """The response as `call` gave it."""
        response: InferenceResponse = result
        return response

    def _called(self, request: InferenceRequest) -> InferenceResponse:
        call, local = self._exchange.open(request)
        try:
            response = self._code.finish(self._code.call(local))
            return self._exchange.publish(call, response)
        finally:
            close(call)

    async def _awaited(self, request: InferenceRequest) -> InferenceResponse:
        call, local = await asyncio.to_thread(self._exchange.open, request)
        try:
            response = self._code.finish(await self._code.call(local))
            return await asyncio.to_thread(self._exchange.publish, call, response)
        finally:
            await asyncio.to_thread(close, call)
