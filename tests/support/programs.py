"""Programs of the desktop that open links, in a test's place: Qt hands the links to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

SCHEMES = ("tel", "sms", "mailto")


class Programs(QObject):
    """Remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(bytes(url.toEncoded().data()).decode())


@pytest.fixture
def programs() -> Iterator[Programs]:
    """This computer has a program for calls, for texts and for mail."""
    made = Programs()
    for scheme in SCHEMES:
        QDesktopServices.setUrlHandler(scheme, made, "open")
    yield made
    for scheme in SCHEMES:
        QDesktopServices.unsetUrlHandler(scheme)


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer has none, whatever the one that runs the tests has."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
