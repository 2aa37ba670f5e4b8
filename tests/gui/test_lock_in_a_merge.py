"""Locking and quitting go through while a long history is being restored or imported."""

from __future__ import annotations

import gc
import json
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault import import_file, merge
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from desktop_app.views.privacy import Privacy
from desktop_app.views.veil import Veil
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import unlock_page_of
from tests.support.locking import (
    MESSAGE,
    OpenedWindow,
    enter,
    is_open,
    lock,
    unlock,
    wait_for_page,
)
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

COMING = 5000
"""Messages; at a millisecond each they take some ten seconds."""
AT_MOST_SECONDS = 2.0
TRIES = 3
"""Whoever shares the machine may take the time of one."""


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """A file with one long conversation."""
    said = [{"role": ("user", "assistant")[n % 2], "content": f"第{n}句"} for n in range(COMING)]
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps({"id": "long", "source": "test", "messages": said}))
    return path


@pytest.fixture
def under_way(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when the transaction has changed something; a slow disk is under it."""
    begun = threading.Event()
    add = merge._add_turn

    def slowly(*given: object, **named: object) -> int:
        begun.set()
        time.sleep(0.001)
        return add(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(merge, "_add_turn", slowly)
    return begun


def vault_of(window: MainWindow) -> Vault:
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.backup is not None
    return page.backup._vault


def begin_import(qtbot: QtBot, window: MainWindow, path: Path, under_way: threading.Event) -> None:
    under_way.clear()
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.backup is not None
    page.backup.take_in(path)
    qtbot.waitUntil(under_way.is_set)


def check_as_before(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert verify(vault).whole
        assert [each.turns for each in vault.sessions.kept()] == [1]


def test_locking_rolls_it_back_and_says_so(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    long_file: Path,
    under_way: threading.Event,
) -> None:
    say(closed)
    window = opened()
    took = []
    for _ in range(TRIES):
        begin_import(qtbot, window, long_file, under_way)
        began = time.monotonic()
        window.lock_wanted.emit()
        took.append(time.monotonic() - began)
        assert not is_open(closed)
        wait_for_page(qtbot, window)
        assert sentence("lock.broke_off_bringing_in") in unlock_page_of(window).notice.text
        check_as_before(closed)
        if took[-1] < AT_MOST_SECONDS:
            break
        enter(qtbot, window)
    assert min(took) < AT_MOST_SECONDS
    keys = [each._key for each in gc.get_objects() if isinstance(each, Database)]
    assert not any(keys)


def test_locking_while_the_file_is_read_says_so(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    long_file: Path,
    under_way: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    say(closed)
    window = opened()
    may_go = threading.Event()

    def held(path: Path) -> import_file.FileRead:
        under_way.set()
        assert may_go.wait(60)
        return read(path)

    read = import_file.read_conversations
    monkeypatch.setattr(import_file, "read_conversations", held)
    begin_import(qtbot, window, long_file, under_way)
    window.lock_wanted.emit()
    may_go.set()

    assert not is_open(closed)
    wait_for_page(qtbot, window)
    assert sentence("lock.broke_off_bringing_in") in unlock_page_of(window).notice.text
    check_as_before(closed)


def say(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, MESSAGE))


def test_quitting_rolls_it_back(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    closed: Path,
    qtbot: QtBot,
    long_file: Path,
    under_way: threading.Event,
) -> None:
    say(closed)
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        begin_import(qtbot, window, long_file, under_way)
        began = time.monotonic()
        window.close()
        assert time.monotonic() - began < AT_MOST_SECONDS
    assert not is_open(closed)
    check_as_before(closed)


def test_a_window_that_stays_brings_in_again(
    opened: OpenedWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, closed: Path
) -> None:
    def full() -> None:
        raise DiskFullError("vault.disk_full", folder=closed)

    window = opened()
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    vault = vault_of(window)
    with monkeypatch.context() as broken:
        broken.setattr(window.exchange, "leave", full)
        window.close()
    assert window.isVisible()
    vault.database.check_given_up()
    lock(qtbot, window)


def test_nothing_is_seen_while_it_is_put_away(
    opened: OpenedWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    colours = set()

    def looked_at() -> None:
        picture = window.grab().toImage()
        for x in range(5, window.width() - 5, 20):
            for y in range(5, window.height() - 5, 20):
                colours.add(picture.pixel(x, y))

    monkeypatch.setattr(window, "leave", looked_at)
    lock(qtbot, window)
    monkeypatch.undo()
    assert len(colours) == 1
    veil = window.findChild(Veil)
    assert isinstance(veil, Veil)
    assert not veil.isVisible()
