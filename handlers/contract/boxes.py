"""Where a file lies in a box, and which names may say so.

    <app>/<databox>/users/<user>/file_groups/<group>/<file>

Nobody's name can leave its prefix: every segment is checked before it becomes part of a key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

#: What file systems and S3 take: bytes of UTF-8.
LONGEST_SEGMENT, LONGEST_KEY = 255, 1024

_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+\-]{0,127}")


class NameRefusedError(ValueError):
    """A name that no file, group or user may have; the message says why."""


@dataclass(frozen=True, slots=True)
class GroupPath:
    """A file group, `data` or `data/images`."""

    group: str


@dataclass(frozen=True, slots=True)
class FilePath:
    """A file in a group: `data/images` and `example.png`."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"


def check_user(user: str) -> str:
    """The user's name itself; raises NameRefusedError."""
    if not _USER.fullmatch(user):
        raise NameRefusedError(
            "a user's name has 1 to 128 letters, digits and . _ @ + -, and starts with a letter "
            "or digit"
        )
    return user


def check_segment(name: str) -> str:
    """One folder's or file's name itself; raises NameRefusedError."""
    for refuses, reason in _REFUSALS:
        if refuses(name):
            raise NameRefusedError(reason)
    return name


def _looks_like_a_path(name: str) -> bool:
    folded = unicodedata.normalize("NFKC", name)
    return "/" in folded or "\\" in folded or not folded.strip(". ")


_REFUSALS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: not name, "a name in the path is empty"),
    (lambda name: name in {".", ".."}, "'.' and '..' are no names"),
    (
        lambda name: len(name.encode("utf-8", "surrogatepass")) > LONGEST_SEGMENT,
        f"a name is longer than {LONGEST_SEGMENT} bytes",
    ),
    (
        lambda name: any(unicodedata.category(sign)[0] == "C" for sign in name),
        "a name has a control, invisible or unassigned character",
    ),
    (lambda name: "/" in name or "\\" in name, "a name has a slash or a backslash"),
    (lambda name: name != name.strip(), "a name starts or ends with a space"),
    (
        lambda name: unicodedata.normalize("NFC", name) != name,
        "a name is not in Unicode's composed form (NFC)",
    ),
    (_looks_like_a_path, "a name has a character that looks like a slash or dots"),
)


def parse_path(text: str) -> GroupPath | FilePath:
    """A path as the files API classifies it: one segment, or a slash at the end, is a group.

    `text` is decoded already. Raises NameRefusedError.
    """
    is_group = text.endswith("/") or "/" not in text
    segments = [check_segment(one) for one in text.removesuffix("/").split("/")]
    if is_group:
        return GroupPath("/".join(segments))
    return FilePath("/".join(segments[:-1]), segments[-1])


def parse_encoded(text: str) -> GroupPath | FilePath:
    """As parse_path, for a path as it stands in a URL; an encoded slash is refused."""
    segments = [_decoded(one) for one in text.split("/")]
    for segment in segments:
        if "/" in segment:
            raise NameRefusedError("a name has an encoded slash")
    return parse_path("/".join(segments))


def _decoded(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NameRefusedError("the path is not UTF-8") from error


def parse_file(text: str) -> FilePath:
    """A file's path, `<group>/<name>`; raises NameRefusedError for a group's."""
    found = parse_path(text)
    if isinstance(found, GroupPath):
        raise NameRefusedError(f"{text!r} is a group; a file is GROUP/NAME")
    return found


def box_prefix(application: str, box: str) -> str:
    """The prefix of all keys of a box."""
    return f"{application}/{box}/"


def user_prefix(application: str, box: str, user: str) -> str:
    """The prefix of all files of a user."""
    return f"{box_prefix(application, box)}users/{check_user(user)}/file_groups/"


def group_prefix(application: str, box: str, user: str, group: GroupPath) -> str:
    """The prefix of all files of a group."""
    return f"{user_prefix(application, box, user)}{group.group}/"


def file_key(application: str, box: str, user: str, path: FilePath) -> str:
    """A file's key; raises NameRefusedError where S3 would not take its length."""
    key = f"{user_prefix(application, box, user)}{path.group}/{path.name}"
    if len(key.encode()) > LONGEST_KEY:
        raise NameRefusedError(f"the path is longer than S3's {LONGEST_KEY} bytes")
    return key
