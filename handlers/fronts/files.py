"""A function's boxes: what its target's environment says of them, and who may name files.

Imported only for components that exchange files or mount boxes.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass

from handlers.contract import identity
from handlers.contract.boxes import box_prefix
from handlers.contract.compiled import CompiledComponent
from handlers.contract.identity import IdentityRefusedError
from handlers.engine import exchange, mounts, storage
from handlers.engine.core import ModelCode
from handlers.engine.exchange import Exchange, ExchangingCode
from handlers.engine.loader import Failure, LoadError
from handlers.engine.storage import Storage, StorageError
from handlers.engine.values import RequestError


@dataclass(frozen=True, slots=True)
class Files:
    """`key` verifies who calls; `loopback` is who calls without a header, empty for nobody."""

    component: CompiledComponent
    storage: Storage
    key: bytes
    loopback: str

    def caller(self, headers: dict[str, str]) -> str:
        """The user whose files are meant, empty where nobody said.

        Raises RequestError (401) for a header that proves nothing.
        """
        value = headers.get(identity.HEADER)
        if value is None:
            return self.loopback
        try:
            return identity.verify(self.key, self.component.namespace, value, time.time())
        except IdentityRefusedError as error:
            raise RequestError(str(error), status=401) from error

    def wrap(self, code: ModelCode) -> ModelCode:
        """User code whose FILE tensors are fetched and published."""
        declared = self.component.exchange
        if declared is None:
            return code
        folder = os.path.join(tempfile.gettempdir(), declared.folder)  # noqa: PTH118
        exchange.clear(folder)
        application = self.component.namespace
        return ExchangingCode(code, Exchange(self.storage, application, declared.box, folder))


def prepare(component: CompiledComponent) -> Files:
    """Take the storage's secrets out of the environment, and make mounted boxes appear.

    Raises LoadError when the target named no storage, or when it does not answer.
    """
    found = storage.from_environment(os.environ)
    key = os.environ.pop("FAASCTL_IDENTITY_KEY", "")
    if found is None:
        raise LoadError(_failure("the target names no storage for the component's boxes"))
    for mount in component.mounts:
        prefix = f"{box_prefix(component.namespace, mount.box)}{mount.sub_path.strip('/')}"
        try:
            mounts.mount(found, f"{prefix.rstrip('/')}/", place(mount.path))
        except StorageError as error:
            raise LoadError(_failure(f"box {mount.box!r}: {error}")) from error
    loopback = os.environ.get("FAASCTL_LOOPBACK_USER", "")
    return Files(component, found, key.encode(), loopback)


def place(path: str) -> str:
    """Where a mount lies on this machine."""
    return os.path.join(os.environ.get("FAASCTL_BOXES", ""), path)  # noqa: PTH118


def _failure(message: str) -> Failure:
    return Failure("StorageError", message, "", 0, "")
