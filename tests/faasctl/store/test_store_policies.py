"""POST policies: what is one, and what it allows."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from faasctl.store.embedded import policy
from faasctl.store.embedded.faults import S3Error


def encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


GOOD = {"expiration": "2030-01-01T00:00:00Z", "conditions": [["starts-with", "$key", "a/"]]}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {**GOOD, "more": 1},
        {**GOOD, "expiration": "soon"},
        {**GOOD, "expiration": None},
        {**GOOD, "conditions": {}},
        {**GOOD, "conditions": [{"a": "b", "c": "d"}]},
        {**GOOD, "conditions": [{"a": 1}]},
        {**GOOD, "conditions": [["eq", "key", "a"]]},
        {**GOOD, "conditions": [["eq", "$key"]]},
        {**GOOD, "conditions": [["matches", "$key", "a"]]},
        {**GOOD, "conditions": [["content-length-range", -1, 5]]},
        {**GOOD, "conditions": [["content-length-range", 1, "many"]]},
        {**GOOD, "conditions": ["key"]},
    ],
)
def test_policies_that_are_none(document: object) -> None:
    with pytest.raises(S3Error) as error:
        policy.parse_policy(encoded(document))
    assert error.value.code == "InvalidPolicyDocument"


@pytest.mark.parametrize("text", ["", "%%%", base64.b64encode(b"{").decode(), "W" * 9])
def test_policies_of_no_form(text: str) -> None:
    with pytest.raises(S3Error):
        policy.parse_policy(text)


@pytest.mark.parametrize(
    ("conditions", "fields", "good"),
    [
        ([], {}, True),
        ([], {"key": "a"}, False),
        ([{"key": "a"}], {"key": "a"}, True),
        ([{"KEY": "a"}], {"key": "a"}, True),
        ([["eq", "$key", "a"]], {"key": "A"}, False),
        ([["starts-with", "$key", ""]], {"key": "anything"}, True),
        ([["starts-with", "$key", "a/"]], {"key": "b"}, False),
        ([["starts-with", "$Content-Type", "image/"]], {"content-type": "image/a,image/b"}, True),
        ([["starts-with", "$Content-Type", "image/"]], {"content-type": "image/a,text/b"}, False),
        ([], {"x-ignore-me": "a", "policy": "p", "x-amz-signature": "s", "bucket": "b"}, True),
        ([{"bucket": "b"}], {"bucket": "c"}, False),
        ([{"acl": "private"}], {}, False),
    ],
)
def test_what_policies_allow(conditions: list[Any], fields: dict[str, str], *, good: bool) -> None:
    parsed = policy.parse_policy(encoded({**GOOD, "conditions": conditions}))
    if good:
        policy.check_policy(parsed, fields, 0)
        return
    with pytest.raises(S3Error) as error:
        policy.check_policy(parsed, fields, 0)
    assert error.value.code == "AccessDenied"


def test_several_ranges_leave_the_narrowest() -> None:
    ranges = [["content-length-range", 1, 9], ["content-length-range", "3", "20"]]
    parsed = policy.parse_policy(encoded({**GOOD, "conditions": ranges}))
    assert parsed.length_range() == policy.LengthRange(3, 9)
