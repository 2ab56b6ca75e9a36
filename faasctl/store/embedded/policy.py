"""POST policies: what a form may upload, said in a signed document.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from faasctl.store.embedded.faults import S3Error

#: Fields that no policy has to name.
_FREE = frozenset({"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"})


@dataclass(frozen=True, slots=True)
class Equals:
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class LengthRange:
    smallest: int
    largest: int


Condition = Equals | StartsWith | LengthRange


@dataclass(frozen=True, slots=True)
class Policy:
    """`expires` is Unix time."""

    expires: float
    conditions: tuple[Condition, ...]

    def length_range(self) -> LengthRange | None:
        """The narrowest of the ranges given."""
        ranges = [one for one in self.conditions if isinstance(one, LengthRange)]
        if not ranges:
            return None
        return LengthRange(max(r.smallest for r in ranges), min(r.largest for r in ranges))


def parse_policy(encoded: str) -> Policy:
    """The policy in a form's field; raises InvalidPolicyDocument."""
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid("it is not JSON in base64.") from error
    if not isinstance(document, dict) or document.keys() != {"expiration", "conditions"}:
        raise _invalid("expecting an expiration and conditions.")
    if not isinstance(document["conditions"], list):
        raise _invalid("conditions must be a list.")
    conditions = [found for one in document["conditions"] for found in _condition(one)]
    return Policy(_expiration(document["expiration"]), tuple(conditions))


def _expiration(text: object) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise _invalid("its expiration is no ISO 8601 date.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _condition(given: object) -> list[Condition]:
    match given:
        case dict() if len(given) == 1:
            ((name, value),) = given.items()
            if isinstance(value, str):
                return [Equals(str(name).lower(), value)]
        case [str() as operator, low, high] if operator.lower() == "content-length-range":
            return [LengthRange(_size(low), _size(high))]
        case [str() as operator, str() as field, str() as value] if field.startswith("$"):
            if operator.lower() == "eq":
                return [Equals(field[1:].lower(), value)]
            if operator.lower() == "starts-with":
                return [StartsWith(field[1:].lower(), value)]
        case _:
            pass
    raise _invalid("a condition has no form that is known.")


def _size(given: object) -> int:
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _invalid("content-length-range takes two numbers.")
    return int(text)


def check_policy(policy: Policy, fields: Mapping[str, str], now: float) -> None:
    """Raises AccessDenied when the policy has expired, or does not allow these fields.

    `fields` holds the form's fields by lower-case name, and `bucket`.
    """
    if now > policy.expires:
        raise _denied("Policy expired.")
    for condition in policy.conditions:
        if not _holds(condition, fields):
            raise _denied(f"Policy Condition failed: {condition}")
    named = {one.field for one in policy.conditions if not isinstance(one, LengthRange)}
    for name in fields:
        free = name in _FREE or name.startswith("x-ignore-") or name == "bucket"
        if not free and name not in named:
            raise _denied(f"Extra input fields: {name}")


def _holds(condition: Condition, fields: Mapping[str, str]) -> bool:
    match condition:
        case LengthRange():
            return True  # checked against the file as it comes in
        case Equals(field, value):
            return fields.get(field, "") == value
        case StartsWith("content-type", value):
            # A comma-separated list may stand here; each of its types must begin so.
            given = fields.get("content-type", "").split(",")
            return all(one.strip().startswith(value) for one in given)
        case StartsWith(field, value):
            return fields.get(field, "").startswith(value)


def expand_file_name(fields: Mapping[str, str], file_name: str) -> dict[str, str]:
    """Put the file's own name, without any path, where `${filename}` stands."""
    base = file_name.replace("\\", "/").rpartition("/")[2]
    return {name: value.replace("${filename}", base) for name, value in fields.items()}


def _invalid(reason: str) -> S3Error:
    return S3Error("InvalidPolicyDocument", f"Invalid Policy: {reason}")


def _denied(reason: str) -> S3Error:
    return S3Error("AccessDenied", f"Invalid according to Policy: {reason}")
