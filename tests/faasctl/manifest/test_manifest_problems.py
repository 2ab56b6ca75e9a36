"""Bad manifests and exactly what is said about them, in `golden/problems/*.txt`.

A case is `=== HEAD: NAME`, the lines after that head (see `manifest_samples.HEADS`), `--->`, and
the problems.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faasctl.manifest.manifest_samples import HEADS, make, problems_of

_FILES = sorted((Path(__file__).parent / "golden" / "problems").glob("*.txt"))
_START, _ARROW = "=== ", "--->\n"


def _cases(file: Path) -> list[tuple[str, str, str]]:
    """Title, body and expected problems of each case."""
    found = []
    for block in ("\n" + file.read_text(encoding="utf-8")).split("\n" + _START)[1:]:
        title, _, rest = block.partition("\n")
        body, _, expected = rest.partition(_ARROW)
        found.append((title, body, expected.strip("\n")))
    return found


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_every_problem_says_where_and_what_and_how_to_go_on(
    file: Path, tmp_path: Path, *, update_golden: bool
) -> None:
    blocks = []
    cases = _cases(file)
    for index, (title, body, expected) in enumerate(cases):
        head, _, _ = title.partition(": ")
        root = make(tmp_path / str(index))
        got = problems_of(root, HEADS[head] + body)
        blocks.append(f"{_START}{title}\n{body}{_ARROW}{got}\n")
        assert update_golden or got == expected, title
    if update_golden:
        file.write_text("\n".join(blocks), encoding="utf-8")


def test_the_tables_have_the_cases() -> None:
    assert sum(len(_cases(file)) for file in _FILES) > 150


def test_every_case_is_refused_or_warned_about() -> None:
    assert all(expected for file in _FILES for _, _, expected in _cases(file))
