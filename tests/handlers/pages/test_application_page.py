"""The page at an application's URL: a picture goes in, a picture comes out, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.e2e.world import until
from tests.handlers.fronts.api.api_world import basic, send
from tests.handlers.pages.browsing import Page, chromium
from tests.handlers.pages.site import PASSWORD, Site, png

pytestmark = pytest.mark.e2e

WIDTH, HEIGHT = 40, 30

#: Black on the left, white on the right.
PICTURE = png(WIDTH, HEIGHT, lambda column, _: (255, 255, 255) if column >= 20 else (0, 0, 0))

PIXELS = """
const [url, done] = arguments;
(async () => {
  const picture = await createImageBitmap(await (await fetch(url)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const {data} = pen.getImageData(0, 0, picture.width, picture.height);
  const light = [];
  for (let at = 0; at < data.length; at += 4) light.push(data[at]);
  return [picture.width, picture.height, light];
})().then(done, (error) => done(String(error)));
"""


def opened(page: Page) -> Page:
    """The page with its function's panel open."""
    page.click(page.one(".function-head"))
    page.wait_for(".panel")
    return page


def uploaded(page: Page, name: str = "photo.png") -> str:
    """Drop the picture and wait; where it is stored."""
    page.drop(".file-field .zone", (name, "image/png", PICTURE))
    page.wait(lambda: page.all(".chosen .name"))
    return str(page.one(".file-field [data-part]").get_property("value"))


@pytest.mark.parametrize("protocol", ["predict", "v2"])
def test_a_dropped_picture_goes_in_and_the_result_is_shown(
    page: Page, pictures: Site, protocol: str
) -> None:
    opened(page).protocol(protocol)
    assert uploaded(page, f"{protocol}.png") == f"uploads/{protocol}.png"
    assert page.call() == "200 OK"
    shown = page.wait_for('.output[data-name="edges"] img')
    page.wait(lambda: shown.get_property("complete"))
    assert [shown.get_property("naturalWidth"), shown.get_property("naturalHeight")] == [40, 30]
    link = shown.get_attribute("src")
    width, height, light = page.driver.execute_async_script(PIXELS, link)
    assert (width, height) == (WIDTH, HEIGHT)
    inner = [light[row * WIDTH : (row + 1) * WIDTH] for row in range(1, HEIGHT - 1)]
    assert all(255 in row[19:21] for row in inner)
    assert {value for row in inner for value in row[1:18] + row[22:39]} == {0}
    cells = page.all('.output[data-name="size"] td')
    assert [one.text for one in cells] == ["40", "30"]
    share = float(page.text('.output[data-name="share"] .value'))
    assert share == pytest.approx(sum(light) / len(light) / 255)
    assert page.complaints() == []
    origins = {
        f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}"
        for url in page.requested()
        if url.startswith("http")
    }
    assert origins == {pictures.origin, pictures.store}


def test_the_store_is_the_only_other_place_that_the_policy_names(pictures: Site) -> None:
    answer = send("GET", f"{pictures.url()}/", headers=basic("developer", PASSWORD))
    policy = dict(
        one.strip().split(" ", 1) for one in answer.headers["content-security-policy"].split(";")
    )
    assert policy["connect-src"] == f"'self' {pictures.store}"
    assert policy["img-src"] == f"'self' {pictures.store} data: blob:"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"


def test_links_lead_through_preflights_of_the_browser(pictures: Site) -> None:
    asked = {
        "origin": pictures.origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type,if-none-match,x-amz-checksum-sha256",
    }
    answer = send("OPTIONS", f"{pictures.store}/faasctl/any", headers=asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"]
    assert {"content-type", "if-none-match", "x-amz-checksum-sha256"} <= set(allowed.split(", "))


def test_strangers_are_asked_who_they_are(pictures: Site) -> None:
    for headers in ({}, basic("developer", "wrong"), basic("nobody", PASSWORD)):
        answer = send("GET", f"{pictures.url()}/", headers=headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert send("GET", f"{pictures.url()}/docs/application.js").status == 200


def test_opening_a_function_wakes_it_and_nothing_else_does(page: Page, pictures: Site) -> None:
    until(lambda: not _processes(pictures))
    page.driver.refresh()
    page.wait_for(".entries, .empty")
    assert not any("/edges/" in url for url in page.requested())
    assert not _processes(pictures)
    opened(page)
    assert page.text(".function .lead").startswith("Find the edges in a picture.")
    assert _processes(pictures)


def _processes(pictures: Site) -> list[Any]:
    """The processes of the function `edges`."""
    return [one for one in pictures.desk.functions() if "edges" in " ".join(one.cmdline())]


def test_a_function_that_is_not_reached_is_said_and_tried_again(page: Page) -> None:
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/edges/openapi.json"]})
    try:
        page.click(page.one(".function-head"))
        page.wait_for('.function [role="alert"]')
    finally:
        page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    page.press("Try again")
    page.wait_for(".panel")


@pytest.mark.parametrize("protocol", ["predict", "v2"])
def test_the_shown_code_does_the_whole_way(
    page: Page, pictures: Site, tmp_path: Path, protocol: str
) -> None:
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("curl and jq are not installed")
    opened(page).protocol(protocol)
    name = f"it's a $HOME {protocol}.png"
    uploaded(page, name)
    assert page.call() == "200 OK"
    expected = _comparable(page.answer())
    for language, words in (("curl", ["bash"]), ("Python", [sys.executable, "-I", "-"])):
        place = tmp_path / language
        place.mkdir()
        (place / name).write_bytes(PICTURE)
        done = subprocess.run(
            words,
            input=page.snippet(language).encode(),
            cwd=place,
            env={**os.environ, "PASSWORD": PASSWORD, "NO_PROXY": "*", "no_proxy": "*"},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert _comparable(json.loads(done.stdout)) == expected
        assert sorted(file.name for file in place.iterdir()) == ["edges.png", name]
    made = {(tmp_path / one / "edges.png").read_bytes() for one in ("curl", "Python")}
    (stored,) = made
    link = page.one('.output[data-name="edges"] img').get_attribute("src")
    assert link is not None
    assert send("GET", link).body == stored


def _comparable(answer: Any) -> Any:
    """An answer without what differs from call to call."""
    for output in answer["outputs"]:
        if output["name"] == "edges":
            output.pop("url", None)
            output.get("parameters", {}).pop("url", None)
            output["data"] = json.dumps(output["data"]).rpartition("/")[2]
    return {key: value for key, value in answer.items() if key != "id"}


def test_the_code_of_a_stored_file_has_no_upload(page: Page) -> None:
    opened(page).put("picture", "uploads/it.png")
    code = page.snippet("curl")
    assert "presigned_put_url" not in code
    assert "--no-clobber" in code
    page.click(page.one('.outputs .row[data-name="edges"] input'))
    assert "--no-clobber" not in page.snippet("curl")


def test_a_file_that_is_not_there_is_said_at_its_field(page: Page) -> None:
    opened(page)
    assert "Complete the form" in page.text(".snippets pre")
    field = page.put("picture", "uploads/none.png")
    assert page.call().startswith("400")
    assert "there is no file 'uploads/none.png'" in page.row("picture").text
    assert field.get_attribute("aria-invalid") == "true"
    page.press("Show the field")
    assert page.driver.switch_to.active_element == field


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(page: Page, pictures: Site) -> None:
    opened(page)
    page.driver.execute_cdp_cmd("Network.enable", {})
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        page.drop(".file-field .zone", ("big.png", "image/png", bytes(3_000_000)))
        page.wait(lambda: page.run("return document.querySelector('progress')?.value > 0"))
        assert "% of 3 MB" in page.text(".transfer .status")
        page.press("Cancel")
        page.wait_for('.transfer[data-state="cancelled"]', "Cancelled")
    finally:
        page.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1}
        )
    headers = basic("developer", PASSWORD)
    url = f"{pictures.url()}/files/users/uploads/big.png"
    assert send("HEAD", url, headers=headers).status == 404
    assert page.one(".file-field [data-part]").get_property("value") == ""


def test_a_second_file_of_a_name_replaces_nothing(page: Page) -> None:
    first = uploaded(opened(page), "same.png")
    page.run("document.querySelector('.chosen').replaceChildren()")
    second = uploaded(page, "same.png")
    assert [first, second] == ["uploads/same.png", "uploads/same-2.png"]


def test_the_content_type_follows_the_file(page: Page) -> None:
    opened(page)
    page.drop(".file-field .zone", ("words.txt", "text/plain", b"no picture"))
    page.wait_for(".chosen .name")
    assert '"content_type": "text/plain"' in page.text(".snippets pre")
    kinds = page.row("picture").find_elements(By.CSS_SELECTOR, ".labelled.wide input")
    assert [one.get_property("value") for one in kinds] == ["text/plain"]


def test_works_by_keyboard_and_every_control_has_a_name(page: Page) -> None:
    page.one(".function-head").send_keys(Keys.ENTER)
    page.wait_for(".panel")
    assert page.one(".function-head").get_attribute("aria-expanded") == "true"
    uploaded(page)
    page.wait(lambda: page.one(".entries").get_attribute("aria-busy") == "false")
    nameless = [
        one.get_attribute("outerHTML")
        for one in page.all("main input, main select, main textarea, main button, main progress")
        if one.is_displayed() and not one.accessible_name
    ]
    assert nameless == []
    identities = page.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(identities) == len(set(identities))
    page.one(".function-head").send_keys(Keys.SPACE)
    assert not page.one(".panel").is_displayed()


def test_fits_a_telephone(page: Page) -> None:
    uploaded(opened(page))
    page.call()
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert page.run("return document.documentElement.scrollWidth") == 360
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_users_see_their_own_area_alone(page: Page, pictures: Site, tmp_path: Path) -> None:
    uploaded(opened(page), "mine.png")
    assert page.wait_for(".entry.group", "uploads/")
    with chromium(tmp_path / "profile") as driver:
        alice = Page(driver, pictures.url("alice"), "/")
        assert alice.text(".whoami") == "Signed in as alice"
        assert alice.wait_for(".more .empty").text == "Nothing here yet."
        opened(alice).put("picture", "uploads/mine.png")
        assert alice.call().startswith("400")
        assert uploaded(alice) == "uploads/photo.png"
        assert alice.complaints()[1:] == []  # the 400 is the console's to tell


def test_a_page_of_a_function_shows_no_password(browser: webdriver.Chrome, pictures: Site) -> None:
    page = Page(browser, f"{pictures.url('developer')}/edges")
    page.put("picture", "uploads/photo.png")
    assert PASSWORD.split()[1] not in page.text("main")
    assert f"'{pictures.url()}/edges/predict'" in page.snippet("curl")
