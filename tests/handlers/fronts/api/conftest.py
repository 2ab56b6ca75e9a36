"""Fixtures of the API's tests: one store for all, one API for most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.contract.application import Access, Box, CompiledApplication, FilesApi
from tests.handlers.fronts.api.api_world import Api, Store, World, store

MIB = 1024**2


@pytest.fixture(scope="session")
def running_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, running_store: Store) -> World:
    return World(tmp_path, running_store)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory, running_store: Store) -> Iterator[Api]:
    """Files of two boxes, for everybody: each test has groups of its own."""
    world = World(tmp_path_factory.mktemp("api"), running_store)
    boxes = (Box("users", 1000 * MIB), Box("models", 1000 * MIB))
    with world.api(CompiledApplication("shop", boxes, FilesApi("files"))) as running:
        yield running


USERS = {"developer": "dev-pass", "alice": "alice-pass", "bob": "bob-pass"}


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, running_store: Store) -> Iterator[Api]:
    """The same behind passwords; callers have areas of their own."""
    world = World(tmp_path_factory.mktemp("guarded"), running_store)
    files = FilesApi("files", Access("SECRET_USERS", identity_pass_through=True))
    compiled = CompiledApplication("guarded", (Box("users", 1000 * MIB),), files)
    with world.api(compiled, SECRET_USERS=USERS) as running:
        yield running
