"""Pages that are made from the program are up to date, links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])

_LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("name", GENERATE["PAGES"])
def test_reference_is_what_the_program_says(name: str) -> None:
    made = GENERATE["PAGES"][name]()
    there = (ROOT / "docs" / name).read_text("utf-8")
    assert there == made, f"docs/{name} is stale; type: python docs/generate.py"


def test_completion_belongs_to_the_program_alone() -> None:
    assert "--install-completion" not in GENERATE["cli_page"]()


def test_keys_that_local_does_not_use_exist() -> None:
    marked = GENERATE["manifest_page"]()
    for key in GENERATE["NOT_LOCAL"]:
        name = key.split()[1]
        assert re.search(rf"`{re.escape(name)}`.* {GENERATE['MARK']} \|", marked), key


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = page.read_text("utf-8")
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        file, _, anchor = link.partition("#")
        target = (page.parent / file) if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
