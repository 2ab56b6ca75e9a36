"""Servers for the store's tests: ours always, a foreign one where it can be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faasctl.store.store_differences import CONFORMANCE
from tests.faasctl.store.store_endpoint import (
    Endpoint,
    Process,
    embedded,
    find_versitygw,
    versitygw,
)


@pytest.fixture(scope="session")
def store_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with embedded(tmp_path_factory.mktemp("embedded")) as running:
        running.endpoint.client().create_bucket(Bucket=running.endpoint.bucket)
        yield running


@pytest.fixture(scope="session")
def ours(store_process: Process) -> Endpoint:
    return store_process.endpoint


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    program = find_versitygw()
    if program is None:
        pytest.skip(
            "versitygw is not here: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0,"
            " or name it in FAASCTL_TEST_VERSITYGW"
        )
    with versitygw(program, tmp_path_factory.mktemp("versitygw")) as endpoint:
        endpoint.client().create_bucket(Bucket=endpoint.bucket)
        yield endpoint


@pytest.fixture(scope="session", params=["ours", "foreign"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """One server after the other: the same test must hold on both."""
    found: Endpoint = request.getfixturevalue(request.param)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what versitygw is known to do otherwise; what it does after all fails its test."""
    for item in items:
        plain = item.name.partition("[")[0]
        if "[foreign" in item.name and plain in CONFORMANCE:
            item.add_marker(pytest.mark.xfail(strict=True, reason=CONFORMANCE[plain]))
