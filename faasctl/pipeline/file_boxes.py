"""A module's boxes, opened: behind its application's API, or in a store that we sign for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faasctl import settings as all_settings
from faasctl.backends import local_secrets
from faasctl.errors import UsageError
from faasctl.model import BasicAuth, FilesApi, Module, SecretKey
from faasctl.pipeline import storage
from faasctl.pipeline.loading import open_module, unknown
from faasctl.pipeline.session import backend
from faasctl.ports import Box
from faasctl.settings import Settings
from faasctl.store import s3
from faasctl.store.application import Api, ApiBox, authorization
from faasctl.store.links import Wires
from handlers.contract.boxes import FilePath, NameRefusedError, check_user, file_key

#: Who may address everybody's files, and who calls from this machine.
_DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class Files:
    """A module's boxes for one user; `opened` gives one of them by its name.

    Without `digest` the SHA-256 of big files is left out, which takes as long as the rest.
    """

    module: Module
    user: str
    marks: Path
    wires: Wires
    opened: Callable[[str], Box]
    digest: bool = True

    def key(self, box: str, path: FilePath) -> str:
        return file_key(self.module.namespace, box, self.user, path)

    def remote(self, box: str) -> str:
        """What a box of this user is remembered by."""
        return f"{self.module.namespace}/{box}/{self.user}"


@contextmanager
def open_files(
    directory: Path | None,
    *,
    target: str | None,
    user: str,
    store: Mapping[str, str],
    digest: bool = True,
) -> Iterator[Files]:
    """A module's boxes; `store` are S3 settings that flags give, which no API is asked about.

    Raises UsageError for a name that no user has.
    """
    try:
        check_user(user)
    except NameRefusedError as error:
        raise UsageError(f"--as {user!r}: {error}") from error
    module = open_module(directory)
    settings = all_settings.load(module.root, target=target, s3=store)
    wires = Wires()
    api = None if store else _api(module, settings)

    def opened(name: str) -> Box:
        names = [box.name for box in module.boxes]
        if name not in names:
            raise unknown(name, names, "box")
        if api is not None:
            return ApiBox(api, name, user, wires)
        access = storage.ready_access(settings)
        return s3.S3Box(access, s3.Place(module.namespace, name, user), wires)

    try:
        yield Files(module, user, settings.home / "transfers", wires, opened, digest)
    finally:
        wires.close()


def _api(module: Module, settings: Settings) -> Api | None:
    """The application's API, where it is deployed and serves files."""
    serves = any(isinstance(one.target, FilesApi) and one.published for one in module.apis)
    if not serves or settings.target != "local":
        return None
    found = backend(settings).find(module.namespace)
    deployed = next((one for one in found if one.kind == "APIComponent"), None)
    if deployed is None:
        return None
    given = os.environ.get("FAASCTL_API_CREDENTIALS") or _developers(module, settings)
    return Api(deployed.url, authorization(given))


def _developers(module: Module, settings: Settings) -> str:
    """The developer's own `USER:PASSWORD`, where this home keeps the API's secret."""
    for api in module.apis:
        for auth in api.auth:
            if isinstance(api.target, FilesApi) and isinstance(auth, BasicAuth):
                secret = SecretKey(auth.credentials, _DEVELOPER)
                password = local_secrets.value(settings.home, module.namespace, secret)
                return f"{_DEVELOPER}:{password}" if password else ""
    return ""
