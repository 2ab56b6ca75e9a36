"""Readers of names, for every kind."""

from faasctl.manifest.scalars import Text
from faasctl.manifest.sections import Section, need

NAME = Text(
    "a name of lower-case letters, digits and -, that starts with a letter",
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
    longest=40,
    hint="for example my-model",
)
NAMESPACE = Text(
    "lower-case letters, digits and -, no - at the ends",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    longest=63,
    hint="for example my-app",
)
WORD = Text("a name")
VARIABLE = Text(
    "a variable name of letters, digits, _ - and .",
    r"^[A-Za-z_][A-Za-z0-9_.-]*$",
    longest=63,
    hint="for example video",
)
SECRET = Text(
    "the name of a secret",
    r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
    longest=253,
    hint="for example my-credentials",
)

_NAMED = need("name", WORD, "the name of a component of this module")
NAME_REFERENCE = Section("a mapping with a name", (_NAMED,), lambda fields: fields.placed(_NAMED))
