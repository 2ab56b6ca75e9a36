"""No forged link, header or form does anything, on our server and on a foreign one."""

from __future__ import annotations

import pytest

from tests.faasctl.store.store_differences import FORGERIES
from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_forgeries import BODY, KEY, LANDING, LINKS, Forgery, get, put
from tests.faasctl.store.store_forgeries_forms import FORMS, form
from tests.faasctl.store.store_forgeries_headers import HEADERS
from tests.faasctl.store.store_wire import presign, send, sign

TABLE = {
    f"{group}: {forgery.name}": forgery
    for group, rows in (("link", LINKS), ("header", HEADERS), ("form", FORMS))
    for forgery in rows
}


@pytest.fixture(scope="module")
def target(endpoint: Endpoint) -> Endpoint:
    """A server with something worth stealing in two buckets."""
    client = endpoint.client()
    client.create_bucket(Bucket="other")
    for bucket in (endpoint.bucket, "other"):
        client.put_object(Bucket=bucket, Key=KEY, Body=BODY)
    return endpoint


def test_the_table_has_no_name_twice() -> None:
    assert len(TABLE) == len(LINKS) + len(HEADERS) + len(FORMS) >= 140
    assert FORGERIES.keys() <= TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_forgery(target: Endpoint, name: str) -> None:
    forgery: Forgery = TABLE[name]
    answer = send(target, forgery.make(target))
    expected = (forgery.status, forgery.code)
    if not target.is_ours and name in FORGERIES:
        assert expected != (FORGERIES[name].status, FORGERIES[name].code)
        expected = (FORGERIES[name].status, FORGERIES[name].code)
    assert (answer.status, answer.code) == expected, answer.body
    if answer.status >= 300:
        assert BODY not in answer.body
        client = target.client()
        listed = client.list_objects_v2(Bucket=target.bucket, Prefix="forge/")["Contents"]
        assert [(one["Key"], one["Size"]) for one in listed] == [(KEY, len(BODY))]
    else:
        for key in (LANDING, "forge/form/a.png"):
            target.client().delete_object(Bucket=target.bucket, Key=key)


def test_what_is_forged_above_works_when_it_is_genuine(target: Endpoint) -> None:
    assert send(target, presign(target, get(target))).body == BODY
    assert send(target, sign(target, get(target))).body == BODY
    assert send(target, presign(target, put(target, content_type="image/png"))).status == 200
    assert send(target, sign(target, put(target, x_amz_meta_owner="me"))).status == 200
    assert send(target, form().attempt(target)).status == 204
    client = target.client()
    for key in (LANDING, "forge/form/a.png"):
        client.delete_object(Bucket=target.bucket, Key=key)
