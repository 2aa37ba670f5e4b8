"""A history with times at the end of the calendar in the window, wherever on Earth it stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.vault.vault import Vault
from desktop_app.views.changing import Changing
from desktop_app.views.export_dialog import FORMS, ExportDialog
from desktop_app.views.finding import Finding
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.painter_state import put_back
from desktop_app.views.sessions import DAY
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.far_times import FAR, ZONES, at_the_end_of_the_calendar
from tests.support.window_run import WAIT_MS, rows, type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("qapp")]


@pytest.fixture(params=ZONES, autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The place on Earth where this computer stands."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def far(vault: Vault) -> Vault:
    at_the_end_of_the_calendar(vault, "far")
    return vault


def painted(window: MainWindow, widget: QWidget) -> QImage:
    """What is on the screen of a widget; an error in painting fails the test."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    widget.render(image, QPoint())
    assert window.isVisible()
    return image


@pytest.mark.usefixtures("far")
def test_it_is_listed_and_read(open_window: OpenWindow, tiny_model: Path) -> None:
    window = open_window(tiny_model)

    painted(window, window.side.list)

    index = window.sessions.index(0)
    window.side.list.setCurrentIndex(index)
    assert "9999" in index.data(DAY)
    assert window.conversation.id == "far"
    assert rows(window)[0].text == "萤火虫睡不着。"


@pytest.mark.usefixtures("far")
def test_it_is_found(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> None:
    window = open_window(tiny_model)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    finding = window.side.findChild(Finding)
    assert isinstance(finding, Finding)

    type_text(finding.field, "萤火虫")
    qtbot.waitUntil(finding.list.isVisible, timeout=WAIT_MS)

    painted(window, finding.list)
    said = finding.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert finding.model.rowCount() == 1
    assert "9999" in said


@pytest.mark.parametrize("form", FORMS)
def test_it_is_exported(qtbot: QtBot, far: Vault, tmp_path: Path, form: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    changing = Changing(far, parent)
    dialog = ExportDialog(far, changing, parent)
    dialog.open()
    dialog.form.setCurrentIndex(dialog.form.findData(form))

    dialog.export(tmp_path / "e")
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)

    written = {"pdf": b"%PDF-", "json": str(FAR).encode()}.get(form, b"9999-12-31 ")
    assert written in (tmp_path / "e").read_bytes()
    dialog.reject()
    changing.close()


def test_what_was_thrown_away_then_can_be_brought_back(
    open_window: OpenWindow, tiny_model: Path, far: Vault
) -> None:
    far.sessions.delete("far")
    far.database.rows("UPDATE session SET deleted = ?", (FAR,))
    window = open_window(tiny_model)
    parts = window.side.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)

    parts.trash.click()

    dialog = window.side.findChild(TrashDialog)
    assert isinstance(dialog, TrashDialog)
    shown = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    shown += [label.text() for label in dialog.findChildren(QLabel)]
    assert any("9999" in text for text in shown)
    dialog.back.click()
    assert window.conversation.id == "far"
    dialog.close()


def test_what_fails_while_it_paints_gives_the_painter_back() -> None:
    painter = QPainter(image := QImage(4, 4, QImage.Format.Format_RGB32))
    painter.setOpacity(0.5)

    def fail() -> None:
        with put_back(painter):
            painter.setOpacity(1)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert painter.opacity() == pytest.approx(0.5, abs=0.01)
    painter.end()
    assert not image.isNull()
