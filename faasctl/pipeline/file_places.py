"""Which files a command line means, here and in a box: decided from words and listings alone."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faasctl.errors import UsageError
from handlers.contract.boxes import (
    FilePath,
    GroupPath,
    NameRefusedError,
    check_segment,
    parse_file,
    parse_path,
)

_SIGNS = "*?"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Files whose path matches, segment by segment; `group` is where to look for them."""

    group: str
    text: str

    def matches(self, path: FilePath) -> bool:
        wanted, given = self.text.split("/"), str(path).split("/")
        return len(wanted) == len(given) and all(map(fnmatch.fnmatchcase, given, wanted))


@dataclass(frozen=True, slots=True)
class WholeBox:
    """Everything of the user in a box."""


Wanted = FilePath | GroupPath | Pattern | WholeBox


@dataclass(frozen=True, slots=True)
class Place:
    """`BOX`, `BOX/GROUP`, `BOX/GROUP/` or `BOX/GROUP/NAME`, as it was typed."""

    box: str
    wanted: Wanted


def parse_place(word: str) -> Place:
    """Raises UsageError for names that no box or file may have."""
    box, _, rest = word.partition("/")
    if not box:
        raise UsageError(f"{word!r} names no box", hint="write BOX/GROUP/NAME")
    if not rest:
        return Place(box, WholeBox())
    try:
        if any(sign in rest for sign in _SIGNS):
            return Place(box, _pattern(rest))
        return Place(box, parse_path(rest))
    except NameRefusedError as error:
        raise UsageError(f"{word!r}: {error}", hint="write BOX/GROUP/NAME") from error


def _pattern(text: str) -> Pattern:
    segments = [check_segment(one) for one in text.split("/")]
    if len(segments) < 2:
        raise NameRefusedError("a pattern of files has a group: GROUP/*.png")
    plain: list[str] = []
    for segment in segments[:-1]:
        if any(sign in segment for sign in _SIGNS):
            break
        plain.append(segment)
    return Pattern("/".join(plain), text)


def one_file(place: Place) -> FilePath:
    """The file that a place names; raises UsageError for a group's."""
    if isinstance(place.wanted, FilePath):
        return place.wanted
    raise UsageError("this names no single file", hint="write BOX/GROUP/NAME")


def group_of(wanted: Wanted) -> str:
    """Where to look for what is meant; empty for the whole box."""
    match wanted:
        case WholeBox():
            return ""
        case GroupPath(group) | Pattern(group):
            return group
        case FilePath():
            return str(wanted)


@dataclass(frozen=True, slots=True)
class Source:
    """A local file; `relative` is its path below the folder that was named, else its name."""

    file: Path
    relative: str


def sources(words: Sequence[str], folder: Path) -> tuple[Source, ...]:
    """The files that words name: files, folders, patterns; raises UsageError for none."""
    found: list[Source] = []
    for word in words:
        path = folder / word
        if path.is_dir():
            found += _tree(path)
        elif path.exists():
            found.append(Source(path, path.name))
        else:
            found += _matching(word, folder)
    return tuple(found)


def _tree(folder: Path) -> list[Source]:
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    if not files:
        raise UsageError(f"{folder}: there are no files in this folder")
    return [Source(one, one.relative_to(folder).as_posix()) for one in files]


def _matching(word: str, folder: Path) -> list[Source]:
    path = Path(word)
    base = Path(path.anchor) if path.is_absolute() else folder
    pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else word
    is_pattern = any(sign in word for sign in "*?[")
    files = sorted(one for one in base.glob(pattern) if one.is_file()) if is_pattern else []
    if not files:
        what = "no file matches" if is_pattern else "there is no such file"
        raise UsageError(f"{word}: {what}")
    return [Source(one, one.name) for one in files]


@dataclass(frozen=True, slots=True)
class Pair:
    """A local file and the file in the box that is, or becomes, the same."""

    local: Path
    path: FilePath


def upload_pairs(found: Sequence[Source], place: Place, *, several: bool) -> tuple[Pair, ...]:
    """Where each file goes; `several` were named, so that the place is a group in any case.

    Raises UsageError for names that a box refuses, and for two files with one name.
    """
    wanted = place.wanted
    if isinstance(wanted, WholeBox | Pattern):
        raise UsageError("a file goes into a group of a box", hint=f"write {place.box}/GROUP/NAME")
    if isinstance(wanted, FilePath) and not several:
        return (Pair(found[0].file, wanted),)
    pairs = tuple(Pair(one.file, _below(group_of(wanted), one)) for one in found)
    seen: dict[FilePath, Path] = {}
    for pair in pairs:
        if pair.path in seen:
            raise UsageError(f"{seen[pair.path]} and {pair.local} would both be {pair.path}")
        seen[pair.path] = pair.local
    return pairs


def _below(group: str, source: Source) -> FilePath:
    try:
        return parse_file(f"{group}/{source.relative}")
    except (NameRefusedError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{source.file}: a box takes no such name: {error}", hint="rename the file"
        ) from error


def download_pairs(found: Iterable[FilePath], wanted: Wanted, folder: Path) -> tuple[Pair, ...]:
    """Where each file of a group goes below a folder; names of boxes never leave it."""
    start = len(group_of(wanted)) + 1 if group_of(wanted) else 0
    return tuple(Pair(folder / str(path)[start:], path) for path in found)


def local_of(path: FilePath, word: str, folder: Path) -> Path:
    """Where one file goes: into a folder that is there, or that ends in a slash, else as named."""
    local = folder / word
    return local / path.name if word.endswith("/") or local.is_dir() else local
