"""What only the whole module can tell: that what one manifest names, another one or a file is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from faasctl.manifest.code import Code
from faasctl.manifest.cycles import find_cycles
from faasctl.manifest.documents import Draft
from faasctl.manifest.names import Names
from faasctl.manifest.report import (
    CallClaim,
    CaseClaim,
    Claim,
    CodeClaim,
    MemberClaim,
    NameClaim,
    NextClaim,
    Placed,
    UrlClaim,
    VariablesFact,
)
from faasctl.manifest.spelling import did_you_mean, hint_for
from faasctl.manifest.tree import quote

_Late = NextClaim | MemberClaim | VariablesFact | CallClaim
_CASES = Path("tests", "cases")
_SUFFIXES = (".yaml", ".yml")


@dataclass(slots=True)
class Claims:
    """Claims of all manifests, checked one by one; those about chains when all are known."""

    names: Names
    code: Code
    _cases: list[str]
    _paths: dict[str, Placed[str]] = field(default_factory=dict)
    _next: dict[str, Placed[str]] = field(default_factory=dict)
    _members: dict[str, dict[str, Placed[str]]] = field(default_factory=dict)
    _variables: dict[str, VariablesFact] = field(default_factory=dict)
    _calls: list[CallClaim] = field(default_factory=list)

    def check(self, claim: Claim, owner: str) -> None:
        """Check a claim of the component that is called `owner`, or keep it for the end."""
        match claim:
            case NameClaim():
                self.names.check_exists(claim.name, claim.kinds)
            case CodeClaim():
                self.code.check(claim)
            case CaseClaim():
                self._check_case(claim.name)
            case UrlClaim():
                self._check_path(claim.path)
            case _:
                self._keep(claim, owner)

    def _keep(self, claim: _Late, owner: str) -> None:
        match claim:
            case NextClaim():
                self.names.check_exists(claim.pipeline, ("ExperimentPipeline",))
                self._next[owner] = claim.pipeline
            case MemberClaim():
                self._members.setdefault(owner, {})[claim.model.value] = claim.model
            case VariablesFact():
                self._variables[owner] = claim
            case CallClaim():
                self._calls.append(claim)
            case _:
                assert_never(claim)

    def finish(self) -> None:
        """Check what needs all claims: circles, and variables along chains."""
        chains = {name: [following.value] for name, following in self._next.items()}
        for circle in find_cycles(chains):
            names = ", then ".join([*circle, circle[0]])
            message = f"these pipelines never end: {names}"
            self._next[circle[0]].error(message, "remove one continueWith")
        members = {name: list(models) for name, models in self._members.items()}
        for circle in find_cycles(members):
            inner = self._members[circle[0]][circle[1 % len(circle)]]
            names = " runs ".join([*circle, circle[0]])
            inner.error(f"an ensemble can't run itself: {names}", "remove one step")
        for call in self._calls:
            self._check_call(call)

    def _check_case(self, name: Placed[str]) -> None:
        if name.value not in self._cases:
            message = f"there is no golden case {_CASES.as_posix()}/{name.value}.yaml"
            hint = (
                hint_for(name.value, self._cases) or f"write {_CASES.as_posix()}/{name.value}.yaml"
            )
            name.error(message, hint)

    def _check_path(self, path: Placed[str]) -> None:
        first = self._paths.setdefault(path.value, path)
        if first is not path:
            place = f"{first.position.file}:{first.position.line}"
            path.error(f"{path.value} is the path of the API in {place}", "choose another path")

    def _check_call(self, call: CallClaim) -> None:
        """An API's variables exist in its pipeline's chain, and its outputs are written there."""
        chain = self._chain(call.pipeline)
        if chain is None:
            return
        names = frozenset[str]().union(*(one.names for one in chain))
        written = frozenset[str]().union(*(one.written for one in chain))
        for variable in (*call.inputs, *call.outputs):
            if variable.value not in names:
                message = f"{call.pipeline} has no variable {quote(variable.value)}"
                variable.error(message, hint_for(variable.value, names))
        for variable in call.inputs:
            if variable.value in written:
                message = f"a stage writes {variable.value}, so a call can't give it"
                variable.warn(message, "name it in outputs")
        for variable in call.outputs:
            if variable.value in names - written:
                message = f"no stage writes {variable.value}"
                variable.error(message, did_you_mean(variable.value, written) or "remove it")

    def _chain(self, pipeline: str) -> list[VariablesFact] | None:
        """Variables of a pipeline and of those that follow; None where one is not known."""
        found: dict[str, VariablesFact] = {}
        following: str | None = pipeline
        while following is not None and following not in found:
            if following not in self._variables:
                return None
            found[following] = self._variables[following]
            after = self._next.get(following)
            following = after.value if after else None
        return list(found.values())


def check_claims(drafts: Sequence[Draft], names: Names, root: Path) -> Code:
    """Check everything that manifests say about each other and about files."""
    code = Code(root)
    claims = Claims(names, code, _cases(root))
    for draft in drafts:
        for claim in draft.report.claims:
            claims.check(claim, draft.said or "")
    claims.finish()
    return code


def _cases(root: Path) -> list[str]:
    """Names of the module's golden cases."""
    try:
        files = sorted((root / _CASES).iterdir())
    except OSError:
        return []
    return [file.stem for file in files if file.suffix in _SUFFIXES]
