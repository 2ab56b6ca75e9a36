"""Whatever stands in a manifest: problems with places, and no exception but ours."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faasctl.errors import ManifestError
from faasctl.manifest import check, load
from tests.faasctl.manifest.manifest_samples import make, write

_HERE = Path(__file__).parent
_TEXTS = [file.read_text(encoding="utf-8") for file in sorted((_HERE / "samples").glob("*.yaml"))]
_EXAMPLES = int(os.environ.get("FAASCTL_FUZZ_EXAMPLES", "300"))
_ODD = [
    "",
    "~",
    "-1",
    "1e400",
    "9" * 5000,
    "0x1F",
    "1:30",
    ".inf",
    ".nan",
    "2024-02-30",
    "yes",
    "[]",
    "{}",
    "[[]]",
    "[1, [2, {a: b}]]",
    "{a: {b: c}}",
    "{<<: {a: b}}",
    "&x [*x]",
    "*x",
    "&y a",
    "!!binary aGk=",
    "!!int abc",
    "!!bool maybe",
    "!thing x",
    '"\\0"',
    '"\\ud800"',
    '"a\\nb"',
    "'" + "x" * 5000 + "'",
    "é",
    "\N{GRINNING FACE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "\x85",
    "\u2028",
    "\x00",
    "\t",
    "../..",
    "/",
    "//",
    "\\",
    "a/../b",
    "'",
    "{",
    "? a",
    "|\n  text",
    "${HOME}",
    "%",
    "@",
    "`",
]


def _lines(rng: random.Random, lines: list[str]) -> None:
    """Delete, repeat, rename or replace something in one line."""
    index = rng.randrange(len(lines))
    line = lines[index]
    key, colon, _ = line.partition(":")
    choice = rng.randrange(6)
    if choice == 0:
        del lines[index]
    elif choice == 1:
        lines.insert(rng.randrange(len(lines) + 1), line)
    elif choice == 2 and key:
        at = rng.randrange(len(key))
        lines[index] = key[:at] + rng.choice("xA_-. \t") + key[at + 1 :] + line[len(key) :]
    elif choice == 3 and colon:
        lines[index] = f"{key}: {rng.choice(_ODD)}"
    elif choice == 4:
        words = line.split(" ")
        words[rng.randrange(len(words))] = rng.choice(_ODD)
        lines[index] = " ".join(words)
    else:
        lines[index] = rng.choice([" ", "  ", "- ", ""]) + line.lstrip(" ")


def _mutated(rng: random.Random) -> bytes:
    text = rng.choice(_TEXTS)
    lines = text.split("\n")
    for _ in range(rng.randrange(1, 6)):
        if lines:
            _lines(rng, lines)
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    if rng.random() < 0.2:
        data = data[: rng.randrange(len(data) + 1)]
    if rng.random() < 0.2 and data:
        at = rng.randrange(len(data))
        data = data[:at] + rng.randbytes(rng.randrange(1, 4)) + data[at + 1 :]
    return data


def _examine(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder))
        write(root, {"manifests/m.yaml": ""})
        (root / "manifests" / "m.yaml").write_bytes(data)
        checked = check(root)
        for problem in checked.problems:
            assert problem.file
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message.strip()
            str(problem).encode("utf-8")
        errors = [problem for problem in checked.problems if not problem.warning]
        assert (checked.module is None) == bool(errors)
        if errors:
            with pytest.raises(ManifestError) as caught:
                load(root)
            assert caught.value.problems == checked.problems


@given(st.integers(0, 2**64))
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
def test_changed_manifests_make_problems_only(seed: int) -> None:
    _examine(_mutated(random.Random(seed)))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
@settings(max_examples=_EXAMPLES // 3, deadline=None, database=None)
def test_random_bytes_make_problems_only(data: bytes) -> None:
    _examine(data)
