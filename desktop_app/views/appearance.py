"""Which scheme and text size are in force; tells everyone when that changes.

The scheme follows the system until a person chooses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from desktop_app.settings import Scheme
from desktop_app.views import theme

SCALES: Final = (0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
NORMAL: Final = SCALES.index(1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """What a widget needs to paint itself."""

    colours: theme.Colours
    scale: float

    def font(self, pixels: int, *, bold: bool = False) -> QFont:
        """Return the window's font at `pixels` of scale 1."""
        return theme.font(pixels, self.scale, bold=bold)

    def px(self, pixels: int) -> int:
        """Return a length that grows with the text."""
        return round(pixels * self.scale)


class Appearance(QObject):
    """The application's look. `changed` comes after style sheet and palette are in place."""

    changed = Signal()

    def __init__(
        self, app: QApplication, scheme: Scheme = Scheme.SYSTEM, text_step: int = 0
    ) -> None:
        """Take the look a person chose; `text_step` counts from the normal text size."""
        super().__init__()
        self._app = app
        self._scale = _within(NORMAL + text_step)
        app.styleHints().colorSchemeChanged.connect(self._apply)
        self.choose(scheme)

    @property
    def text_step(self) -> int:
        """The text size in steps from the normal one."""
        return self._scale - NORMAL

    def choose(self, scheme: Scheme) -> None:
        """Take `scheme` from now on."""
        self.scheme = scheme
        # The system draws the window's frame and its file dialogs; they shall match.
        wanted = {Scheme.DARK: Qt.ColorScheme.Dark, Scheme.LIGHT: Qt.ColorScheme.Light}
        self._app.styleHints().setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
        self._apply()

    def zoom(self, steps: int) -> None:
        """Make the text larger or smaller by `steps`; 0 returns to the normal size."""
        self._scale = _within(self._scale + steps if steps else NORMAL)
        self._apply()

    def _look(self) -> Look:
        dark = self.scheme is Scheme.DARK or (
            self.scheme is Scheme.SYSTEM
            and self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        )
        return Look(theme.DARK if dark else theme.LIGHT, SCALES[self._scale])

    def _apply(self) -> None:
        look = self.look = self._look()
        self._app.setPalette(theme.palette(look.colours))
        self._app.setFont(look.font(theme.INTERFACE_PX))
        self._app.setStyleSheet(theme.style_sheet(look.colours, look.scale))
        self.changed.emit()


def _within(step: int) -> int:
    return min(max(step, 0), len(SCALES) - 1)
