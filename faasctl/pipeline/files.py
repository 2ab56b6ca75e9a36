"""Files in boxes as a person speaks of them: upload, download, list, link, remove.

Always by presigned URLs: those of the application's API where one is deployed, else signed here.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faasctl.errors import UnknownNameError, UsageError
from faasctl.files import FileLink, OpenOffer, StoredFile
from faasctl.pipeline.file_boxes import Files
from faasctl.pipeline.file_places import (
    Pair,
    Pattern,
    Place,
    download_pairs,
    group_of,
    local_of,
    one_file,
    parse_place,
    sources,
    upload_pairs,
)
from faasctl.pipeline.file_streams import STREAM, spooled, to_output
from faasctl.ports import Box
from faasctl.store.transfer_download import Download, download
from faasctl.store.transfer_plan import SMALL
from faasctl.store.transfer_upload import Upload, upload
from faasctl.store.transfer_work import Expected, Tell, Work
from handlers.contract.boxes import FilePath, GroupPath

#: How long links live that people ask for, in seconds; S3 takes no more than a week.
USUAL, LONGEST = 3600, 604_800


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file that is now here and in a box; `resumed` bytes were there from an earlier try.

    `sha256` of a big file is empty where the boxes were opened without it.
    """

    file: str
    path: str
    key: str
    url: str
    etag: str
    bytes: int
    sha256: str
    resumed: int


@dataclass(frozen=True, slots=True)
class ListedFile:
    path: str
    key: str
    bytes: int
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to give away, and the headers that must go with it."""

    url: str
    method: str
    headers: Mapping[str, str]
    expires: int
    key: str


def send(
    files: Files, words: Sequence[str], where: str, *, force: bool, tell: Tell
) -> tuple[MovedFile, ...]:
    """Upload files, folders, patterns or standard input; raises FileTakenError without `force`."""
    place = parse_place(where)
    box = files.opened(place.box)
    work = Work(files.wires, files.marks, tell)
    if STREAM in words:
        if len(words) > 1:
            raise UsageError("standard input goes alone")
        path = one_file(place)
        with spooled(files.marks) as local:
            return (_send(files, place, box, Pair(local, path), work, force=force),)
    found = sources(words, Path.cwd())
    several = len(found) > 1 or len(words) > 1 or Path(words[0]).is_dir()
    pairs = upload_pairs(found, place, several=several)
    sizes = {pair: pair.local.stat().st_size for pair in pairs}
    for pair, size in sizes.items():
        tell(Expected(str(pair.local), size))

    def one(pair: Pair) -> MovedFile:
        return _send(files, place, box, pair, work, force=force)

    with _stoppable(work):
        return _in_turn(pairs, {pair for pair in pairs if sizes[pair] < SMALL}, one, work)


def _send(
    files: Files, place: Place, box: Box, pair: Pair, work: Work, *, force: bool
) -> MovedFile:
    kind = mimetypes.guess_type(pair.path.name)[0] or "application/octet-stream"
    remote = files.remote(place.box)
    sent = upload(box, Upload(pair.local, pair.path, kind, remote, force, files.digest), work)
    return MovedFile(
        str(pair.local),
        str(pair.path),
        files.key(place.box, pair.path),
        sent.url,
        sent.etag,
        sent.size,
        sent.sha256,
        sent.resumed,
    )


def fetch(
    files: Files, where: str, local: str, *, force: bool, tell: Tell
) -> tuple[MovedFile, ...]:
    """Download a file, a group or what matches; raises FileTakenError without `force`."""
    place = parse_place(where)
    box = files.opened(place.box)
    work = Work(files.wires, files.marks, tell)

    def one(pair: Pair) -> MovedFile:
        return _fetch(files, place, box, pair, work, force=force)

    with _stoppable(work):
        if isinstance(place.wanted, FilePath):
            if local == STREAM:
                with to_output(files.marks) as file:
                    return (one(Pair(file, place.wanted)),)
            return (one(Pair(local_of(place.wanted, local, Path.cwd()), place.wanted)),)
        if local == STREAM:
            raise UsageError("only one file goes to standard output", hint="name one file")
        found = _listed(box, place)
        if not found:
            raise UnknownNameError(
                f"{where}: there are no files", hint=f"faasctl files list {place.box}"
            )
        sizes = {one.path: one.size for one in found}
        for path, size in sizes.items():
            tell(Expected(str(path), size))
        pairs = download_pairs(sizes, place.wanted, Path.cwd() / local)
        small = {pair for pair in pairs if sizes[pair.path] < SMALL}
        return _in_turn(pairs, small, one, work)


def _fetch(
    files: Files, place: Place, box: Box, pair: Pair, work: Work, *, force: bool
) -> MovedFile:
    wanted = Download(pair.path, pair.local, files.remote(place.box), force, files.digest)
    got = download(box, wanted, work)
    return MovedFile(
        str(pair.local),
        str(pair.path),
        files.key(place.box, pair.path),
        got.url,
        got.etag,
        got.size,
        got.sha256,
        got.resumed,
    )


def listed(files: Files, where: str) -> tuple[ListedFile, ...]:
    """All files of a box, a group or a pattern, in order of their paths."""
    place = parse_place(where)
    found = _listed(files.opened(place.box), place)
    return tuple(
        ListedFile(str(one.path), files.key(place.box, one.path), one.size, one.etag, one.modified)
        for one in found
    )


def link(files: Files, where: str, *, put: bool, expires: int, force: bool) -> Link:
    """A link that downloads a file, or uploads one; raises FileTakenError without `force`."""
    if not 1 <= expires <= LONGEST:
        raise UsageError(f"--expires: 1 to {LONGEST} seconds")
    place = parse_place(where)
    path = one_file(place)
    box = files.opened(place.box)
    made: FileLink = (
        box.upload_url(path, OpenOffer(expires, overwrite=force))
        if put
        else box.download_url(path, expires).link
    )
    return Link(made.url, made.method, made.headers, made.expires, files.key(place.box, path))


def remove(files: Files, where: str, agreed: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """Remove a file; a group or what matches only where `agreed` says so. The files' paths."""
    place = parse_place(where)
    box = files.opened(place.box)
    if isinstance(place.wanted, FilePath):
        box.remove(place.wanted)
        return (str(place.wanted),)
    found = [one.path for one in _listed(box, place)]
    names = [str(path) for path in found]
    if not found or not agreed(names):
        return ()
    for path in found:
        box.remove(path)
    return tuple(names)


