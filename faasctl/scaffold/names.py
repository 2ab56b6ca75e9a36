"""The names that a module may have, and the Python package that goes with one."""

from __future__ import annotations

import keyword
import re
import sys

from faasctl.errors import UsageError

LONGEST = 40
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

#: Words that YAML reads as something else than text.
_YAML = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})

#: Paths that an application keeps for itself.
_PATHS = frozenset({"docs", "files", "pipelines", "runs"})

#: Other components of the template.
_OTHERS = frozenset({"files-api", "function-api", "runs-api", "training", "training-api", "users"})

#: Projects that the template's modules are built on or run with.
_PROJECTS = frozenset(
    {"faasctl", "joblib", "numpy", "onnxruntime", "pytest", "pyyaml", "scikit-learn", "skl2onnx"}
)

#: Packages that a module's own would hide.
_PACKAGES = _PROJECTS | {"handlers", "onnx", "scipy", "sklearn", "tests", "uvicorn", "yaml"}


def check_name(name: str) -> None:
    """Raises UsageError unless Kubernetes, URLs and packages all take the name."""
    if len(name) > LONGEST:
        raise UsageError(
            f"{name!r} is too long for a name: {len(name)} characters, {LONGEST} at most",
            hint=_suggestion(name),
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a module: lower-case letters, digits and hyphens, "
            "with a letter first and no hyphen last",
            hint=_suggestion(name),
        )


def check_ours(name: str) -> None:
    """Raises UsageError for names that a module of our own template can't have."""
    if name in _YAML | _PATHS | _OTHERS:
        raise UsageError(f"{name!r} has another meaning in manifests", hint=f"try {name}-model")
    if name in _PROJECTS:
        raise UsageError(f"{name!r} is a package that modules use", hint=f"try {name}-model")


def package_name(name: str) -> str:
    """The Python package of a module of that name."""
    package = name.replace("-", "_")
    return package if _may_be_package(package) else f"{package}_module"


def check_package(package: str) -> None:
    """Raises UsageError unless the package can be imported and hides no other."""
    if not package.isascii() or not package.isidentifier():
        raise UsageError(
            f"package: {package!r} is no name of a Python package",
            hint="use lower-case letters, digits and underscores, with a letter first",
        )
    if not _may_be_package(package):
        raise UsageError(
            f"package: {package!r} is a word or a module that Python has already",
            hint=f"try {package}_module",
        )


def _may_be_package(package: str) -> bool:
    return not (
        keyword.iskeyword(package)
        or keyword.issoftkeyword(package)
        or package in sys.stdlib_module_names
        or package in _PACKAGES
    )


def _suggestion(name: str) -> str | None:
    words = re.sub(r"[^a-z0-9]+", "-", name.casefold())
    near = words.lstrip("-0123456789")[:LONGEST].rstrip("-")
    return f"did you mean {near}?" if near else None
