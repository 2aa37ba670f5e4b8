"""What holds for every test: an empty home, no sentence left in the wrong language, no leak.

A test may not see the person's own files, and may not leave a child process, a running
QThread or an active QTimer behind. Warnings are errors by pyproject's pytest configuration.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resources.messages import choose_language

if TYPE_CHECKING:
    from collections.abc import Iterator

XDG_FOLDERS = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": "run",
}
OTHERS: set[int] = set()
"""Processes that are no children of this one: each is read once, not twice a test."""


@pytest.fixture(autouse=True)
def empty_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty home folder, Chinese, and no variable of ours from outside."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name, folder in XDG_FOLDERS.items():
        (home / folder).mkdir(parents=True, mode=0o700)
        monkeypatch.setenv(name, str(home / folder))
    for name in [name for name in os.environ if name.startswith(("SOULCHAT_", "LC_", "LANGUAGE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    yield home
    choose_language(None)


def children_of_this_process() -> dict[int, str]:
    """Return pid and name of every child, the unreaped dead included (Linux's /proc)."""
    running = {int(name) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208 - quick
    OTHERS.intersection_update(running)
    children = {}
    for pid in running - OTHERS:
        try:
            # pid (name) state ppid …: the name may itself hold spaces and brackets
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        head, _, tail = stat.rpartition(")")
        if int(tail.split()[1]) == os.getpid():
            children[pid] = head.partition("(")[2]
        else:
            OTHERS.add(pid)
    return children


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """Fail a test that leaves a child process, running or not waited for."""
    before = children_of_this_process()
    yield
    left = {pid: name for pid, name in children_of_this_process().items() if pid not in before}
    assert not left, f"child processes left behind: {left}"


@pytest.fixture(autouse=True)
def no_qt_object_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a QThread running or a QTimer active."""
    yield
    if "qapp" not in request.fixturenames:  # walking every object is dear; no Qt, no walk
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from shiboken6 import isValid

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    alive = [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, (QThread, QTimer)) and isValid(thing)
    ]
    main = QThread.currentThread()
    threads = [
        thing
        for thing in alive
        if isinstance(thing, QThread) and thing.isRunning() and thing is not main
    ]
    timers = [thing for thing in alive if isinstance(thing, QTimer) and thing.isActive()]
    assert not threads, f"threads left running: {threads}"
    assert not timers, f"timers left active: {timers}"
