"""A headless Chromium, and the page as its reader sees it."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--window-size=1280,1000",
)


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a fresh profile; skips the test where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield running
    finally:
        running.quit()


_DROP = """
const [place, given] = arguments;
const dataTransfer = new DataTransfer();
for (const [name, type, body] of given) {
  const bytes = Uint8Array.from(atob(body), (one) => one.charCodeAt(0));
  dataTransfer.items.add(new File([bytes], name, {type}));
}
for (const kind of ["dragenter", "dragover", "drop"]) {
  place.dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true}));
}
"""


class Page:
    """The page at `{url}/docs`, or at another path below `url`, once it is built."""

    def __init__(self, driver: webdriver.Chrome, url: str, path: str = "/docs") -> None:
        self.driver = driver
        self._log("browser")
        self._log("performance")
        self._said: list[str] = []
        while self._open(f"{url}{path}") == "disturbed":
            self._log("performance")

    def _open(self, url: str) -> str:
        """How loading went: a network that comes or goes on the machine ends all requests."""
        self.driver.get(url)
        self._said = []

        def state() -> str:
            self._said += self._complaints()
            if any("ERR_NETWORK_CHANGED" in one for one in self._said):
                return "disturbed"
            return "ready" if self.one("main").get_attribute("aria-busy") == "false" else ""

        return str(self.wait(state))

    def wait(self, condition: Callable[[], Any]) -> Any:
        """What a condition says once it is true; elements may go while it looks at them."""
        fleeting = [StaleElementReferenceException, NoSuchElementException]
        waiting = WebDriverWait(self.driver, 30, poll_frequency=0.03, ignored_exceptions=fleeting)
        try:
            return waiting.until(lambda _: condition())
        except TimeoutException as error:
            shown = self.run("return document.body.innerText")
            raise AssertionError(f"{self.complaints()} on this page:\n{shown}") from error

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Everything that the element holds, on screen or not."""
        return str(self.one(selector).get_property("textContent"))

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def click(self, element: WebElement) -> None:
        """Click an element away from the edges, where the bar with the button may cover it."""
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def row(self, name: str) -> WebElement:
        return next(row for row in self.all(".row") if row.get_attribute("data-name") == name)

    def put(self, name: str, text: str, part: str = "data") -> WebElement:
        """Type into a field of an input; an optional one is sent from now on."""
        row = self.row(name)
        switch = row.find_elements(By.XPATH, "./label/input")
        if switch and not switch[0].is_selected():
            self.click(switch[0])
        control = row.find_element(By.CSS_SELECTOR, f'[data-part="{part}"]')
        return self.type(control, text)

    def type(self, control: WebElement, text: str) -> WebElement:
        if control.get_attribute("type") == "checkbox":
            if control.is_selected() != (text == "true"):
                self.click(control)
            return control
        self.run(
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            control,
            text,
        )
        return control

    def press(self, text: str, within: str = "main") -> None:
        """Press the button that says so."""
        buttons = self.all(f"{within} button")
        self.click(next(one for one in buttons if one.text == text and one.is_displayed()))

    def protocol(self, value: str) -> None:
        self.one(f'.switch input[value="{value}"]').send_keys(Keys.SPACE)

    def call(self) -> str:
        """Press Call and wait; the status line."""
        self.run("document.querySelector('.answer').replaceChildren()")
        self.press("Call")
        self.wait(lambda: self.all(".answer .reply"))
        self.wait(lambda: self.one(".send .call").text == "Call")
        return self.text(".answer .facts .status dd") if self.all(".answer .facts") else ""

    def answer(self) -> Any:
        """The raw answer of the last call, as JSON."""
        toggle = self.one(".raw-head button")
        if toggle.get_attribute("aria-expanded") == "false":
            self.click(toggle)
        return json.loads(self.text(".raw code"))

    def snippet(self, language: str) -> str:
        self.press(language, ".snippets")
        return self.text(".snippets pre")

    def drop(self, selector: str, *files: tuple[str, str, bytes]) -> None:
        """Drop files on an element: their names, types and contents."""
        given = [[name, kind, base64.b64encode(body).decode()] for name, kind, body in files]
        self.run(_DROP, self.one(selector), given)

    def wait_for(self, selector: str, text: str = "") -> WebElement:
        """The first such element, once there is one that says so."""
        found: WebElement = self.wait(
            lambda: next((one for one in self.all(selector) if text in one.text), None)
        )
        return found

    def complaints(self) -> list[str]:
        """What the console and the content security policy have to say."""
        said, self._said = [*self._said, *self._complaints()], []
        return said

    def _complaints(self) -> list[str]:
        return [f"{one['level']}: {one['message']}" for one in self._log("browser")]

    def requested(self) -> list[str]:
        """The URLs that pages asked for since this one was opened; not the browser's own tab."""
        events = [json.loads(one["message"])["message"] for one in self._log("performance")]
        urls = [
            str(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("chrome://")]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        """What the browser wrote since it was asked last."""
        return list(self.driver.get_log(kind))  # type: ignore[no-untyped-call]
