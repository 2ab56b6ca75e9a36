"""Files as a command line speaks of them: which are meant, and where they go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from faasctl.errors import FileTakenError, UnknownNameError, UsageError
from faasctl.model import Module
from faasctl.pipeline import files
from faasctl.pipeline.file_boxes import Files
from faasctl.pipeline.file_places import (
    Pair,
    Pattern,
    Place,
    WholeBox,
    download_pairs,
    local_of,
    parse_place,
    sources,
    upload_pairs,
)
from faasctl.store.links import Wires
from faasctl.store.transfer_work import Expected, Moved
from handlers.contract.boxes import FilePath, GroupPath, parse_file
from tests.faasctl.store.memory_box import MemoryBox, memory_box


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("box", Place("box", WholeBox())),
        ("box/", Place("box", WholeBox())),
        ("box/data", Place("box", GroupPath("data"))),
        ("box/a.png", Place("box", GroupPath("a.png"))),
        ("box/data/images/", Place("box", GroupPath("data/images"))),
        ("box/data/images/a.png", Place("box", FilePath("data/images", "a.png"))),
        ("box/data/*.png", Place("box", Pattern("data", "data/*.png"))),
        ("box/data/*/a?.png", Place("box", Pattern("data", "data/*/a?.png"))),
        ("box/*/a.png", Place("box", Pattern("", "*/a.png"))),
        ("box/data/[1].png", Place("box", FilePath("data", "[1].png"))),
    ],
)
def test_a_word_names_a_place(word: str, expected: Place) -> None:
    assert parse_place(word) == expected


@pytest.mark.parametrize(
    "word",
    ["", "/data/a", "box/../a", "box/data//a", "box/data/..", "box/da\0ta/a", "box/*", "box/../*"],
)
def test_names_that_no_file_has_are_refused(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_place(word)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("g/*.png", "g/a.png", True),
        ("g/*.png", "g/sub/a.png", False),
        ("g/*.png", "g/a.jpg", False),
        ("g/*/?.png", "g/sub/a.png", True),
        ("*/a.png", "other/a.png", True),
        ("g/A*", "g/a", False),
    ],
)
def test_a_pattern_matches_segment_by_segment(text: str, path: str, *, expected: bool) -> None:
    assert Pattern("", text).matches(parse_file(path)) is expected


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("one.png", "two.png", "three.txt", "sub/one.png", "sub/deep/four"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["one.png"], ["one.png"]),
        (["sub"], ["deep/four", "one.png"]),
        (["*.png"], ["one.png", "two.png"]),
        (["three.txt", "sub/deep"], ["three.txt", "four"]),
        (["sub/*"], ["one.png"]),
    ],
)
def test_words_name_local_files(tree: Path, words: list[str], expected: list[str]) -> None:
    assert [one.relative for one in sources(words, tree)] == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [("nothing", "there is no such file"), ("*.gif", "no file matches"), ("empty", "no files in")],
)
def test_words_that_name_no_file_are_told(tree: Path, word: str, message: str) -> None:
    (tree / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        sources([word], tree)


@pytest.mark.parametrize(
    ("words", "where", "several", "expected"),
    [
        (["one.png"], "box/g/other.png", False, ["g/other.png"]),
        (["one.png"], "box/g/", False, ["g/one.png"]),
        (["one.png"], "box/g", False, ["g/one.png"]),
        (["sub"], "box/g", True, ["g/deep/four", "g/one.png"]),
        (["sub"], "box/g/h", True, ["g/h/deep/four", "g/h/one.png"]),
    ],
)
def test_where_uploads_go(
    tree: Path, words: list[str], where: str, expected: list[str], *, several: bool
) -> None:
    pairs = upload_pairs(sources(words, tree), parse_place(where), several=several)
    assert [str(pair.path) for pair in pairs] == expected


@pytest.mark.parametrize("where", ["box", "box/*/a"])
def test_a_file_does_not_go_into_no_group(tree: Path, where: str) -> None:
    with pytest.raises(UsageError, match="goes into a group"):
        upload_pairs(sources(["one.png"], tree), parse_place(where), several=False)


def test_two_files_do_not_become_one(tree: Path) -> None:
    found = sources(["one.png", "sub/one.png"], tree)
    with pytest.raises(UsageError, match=r"would both be g/one\.png"):
        upload_pairs(found, parse_place("box/g"), several=True)


@pytest.mark.parametrize("name", ["line\nbreak", "\uff0f", " space", "u\u0308"])
def test_local_names_that_a_box_does_not_take_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(UsageError, match="a box takes no such name") as caught:
        upload_pairs(sources([name], tmp_path), parse_place("box/g/"), several=False)
    assert caught.value.hint == "rename the file"


def test_a_group_keeps_its_tree_below_a_folder(tmp_path: Path) -> None:
    found = [parse_file("g/h/a"), parse_file("g/h/i/b")]
    assert download_pairs(found, GroupPath("g/h"), tmp_path) == (
        Pair(tmp_path / "a", found[0]),
        Pair(tmp_path / "i" / "b", found[1]),
    )
    (whole, _) = download_pairs(found, WholeBox(), tmp_path)
    assert whole.local == tmp_path / "g" / "h" / "a"


def test_one_file_goes_into_a_folder_or_gets_a_name(tmp_path: Path) -> None:
    path = parse_file("g/a.png")
    (tmp_path / "folder").mkdir()
    assert local_of(path, "folder", tmp_path) == tmp_path / "folder" / "a.png"
    assert local_of(path, "new/", tmp_path) == tmp_path / "new" / "a.png"
    assert local_of(path, "b.png", tmp_path) == tmp_path / "b.png"


@pytest.fixture
def box() -> Iterator[MemoryBox]:
    with memory_box() as made:
        yield made


@pytest.fixture
def opened(
    box: MemoryBox, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Files]:
    monkeypatch.chdir(tree)
    wires = Wires()
    yield Files(Module(tree, "app"), "me", tmp_path / "marks", wires, lambda _: box)
    wires.close()


def ignore(_: Moved | Expected) -> None:
    """Nobody looks."""


def send(opened: Files, words: Sequence[str], where: str) -> tuple[files.MovedFile, ...]:
    return files.send(opened, words, where, force=False, tell=ignore)


def fetch(opened: Files, where: str, local: str) -> tuple[files.MovedFile, ...]:
    return files.fetch(opened, where, local, force=False, tell=ignore)


def test_a_folder_goes_there_and_back(opened: Files, box: MemoryBox, tree: Path) -> None:
    sent = send(opened, ["."], "box/g")
    assert sorted(box.memory.files) == [
        "g/one.png",
        "g/sub/deep/four",
        "g/sub/one.png",
        "g/three.txt",
        "g/two.png",
    ]
    assert {one.key for one in sent} == {
        f"app/box/users/me/file_groups/{path}" for path in box.memory.files
    }
    fetch(opened, "box/g/", "back")
    assert (tree / "back" / "sub" / "deep" / "four").read_text() == "sub/deep/four"
    fetch(opened, "box/g/*.png", "pictures")
    assert sorted(os.listdir(tree / "pictures")) == ["one.png", "two.png"]  # noqa: PTH208


def test_big_files_go_among_small_ones(opened: Files, tree: Path) -> None:
    (tree / "a-big").write_bytes(bytes(17 * 1024 * 1024))
    sent = send(opened, ["a-big", "one.png"], "box/g")
    assert [one.path for one in sent] == ["g/a-big", "g/one.png"]
    got = fetch(opened, "box/g", "back")
    assert [(one.path, one.sha256) for one in got] == [(one.path, one.sha256) for one in sent]


def test_nothing_of_a_group_that_is_empty(opened: Files) -> None:
    with pytest.raises(UnknownNameError, match="there are no files"):
        fetch(opened, "box/nothing/", "back")


def test_one_file_that_is_there_ends_all(opened: Files, box: MemoryBox) -> None:
    box.memory.keep("g/two.png", b"old")
    with pytest.raises(FileTakenError):
        send(opened, ["*.png"], "box/g")
    assert box.memory.files["g/two.png"] == b"old"
    files.send(opened, ["*.png"], "box/g", force=True, tell=ignore)
    assert box.memory.files["g/two.png"] == b"two.png"


def test_lists_are_in_order_and_mean_groups_too(opened: Files, box: MemoryBox) -> None:
    for name in ("g/b", "g/a", "g/sub/c", "h/d"):
        box.memory.keep(name, b"x")
    assert [one.path for one in files.listed(opened, "box")] == ["g/a", "g/b", "g/sub/c", "h/d"]
    assert [one.path for one in files.listed(opened, "box/g/sub")] == ["g/sub/c"]
    assert [one.path for one in files.listed(opened, "box/g/a")] == ["g/a"]
    assert [one.path for one in files.listed(opened, "box/*/a")] == ["g/a"]


def test_a_link_is_for_one_file(opened: Files, box: MemoryBox) -> None:
    box.memory.keep("g/a", b"x")
    link = files.link(opened, "box/g/a", put=False, expires=60, force=False)
    assert (link.method, link.key) == ("GET", "app/box/users/me/file_groups/g/a")
    new = files.link(opened, "box/g/new", put=True, expires=60, force=False)
    assert (new.method, new.headers) == ("PUT", {"if-none-match": "*"})
    with pytest.raises(FileTakenError):
        files.link(opened, "box/g/a", put=True, expires=60, force=False)
    with pytest.raises(UsageError, match="names no single file"):
        files.link(opened, "box/g/", put=False, expires=60, force=False)


@pytest.mark.parametrize("expires", [0, -1, 604_801])
def test_links_live_as_long_as_s3_lets_them(opened: Files, expires: int) -> None:
    with pytest.raises(UsageError, match="1 to 604800"):
        files.link(opened, "box/g/a", put=False, expires=expires, force=False)


def test_several_are_removed_only_when_agreed(opened: Files, box: MemoryBox) -> None:
    for name in ("g/a", "g/b", "h/c"):
        box.memory.keep(name, b"x")
    asked: list[Sequence[str]] = []

    def refuse(names: Sequence[str]) -> bool:
        asked.append(names)
        return False

    assert files.remove(opened, "box/g/", refuse) == ()
    assert asked == [["g/a", "g/b"]]
    assert files.remove(opened, "box/g/", lambda _: True) == ("g/a", "g/b")
    assert files.remove(opened, "box/h/c", lambda _: False) == ("h/c",)
    assert box.memory.files == {}


@pytest.mark.parametrize(
    ("words", "where", "expected"),
    [
        (["one.png"], "box/g/a", True),
        (["one.png"], "box/g/", True),
        (["*.png"], "box/g/", False),
        (["."], "box/g/", False),
        (["one.png", "two.png"], "box/g", False),
        ([], "box/g/a", True),
        ([], "box/g/", False),
    ],
)
def test_one_file_is_answered_by_one_object(
    opened: Files, words: list[str], where: str, *, expected: bool
) -> None:
    assert files.is_one(where, words) is expected


def test_users_have_areas_of_their_own(opened: Files) -> None:
    other = replace(opened, user="other")
    path = parse_file("g/a")
    assert opened.key("box", path) != other.key("box", path)
    assert opened.remote("box") != other.remote("box")
