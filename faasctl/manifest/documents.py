"""One document: apiVersion, kind and metadata, and which table reads the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from faasctl.manifest.kinds import SPECS
from faasctl.manifest.kinds.names import NAME, NAMESPACE
from faasctl.manifest.report import At, Placed, Report
from faasctl.manifest.scalars import Anything, Choice
from faasctl.manifest.sections import Fields, Key, Section, may, need
from faasctl.manifest.shapes import Located
from faasctl.manifest.spelling import closest, did_you_mean
from faasctl.manifest.tree import Mapping, Node, Scalar, quote
from faasctl.model import Component, DataBox

OWN = "faasctl.dev/v1"
PLATFORM = "unified-platform.cs.hse.ru/v1"
GROUPS = (OWN, PLATFORM)
# Kinds of the platform that are known to be there; others may be system components.
_NOT_USED = ("ComponentLink", "DatasetComponent", "ApplicationComponent")


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as far as it could be read.

    `kind` is None where it is not known, `said` the name as written, `name` None where it is not
    valid, `component` where something that it can't do without was refused. `ignored` documents
    are not ours.
    """

    node: Node
    report: Report
    kind: str | None = None
    said: str | None = None
    name: Placed[str] | None = None
    namespace: Placed[str] | None = None
    component: Component | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class _Metadata:
    name: Placed[str] | None
    namespace: Placed[str] | None


_Make = Callable[..., Component]

_NAME = need("name", Located(NAME), "the component's name, unique in the module")
_NAMESPACE = may(
    "namespace", Located(NAMESPACE), "the application's name; default: the folder's name"
)
_METADATA = Section(
    "a mapping of name",
    (_NAME, _NAMESPACE),
    lambda fields: _Metadata(fields[_NAME], fields[_NAMESPACE]),
)
METADATA = need("metadata", _METADATA, "the component's name and application")
_VERSION = need("apiVersion", Choice({one: one for one in GROUPS}), "the manifest's format")
_KIND = need("kind", Choice({one: one for one in SPECS}), "what the manifest declares")


def _spec(kind: str) -> Key[_Make | None]:
    """Only a box may do without."""
    made = may("spec", SPECS[kind], f"what the {kind} is")
    return made if kind == "DataBox" else replace(made, required=True)


def _document(spec: Key[_Make | None]) -> Section[Fields]:
    keys = (_VERSION, _KIND, METADATA, spec)
    return Section(
        "a manifest with apiVersion, kind, metadata and spec", keys, lambda fields: fields
    )


_SPECS = {kind: _spec(kind) for kind in SPECS}
_NO_SPEC: Key[_Make | None] = Key("spec", Anything(), "what it is")
DOCUMENTS = {kind: _document(spec) for kind, spec in _SPECS.items()}
_UNKNOWN = _document(_NO_SPEC)


def read_document(node: Node, file: str) -> Draft:
    """Read one document; everything wrong with it by itself is in its report."""
    report = Report(file)
    if not isinstance(node, Mapping):
        _UNKNOWN.read(node, At(report, "", strict=True))
        return Draft(node, report)
    version, said = _text(node, "apiVersion"), _text(node, "kind")
    strict = (closest(version or OWN, GROUPS) or OWN) == OWN
    if version == PLATFORM and said is not None and said not in DOCUMENTS:
        return _ignored(node, said, report)
    kind = said if said in DOCUMENTS else closest(said or "", DOCUMENTS)
    section = DOCUMENTS[kind] if kind else _UNKNOWN
    fields, _ = section.fields(node, At(report, "", strict))
    return _draft(fields, kind if kind == said else None, _SPECS.get(kind or "", _NO_SPEC))


def _text(node: Mapping, key: str) -> str | None:
    """What a key plainly says, before anything is checked."""
    value = node.entries[key].value if key in node.entries else None
    return value.text if isinstance(value, Scalar) and value.type == "string" else None


def _ignored(node: Mapping, kind: str, report: Report) -> Draft:
    at = At(report, "kind", strict=False)
    at.warn(
        node.entries["kind"].value,
        f"manifests of kind {quote(kind)} are not used; this one is ignored",
        None if kind in _NOT_USED else did_you_mean(kind, DOCUMENTS),
    )
    return Draft(node, report, ignored=True)


def _draft(fields: Fields, kind: str | None, spec: Key[_Make | None]) -> Draft:
    metadata, make = fields[METADATA], fields[spec]
    if spec is _SPECS["DataBox"] and not fields.given(spec):
        make = partial(DataBox)
    name = metadata.name if metadata else None
    whole = name is not None and make is not None and kind is not None
    return Draft(
        fields.node,
        fields.at.report,
        kind=kind,
        said=_said(fields.node),
        name=name,
        namespace=metadata.namespace if metadata else None,
        component=make(name=name.value, position=name.position)
        if name and make and whole
        else None,
    )


def _said(node: Mapping) -> str | None:
    """The name that a document gives itself, be it valid or not."""
    metadata = node.entries["metadata"].value if "metadata" in node.entries else None
    return _text(metadata, "name") if isinstance(metadata, Mapping) else None
