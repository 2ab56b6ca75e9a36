"""The files on an application's page: groups, uploads, downloads, removal; and names of malice."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.handlers.fronts.api.api_world import basic
from tests.handlers.pages.browsing import Page
from tests.handlers.pages.site import MARKUP, PASSWORD, Site, deploy, hostile

pytestmark = pytest.mark.e2e


def enter(page: Page, *names: str) -> None:
    """Go into groups, one after the other."""
    for name in names:
        page.click(page.wait_for(f'.entry.group[data-name="{name}"] .step'))
        page.wait_for(".trail [aria-current]", name)
        page.wait(lambda: page.one(".entries").get_attribute("aria-busy") == "false")


def names(page: Page) -> list[str]:
    script = "return [...document.querySelectorAll('.entry')].map((one) => one.dataset.name)"
    return list(page.run(script))


def upload(page: Page, group: str, *files: tuple[str, bytes]) -> None:
    page.type(page.one(".adding input"), group)
    page.drop(".adding .zone", *((name, "text/plain", body) for name, body in files))


def shows(page: Page, *expected: str) -> None:
    """Wait until the listing has these entries."""
    page.wait(lambda: names(page) == list(expected))


def test_several_files_are_uploaded_listed_and_saved(page: Page, tmp_path: Path) -> None:
    contents = {f"part {number} ü.txt": b"%d" % number * 1000 for number in range(1, 8)}
    upload(page, "letters/new", *contents.items())
    page.wait(lambda: len(page.all('.transfer[data-state="done"]')) == 7)
    shows(page, *contents)
    assert page.text(".trail") == "All groupslettersnew"
    assert "1 kB" in page.one('.entry[data-name="part 1 ü.txt"]').text
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    page.click(page.one('[aria-label="Download part 7 ü.txt"]'))
    saved = tmp_path / "part 7 ü.txt"
    page.wait(saved.exists)
    assert saved.read_bytes() == contents[saved.name]
    assert page.complaints() == []


def test_a_file_of_the_same_name_is_replaced_when_one_says_so(page: Page, pictures: Site) -> None:
    upload(page, "notes", ("a.txt", b"first"))
    shows(page, "a.txt")
    upload(page, "notes", ("a.txt", b"second, longer"))
    page.wait_for('.transfer[data-state="failed"]', "There is a file of this name")
    assert _content(pictures, "notes/a.txt") == b"first"
    page.press("Replace it")
    page.wait(lambda: page.all('.transfer[data-state="done"]'))
    assert _content(pictures, "notes/a.txt") == b"second, longer"


def _content(pictures: Site, path: str) -> bytes:
    target = pictures.module.parent / "downloaded"
    target.unlink(missing_ok=True)
    pictures.files("download", f"users/{path}", target)
    return target.read_bytes()


def test_deletion_asks_first(page: Page) -> None:
    upload(page, "old/deep", ("one.txt", b"1"), ("two.txt", b"2"))
    page.wait(lambda: len(page.all('.transfer[data-state="done"]')) == 2)
    shows(page, "one.txt", "two.txt")
    page.click(page.one('[aria-label="Delete one.txt"]'))
    question = page.wait_for("dialog")
    assert question.accessible_name == "Delete one.txt?"
    assert page.driver.switch_to.active_element.text == "Keep"
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait(lambda: not page.all("dialog"))
    assert names(page) == ["one.txt", "two.txt"]
    page.click(page.one('[aria-label="Delete one.txt"]'))
    page.press("Delete", "dialog")
    shows(page, "two.txt")
    page.click(page.one(".trail .step"))
    page.click(page.wait_for('[aria-label="Delete old/"]'))
    page.press("Delete", "dialog")
    page.wait(lambda: "old" not in names(page) and page.text(".box > .unseen").startswith("old"))
    assert page.complaints() == []


def test_long_groups_come_page_by_page(page: Page, pictures: Site, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:03}.txt").write_text(str(number))
    pictures.files("upload", folder, "users/many")
    page.press("Refresh")
    enter(page, "many")
    page.wait(lambda: len(names(page)) == 50)
    page.press("Show more")
    page.wait(lambda: len(names(page)) == 60)
    assert names(page) == [f"{number:03}.txt" for number in range(60)]
    assert page.driver.switch_to.active_element.accessible_name == "Download 050.txt"
    assert not [one for one in page.all("button") if one.text == "Show more"]


def test_a_name_that_the_api_refuses_is_said(page: Page) -> None:
    upload(page, "a//b", ("x.txt", b"x"))
    assert "a name in the path is empty" in page.wait_for('.transfer[data-state="failed"]').text
    assert page.wait_for('.transfer[data-state="failed"] button', "Try again")


@pytest.fixture(scope="module")
def malice(
    browser: webdriver.Chrome, pictures: Site, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A second application of the same gateway, open to everybody but for one door."""
    return deploy(pictures.desk, hostile(tmp_path_factory.mktemp("malice")), "developer")


def test_an_open_application_needs_nobody_and_markup_stays_text(
    browser: webdriver.Chrome, malice: Site
) -> None:
    page = Page(browser, malice.url(), "/")
    assert page.text(".whoami") == "Not signed in"
    assert len(page.all(".function")) == 1
    page.click(page.one(".function-head"))
    page.wait_for(".panel")
    assert page.text(".function .lead").startswith(MARKUP)
    assert page.call() == "200 OK"
    assert page.text(".output .text") == MARKUP
    for language in ("curl", "Python"):
        assert "PASSWORD" not in page.snippet(language)
    page.drop(".adding .zone", (f"{MARKUP}.txt", "text/plain", b"x"))
    page.wait(lambda: names(page) == [f"{MARKUP}.txt"])
    page.click(page.one(".entry .warned"))
    assert page.wait_for("dialog h2").text == f"Delete {MARKUP}.txt?"
    page.press("Keep", "dialog")
    links = page.run("return [...document.links].map((one) => one.protocol)")
    assert set(links) == {"http:"}
    assert page.all("main img, main script") == []
    assert page.run("return globalThis.pwned") is None
    assert page.complaints() == []


def test_one_signs_in_for_what_is_closed(browser: webdriver.Chrome, malice: Site) -> None:
    page = Page(browser, malice.url(), "/")
    assert "Only for those who are signed in: echo" in page.text(".signin")
    assert len(page.all(".function")) == 1
    # The browser's own dialog is out of reach here; this is what it leads to.
    page.driver.execute_cdp_cmd("Network.enable", {})
    known = {"headers": basic("developer", PASSWORD)}
    page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", known)
    try:
        page.press("Sign in")
        page.wait(lambda: page.text(".whoami") == "Signed in as developer")
        assert len(page.all(".function")) == 2
        assert page.all(".signin") == []
    finally:
        page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})


def test_a_full_box_says_so(browser: webdriver.Chrome, malice: Site) -> None:
    page = Page(browser, malice.url(), "/")
    page.drop(".adding .zone", ("big.bin", "", bytes(1_100_000)))
    row = page.wait_for('.transfer[data-state="failed"]')
    assert "shelf" in row.text
