"""No internet: the whole program in an empty network namespace, its system calls written down.

The log holds every process and thread, native code included. A socket of an internet family
would stand in it whether or not it had reached anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine_run import CLI
from tests.support.syscall_log import families, logged
from tests.support.window_process import driven_window

pytestmark = pytest.mark.gui

MESSAGE = "最近总是睡不着。"
PASSPHRASE = "一只鲸鱼在 reading room"


def test_the_log_would_show_the_connection_of_a_childs_thread(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    connect = "import socket; socket.socket().connect_ex(('192.0.2.1', 443))"
    thread = f"import threading; threading.Thread(target=lambda: exec({connect!r})).start()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {thread!r}])"
    subprocess.run([*logged(log), sys.executable, "-c", child], check=True)

    assert set(families(log)) == {"AF_INET"}


def test_there_is_no_network_to_reach(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    interfaces = subprocess.run(
        [*logged(log), "cat", "/proc/net/dev"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[2:]

    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_the_window_opens_no_internet_socket(tmp_path: Path) -> None:
    """First steps, a vault, two replies of the model that ships, quit, unlock, one more."""
    log = tmp_path / "calls"
    with driven_window(under=logged(log)) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        for _ in range(2):
            assert window.do("write", text=MESSAGE)["acknowledged"]
            assert window.do("wait_for_end")["reply"]
        assert window.quit() == 0
    first = families(log)
    with driven_window(under=logged(log)) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        assert len(window.do("look")["messages"]) == 4
        assert window.do("write", text=MESSAGE)["acknowledged"]
        assert window.do("wait_for_end")["reply"]
        assert window.quit() == 0

    assert set(first) == set(families(log)) == {"AF_UNIX"}  # the display's


def test_the_terminal_opens_no_internet_socket(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    talk = subprocess.run(
        [*logged(log), *CLI, "--text"],
        input=f"{MESSAGE}\n",
        env={**os.environ, "SOULCHAT_PASSPHRASE": PASSPHRASE},
        capture_output=True,
        check=True,
        text=True,
    )

    assert len(talk.stdout) > len(MESSAGE)
    assert log.stat().st_size > 0
    assert set(families(log)) <= {"AF_UNIX"}  # the name service's, where there is one
