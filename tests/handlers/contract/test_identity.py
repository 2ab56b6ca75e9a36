"""Who calls: what the signed header proves, and what it does not."""

from __future__ import annotations

import pytest

from handlers.contract import identity
from handlers.contract.identity import LIFETIME, IdentityRefusedError

KEY, NOW = b"key", 1_700_000_000.0


def test_a_signed_header_proves_its_user() -> None:
    value = identity.issue(KEY, "app", "ann@example.org", NOW)
    assert identity.verify(KEY, "app", value, NOW) == "ann@example.org"
    assert identity.verify(KEY, "app", value, NOW + LIFETIME) == "ann@example.org"


@pytest.mark.parametrize(
    ("value", "namespace", "key", "late"),
    [
        (identity.issue(KEY, "app", "ann", NOW), "app", b"another", 0),
        (identity.issue(KEY, "app", "ann", NOW), "other", KEY, 0),
        (identity.issue(KEY, "app", "ann", NOW), "app", KEY, LIFETIME + 1),
        ("ann", "app", KEY, 0),
        ("YW5u:1700000300:", "app", KEY, 0),
        ("YW5u:x:abc", "app", KEY, 0),
        ("!!:1700000300:abc", "app", KEY, 0),
        ("YW5u:1700000300:ünicode", "app", KEY, 0),
        ("", "app", KEY, 0),
        (":::", "app", KEY, 0),
    ],
)
def test_anything_else_is_refused(value: str, namespace: str, key: bytes, late: float) -> None:
    with pytest.raises(IdentityRefusedError):
        identity.verify(key, namespace, value, NOW + late)


def test_another_user_under_the_same_signature_is_refused() -> None:
    value = identity.issue(KEY, "app", "ann", NOW)
    other = identity.issue(b"?", "app", "bob", NOW).partition(":")[0]
    with pytest.raises(IdentityRefusedError):
        identity.verify(KEY, "app", f"{other}:{value.partition(':')[2]}", NOW)


def test_a_longer_life_under_the_same_signature_is_refused() -> None:
    user, _, signature = identity.issue(KEY, "app", "ann", NOW).split(":")
    with pytest.raises(IdentityRefusedError):
        identity.verify(KEY, "app", f"{user}:{int(NOW) + 10**6}:{signature}", NOW)
