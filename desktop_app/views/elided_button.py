"""A button that may be narrower than its words: what does not fit is left out in the middle."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter


class ElidedButton(QPushButton):
    """Screen readers get the whole text."""

    def minimumSizeHint(self) -> QSize:
        """See Qt; three characters and what stands around them."""
        around = self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        return QSize(around + 3 * self.fontMetrics().height(), self.sizeHint().height())

    def shown_text(self) -> str:
        """Return what of the text there is room for."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        element = QStyle.SubElement.SE_PushButtonContents
        room = self.style().subElementRect(element, option, self).width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """See Qt."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self.shown_text()
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)
