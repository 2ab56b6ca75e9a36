"""What the routes of an application need, made once at start from its JSON and its environment."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from handlers.contract.application import (
    Access,
    CompiledApplication,
    FilesApi,
    FunctionApi,
    Provider,
)
from handlers.engine import storage
from handlers.engine.loader import Failure, LoadError
from handlers.fronts.api.access import Guard
from handlers.fronts.api.parts import Seal
from handlers.fronts.api.passwords import Passwords, SecretRefusedError, parse_secret
from handlers.fronts.api.quota import Quota
from handlers.fronts.api.shelf import Shelf
from handlers.fronts.api.tokens import Tokens
from handlers.fronts.api.upstream import Upstream


@dataclass(slots=True)
class Services:
    """`guards` by the name of the API; what is not published is not in here.

    `ready` is False while the process stops.
    """

    application: CompiledApplication
    files: FilesApi | None
    functions: Mapping[str, FunctionApi]
    guards: Mapping[str, Guard]
    shelf: Shelf | None
    seal: Seal
    upstream: Upstream
    ready: bool = True


def make(application: CompiledApplication, environment: MutableMapping[str, str]) -> Services:
    """The services; takes the secrets out of the environment. Raises LoadError."""
    files = application.files if application.files and application.files.published else None
    functions = {one.path: one for one in application.functions if one.published}
    key = environment.pop("FAASCTL_IDENTITY_KEY", "").encode()
    if not key:
        raise _failure("FAASCTL_IDENTITY_KEY is not set")
    base = environment.get("FAASCTL_FUNCTIONS_URL", "")
    if functions and not base:
        raise _failure("FAASCTL_FUNCTIONS_URL is not set")
    upstream = Upstream(base, key, application.namespace)
    published: list[FunctionApi | FilesApi] = list(functions.values())
    if files is not None:
        published.append(files)
    secrets = _secrets(application, environment)
    doors = _Doors(application.namespace, secrets, upstream)
    guards = {one.name: doors.guard(one.access) for one in published}
    shelf = _shelf(application, environment) if files else None
    return Services(application, files, functions, guards, shelf, Seal(key), upstream)


def _shelf(application: CompiledApplication, environment: MutableMapping[str, str]) -> Shelf:
    found = storage.from_environment(environment)
    if found is None:
        raise _failure("FAASCTL_S3_ENDPOINT and FAASCTL_S3_BUCKET are not set")
    boxes = {box.name: box for box in application.boxes}
    return Shelf(application.namespace, boxes, found, Quota(found, application.namespace))


def _secrets(
    application: CompiledApplication, environment: MutableMapping[str, str]
) -> Mapping[str, str | None]:
    """The secrets by the names of their variables, which are then gone."""
    accesses = [one.access for one in application.functions]
    if application.files is not None:
        accesses.append(application.files.access)
    names = sorted({one.credentials for one in accesses if one.credentials})
    return {name: environment.pop(name, None) for name in names}


class _Doors:
    """Guards that share what they verify with, so that a password is worked out once."""

    def __init__(self, realm: str, secrets: Mapping[str, str | None], upstream: Upstream) -> None:
        self._realm = realm
        self._secrets = secrets
        self._upstream = upstream
        self._passwords: dict[str, Passwords] = {}
        self._tokens: dict[Provider, Tokens] = {}

    def guard(self, access: Access) -> Guard:
        """Raises LoadError for a secret that is missing or can't be used."""
        passwords = tokens = None
        if access.credentials:
            if access.credentials not in self._passwords:
                self._passwords[access.credentials] = self._read(access.credentials)
            passwords = self._passwords[access.credentials]
        if access.oidc is not None:
            fresh = Tokens(access.oidc, self._upstream.fetch)
            tokens = self._tokens.setdefault(access.oidc, fresh)
        return Guard(self._realm, access, passwords, tokens)

    def _read(self, variable: str) -> Passwords:
        text = self._secrets[variable]
        if text is None:
            raise _failure(f"{variable} is not set: the secret of users and passwords is missing")
        try:
            return Passwords(parse_secret(text))
        except SecretRefusedError as error:
            raise _failure(f"the secret in {variable}: {error}") from error


def _failure(message: str) -> LoadError:
    return LoadError(Failure("ConfigurationError", message, "", 0, ""))
