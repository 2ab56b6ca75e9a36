"""Uploads and downloads against a box that misbehaves as stores and networks do."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faasctl.errors import FaasctlError, FileTakenError, UnreachableError
from faasctl.files import FileLink
from faasctl.store.links import Wires
from faasctl.store.transfer_download import Download, Fetched, download
from faasctl.store.transfer_plan import MIB, SMALL
from faasctl.store.transfer_upload import Sent, Upload, upload
from faasctl.store.transfer_work import Expected, Moved, StoppedError, Work
from handlers.contract.boxes import FilePath, parse_file
from tests.faasctl.store.memory_box import MemoryBox, memory_box

BIG = 2 * SMALL + 5 * MIB
FILE = parse_file("data/file.bin")


@pytest.fixture
def box() -> Iterator[MemoryBox]:
    with memory_box() as made:
        yield made


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    wires = Wires()
    yield Work(wires, tmp_path / "marks", delays=(0.0, 0.0, 0.0))
    wires.close()


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(7).randbytes(BIG)


@pytest.fixture
def local(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "file.bin"
    file.write_bytes(content)
    return file


def send(box: MemoryBox, local: Path, work: Work, *, force: bool = False) -> Sent:
    return upload(box, Upload(local, FILE, "text/plain", "ns/box/me", force), work)


def fetch(
    box: MemoryBox, local: Path, work: Work, *, force: bool = False, path: FilePath = FILE
) -> Fetched:
    return download(box, Download(path, local, "ns/box/me", force), work)


def parts_sent(box: MemoryBox) -> list[int]:
    return sorted(
        int(target.rpartition("/")[2])
        for method, target in box.memory.asked
        if method == "PUT" and target.startswith("/part/")
    )


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def left_behind(work: Work) -> list[str]:
    return names(work.marks) if work.marks.exists() else []


@pytest.mark.parametrize("size", [0, 1, 1000, SMALL - 1, SMALL, SMALL + 1, BIG])
def test_a_file_of_any_size_goes_there_and_back(
    box: MemoryBox, work: Work, tmp_path: Path, content: bytes, size: int
) -> None:
    local = tmp_path / "file.bin"
    local.write_bytes(content[:size])
    sent = send(box, local, work)
    digest = hashlib.sha256(content[:size]).hexdigest()
    assert (sent.size, sent.sha256, sent.etag) == (size, digest, box.memory.etags[str(FILE)])
    assert box.memory.files[str(FILE)] == content[:size]

    got = fetch(box, tmp_path / "back" / "again.bin", work)
    assert (tmp_path / "back" / "again.bin").read_bytes() == content[:size]
    assert (got.size, got.sha256) == (size, digest)
    assert got.verified == ("md5" if size < SMALL else "parts")
    assert names(tmp_path / "back") == ["again.bin"]
    assert left_behind(work) == []


def test_only_whole_files_are_announced(box: MemoryBox, work: Work, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"words")
    send(box, tmp_path / "small", work)
    assert box.memory.announced == [(str(FILE), 5)]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_passes_is_tried_again(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path, content: bytes, status: int
) -> None:
    box.memory.failures = [status] * 3
    send(box, local, work)
    assert box.memory.files[str(FILE)] == content
    box.memory.failures = [status] * 3
    fetch(box, tmp_path / "back", work)
    assert (tmp_path / "back").read_bytes() == content


def test_what_does_not_pass_ends_with_the_stores_words(
    box: MemoryBox, work: Work, local: Path
) -> None:
    box.memory.failures = [500] * 100
    with pytest.raises(FaasctlError, match=r"file\.bin: refused \(500\)"):
        send(box, local, work)
    assert work.stopped.is_set()


def test_links_that_expired_are_made_anew(
    box: MemoryBox, work: Work, local: Path, content: bytes
) -> None:
    begin = box.begin

    def begin_and_expire(*given: object) -> object:
        begun = begin(*given)  # type: ignore[arg-type]
        box.memory.generation += 1
        return begun

    box.begin = begin_and_expire  # type: ignore[method-assign,assignment]
    send(box, local, work)
    assert box.memory.files[str(FILE)] == content


def test_a_store_that_is_not_there_is_named(work: Work, local: Path) -> None:
    with memory_box() as box:
        pass
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+ does not answer"):
        send(box, local, work)


def test_a_file_that_is_there_stays(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path, content: bytes
) -> None:
    box.memory.keep(str(FILE), b"old")
    with pytest.raises(FileTakenError):
        send(box, local, work)
    there = tmp_path / "there"
    there.write_bytes(b"mine")
    with pytest.raises(FileTakenError, match="there: it is there already") as caught:
        fetch(box, there, work)
    assert caught.value.hint == "--force replaces it"
    assert (box.memory.files[str(FILE)], there.read_bytes()) == (b"old", b"mine")

    send(box, local, work, force=True)
    fetch(box, there, work, force=True)
    assert box.memory.files[str(FILE)] == there.read_bytes() == content


def test_a_file_that_comes_meanwhile_stays_too(box: MemoryBox, work: Work, tmp_path: Path) -> None:
    box.memory.keep(str(FILE), b"theirs")
    there = tmp_path / "there"

    def tell(event: Moved | Expected) -> None:
        there.write_bytes(b"mine")

    with pytest.raises(FileTakenError):
        fetch(box, there, replace(work, tell=tell))
    assert there.read_bytes() == b"mine"


class KilledError(BaseException):
    """As if the program were gone."""


def breaking_off(work: Work, after: int) -> Work:
    """Work that is killed when so many bytes are moved, one part after the other."""
    moved = 0

    def tell(event: Moved | Expected) -> None:
        nonlocal moved
        if isinstance(event, Moved):
            moved += event.count
            if moved >= after:
                raise KilledError

    return Work(work.wires, work.marks, tell, parallel=1, delays=())


def broken_off_upload(box: MemoryBox, local: Path, work: Work) -> None:
    with pytest.raises(KilledError):
        send(box, local, breaking_off(work, SMALL + 1))
    assert parts_sent(box) == [1]
    box.memory.asked.clear()


def test_an_upload_goes_on_where_it_broke_off(
    box: MemoryBox, work: Work, local: Path, content: bytes
) -> None:
    broken_off_upload(box, local, work)
    sent = send(box, local, work)
    assert parts_sent(box) == [2, 3]
    assert (sent.resumed, sent.sha256) == (SMALL, hashlib.sha256(content).hexdigest())
    assert box.memory.files[str(FILE)] == content
    assert left_behind(work) == []


def test_a_part_that_the_store_has_wrong_is_sent_again(
    box: MemoryBox, work: Work, local: Path, content: bytes
) -> None:
    broken_off_upload(box, local, work)
    (upload_id,) = box.memory.uploads
    box.memory.uploads[upload_id].parts[1] = b"something else"
    assert send(box, local, work).resumed == 0
    assert parts_sent(box) == [1, 2, 3]
    assert box.memory.files[str(FILE)] == content


def test_a_file_that_changed_since_starts_anew(box: MemoryBox, work: Work, local: Path) -> None:
    broken_off_upload(box, local, work)
    local.write_bytes(bytes(BIG))
    os.utime(local, ns=(1, 1))
    assert send(box, local, work).resumed == 0
    assert box.memory.files[str(FILE)] == bytes(BIG)
    assert box.memory.uploads == {}


def test_an_upload_that_the_store_forgot_starts_anew(
    box: MemoryBox, work: Work, local: Path, content: bytes
) -> None:
    broken_off_upload(box, local, work)
    box.memory.uploads.clear()
    assert send(box, local, work).resumed == 0
    assert box.memory.files[str(FILE)] == content


def test_a_file_that_changes_while_it_is_sent_is_refused(
    box: MemoryBox, work: Work, local: Path
) -> None:
    def tell(event: Moved | Expected) -> None:
        if isinstance(event, Moved):
            os.utime(local, ns=(1, 1))

    with pytest.raises(FaasctlError, match="the file changed while it was sent"):
        send(box, local, replace(work, tell=tell))
    assert box.memory.files == {}


def test_two_at_the_same_upload_do_not_meet(box: MemoryBox, work: Work, local: Path) -> None:
    def tell(event: Moved | Expected) -> None:
        if isinstance(event, Moved):
            with pytest.raises(FaasctlError, match="another faasctl is at this upload"):
                send(box, local, Work(work.wires, work.marks))

    send(box, local, replace(work, tell=tell, parallel=1))


def test_a_download_goes_on_where_it_broke_off(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path, content: bytes
) -> None:
    send(box, local, work)
    there = tmp_path / "there"
    with pytest.raises(KilledError):
        fetch(box, there, breaking_off(work, SMALL + 1))
    assert sorted(one.name for one in tmp_path.glob("there*")) == ["there.part"]
    got = fetch(box, there, work)
    assert (got.resumed, got.sha256) == (SMALL, hashlib.sha256(content).hexdigest())
    assert there.read_bytes() == content
    assert left_behind(work) == []


def test_a_download_of_what_changed_since_starts_anew(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path
) -> None:
    send(box, local, work)
    there = tmp_path / "there"
    with pytest.raises(KilledError):
        fetch(box, there, breaking_off(work, SMALL + 1))
    box.memory.keep(str(FILE), bytes(BIG))
    assert fetch(box, there, work).resumed == 0
    assert there.read_bytes() == bytes(BIG)


def test_a_file_that_changes_while_it_comes_is_refused(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path
) -> None:
    send(box, local, work)

    def tell(event: Moved | Expected) -> None:
        if isinstance(event, Moved):
            box.memory.keep(str(FILE), bytes(BIG))

    with pytest.raises(FaasctlError, match="the stored file changed meanwhile"):
        fetch(box, tmp_path / "there", replace(work, tell=tell, parallel=1))
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("size", [1000, BIG])
def test_what_came_damaged_gets_no_name(
    box: MemoryBox, work: Work, tmp_path: Path, content: bytes, size: int
) -> None:
    (tmp_path / "local").write_bytes(content[:size])
    send(box, tmp_path / "local", work)
    box.memory.damage = True
    with pytest.raises(FaasctlError, match="what came is not what is stored"):
        fetch(box, tmp_path / "there", work)
    assert [one.name for one in tmp_path.glob("there*")] == []
    box.memory.damage = False
    fetch(box, tmp_path / "there", work)
    assert (tmp_path / "there").read_bytes() == content[:size]


@pytest.mark.parametrize("part", [5 * MIB, 8 * MIB, 100 * MIB])
def test_files_that_others_sent_in_parts_are_proven(
    box: MemoryBox, work: Work, tmp_path: Path, content: bytes, part: int
) -> None:
    digests = [
        hashlib.md5(content[start : start + part], usedforsecurity=False).digest()
        for start in range(0, BIG, part)
    ]
    whole = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
    box.memory.keep(str(FILE), content, f"{whole}-{len(digests)}")
    assert fetch(box, tmp_path / "there", work).verified == "parts"


def test_where_the_store_encrypts_an_etag_proves_nothing(
    box: MemoryBox, work: Work, tmp_path: Path
) -> None:
    box.memory.keep(str(FILE), b"words", "0123456789abcdef" * 2)
    box.memory.encrypted = True
    assert fetch(box, tmp_path / "there", work).verified == "nothing"


def test_a_local_file_that_is_not_there_is_named(
    box: MemoryBox, work: Work, tmp_path: Path
) -> None:
    with pytest.raises(FaasctlError, match=r"nothing: No such file"):
        send(box, tmp_path / "nothing", work)


def test_a_folder_that_takes_no_file_is_named(box: MemoryBox, work: Work, tmp_path: Path) -> None:
    box.memory.keep(str(FILE), b"words")
    (tmp_path / "blocked").write_text("a file, not a folder")
    with pytest.raises(FaasctlError, match="blocked/there: "):
        fetch(box, tmp_path / "blocked" / "there", work)


def test_progress_adds_up_whatever_fails(box: MemoryBox, work: Work, local: Path) -> None:
    events: list[Moved | Expected] = []
    box.memory.failures = [503] * 3
    send(box, local, replace(work, tell=events.append))
    assert sum(one.count for one in events if isinstance(one, Moved)) == BIG
    assert [one for one in events if isinstance(one, Expected)] == [Expected(str(local), BIG)]


def test_work_that_is_broken_off_does_nothing_more(work: Work) -> None:
    work.break_off()
    with pytest.raises(StoppedError):
        work.persist(lambda: None)


def test_a_connection_serves_many_requests(box: MemoryBox) -> None:
    wires = Wires()
    box.memory.keep("a/b", b"words")
    link: FileLink = box.download_url(parse_file("a/b"), 60).link
    for _ in range(3):
        assert wires.fetch(link, what="get").body == b"words"
    assert [len(idle) for idle in wires._idle.values()] == [1]
    wires.close()


def test_a_sha256_that_nobody_asks_for_is_not_worked_out(
    box: MemoryBox, work: Work, local: Path, tmp_path: Path, content: bytes
) -> None:
    sent = upload(box, Upload(local, FILE, "text/plain", "ns/box/me", digest=False), work)
    there = tmp_path / "there"
    got = download(box, Download(FILE, there, "ns/box/me", digest=False), work)
    assert (sent.sha256, got.sha256, got.verified) == ("", "", "parts")
    assert there.read_bytes() == content
    box.memory.keep(str(FILE), content)
    got = download(box, Download(FILE, tmp_path / "whole", "ns/box/me", digest=False), work)
    assert got.verified == "md5"
