"""The browser and the page that may not leave this machine."""

from tests.browser.conftest import browser, page  # noqa: F401
