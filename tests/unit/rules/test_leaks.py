"""The fixtures of conftest.py bite: a test that leaves something running fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.source_tree import ROOT

LEAKS = {
    "a running child": """
        import subprocess, sys
        def test_leaks():
            global child
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    """,
    "a child nobody waited for": """
        import os
        def test_leaks():
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    """,
    "a running thread": """
        from PySide6.QtCore import QThread
        def test_leaks(qapp):
            global thread
            thread = QThread()
            thread.start()
    """,
    "an active timer": """
        from PySide6.QtCore import QTimer
        def test_leaks(qapp):
            global timer
            timer = QTimer()
            timer.start(1000)
    """,
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_fails_its_test(leak: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_leak.py").write_text(textwrap.dedent(LEAKS[leak]), encoding="utf-8")
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "left" in run.stdout
    assert "1 passed, 1 error" in run.stdout


def test_a_test_sees_an_empty_home(empty_home: Path) -> None:
    assert Path.home() == empty_home
    assert [path for path in empty_home.rglob("*") if path.is_file()] == []
