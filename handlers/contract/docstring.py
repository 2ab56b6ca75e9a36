"""The variables that a function's docstring declares.

Two reST lines per variable, as the platform writes them:

    :param inputs.NAME: DESCRIPTION
    :type inputs.NAME: TYPE1 or TYPE2[, optional]

`outputs.NAME` declares results, `parameters.NAME` primitive parameters. A shape may follow a
type: `FP32[-1,4]`, where -1 is any size; so may a content type: `FILE(image/png)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIELD = re.compile(r"^\s*:(param|type)\s+(inputs|outputs|parameters)\.([^:\s]+)\s*:\s*(.*)$")
_TYPE = re.compile(
    r"(?P<word>[A-Za-z0-9_]+)\s*(?:\[\s*(?P<shape>(?:-?\d{1,18}\s*(?:,\s*-?\d{1,18}\s*)*)?)\])?\s*"
    r"(?:\((?P<content>[^)]*)\))?"
)
_OPTIONAL = re.compile(r"\s*,\s*optional\s*\.?$")
_OR = re.compile(r"\s+or\s+(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class VariableType:
    """One allowed type; `shape` None when the docstring gives none."""

    datatype: str
    shape: tuple[int, ...] | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    description: str = ""
    types: tuple[VariableType, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives, in the order of its docstring."""

    summary: str = ""
    inputs: tuple[Variable, ...] = ()
    outputs: tuple[Variable, ...] = ()
    parameters: tuple[Variable, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A variable while its lines are read."""

    description: list[str] = field(default_factory=list)
    type: list[str] = field(default_factory=list)


def parse(text: str | None) -> Signature:
    """The variables of a docstring; lines that say nothing of them are passed over."""
    drafts: dict[tuple[str, str], _Draft] = {}
    summary: list[str] = []
    open_lines: list[str] | None = summary
    for line in (text or "").strip().expandtabs().splitlines():
        match = _FIELD.match(line)
        if match:
            what, kind, name, rest = match.groups()
            draft = drafts.setdefault((kind, name), _Draft())
            open_lines = draft.description if what == "param" else draft.type
            open_lines.append(rest.strip())
        elif not line.strip() or line.lstrip().startswith(":"):
            open_lines = None
        elif open_lines is not None:
            open_lines.append(line.strip())
    return Signature(
        " ".join(summary).strip(),
        *(_variables(drafts, kind) for kind in ("inputs", "outputs", "parameters")),
    )


def _variables(drafts: dict[tuple[str, str], _Draft], kind: str) -> tuple[Variable, ...]:
    return tuple(_variable(name, draft) for (of, name), draft in drafts.items() if of == kind)


def _variable(name: str, draft: _Draft) -> Variable:
    text = " ".join(draft.type).strip()
    words = _OPTIONAL.sub("", text)
    optional = words != text
    types = [_type(word) for word in _OR.split(words)]
    return Variable(
        name,
        " ".join(part for part in draft.description if part),
        tuple(one for one in types if one is not None),
        optional,
    )


def _type(word: str) -> VariableType | None:
    match = _TYPE.fullmatch(word.strip().strip("`"))
    if not match:
        return None
    shape = match["shape"]
    sizes = None
    if shape is not None:
        sizes = tuple(max(-1, int(size)) for size in shape.split(",") if size.strip())
    return VariableType(match["word"], sizes, match["content"])
