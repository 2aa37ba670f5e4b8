"""The people of the safety plan, each with buttons that have a call or a message prepared.

Another program opens, and the person sends it there; that is said beside the buttons. Where no
program answers, what would have gone into it is copied, and that is said.
"""

from __future__ import annotations

import html
from functools import partial

from PySide6.QtCore import QByteArray, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.care.safety_plan import Contact, SafetyPlan
from desktop_app.care.trusted_contact import Way, link, message_of, telephone, ways
from desktop_app.views.announcement import announce
from desktop_app.views.panel import Text
from desktop_app.views.styling import spacious
from resources.messages import sentence


class ContactReach(QWidget):
    """Shows `plan`'s people; made anew where the plan or the language changes."""

    def __init__(self, plan: SafetyPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message_of(plan)
        self.buttons: list[QPushButton] = []
        """One for each way to each person."""
        self.done = QLabel(self)
        """What became of the last press of a button."""
        self.done.setObjectName("hint")
        self.done.setWordWrap(True)
        self.done.hide()
        self.copy = QPushButton(sentence("contact.copy"), self)
        self.copy.clicked.connect(self._copy_message)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for contact in plan.people:
            column.addWidget(words(contact.line()))
            self._add_ways(column, contact)
            column.addSpacing(6)
        column.addWidget(words(sentence("contact.prepared", message=self._message), "cardStep"))
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.done)
        column.addWidget(Text("contact.never_sent", "quiet"))

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.buttons[0] if self.buttons else self.copy

    def _add_ways(self, column: QVBoxLayout, contact: Contact) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        for way in ways(contact):
            button = QPushButton(sentence(f"contact.{way}"), self)
            button.setAccessibleName(sentence(f"contact.{way}_whom", name=contact.line()))
            button.clicked.connect(partial(self._reach, contact, way))
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        if row.count() > 1:
            column.addLayout(row)

    def _reach(self, contact: Contact, way: Way) -> None:
        url = QUrl.fromEncoded(QByteArray(link(contact, way, self._message).encode()))
        if QDesktopServices.openUrl(url):
            self._tell("contact.opened")
        elif way is Way.CALL:
            self._copy(telephone(contact.number), "contact.number_copied")
        else:
            self._copy(self._message, "contact.message_copied_instead")

    def _copy_message(self) -> None:
        self._copy(self._message, "contact.message_copied")

    def _copy(self, text: str, told: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._tell(told)

    def _tell(self, key: str) -> None:
        self.done.setText(spacious(html.escape(sentence(key))))
        self.done.setAccessibleName(sentence(key))
        self.done.show()
        announce(self.done, sentence(key))


def words(text: str, name: str = "planWords") -> QLabel:
    """Return words of the plan, which can be copied."""
    label = QLabel(spacious(html.escape(text)))
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setAccessibleName(text)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
