"""Keys of environment variables."""

from __future__ import annotations

from faasctl.manifest.report import Placed
from faasctl.manifest.scalars import SourceText, Text
from faasctl.manifest.sections import Fields, Section, may, need
from faasctl.manifest.shapes import Items, Located, Mapped
from faasctl.model import EnvSecret, EnvValue, EnvVar, SecretKey

RESERVED = ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION")

_NAME = Text(
    "the name of a variable: letters, digits and _",
    r"^[A-Za-z_][A-Za-z0-9_]*$",
    hint="for example TOP_K",
)
_SECRET = Text(
    "a secret and its key as NAME/KEY",
    r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9._-]+$",
    hint="for example weather/api-key, set by faasctl secret set weather/api-key",
)


def _secret(text: str) -> SecretKey:
    name, _, key = text.partition("/")
    return SecretKey(name, key)


NAME = need("name", _NAME, "the variable's name")
VALUE = may("value", SourceText(hint='write "" for an empty value'), "its value, as written")
SECRET = may("secret", Mapped(_SECRET, _secret), "the secret NAME/KEY that holds its value")


def _variable(fields: Fields) -> EnvVar | None:
    name, value, secret = fields[NAME], fields[VALUE], fields[SECRET]
    if name in RESERVED:
        message = f"{name} is set by the platform"
        fields.placed(NAME).error(message, "choose another name")
        return None
    if secret is not None:
        return EnvSecret(name, secret)
    return EnvValue(name, value or "")


_VARIABLE: Section[EnvVar] = Section(
    "a mapping of name and value", (NAME,), _variable, one_of=(VALUE, SECRET)
)


def _name(variable: Placed[EnvVar]) -> str:
    return variable.value.name


_ITEMS: Items[Placed[EnvVar]] = Items(Located(_VARIABLE), "a list of variables", unique=_name)
ENV = may("env", _ITEMS, "environment variables, each with a value or a secret", default=())


def variables(fields: Fields) -> tuple[EnvVar, ...]:
    """A section's environment."""
    return tuple(item.value for item in fields[ENV])
