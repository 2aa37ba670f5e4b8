"""A real window on a real X server, with a real child behind it.

Run under Xvfb with QT_QPA_PLATFORM=xcb, as `make test` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import application, running_window
from desktop_app.paths import Paths
from desktop_app.views.window import MainWindow
from tests.support.engine_fixtures import endless_model, tiny_model
from tests.support.engine_tiny import write_tiny_model

__all__ = ["endless_model", "tiny_model"]

OpenWindow = Callable[..., MainWindow]


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application as the program makes it, in place of pytest-qt's."""
    return application()


@pytest.fixture(scope="session")
def chatty_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你你你… as fast as it can, up to the longest reply."""
    return write_tiny_model(tmp_path_factory.mktemp("chatty"), says="你", ends=False)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data=tmp_path / "data", cache=tmp_path / "cache")


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot, paths: Paths) -> Iterator[OpenWindow]:
    """Opens the window on a model; confirms the notice unless told otherwise."""
    with ExitStack() as windows:

        def open_it(model: Path, *, confirmed: bool = True) -> MainWindow:
            window = windows.enter_context(running_window(qapp, str(model), paths))
            window.show()
            qtbot.waitExposed(window)
            window.activateWindow()
            if confirmed:
                window.middle.welcome.confirm.click()
            return window

        yield open_it
