"""Listings by boto3 on both servers: prefixes, delimiters, pages, encodings."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, send, sign

BUCKET = "listings"
KEYS = sorted(
    [
        *("a", "a/1", "a/2", "a/b/3", "a/b/4", "ab", "b/x+y", "b/x y", "b/ü&<", "c/1/2/3", "d"),
        *(f"many/{index:04}" for index in range(30)),
    ]
)


#: Every prefix, rolled up and not, in pages of every size; no 40 pages of one key.
QUESTIONS = [
    (prefix, delimiter, size)
    for prefix in ("", "a", "a/", "a/b/", "b/", "many/", "nothing")
    for delimiter in ("", "/")
    for size in (1, 2, 3, 1000)
    if size >= 3 or delimiter or prefix not in {"", "many/"}
]


@pytest.fixture(scope="module")
def client(endpoint: Endpoint) -> Any:
    client = endpoint.client()
    client.create_bucket(Bucket=BUCKET)
    for key in KEYS:
        if endpoint.is_ours or key not in {"a", "d"}:  # keys are paths there: a or a/1
            client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    return client


def expected(endpoint: Endpoint, prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
    keys = [key for key in KEYS if endpoint.is_ours or key not in {"a", "d"}]
    items, prefixes = [], []
    for key in keys:
        if key.startswith(prefix):
            head, found, _ = key[len(prefix) :].partition(delimiter or "\0")
            if found:
                prefixes.append(prefix + head + delimiter)
            else:
                items.append(key)
    return items, sorted(set(prefixes))


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize(("prefix", "delimiter", "size"), QUESTIONS)
def test_pages_make_the_whole(
    endpoint: Endpoint, client: Any, operation: str, size: int, delimiter: str, prefix: str
) -> None:
    pages = client.get_paginator(operation).paginate(
        Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    )
    items, prefixes = [], []
    for page in pages:
        found = [one["Key"] for one in page.get("Contents", [])]
        rolled = [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        assert len(found) + len(rolled) <= size
        items += found
        prefixes += rolled
    assert (items, prefixes) == expected(endpoint, prefix, delimiter)


def test_start_after(endpoint: Endpoint, client: Any) -> None:
    answer = client.list_objects_v2(Bucket=BUCKET, Prefix="many/", StartAfter="many/0027")
    assert [one["Key"] for one in answer["Contents"]] == ["many/0028", "many/0029"]
    answer = client.list_objects(Bucket=BUCKET, Prefix="many/", Marker="many/0028")
    assert [one["Key"] for one in answer["Contents"]] == ["many/0029"]


def test_owners_are_told_when_asked_for(endpoint: Endpoint, client: Any) -> None:
    answer = client.list_objects_v2(Bucket=BUCKET, Prefix="b/", FetchOwner=True)
    assert all(one["Owner"]["ID"] for one in answer["Contents"])
    answer = client.list_objects_v2(Bucket=BUCKET, Prefix="b/")
    assert all("Owner" not in one for one in answer["Contents"])


def test_nothing_is_asked_for(endpoint: Endpoint, client: Any) -> None:
    answer = client.list_objects_v2(Bucket=BUCKET, MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)


@pytest.mark.parametrize(
    "query",
    ["list-type=2&max-keys=-1", "list-type=2&max-keys=many", "list-type=2&continuation-token=!"],
)
def test_questions_that_are_refused(ours: Endpoint, query: str) -> None:
    answer = send(ours, sign(ours, Attempt("GET", f"/{ours.bucket}?{query}")))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_listing_of_a_bucket_that_is_not_there(endpoint: Endpoint, client: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client.list_objects_v2(Bucket="never-made")
