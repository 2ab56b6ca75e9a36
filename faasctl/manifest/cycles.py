"""Circles in a directed graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def find_cycles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """At least one circle of each group of nodes that go round, each in its order.

    Works in linear time and without recursion; names that are no nodes lead nowhere.
    """
    done: set[str] = set()
    cycles: list[list[str]] = []
    for start in edges:
        if start not in done:
            cycles.extend(_cycles_from(start, edges, done))
    return cycles


def _cycles_from(
    start: str, edges: Mapping[str, Sequence[str]], done: set[str]
) -> Iterator[list[str]]:
    """Circles that are met on a walk from one node, depth first."""
    path = {start: 0}
    waiting = [iter(edges[start])]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            done.add(path.popitem()[0])
        elif following in path:
            yield list(path)[path[following] :]
        elif following in edges and following not in done:
            path[following] = len(path)
            waiting.append(iter(edges[following]))
