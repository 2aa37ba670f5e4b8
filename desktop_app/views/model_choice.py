"""Which model the window uses: choosing one, opening it, and the ways on where there is none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.errors import ModelError
from desktop_app.views.counselling import Counselling
from desktop_app.views.exchange import Exchange
from desktop_app.views.notice import WayOn
from desktop_app.views.preferences import Preferences
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.engine.placement import Why

CRASHED: Final = "model.crashed_while_loading"


class ModelChoice(QObject):
    """Remembers how the model is; `changed` says that it is otherwise now."""

    changed = Signal()
    opened = Signal()

    def __init__(
        self,
        counselling: Counselling,
        exchange: Exchange,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.status = "window.model_opening"
        """Key of the sentence that says how the model is."""
        self.error: Exception | None = None
        """Why there is no model, for as long as there is none."""
        self.may_choose = True
        """Whoever has shown no key of the history that is here names no file to be run."""
        self._counselling = counselling
        self._exchange = exchange
        self._preferences = preferences
        self._window = window
        counselling.opening_began.connect(self._opening)
        counselling.opened.connect(self._opened)
        counselling.placed.connect(self.changed)
        counselling.failed_to_open.connect(self._failed)

    @property
    def used(self) -> str | None:
        """The model the window uses, which a start may name in place of the one that is set."""
        return self._counselling.model

    @property
    def place(self) -> Why | None:
        """Where the model computes, while there is one."""
        return self._counselling.place if self.status == "window.model_ready" else None

    def choose(self) -> None:
        """Let the person pick a model file; nothing blocks meanwhile."""
        dialog = QFileDialog(self._window, sentence("settings.choose_model"))
        dialog.setNameFilter(f"{sentence('window.model_files')} (*.gguf)")
        dialog.fileSelected.connect(self.open)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self, model: str | None) -> None:
        """Use another model from now on; None is the one that ships."""
        self._preferences.change(model=model)
        self._exchange.stop_asked()
        self._counselling.open(model, wished=True)

    def ways(self) -> list[WayOn]:
        """Return the ways to a model."""
        crashed = isinstance(self.error, ModelError) and self.error.key == CRASHED
        ways = [WayOn("settings.choose_model", self.choose)] if self.may_choose else []
        ways.append(
            WayOn(
                "window.load_anyway" if crashed else "window.try_again",
                partial(self._counselling.open_again, wished=True),
            )
        )
        if self._preferences.settings.model is not None:
            ways.append(WayOn("settings.shipped_model", partial(self.open, None)))
        return ways

    def _opening(self) -> None:
        self._is("window.model_opening")

    def _failed(self, error: Exception) -> None:
        self._is("window.model_missing", error)

    def _opened(self) -> None:
        self._is("window.model_ready")
        self.opened.emit()

    def _is(self, status: str, error: Exception | None = None) -> None:
        self.status, self.error = status, error
        self.changed.emit()
