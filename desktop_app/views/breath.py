"""A circle that grows while one breathes in and shrinks while one breathes out. No breath is held.

It goes only while it is seen, and stops when a person wants it to.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_app.care.pace import Pace, moment
from desktop_app.views.announcement import announce
from resources.messages import sentence

FRAME_MS: Final = 40
DIAMETER: Final = 190
"""Pixels, at the normal text size."""
SMALLEST: Final = 0.45
"""Of the diameter, at the end of breathing out."""


class Breath(QWidget):
    """`pause` and `resume`; a screen reader hears each change of direction."""

    def __init__(self, pace: Pace, diameter: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace = pace
        self._diameter = diameter
        self.now = moment(pace, 0)
        self._before = 0.0
        """Seconds that had gone by when it was paused last."""
        self._wanted = True
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._tick)
        self._word = QLabel(self)
        self._word.setObjectName("breath")
        self._word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addWidget(self._word)
        self._retranslate()

    @property
    def word(self) -> str:
        """What it says now."""
        return self._word.text()

    @property
    def paused(self) -> bool:
        """Whether the person wanted it to stand still."""
        return not self._wanted

    @property
    def running(self) -> bool:
        """Whether the circle moves."""
        return self._timer.isActive()

    def pause(self) -> None:
        """Stand still."""
        self._wanted = False
        self._stop()

    def resume(self) -> None:
        """Go on with a new breath in."""
        self._wanted, self._before = True, 0.0
        self.show_moment(0)
        self._start()

    def show_moment(self, seconds: float) -> None:
        """Show how it stands so long after the beginning."""
        turned = moment(self._pace, seconds).inwards is not self.now.inwards
        self.now = moment(self._pace, seconds)
        if turned:
            self._retranslate()
            announce(self, self.word)
        self.update()

    def sizeHint(self) -> QSize:
        """See Qt."""
        return QSize(self._diameter, self._diameter)

    def minimumSizeHint(self) -> QSize:
        """See Qt."""
        return self.sizeHint()

    def showEvent(self, event: QShowEvent) -> None:
        """See Qt."""
        super().showEvent(event)
        if self._wanted:
            self._start()

    def hideEvent(self, event: QHideEvent) -> None:
        """See Qt."""
        super().hideEvent(event)
        self._stop()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """See Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        largest = min(self.width(), self.height()) / 2 - 1
        size = largest * (SMALLEST + (1 - SMALLEST) * self.now.fullness)
        middle = QPointF(self.width() / 2, self.height() / 2)
        for radius, role in (
            (largest, QPalette.ColorRole.AlternateBase),
            (size, QPalette.ColorRole.Highlight),
        ):
            painter.setBrush(self.palette().color(role))
            painter.drawEllipse(middle, radius, radius)

    def _start(self) -> None:
        if self.isVisible():
            self._clock.start()
            self._timer.start()

    def _stop(self) -> None:
        if self._timer.isActive():
            self._before += self._clock.elapsed() / 1000
            self._timer.stop()

    def _tick(self) -> None:
        self.show_moment(self._before + self._clock.elapsed() / 1000)

    def _retranslate(self) -> None:
        word = "exercises.breathe_in" if self.now.inwards else "exercises.breathe_out"
        self._word.setText(sentence(word))
        self.setAccessibleName(sentence("exercises.circle"))
