"""The Qt binding itself, where a version of it has failed us."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel

pytestmark = pytest.mark.gui

CALLS = 1000


class Sender(QObject):
    sent = Signal(object)


def test_calls_and_signals_keep_the_references_they_borrow(qapp: QApplication) -> None:
    """PySide6 6.12.0 lost one at each call, which ends Python 3.11 with "none_dealloc"."""
    label, sender = QLabel(), Sender()
    sender.sent.connect(lambda _value: None)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(CALLS):
        label.setEnabled(True)
        sender.sent.emit(True)
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert qapp is not None
    assert all(now > then - CALLS // 2 for now, then in zip(after, before, strict=True))
