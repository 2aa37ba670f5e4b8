"""Qt's own words in the language in force: menus of text fields, and file dialogs of its own.

Where the system has a file dialog Qt shows that one, which speaks the system's language.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

from resources.messages import Language

CATALOGUES: Final[dict[Language, str]] = {"zh": "qtbase_zh_CN"}
"""Qt's translations, in PySide6's wheel; English is what it speaks without one."""


def speak(language: Language) -> None:
    """Have Qt's own words in `language` from now on; every window hears of the change."""
    app = QCoreApplication.instance()
    assert app is not None, "Qt speaks when there is an application"
    for spoken in app.findChildren(QTranslator):
        app.removeTranslator(spoken)
        spoken.deleteLater()
    if language in CATALOGUES:
        words = QTranslator(app)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if words.load(CATALOGUES[language], folder):
            app.installTranslator(words)
