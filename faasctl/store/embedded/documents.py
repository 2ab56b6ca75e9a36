"""S3's XML: written from nested pairs, read without entities, depth or size to fear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from faasctl.store.embedded.faults import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DEPTH = 8
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
# Control characters can't stand in XML as they are; S3 writes references for them, too.
_SPECIAL = re.compile(r'[&<>"\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]')

Content = str | Sequence["Node"]
Node = tuple[str, Content]


def document(name: str, content: Sequence[Node]) -> bytes:
    """A whole document with S3's namespace."""
    inner = "".join(_render(node) for node in content)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{name} xmlns="{NAMESPACE}">{inner}</{name}>'.encode()


def error_document(fields: Sequence[tuple[str, str]]) -> bytes:
    """S3's error answer, which has no namespace."""
    inner = "".join(_render(node) for node in fields)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


def _render(node: Node) -> str:
    name, content = node
    if isinstance(content, str):
        return f"<{name}>{_SPECIAL.sub(_escape, content)}</{name}>"
    return f"<{name}>{''.join(_render(child) for child in content)}</{name}>"


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return _ESCAPES.get(character) or f"&#x{ord(character):x};"


def timestamp(seconds: float) -> str:
    """ISO 8601 as S3 writes it in documents."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(slots=True)
class Element:
    """One read element: its local name, its text, its children."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        return (child for child in self.children if child.name == name)

    def value(self, name: str) -> str | None:
        """The text of the only child of that name; None when there is none."""
        found = list(self.all(name))
        if len(found) > 1:
            raise S3Error("MalformedXML")
        return found[0].text if found else None


def read(body: bytes, root: str) -> Element:
    """The document's root, which must be named so; raises MalformedXML."""
    top = Element("")
    stack = [top]

    def start(name: str, _attributes: object) -> None:
        if len(stack) > _DEPTH:
            raise S3Error("MalformedXML")
        element = Element(name.rpartition(" ")[2])
        stack[-1].children.append(element)
        stack.append(element)

    def text(data: str) -> None:
        stack[-1].text += data

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise S3Error("MalformedXML") from error
    if top.children[0].name != root:
        raise S3Error("MalformedXML")
    return top.children[0]


def _refuse(*_declaration: object) -> None:
    raise S3Error("MalformedXML")
