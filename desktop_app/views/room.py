"""The place in the middle of the window: the gate, then the conversation, and what covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

if TYPE_CHECKING:  # what shows conversations is loaded when there are some
    from desktop_app.views.gate import Gate
    from desktop_app.views.middle import Middle


class Room(QStackedWidget):
    """Shows the gate until a conversation takes its place; a page can cover either for a while."""

    def __init__(self, gate: Gate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._beneath: Gate | Middle = gate
        self._cover: QWidget | None = None
        self.addWidget(gate)

    def give_to(self, conversation: Middle) -> None:
        """Show the conversation in the gate's place from now on."""
        self.addWidget(conversation)
        self._beneath = conversation
        self._show()

    def cover(self, page: QWidget) -> None:
        """Show `page` in the place of all else, until `uncover`."""
        self.uncover()
        self._cover = page
        self.addWidget(page)
        self._show()

    def uncover(self) -> None:
        """Take away the page that covers the others, if there is one."""
        page, self._cover = self._cover, None
        if page is not None:
            self.removeWidget(page)
            page.hide()
            page.deleteLater()
            self._show()

    def take_keyboard(self) -> None:
        """Give the keyboard to what a person would type into now."""
        self._beneath.take_keyboard()

    def _show(self) -> None:
        self.setCurrentWidget(self._cover or self._beneath)
