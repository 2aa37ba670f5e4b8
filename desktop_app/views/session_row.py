"""A conversation in the list, painted: its title, and below it in small type when it was."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QInputMethodEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.message import Index
from desktop_app.views.painter_state import put_back
from desktop_app.views.sessions import DAY
from resources.messages import sentence

BETWEEN: Final = 2
"""Pixels between the two lines."""


class TitleField(QLineEdit):
    """Where a title is written, in its row."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.composing = False
        """Characters are being composed: Enter belongs to the input method."""
        self.filled = False
        """It shows the title that was, or what the person has made of it."""
        self.setAccessibleName(sentence("window.title_of_conversation"))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """See Qt."""
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)


class SessionDelegate(QStyledItemDelegate):
    """The ground is the style sheet's."""

    def __init__(self, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self._appearance = appearance

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """See Qt."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + BETWEEN + self._small().height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """See Qt."""
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        title, ground.text = ground.text, " "
        view = ground.widget
        style = view.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter, view)
        room = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, ground, view)
        metrics, day = QFontMetrics(ground.font), str(index.data(DAY))
        lines = metrics.height() + (BETWEEN + self._small().height() if day else 0)
        first = QRect(room.left(), room.center().y() - lines // 2, room.width(), metrics.height())
        colours = self._appearance.look.colours
        with put_back(painter):
            painter.setFont(ground.font)
            painter.setPen(QColor(colours.text))
            elided = metrics.elidedText(title, Qt.TextElideMode.ElideRight, first.width())
            painter.drawText(first, Qt.AlignmentFlag.AlignLeft, elided)
            below = first.translated(0, metrics.height() + BETWEEN)
            painter.setFont(self._appearance.look.font(theme.SMALL_PX))
            painter.setPen(QColor(colours.muted))
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, day)

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index
    ) -> TitleField:
        """See Qt."""
        return TitleField(parent)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """See Qt, which asks again whenever a row changes; what is being typed stays."""
        assert isinstance(editor, TitleField)
        if not editor.filled:
            super().setEditorData(editor, index)
            editor.filled = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt; Enter ends the writing, unless it ends the composing of characters."""
        if isinstance(event, QKeyEvent) and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            assert isinstance(watched, TitleField)
            if watched.composing:
                return True
        return super().eventFilter(watched, event)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """See Qt; a title is written over the whole row."""
        editor.setGeometry(option.rect)

    def _small(self) -> QFontMetrics:
        return QFontMetrics(self._appearance.look.font(theme.SMALL_PX))
