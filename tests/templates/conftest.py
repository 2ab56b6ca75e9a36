"""`pytest tests/templates --refresh-locks` makes the template's and the examples' locks anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-locks", action="store_true", help="make all locks anew, by uv")