def _listed(box: Box, place: Place) -> list[StoredFile]:
    """What a place means; a file's name without a slash at its end may be a group's."""
    wanted = place.wanted
    if isinstance(wanted, FilePath):
        group = [one for one in box.files(wanted.group) if one.path == wanted]
        found = group or list(box.files(str(wanted)))
    else:
        found = list(box.files(group_of(wanted)))
    if isinstance(wanted, Pattern):
        found = [one for one in found if wanted.matches(one.path)]
    return sorted(found, key=lambda one: str(one.path))


def _in_turn(
    pairs: Sequence[Pair], small: set[Pair], act: Callable[[Pair], MovedFile], work: Work
) -> tuple[MovedFile, ...]:
    """Small files several at once, then each big one with all its parts; in order of the pairs."""
    few = [pair for pair in pairs if pair in small]
    done = dict(zip(few, work.each(few, act), strict=True))
    done.update({pair: act(pair) for pair in pairs if pair not in small})
    return tuple(done[pair] for pair in pairs)


@contextmanager
def _stoppable(work: Work) -> Iterator[None]:
    """Nothing goes on behind the back of whoever interrupts."""
    try:
        yield
    except BaseException:
        work.break_off()
        raise


def is_one(where: str, words: Sequence[str] = ()) -> bool:
    """Whether a command line speaks of one file, so that its answer is one object."""
    wanted = parse_place(where).wanted
    if not words:
        return isinstance(wanted, FilePath)
    single = len(words) == 1 and not Path(words[0]).is_dir() and not set(words[0]) & set("*?[")
    return single and isinstance(wanted, FilePath | GroupPath)
