"""The manifests' JSON Schema, made from the tables that the reader uses."""

from __future__ import annotations

from faasctl.manifest.documents import DOCUMENTS, GROUPS, OWN


def schema() -> dict[str, object]:
    """A draft 2020-12 schema of one document; only our own group is closed."""
    named = [
        (f"{kind}.{'own' if group == OWN else 'platform'}", group, kind)
        for group in GROUPS
        for kind in DOCUMENTS
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "faasctl manifest",
        "type": "object",
        "properties": {
            "apiVersion": {"enum": list(GROUPS), "description": "the manifest's format"},
            "kind": {"type": "string", "description": "what the manifest declares"},
        },
        "required": ["apiVersion", "kind"],
        "allOf": [
            {"if": _own_kinds(), "then": {"properties": {"kind": {"enum": list(DOCUMENTS)}}}},
            *(_branch(name, group, kind) for name, group, kind in named),
        ],
        "$defs": {name: DOCUMENTS[kind].schema(strict=group == OWN) for name, group, kind in named},
    }


def _own_kinds() -> dict[str, object]:
    return {"properties": {"apiVersion": {"const": OWN}}, "required": ["apiVersion"]}


def _branch(name: str, group: str, kind: str) -> dict[str, object]:
    """What a document of one group and kind must be."""
    words = {"apiVersion": {"const": group}, "kind": {"const": kind}}
    return {
        "if": {"properties": words, "required": ["apiVersion", "kind"]},
        "then": {"$ref": f"#/$defs/{name}"},
    }
