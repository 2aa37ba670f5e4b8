"""One window for each data folder, with real processes: the second start raises the first."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.errors import AlreadyOpenError
from desktop_app.paths import Paths, app_paths
from desktop_app.views.single_instance import bring_forward, single_instance
from resources.file_lock import FileLock
from resources.messages import sentence
from tests.gui.test_program import wait_for_child
from tests.support.engine_run import CLI
from tests.support.gate_fixtures import WAIT_MS
from tests.support.processes import wait_for_end
from tests.support.shown import show

pytestmark = pytest.mark.gui


def started(data: Path, model: Path) -> subprocess.Popen[bytes]:
    """Start the program as a double click does."""
    command = [*CLI, "--data-dir", str(data), "--model", str(model)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QMainWindow]:
    """A window that stands behind another one."""
    behind, front = QMainWindow(), QMainWindow()
    for each in (behind, front):
        qtbot.addWidget(each)
        show(qtbot, each)
        each.activateWindow()
        qtbot.waitUntil(each.isActiveWindow, timeout=WAIT_MS)
    yield behind
    front.hide()


@pytest.mark.usefixtures("no_keyring")
def test_a_second_start_brings_the_window_to_the_front_and_ends_well(
    window: QMainWindow, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    assert not window.isActiveWindow()
    with single_instance(app_paths(tmp_path)) as instance:
        instance.raised.connect(lambda: bring_forward(window))
        with started(tmp_path, tiny_model) as second:
            out, err = second.communicate(timeout=60)
        qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)

    assert (second.returncode, out) == (0, b"")
    assert err.decode().strip() == sentence("error.window.already_open")


def test_a_minimised_window_is_shown(window: QMainWindow, qtbot: QtBot) -> None:
    window.showMinimized()
    bring_forward(window)
    qtbot.waitUntil(lambda: not window.isMinimized(), timeout=WAIT_MS)
    assert window.isVisible()


def test_a_maximised_window_stays_so(window: QMainWindow) -> None:
    window.showMaximized()
    bring_forward(window)
    assert window.isMaximized()


@pytest.mark.usefixtures("no_keyring")
def test_the_first_of_two_programs_goes_on(tmp_path: Path, tiny_model: Path) -> None:
    with started(tmp_path, tiny_model) as first:
        wait_for_child(first)
        with started(tmp_path, tiny_model) as second:
            second.communicate(timeout=60)
        assert first.poll() is None
        first.terminate()
        out, err = first.communicate(timeout=60)
    assert second.returncode == 0
    assert (first.returncode, out, err) == (0, b"", b"")


@pytest.mark.usefixtures("no_keyring")
def test_after_a_kill_the_program_starts_as_ever(tmp_path: Path, tiny_model: Path) -> None:
    with started(tmp_path, tiny_model) as killed:
        child = os.pidfd_open(wait_for_child(killed))
        killed.kill()
        killed.communicate()
        wait_for_end(child)
    with started(tmp_path, tiny_model) as following:
        wait_for_child(following)  # it is past the lock, and its window is there
        following.terminate()
        out, err = following.communicate(timeout=60)
    assert (following.returncode, out, err) == (0, b"", b"")


@pytest.mark.usefixtures("qapp")
def test_another_data_folder_has_a_window_of_its_own(tmp_path: Path) -> None:
    with single_instance(app_paths(tmp_path / "one")), single_instance(app_paths(tmp_path / "two")):
        pass


@pytest.mark.usefixtures("qapp")
def test_a_raise_file_that_was_deleted_works_again(paths: Paths, qtbot: QtBot) -> None:
    with single_instance(paths) as instance:
        with qtbot.waitSignal(instance.raised, timeout=WAIT_MS):
            paths.raise_file.unlink()
        qtbot.waitUntil(paths.raise_file.exists, timeout=WAIT_MS)
        with (
            qtbot.waitSignal(instance.raised, timeout=WAIT_MS),
            pytest.raises(AlreadyOpenError),
            single_instance(paths),
        ):
            pass


@pytest.mark.usefixtures("qapp")
def test_its_files_are_their_owners_alone(paths: Paths) -> None:
    with single_instance(paths):
        for file in (paths.window_lock, paths.raise_file):
            assert file.stat().st_mode & 0o777 == 0o600
        assert paths.data.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("qapp")
def test_a_folder_that_takes_no_lock_does_not_keep_the_window_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with single_instance(app_paths(tmp_path / "file" / "data")):
        pass


@pytest.mark.usefixtures("qapp")
def test_the_lock_is_free_when_the_window_has_gone(paths: Paths) -> None:
    with single_instance(paths):
        pass
    FileLock(paths.window_lock).release()
