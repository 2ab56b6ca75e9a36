"""Decisions about transfers, as tables."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import pytest

from faasctl.files import Checksum
from faasctl.store import transfer_marks
from faasctl.store.transfer_digest import Follower, combined_crc, composite, of_bytes, of_part
from faasctl.store.transfer_plan import (
    LARGEST,
    MIB,
    MOST_PARTS,
    SMALL,
    Anew,
    DownloadMark,
    GoOn,
    Identity,
    Proof,
    Remote,
    Span,
    UploadMark,
    download_part,
    guessed_part,
    next_download,
    next_upload,
    part_size,
    proof,
    spans,
)

PLAIN = "0123456789abcdef" * 2
GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (SMALL, 16 * MIB),
        (GIB, 16 * MIB),
        (MOST_PARTS * 16 * MIB, 16 * MIB),
        (MOST_PARTS * 16 * MIB + 1, 17 * MIB),
        (1024 * GIB, 105 * MIB),
        (LARGEST, 525 * MIB),
    ],
)
def test_parts_grow_so_that_ten_thousand_are_enough(size: int, expected: int) -> None:
    assert part_size(size) == expected
    assert -(-size // expected) <= MOST_PARTS


@pytest.mark.parametrize(
    ("size", "part", "expected"),
    [
        (0, 10, ()),
        (1, 10, (Span(1, 0, 1),)),
        (10, 10, (Span(1, 0, 10),)),
        (11, 10, (Span(1, 0, 10), Span(2, 10, 1))),
    ],
)
def test_spans_cover_a_file(size: int, part: int, expected: tuple[Span, ...]) -> None:
    assert spans(size, part) == expected


SAME = Identity(100, 5)
MARK = UploadMark("id", 16 * MIB, SAME)


@pytest.mark.parametrize(
    ("mark", "now", "expected"),
    [
        (None, SAME, Anew()),
        (MARK, SAME, GoOn(MARK)),
        (MARK, Identity(100, 6), Anew("id")),
        (MARK, Identity(101, 5), Anew("id")),
    ],
    ids=["nothing is known", "the same", "touched since", "longer since"],
)
def test_an_upload_goes_on_while_the_file_is_the_same(
    mark: UploadMark | None, now: Identity, expected: Anew | GoOn
) -> None:
    assert next_upload(mark, now) == expected


REMOTE = Remote(40 * MIB, f"{PLAIN}-3")
DONE = DownloadMark(REMOTE.size, REMOTE.etag, 16 * MIB, frozenset({1, 3}))


@pytest.mark.parametrize(
    ("mark", "partial", "remote", "expected"),
    [
        (DONE, REMOTE.size, REMOTE, {1, 3}),
        (None, REMOTE.size, REMOTE, set()),
        (DONE, None, REMOTE, set()),
        (DONE, REMOTE.size - 1, REMOTE, set()),
        (DONE, REMOTE.size, Remote(REMOTE.size, f"{PLAIN[::-1]}-3"), set()),
        (DONE, REMOTE.size, Remote(REMOTE.size, f"{PLAIN}-5"), set()),
        (DownloadMark(1, "", MIB, frozenset({1})), 1, Remote(1, ""), set()),
    ],
    ids=[
        "the same",
        "nothing is known",
        "the partial file is gone",
        "the partial file is shorter",
        "another file is stored",
        "it is stored in other parts",
        "the store tells no ETag",
    ],
)
def test_a_download_goes_on_while_the_stored_file_is_the_same(
    mark: DownloadMark | None, partial: int | None, remote: Remote, expected: set[int]
) -> None:
    assert next_download(mark, partial, remote) == expected


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        (Remote(5, PLAIN), Proof("md5", PLAIN)),
        (Remote(5, PLAIN, Checksum("sha256", "ab")), Proof("sha256", "ab")),
        (Remote(5, f"{PLAIN}-1", Checksum("crc32", "ab")), Proof("crc32", "ab")),
        (Remote(5, PLAIN, encrypted=True), Proof("nothing")),
        (REMOTE, Proof("parts", REMOTE.etag, 16 * MIB)),
        (Remote(40 * MIB, f"{PLAIN}-5"), Proof("parts", f"{PLAIN}-5", 8 * MIB)),
        (Remote(40 * MIB, f"{PLAIN}-99"), Proof("nothing")),
        (Remote(5, "what-a-store-made-up"), Proof("nothing")),
    ],
)
def test_what_proves_a_download(remote: Remote, expected: Proof) -> None:
    assert proof(remote) == expected


@pytest.mark.parametrize(
    ("size", "count", "expected"),
    [
        (10**9, 60, 16 * MIB),
        (10**9, 120, 8 * MIB),
        (10**9, 191, 5 * MIB),
        (10**9, 87, 11 * MIB),
        (20 * MIB, 1, 25 * MIB),
        (10**9, 0, 0),
        (0, 1, 0),
        (10**6, 7, 0),
    ],
)
def test_part_sizes_of_others_follow_from_their_number(
    size: int, count: int, expected: int
) -> None:
    assert guessed_part(size, count) == expected


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        (REMOTE, 16 * MIB),
        (Remote(40 * MIB, f"{PLAIN}-5"), 8 * MIB),
        (Remote(GIB, f"{PLAIN}-2"), 16 * MIB),
        (Remote(GIB, PLAIN), 16 * MIB),
    ],
)
def test_files_come_in_their_own_parts_where_these_are_handy(remote: Remote, expected: int) -> None:
    assert download_part(remote) == expected


def test_crcs_of_parts_make_that_of_the_whole() -> None:
    parts = [b"one", b"", b"three and more", bytes(100_000)]
    digests = [of_bytes("crc32", part) for part in parts]
    whole = zlib.crc32(b"".join(parts))
    assert combined_crc(digests, [len(part) for part in parts]) == f"{whole:08x}"
    assert combined_crc([], []) == "00000000"


def test_an_etag_of_parts_is_the_md5_of_their_md5s() -> None:
    # As AWS documents it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    digests = [of_bytes("md5", b"a"), of_bytes("md5", b"b")]
    expected = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
    assert composite(digests) == f"{expected}-2"


def test_a_follower_hashes_in_order_what_is_settled_in_any(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    file = tmp_path / "file"
    file.write_bytes(content)
    follower = Follower(file, len(content), ("sha256", "md5"))
    follower.start()
    for start in (2_000_000, 0, 1_000_000):
        follower.settle(start, min(1_000_000, len(content) - start))
    assert follower.result() == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }


def test_a_follower_of_nothing_is_done_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    follower = Follower(tmp_path / "empty", 0, ("sha256",))
    follower.start()
    assert follower.result()["sha256"] == hashlib.sha256().hexdigest()


def test_a_file_that_becomes_shorter_is_an_error_and_not_a_hang(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"short")
    follower = Follower(file, 100, ("sha256",))
    follower.start()
    follower.settle(0, 100)
    with pytest.raises(OSError, match="became shorter"):
        follower.result()
    with pytest.raises(OSError, match="became shorter"):
        of_part("md5", file, 0, 6)


def test_marks_are_read_as_they_were_written(tmp_path: Path) -> None:
    mark = tmp_path / "mark.json"
    transfer_marks.write_upload(mark, MARK)
    assert transfer_marks.read_upload(mark) == MARK
    transfer_marks.write_download(mark, DONE)
    transfer_marks.add_done(mark, 2)
    assert transfer_marks.read_download(mark) == DownloadMark(
        DONE.size, DONE.etag, DONE.part_size, frozenset({1, 2, 3})
    )


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"size": "x"}', '{"etag": 1}\n1\n'], ids=repr
)
def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    mark = tmp_path / "mark.json"
    mark.write_text(content)
    assert transfer_marks.read_upload(mark) is None
    assert transfer_marks.read_download(mark) is None


def test_what_a_kill_tore_off_a_mark_is_not_counted(tmp_path: Path) -> None:
    mark = tmp_path / "mark.json"
    transfer_marks.write_download(mark, DONE)
    with mark.open("a") as file:
        file.write("12")
    found = transfer_marks.read_download(mark)
    assert found is not None
    assert found.done == {1, 3}
