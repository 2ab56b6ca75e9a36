"""One request as a value: what signatures cover and what handlers read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from faasctl.store.embedded.address import Query
from faasctl.store.embedded.faults import S3Error


@dataclass(frozen=True, slots=True)
class Call:
    """`headers` have lower-case names, repeated ones joined by commas; `now` is Unix time."""

    method: str
    path: str
    bucket: str
    key: str
    query: Query
    headers: Mapping[str, str]
    now: float

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def parameter(self, name: str) -> str | None:
        """A query parameter's first value; signatures cover all of them."""
        return next((value for given, value in self.query if given == name), None)

    def has(self, name: str) -> bool:
        return any(given == name for given, _ in self.query)

    def number(self, name: str, default: int, largest: int) -> int:
        """A count from the query, at most `largest`; raises InvalidArgument."""
        text = self.parameter(name)
        if text is None or not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > 2**31 - 1:
            raise S3Error(
                "InvalidArgument",
                f"Argument {name} must be an integer between 0 and 2147483647",
                ArgumentName=name,
                ArgumentValue=text,
            )
        return min(int(text), largest)


def join_headers(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Headers by lower-case name; raises InvalidRequest for bytes that are no UTF-8."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise S3Error("InvalidRequest", "Header values must be UTF-8.")
        lower = name.lower()
        joined[lower] = f"{joined[lower]},{value}" if lower in joined else value
    return joined
