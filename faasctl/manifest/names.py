"""Names of a module's components: each once, all in one namespace, and found by who uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faasctl.manifest.documents import Draft
from faasctl.manifest.kinds.names import NAMESPACE
from faasctl.manifest.report import At, Placed
from faasctl.manifest.spelling import did_you_mean
from faasctl.manifest.tree import quote

# Kinds that become Kubernetes objects of the component's own name share these names.
_SHARE = {
    "MLComponent": "function",
    "Ensemble": "function",
    "ExperimentPipeline": "function",
    "APIComponent": "api",
    "DataBox": "box",
}
# A hint compares a word with all others; this many of them keep the whole check linear.
_HINTS = 100


@dataclass(slots=True)
class Names:
    """Which documents have which name.

    `whole` is false when some document's name can't be read: then nothing is said to be missing.
    """

    drafts: Sequence[Draft]
    whole: bool
    _by_name: dict[str, list[Draft]] = field(default_factory=dict)
    _hints: int = 0

    def __post_init__(self) -> None:
        for draft in self.drafts:
            if draft.said is not None:
                self._by_name.setdefault(draft.said, []).append(draft)
        self.whole = self.whole and all(draft.said is not None for draft in self.drafts)

    def check_exists(self, name: Placed[str], kinds: Sequence[str]) -> None:
        """Report a name that no component of these kinds has."""
        named = self._by_name.get(name.value, [])
        if not self.whole or any(one.kind is None or one.kind in kinds for one in named):
            return
        message = f"no {' or '.join(kinds)} is called {quote(name.value)}"
        name.error(message, self._hint(name.value, kinds, named))

    def _hint(self, name: str, kinds: Sequence[str], named: Sequence[Draft]) -> str | None:
        self._hints += 1
        if named:
            place = f"{named[0].report.file}:{named[0].node.line}"
            return f"{name} in {place} has kind {named[0].kind}"
        if self._hints > _HINTS:
            return None
        right = [said for said, drafts in self._by_name.items() if drafts[0].kind in kinds]
        return did_you_mean(name, right) or f"declare it with kind: {kinds[0]}"


def check_unique(drafts: Sequence[Draft]) -> None:
    """Report names that a component of a kind that shares them has already."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if draft.name is None or draft.kind is None:
            continue
        before = first.setdefault((_SHARE[draft.kind], draft.name.value), draft)
        if before is not draft and before.name is not None:
            place = before.name.position
            message = (
                f"{draft.name.value} is the name of the {before.kind} in {place.file}:{place.line}"
            )
            draft.name.error(message, "give it another name")


def namespace_of(drafts: Sequence[Draft], root: Path) -> str:
    """The one namespace that all manifests name, else the folder's name; reports what is wrong."""
    named = [draft.namespace for draft in drafts if draft.namespace is not None]
    if named:
        first = named[0]
        for other in named[1:]:
            if other.value != first.value:
                place = f"{first.position.file}:{first.position.line}"
                message = f"{other.value} differs from {first.value} in {place}"
                other.error(message, f"a module is one application: write {first.value}")
        return first.value
    folder = root.resolve().name
    fits = re.fullmatch(NAMESPACE.pattern or "", folder) and len(folder) <= NAMESPACE.longest
    if drafts and not fits:
        _report_folder(drafts[0], folder)
    return folder


def _report_folder(draft: Draft, folder: str) -> None:
    at = At(draft.report, "metadata.namespace", strict=True)
    if "metadata.namespace" in {one.message.partition(":")[0] for one in draft.report.problems}:
        return
    message = f"missing, and the folder's name {quote(folder)} is no {NAMESPACE.expected}"
    node = draft.name.node if draft.name else draft.node
    at.error(node, message, "write metadata.namespace, for example my-app")
