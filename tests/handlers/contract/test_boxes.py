"""Which names may say where a file lies, and that none leaves its prefix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.contract import boxes
from handlers.contract.boxes import FilePath, GroupPath, NameRefusedError

PATHS = [
    ("data", GroupPath("data")),
    ("example.png", GroupPath("example.png")),
    ("data/images/", GroupPath("data/images")),
    ("data/images/example.png", FilePath("data/images", "example.png")),
    ("a/b", FilePath("a", "b")),
    ("группа/файл.png", FilePath("группа", "файл.png")),
    ("with space/a b", FilePath("with space", "a b")),
    ("%", GroupPath("%")),
]

REFUSED = [
    "",
    "/",
    "a//b",
    "/a/b",
    ".",
    "..",
    "a/..",
    "../a/b",
    "a/../b",
    "a/./b",
    "a\\b/c",
    "a/b\x00",
    "a/b\n",
    "a/\x7f",
    "a/\u202egnp.exe",
    "a/\u200bname",
    "a/\ufeff",
    "a/\uff0e\uff0e",
    "a/\u2024\u2024",
    "a/x\uff0fy",
    "a/x\u2100y",
    "a/\uff3cb",
    "a/ b",
    "a/b ",
    "a/e\u0301",
    "a/" + "x" * 256,
    "a/" + "я" * 128,
    "a/\ud800",
    "a/...",
    "a/. .",
]

ENCODED_REFUSED = ["a/%2e%2e/b", "a/b%2fc", "a/%00", "a%2F..%2Fb/c", "a/%ff", "a/%5Cb", "%2e%2e"]

USERS_REFUSED = ["", ".", "..", "a/b", "a b", "-a", "ä", "a" * 129, "a\n", "a%2f", "\u0430dmin"]


@pytest.mark.parametrize(("text", "expected"), PATHS)
def test_paths_are_classified_as_the_platform_does(
    text: str, expected: GroupPath | FilePath
) -> None:
    assert boxes.parse_path(text) == expected


@pytest.mark.parametrize("text", REFUSED)
def test_names_that_could_mean_another_place_are_refused(text: str) -> None:
    with pytest.raises(NameRefusedError):
        boxes.parse_path(text)


@pytest.mark.parametrize("text", ENCODED_REFUSED)
def test_encoded_names_are_refused_like_plain_ones(text: str) -> None:
    with pytest.raises(NameRefusedError):
        boxes.parse_encoded(text)


@pytest.mark.parametrize("user", USERS_REFUSED)
def test_users_have_plain_names(user: str) -> None:
    with pytest.raises(NameRefusedError):
        boxes.check_user(user)


def test_encoded_names_mean_what_they_say() -> None:
    assert boxes.parse_encoded("a%20b/%D1%84.png") == FilePath("a b", "ф.png")
    assert boxes.parse_encoded("a%25/b") == FilePath("a%", "b")


def test_a_file_has_a_group() -> None:
    with pytest.raises(NameRefusedError, match="is a group"):
        boxes.parse_file("alone")


def test_keys_are_laid_out_as_the_platform_lays_them() -> None:
    path = FilePath("data/images", "a.png")
    key = boxes.file_key("app", "users", "ann", path)
    assert key == "app/users/users/ann/file_groups/data/images/a.png"
    assert boxes.group_prefix("app", "users", "ann", GroupPath("data")) == (
        "app/users/users/ann/file_groups/data/"
    )


def test_a_key_longer_than_s3_takes_is_refused() -> None:
    deep = "/".join(["x" * 200] * 6)
    with pytest.raises(NameRefusedError, match="1024"):
        boxes.file_key("app", "users", "ann", FilePath(deep, "a"))


@given(st.text(max_size=60))
def test_whatever_is_accepted_stays_below_the_users_prefix(text: str) -> None:
    try:
        found = boxes.parse_path(text)
    except NameRefusedError:
        return
    if isinstance(found, FilePath):
        key = boxes.file_key("app", "box", "ann", found)
        tail = key.removeprefix("app/box/users/ann/file_groups/")
        assert tail != key
        assert not {".", "..", ""} & set(tail.split("/"))
        assert "\x00" not in key
