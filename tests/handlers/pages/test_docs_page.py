"""The page at `{url}/docs` in a real browser, behind a gateway's prefix."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.handlers.pages.browsing import Page, chromium
from tests.handlers.pages.functions import EVERYTHING, HOSTILE, MARKUP, UNDOCUMENTED
from tests.handlers.pages.serving import Gateway, function

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("everything")


@pytest.fixture(scope="module")
def gateway(driver: webdriver.Chrome, folder: Path) -> Iterator[Gateway]:
    with function(folder, EVERYTHING) as running:
        yield running


@pytest.fixture
def page(driver: webdriver.Chrome, gateway: Gateway) -> Page:
    return Page(driver, gateway.url)


def echoed(answer: Any, protocol: str = "predict") -> Any:
    data = next(one for one in answer["outputs"] if one["name"] == "echo")["data"]
    return json.loads(data[0]) if protocol == "v2" else data


def test_shows_what_the_docstring_declares(page: Page) -> None:
    assert page.text("h1").startswith("flowers")
    assert page.text(".lead") == "Answers with what it was given."
    row = page.row("small")
    assert "from 0 to 255" in row.text
    assert "UINT8 [*]" in row.text
    assert "optional" in row.text
    options = page.row("table").find_elements(By.CSS_SELECTOR, "option")
    assert [one.get_property("value") for one in options] == ["FP64", "INT32"]
    wanted = page.all('.outputs input[type="checkbox"]')
    assert [one.is_selected() for one in wanted] == [True, True, True]
    paths = [one.text for one in page.all(".endpoints .path")]
    assert {"/predict", "/v2/models/flowers/infer", "/metrics", "/openapi.json"} <= set(paths)


def test_loads_nothing_from_elsewhere_and_breaks_no_policy(page: Page, gateway: Gateway) -> None:
    page.put("note", "hello")
    assert page.call() == "200 OK"
    assert page.complaints() == []
    outside = [
        url
        for url in page.requested()
        if not url.startswith((f"{gateway.url}/", "data:image/svg+xml", "blob:"))
    ]
    assert outside == []


def test_links_to_endpoints_stay_below_the_prefix(page: Page, gateway: Gateway) -> None:
    links = [str(one.get_property("href")) for one in page.all(".endpoints a")]
    assert f"{gateway.url}/metrics" in links
    assert all(link.startswith(f"{gateway.url}/") for link in links)


CASES = [
    ("table", "5.1 3.5 1.4 0.2\n6 3 5 2", "FP64", [5.1, 3.5, 1.4, 0.2, 6, 3, 5, 2], [2, 4]),
    ("table", "[[1, 2, 3, 4.5]]", "FP64", [1, 2, 3, 4.5], [1, 4]),
    ("single", ".5", "FP32", [0.5], [1]),
    ("whole", "-7", "INT32", [-7], [1]),
    ("identity", "9007199254740993", "INT64", [9007199254740993], [1]),
    ("small", "0, 128; 255", "UINT8", [0, 128, 255], [3]),
    ("strict", "true", "BOOL", [True], [1]),
    ("words", "one two\nthree", "BYTES", ["one two", "three"], [2]),
    ("note", "Grüße, “Welt”\n<b>", "str", "Grüße, “Welt”\n<b>", None),
    (
        "options",
        '{"b": 1.0, "a": [null, true, "x"]}',
        "dict",
        {"b": 1.0, "a": [None, True, "x"]},
        None,
    ),
    ("picture", " ".join(["1.5"] * 64), "FP32", [1.5] * 64, [8, 8]),
]


@pytest.mark.parametrize("protocol", ["predict", "v2"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}")
def test_calls_with_each_datatype(
    page: Page, protocol: str, case: tuple[str, str, str, Any, list[int] | None]
) -> None:
    name, text, datatype, data, shape = case
    page.protocol(protocol)
    page.put(name, text)
    assert page.call() == "200 OK"
    (given,) = echoed(page.answer(), protocol)["inputs"]
    assert given["name"] == name
    assert given["datatype"] == datatype
    assert given["data"] == data
    if shape is not None:
        assert given["shape"] == shape
    assert page.complaints() == []


def test_sends_only_what_is_switched_on_and_wanted(page: Page) -> None:
    page.put("note", "one")
    page.put("whole", "1")
    page.click(page.row("whole").find_element(By.XPATH, "./label/input"))
    page.click(page.one('.outputs .row[data-name="mean"] input'))
    page.press("Add a parameter")
    name, value = page.all(".parameters .row input")
    page.type(name, "limit")
    page.type(value, "0.50")
    assert page.call() == "200 OK"
    seen = echoed(page.answer())
    assert [one["name"] for one in seen["inputs"]] == ["note"]
    assert [one["name"] for one in seen["outputs"]] == ["echo", "rows"]
    assert seen["parameters"] == [{"name": "limit", "value": 0.5}]


def test_draws_answers_by_their_kind(page: Page) -> None:
    page.put("table", "1.50 2 3 4\n5 6 7 8")
    page.put("note", "line one\nline two")
    page.call()
    views = {
        str(one.get_attribute("data-name")): one.get_attribute("data-view")
        for one in page.all(".output")
    }
    assert views == {
        "echo": "json",
        "mean": "value",
        "rows": "table",
        "note": "text",
        "picture": "picture",
    }
    cells = page.all('.output[data-name="rows"] td')
    assert [cell.text for cell in cells[:4]] == ["1.5", "2", "3", "4"]
    assert page.one('.output[data-name="note"] .text').text == "line one\nline two"
    facts = page.text(".facts")
    assert "ms" in facts
    assert len(page.text(".facts .identity dd")) == 32


def test_an_unreadable_field_is_named_and_nothing_is_sent(page: Page, gateway: Gateway) -> None:
    field = page.put("table", "1 2 3 four")
    before = len(gateway.paths)
    page.press("Call")
    assert "“four” is not a number" in page.row("table").text
    assert field.get_attribute("aria-invalid") == "true"
    assert page.driver.switch_to.active_element == field
    assert "Complete the form" in page.text(".snippets pre")
    assert gateway.paths[before:] == []
    page.put("table", "1 2 3 4")
    assert field.get_attribute("aria-invalid") is None


@pytest.mark.parametrize("protocol", ["predict", "v2"])
def test_an_error_of_the_server_marks_the_field_that_it_names(page: Page, protocol: str) -> None:
    page.protocol(protocol)
    page.put("note", "first, so that places differ")
    field = page.put("small", "1 300")
    assert page.call().startswith("400")
    assert "300 is outside UINT8" in page.text(".answer .error")
    assert "300 is outside UINT8" in page.row("small").text
    assert field.get_attribute("aria-invalid") == "true"
    page.press("Show the field")
    assert page.driver.switch_to.active_element == field
    page.put("small", "1 3")
    assert field.get_attribute("aria-invalid") is None


def test_an_error_of_user_code_is_shown(page: Page) -> None:
    page.put("note", "fail")
    assert page.call().startswith("500")
    assert page.text(".answer .error strong") == "ValueError"
    assert "the note says fail" in page.text(".answer .error")
    assert "ValueError" in page.text('[role="status"]')
    assert page.all(".answer .outputs") == []


def test_waiting_can_be_stopped(page: Page, folder: Path) -> None:
    page.put("note", "wait")
    page.press("Call")
    page.wait(lambda: page.one(".call").text == "Stop")
    page.press("Stop")
    page.wait(lambda: "You stopped waiting" in page.text(".answer"))
    (folder / "go").touch()


SNIPPET_INPUTS = {
    "table": "5.1 3.5 1.40 0.2\n6 3 5 2e-1",
    "identity": "9007199254740993",
    "strict": "true",
    "words": 'it\'s\n"quoted" \\ $HOME `id` !x',
    "note": "It's 100 % “fine”\nüñí 🌱 \\n",
    "options": '{"none": null, "yes": true, "deep": {"a\\/b": [1.0, -2]}, "p": "\\ud83c\\udf31"}',
}


@pytest.mark.parametrize("protocol", ["predict", "v2"])
@pytest.mark.parametrize("long", [False, True])
def test_the_shown_code_gives_the_answer_of_the_page(
    page: Page, protocol: str, *, long: bool
) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    page.protocol(protocol)
    for name, text in SNIPPET_INPUTS.items():
        page.put(name, text)
    if long:
        page.put("small", "\n".join(["255 0 17"] * 20_000))
    assert page.call() == "200 OK"
    expected = page.answer() if not long else None
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    by_curl = subprocess.run(
        ["bash"],
        input=page.snippet("curl").encode(),
        env=environment,
        capture_output=True,
        check=True,
    )
    by_python = subprocess.run(
        [sys.executable, "-I", "-"],
        input=page.snippet("Python").encode(),
        env=environment,
        capture_output=True,
        check=True,
    )
    assert by_curl.stderr == by_python.stderr == b""
    assert json.loads(by_curl.stdout) == json.loads(by_python.stdout)
    if expected is not None:
        assert json.loads(by_curl.stdout) == expected
        given = {one["name"]: one["data"] for one in echoed(expected, protocol)["inputs"]}
        assert given["note"] == SNIPPET_INPUTS["note"]


def test_the_code_follows_the_form_and_can_be_copied(page: Page) -> None:
    page.put("note", "before")
    assert "before" in page.snippet("curl")
    page.put("note", "after")
    assert "after" in page.text(".snippets pre")
    page.protocol("v2")
    assert "/v2/models/flowers/infer'" in page.text(".snippets pre")
    page.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    page.press("Copy", ".snippets")
    page.wait(lambda: any(one.text == "Copied" for one in page.all(".snippets button")))
    copied = page.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
    assert copied == page.text(".snippets pre")


def test_markup_in_docstrings_and_answers_stays_text(
    driver: webdriver.Chrome, tmp_path: Path
) -> None:
    with function(tmp_path, HOSTILE) as gateway:
        page = Page(driver, gateway.url)
        assert page.text(".lead") == MARKUP
        assert page.call() == "200 OK"
        assert page.text(".output .text") == MARKUP
        assert page.answer()["outputs"][1]["data"] == {MARKUP: MARKUP}
        page.snippet("Python")
        assert page.all("main img, main script, main svg") == []
        assert page.complaints() == []
        page.type(page.one(".inputs textarea"), "fail")
        assert page.call().startswith("500")
        assert MARKUP in page.text(".answer .error")
        assert page.all("main img, main script, main svg") == []
        assert page.run("return globalThis.pwned") is None


def test_a_function_without_a_docstring_can_be_called(
    driver: webdriver.Chrome, tmp_path: Path
) -> None:
    with function(tmp_path, UNDOCUMENTED) as gateway:
        page = Page(driver, gateway.url)
        page.press("Add an input")
        assert page.all(".wrong") == []
        page.press("Call")
        assert "Give it a name" in page.one(".inputs .wrong").text
        page.type(page.one('.inputs [data-part="name"]'), "values")
        page.type(page.one('.inputs [data-part="data"]'), "1 2\n3 4")
        page.press("Add an output")
        page.type(page.one('.outputs [data-part="name"]'), "sum")
        assert page.call() == "200 OK"
        seen = echoed(page.answer())
        assert seen["inputs"] == [
            {"name": "values", "datatype": "FP32", "data": [1, 2, 3, 4], "shape": [2, 2]}
        ]
        assert [one["name"] for one in seen["outputs"]] == ["sum"]
        page.click(page.one(".inputs .remove"))
        assert page.all(".inputs .row") == []


def test_a_picture_is_previewed_and_read_from_a_file(page: Page, tmp_path: Path) -> None:
    png = tmp_path / "grey.png"
    png.write_bytes(grey_png([[16 * (row + column) for column in range(8)] for row in range(8)]))
    page.put("picture", " ".join(["0"] * 64))
    row = page.row("picture")
    assert row.find_element(By.CSS_SELECTOR, ".preview").is_displayed()
    page.click(row.find_element(By.CSS_SELECTOR, "summary"))
    row.find_element(By.CSS_SELECTOR, 'input[type="file"]').send_keys(str(png))
    text = row.find_element(By.TAG_NAME, "textarea")
    page.wait(lambda: str(text.get_property("value")).count("\n") == 7)
    white = row.find_elements(By.CSS_SELECTOR, 'input[type="number"]')[1]
    page.type(white, "255")
    words = str(text.get_property("value")).split()
    assert [float(word) for word in words[:3]] == [0, 16, 32]
    assert page.call() == "200 OK"
    assert page.complaints() == []


def grey_png(rows: list[list[int]]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        size, checksum = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
        return size + kind + data + checksum

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(row) for row in rows)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_every_control_has_a_name_and_works_by_keyboard(page: Page) -> None:
    for row in page.all(".inputs .row > label input"):
        page.click(row)
    page.click(page.one(".from-file summary"))
    page.press("Add a parameter")
    controls = page.all("main input, main select, main textarea, main button")
    nameless = [
        one.get_attribute("outerHTML")
        for one in controls
        if one.is_displayed() and not one.accessible_name
    ]
    assert nameless == []
    identities = page.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(identities) == len(set(identities))
    page.type(page.one(".parameters input"), "p")
    for name in ("words", "small", "identity", "whole", "single", "table", "picture"):
        assert "value" in page.row(name).find_element(By.CSS_SELECTOR, ".note").text
    page.one('[role="tab"]').send_keys(Keys.ARROW_RIGHT)
    assert page.driver.switch_to.active_element.text == "Python"
    assert "import urllib.request" in page.text('[role="tabpanel"]')
    page.run("document.querySelector('.answer').replaceChildren()")
    page.one(".inputs textarea").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: page.all(".answer .reply"))


def test_fits_a_telephone_and_follows_the_colour_scheme(page: Page, gateway: Gateway) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        grounds.append(page.run("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]
    page.put("table", " ".join(["1234.5678"] * 400))
    page.call()
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert page.run("return document.documentElement.scrollWidth") == 360
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_description_that_cannot_be_read_is_said_and_tried_again(
    driver: webdriver.Chrome, gateway: Gateway
) -> None:
    gateway.broken.add("/openapi.json")
    page = Page(driver, gateway.url)
    assert "status 503" in page.text('[role="alert"]')
    gateway.broken.clear()
    page.press("Try again")
    page.wait(lambda: page.all("form"))


def test_without_metadata_the_page_still_works(driver: webdriver.Chrome, gateway: Gateway) -> None:
    gateway.broken.add("/v2/models/flowers")
    try:
        page = Page(driver, gateway.url)
        page.put("small", "1 2")
        assert page.call() == "200 OK"
    finally:
        gateway.broken.clear()
