"""The browser of the tests in tests/browser."""

from tests.browser.conftest import chromium

__all__ = ["chromium"]
