"""Whole percents: scaled so that they still add up, and drawn from."""

from __future__ import annotations

from collections.abc import Sequence

from faasctl.plan import Share


def scaled(shares: Sequence[Share], total: int, *, rest: Share) -> tuple[Share, ...]:
    """The shares made to add up to `total`, proportions kept, and `rest` after them.

    Largest remainders get what rounding leaves; shares of nothing are dropped.
    """
    whole = sum(one.percent for one in shares)
    if not whole:
        return (Share(rest.revision, 100),)
    parts = [divmod(one.percent * total, whole) for one in shares]
    left = total - sum(quotient for quotient, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    favoured = set(by_remainder[:left])
    percents = [quotient + (i in favoured) for i, (quotient, _) in enumerate(parts)]
    kept = (Share(one.revision, n) for one, n in zip(shares, percents, strict=True))
    return tuple(one for one in (*kept, rest) if one.percent)


def drawn(shares: Sequence[Share], lot: float) -> str:
    """The revision at `lot` (0 ≤ lot < 1) of the traffic."""
    bound = lot * 100
    for one in shares:
        bound -= one.percent
        if bound < 0:
            return one.revision
    return shares[-1].revision
