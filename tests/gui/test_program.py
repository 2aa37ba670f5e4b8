"""The window as the program starts and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop_app.views.input_method import reach_fcitx
from desktop_app.views.quit_signals import signals_quit
from tests.support.engine_run import CLI
from tests.support.training_stack import without_training_stack

pytestmark = pytest.mark.gui


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            tail = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        except OSError:
            continue
        if int(tail.split()[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def wait_for_child(program: subprocess.Popen[bytes]) -> int:
    """Wait until the program has started its engine."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert program.poll() is None
        children = children_of(program.pid)
        if children:
            return children[0]
        os.sched_yield()
    pytest.fail("the program started no child")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_window_and_ends_the_child(
    tiny_model: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        # The tests may have been started by nohup.
        ["env", "--default-signal=HUP", *CLI, "--model", str(tiny_model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        child = wait_for_child(program)
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err) == (0, b"", b"")
    assert not Path(f"/proc/{child}").exists()


def test_a_closed_terminal_is_no_reason_to_end_where_nohup_says_so(qapp: QApplication) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_quit(qapp):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_starts_where_the_training_stack_cannot_be_imported(
    tiny_model: Path, tmp_path: Path
) -> None:
    bare = without_training_stack(tmp_path)
    with subprocess.Popen(
        [*CLI, "--model", str(tiny_model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": bare.pythonpath},
    ) as program:
        wait_for_child(program)
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=60)

    assert (program.returncode, out, err) == (0, b"", b"")
    assert bare.tried() == set()


def test_fcitx_is_reached_over_ibus_where_qt_has_no_plug_in_for_it() -> None:
    environ = {"QT_IM_MODULE": "fcitx"}
    reach_fcitx(environ)
    assert environ == {"QT_IM_MODULE": "ibus"}


def test_fcitx_is_reached_over_ibus_in_a_list_of_input_methods_too() -> None:
    environ = {"QT_IM_MODULES": "wayland;fcitx5;ibus", "QT_IM_MODULE": "fcitx"}
    reach_fcitx(environ)
    assert environ == {"QT_IM_MODULES": "wayland;ibus", "QT_IM_MODULE": "ibus"}


@pytest.mark.parametrize("chosen", ["ibus", "compose"])
def test_another_input_method_is_left_alone(chosen: str) -> None:
    environ = {"QT_IM_MODULE": chosen}
    reach_fcitx(environ)
    assert environ == {"QT_IM_MODULE": chosen}


def test_a_bug_in_a_callback_is_named_by_place_and_never_by_its_text() -> None:
    program = (
        "import sys; import desktop_app.app as app; sys.excepthook = app._say_bug\n"
        "from PySide6.QtCore import QTimer\n"
        "qt = app.application()\n"
        "def callback(): qt.exit(); raise ValueError('what a person wrote')\n"
        "QTimer.singleShot(0, callback); qt.exec()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert "ValueError" in done.stderr
    assert "what a person wrote" not in done.stderr


def test_a_character_no_font_has_is_told_to_nobody() -> None:
    program = (
        "import desktop_app.app as app\n"
        "from PySide6.QtWidgets import QLabel\n"
        "qt = app.application()\n"
        "label = QLabel('\u0710\u0720\u0717\u0710'); label.grab()\n"  # Syriac
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""


NOT_AT_A_START = {
    "apsw": "the history is opened later",
    "cryptography": "same",
    "desktop_app.conversation.opening": "the model's thread loads it",
    "desktop_app.views.first_steps": "taken once",
    "desktop_app.views.history_parts": "the history is opened later",
    "desktop_app.views.privacy": "few look at it",
    "importlib.metadata": "the version is seldom asked for",
    "keyring": "the history is opened later",
}


def test_a_start_loads_what_is_shown_first_and_no_more() -> None:
    """Whoever adds an import here makes every start wait for it: see `soulchat bench`."""
    code = f"""
import sys, desktop_app.cli, desktop_app.app
print(*sorted({set(NOT_AT_A_START)} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
