"""What this program is, under which licences, and what it does when somebody is in danger.

In reach always, before a history is open too; all of it comes with the program.
"""

from __future__ import annotations

from importlib import metadata, resources
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from desktop_app.errors import ModelError
from desktop_app.models.library import find_model, shipped_folder
from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.panel import Text
from desktop_app.views.protocol_text import lay_out
from resources.messages import language, sentence

PROGRAM: Final = "soulchat-desktop"
SIZE: Final = (680, 620)


class About(QDialog):
    """Closed by the person, or by locking; then it is gone."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        appearance.changed.connect(self._retranslate)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._licences = QLabel(self)
        self._licences.setObjectName("quiet")
        self._licences.setTextFormat(Qt.TextFormat.PlainText)  # the model's own words are in it
        self._licences.setWordWrap(True)
        self.protocol = QTextBrowser(self)
        self.protocol.setObjectName("protocol")
        self.protocol.setOpenLinks(False)
        self.close_button = QPushButton(self)
        self.close_button.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(8)
        self._heading = QLabel(self)
        self._heading.setObjectName("panelTitle")
        column.addWidget(self._heading)
        column.addWidget(Text("about.program"))
        column.addWidget(self._licences)
        column.addWidget(Text("about.other_model", "quiet"))
        column.addSpacing(8)
        column.addWidget(self.protocol, 1)
        column.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.resize(*SIZE)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.setWindowTitle(sentence("about.title"))
        version = metadata.version(PROGRAM)
        self._heading.setText(sentence("about.version", version=version))
        self._licences.setText(f"{_licence_of_program()}\n{_licence_of_model()}".strip())
        self.protocol.setAccessibleName(sentence("about.protocol"))
        lay_out(self.protocol.document(), crisis_protocol(), self._appearance.look)
        self.protocol.moveCursor(QTextCursor.MoveOperation.Start)
        self.close_button.setText(sentence("about.close"))


def crisis_protocol() -> str:
    """Return what happens when somebody is in danger, as Markdown in the language in force."""
    file = resources.files("resources").joinpath("crisis_protocol", f"{language()}.md")
    return file.read_text(encoding="utf-8")


def _licence_of_program() -> str:
    return sentence("about.licence", licence=metadata.metadata(PROGRAM)["License-Expression"])


def _licence_of_model() -> str:
    """Return the sentence; empty where what ships with the model cannot be read."""
    try:
        model = find_model(None, shipped_folder())
    except ModelError:
        return ""
    manifest = model.manifest
    return sentence("about.model_licence", name=manifest.name, licence=manifest.licence or "")
