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
from desktop_app.vault.vault import Vault
from desktop_app.views.changing import Changing
from desktop_app.views.window import MainWindow
from tests.support.engine_fixtures import endless_model, slow_speaker, tiny_model
from tests.support.engine_tiny import write_tiny_model
from tests.support.fake_login import address, login
from tests.support.gate_fixtures import answered, no_keyring, start
from tests.support.locking import opened
from tests.support.shown import show
from tests.support.small_disk import small_disk
from tests.support.vault_fixtures import closed, data_key, folder, made, vault
from tests.support.vault_keyring import secret_service, silent_keyring

__all__ = [
    "address",
    "answered",
    "closed",
    "data_key",
    "endless_model",
    "folder",
    "login",
    "made",
    "no_keyring",
    "opened",
    "secret_service",
    "silent_keyring",
    "slow_speaker",
    "small_disk",
    "start",
    "tiny_model",
    "vault",
]

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
    return Paths(*(tmp_path / name for name in ("data", "cache", "config", "state")))


@pytest.fixture
def open_window(
    qapp: QApplication, qtbot: QtBot, paths: Paths, vault: Vault
) -> Iterator[OpenWindow]:
    """Opens the window on a model and the test's vault; `history` is None for off the record.

    The gate before it has tests of its own.
    """
    with ExitStack() as windows:

        def open_it(model: Path, *, history: Vault | None = vault) -> MainWindow:
            window = windows.enter_context(running_window(qapp, str(model), paths))
            show(qtbot, window)
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow)  # shortcuts are the active window's
            changing = None if history is None else Changing(history, window)
            window.open_history(history, changing=changing)
            return window

        yield open_it
