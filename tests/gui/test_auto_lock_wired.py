"""The real program locks when its system says so, and lets the machine sleep afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.paths import app_paths
from desktop_app.settings import write
from desktop_app.vault.creation import create
from desktop_app.views.idle import Idle
from tests.support.fake_login import FakeLogin
from tests.support.gate_fixtures import ANSWERED
from tests.support.locking import OpenedWindow, is_open, wait_for_page
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_process import MESSAGE_BUS, driven_window

pytestmark = pytest.mark.gui

SYSTEM_BUS = "DBUS_SYSTEM_BUS_ADDRESS"
ON_ITS_WAY_TO_SLEEP = "sleep"


@pytest.mark.parametrize("said", ["lock", "hint", "inactive", "saver", ON_ITS_WAY_TO_SLEEP])
def test_what_a_bus_says_closes_the_history(
    address: str, login: FakeLogin, tmp_path: Path, said: str
) -> None:
    paths = app_paths(tmp_path)
    write(paths.settings, ANSWERED)
    create(paths.vault, passphrase=PASSPHRASE).close()
    env = dict(os.environ) | {SYSTEM_BUS: address, MESSAGE_BUS: address}
    with driven_window("--data-dir", str(tmp_path), env=env) as program:
        program.do("pass_gate", passphrase=PASSPHRASE)
        assert is_open(paths.vault)
        program.do("listen")
        login.say(said)
        assert program.do("locked")["asks"]
        assert not is_open(paths.vault)
        if said == ON_ITS_WAY_TO_SLEEP:
            login.hear("released")
        assert program.quit() == 0


@pytest.mark.usefixtures("answered", "no_keyring")
def test_nobody_there_for_ten_minutes_closes_the_history(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    idle = window.findChild(Idle)
    assert isinstance(idle, Idle)
    later = idle._clock() + 600
    idle._clock = lambda: later
    idle.look()
    wait_for_page(qtbot, window)
    assert not is_open(closed)
