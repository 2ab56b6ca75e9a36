"""Byte ranges. One range is served; several, or what is no range, give the whole object.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from faasctl.store.embedded.faults import S3Error

_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start`."""

    start: int
    length: int


def parse_range(text: str | None, size: int) -> Span | None:
    """The range to serve, None for all; raises InvalidRange when it lies outside."""
    match = _RANGE.fullmatch(text or "")
    if match is None or match.group(1, 2) == ("", ""):
        return None
    first, last = match.group(1, 2)
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start > end:
        raise S3Error("InvalidRange", RangeRequested=match.group(), ActualObjectSize=str(size))
    return Span(start, end - start + 1)


def parse_copy_range(text: str, size: int) -> Span:
    """The range of a part's source, which must be `bytes=first-last` inside it."""
    match = _RANGE.fullmatch(text)
    if match is None or "" in match.group(1, 2) or int(match[2]) < int(match[1]):
        raise S3Error(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last",
            ArgumentName="x-amz-copy-source-range",
        )
    if int(match[2]) >= size:
        raise S3Error(
            "InvalidArgument",
            f"Range specified is not valid for source object of size: {size}",
            ArgumentName="x-amz-copy-source-range",
        )
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
