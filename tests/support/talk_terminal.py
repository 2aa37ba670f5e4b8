"""`soulchat --text` on a real terminal: its prompts, and what a person does at them."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from subprocess import Popen

import pytest

from desktop_app.commands.away import AGAIN_S
from desktop_app.paths import app_paths
from desktop_app.settings import write
from tests.support.terminal import ANSWERED, Terminal
from tests.support.vault_fixtures import PASSPHRASE

PROMPT, PRIVATE, REPLY = "你：", "你（不留记录）：", "回复：你"
LOCKED, ASKS = "按回车解锁：", "口令："
WIPED = "\x1b[3J"


@pytest.fixture
def place(tmp_path: Path, closed: Path) -> list[str | Path]:
    """Where `closed` is the history, and age and region were asked before."""
    assert closed.parent == tmp_path / "data"
    write(app_paths(tmp_path / "data").settings, ANSWERED)
    return ["--data-dir", tmp_path / "data"]


def begin(screen: Terminal) -> None:
    screen.wait_for(ASKS)
    screen.type(PASSPHRASE + "\n")
    screen.wait_for(PROMPT)


def say(screen: Terminal, text: str) -> None:
    screen.type(text + "\n")
    screen.wait_for(REPLY)


def unlock(screen: Terminal) -> None:
    screen.type("\n")
    screen.wait_for(ASKS)
    screen.type(PASSPHRASE + "\n")


def leave(process: Popen[bytes], screen: Terminal) -> None:
    """Tell the program that its person has gone, as `Away.tell` does: again until it was heard."""
    heard = threading.Event()

    def tell() -> None:
        while not heard.is_set():
            os.kill(process.pid, signal.SIGUSR1)
            heard.wait(AGAIN_S)

    telling = threading.Thread(target=tell)
    telling.start()
    try:
        screen.wait_for(LOCKED)
    finally:
        heard.set()
        telling.join()
