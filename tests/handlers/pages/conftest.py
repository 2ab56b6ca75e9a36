"""Fixtures of the application's page: one deployed application, one browser that is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.e2e import modules
from tests.handlers.pages.browsing import Page, chromium
from tests.handlers.pages.site import Site, deploy, desk


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Site]:
    """The example with pictures, for two users; its function falls asleep after a second."""
    folder = tmp_path_factory.mktemp("pictures")
    module = modules.example("pictures", folder)
    manifest = module / "manifests" / "pictures.yaml"
    text = manifest.read_text("utf-8").replace("scaling:\n", "scaling:\n    idle: 1s\n")
    manifest.write_text(text, "utf-8")
    home = desk(folder)
    try:
        yield deploy(home, module, "developer", "alice")
    finally:
        home.close()


@pytest.fixture
def page(browser: webdriver.Chrome, pictures: Site) -> Page:
    """The application's page, as the developer sees it."""
    return Page(browser, pictures.url("developer"), "/")
