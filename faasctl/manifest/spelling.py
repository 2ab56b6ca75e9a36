"""Did-you-mean hints for misspelt words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MANY = 24


def closest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that `word` was most likely meant to be."""
    known = {one.casefold(): one for one in words}
    found = difflib.get_close_matches(word.casefold()[:80], known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A hint that names the closest word, when one is close."""
    match = closest(word, words)
    return f"did you mean {match}?" if match else None


def hint_for(word: str, words: Iterable[str]) -> str | None:
    """A did-you-mean; else the words there are, when they are few."""
    known = sorted(words)
    if match := did_you_mean(word, known):
        return match
    return f"known here: {', '.join(known)}" if 0 < len(known) <= _MANY else None
