"""From a request's target to the component it means: text in, a decision out, nothing decoded.

The path below a component is passed on byte for byte, so only the first two segments are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True, slots=True)
class Names:
    """What a namespace has: components (with the tags of each), its API's component and paths."""

    components: Mapping[str, frozenset[str]] = field(default_factory=dict)
    api: str | None = None
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Forward:
    """To a component: `target` as it shall see it, `prefix` what was cut off before it."""

    namespace: str
    component: str
    tag: str
    target: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Redirect:
    location: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is there; `known` are the names that the caller may have meant."""

    what: str
    known: tuple[str, ...]


Place = Forward | Redirect | Unknown


def place(target: str, table: Mapping[str, Names]) -> Place:
    """Where a request target (`/path?query`, or an absolute URL) leads.

    `<component>@` is the component itself, also where its API has a path of that name.
    """
    path, mark, query = origin_form(target).partition("?")
    first, _, below = path[1:].partition("/")
    namespace = unquote(first)
    names = table.get(namespace)
    if names is None or not path.startswith("/"):
        return Unknown(f"no namespace {namespace!r}", tuple(f"/{one}/" for one in sorted(table)))
    second, slash, rest = below.partition("/")
    component, at, tag = unquote(second).partition("@")
    if component not in names.components or (component in names.claims and not at):
        return _api_or_unknown(path, mark + query, namespace, names)
    tags = names.components[component]
    if tag and tag not in tags:
        what = f"{component} has no tag {tag!r}"
        return Unknown(what, tuple(f"/{namespace}/{component}@{one}/" for one in sorted(tags)))
    prefix = f"/{first}/{second}"
    if not slash:
        return Redirect(f"{prefix}/{mark}{query}")
    return Forward(namespace, component, tag, f"/{rest}{mark}{query}", prefix)


def is_local(host: str) -> bool:
    """Whether a Host header names this machine; any other name was made to resolve to it."""
    name = host.strip().lower()
    if not name.endswith("]"):
        head, _, port = name.rpartition(":")
        if head and port.isdigit():
            name = head
    return name in _LOCAL_HOSTS or name.endswith(".localhost")


def _api_or_unknown(path: str, query: str, namespace: str, names: Names) -> Place:
    first, slash, below = path[1:].partition("/")
    if names.api is not None:
        if not slash:
            return Redirect(f"/{first}/{query}")
        return Forward(namespace, names.api, "", f"/{below}{query}", f"/{first}")
    known = tuple(f"/{namespace}/{one}/" for one in sorted(names.components))
    return Unknown(f"nothing of that name in {namespace}", known)


def origin_form(target: str) -> str:
    if target.startswith("/"):
        return target
    _, found, rest = target.partition("://")
    return f"/{rest.partition('/')[2]}" if found and "/" in rest else "/"
