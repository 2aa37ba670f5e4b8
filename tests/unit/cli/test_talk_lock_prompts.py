"""`soulchat --text` locks at each of its prompts, and what was typed at one shows at no other."""

from __future__ import annotations

import gc
import os
import readline
import signal
import sys
from pathlib import Path
from subprocess import run
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app.commands import talk
from desktop_app.commands.away import Left
from desktop_app.commands.kill_ring import ROOM
from tests.support.fake_login import FakeLogin, fake_login
from tests.support.locking import DRAFT, MESSAGE, is_open
from tests.support.talk_terminal import ASKS, LOCKED, PROMPT, begin, leave, place, say, unlock
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import unwritten

__all__ = ["place"]

TITLE, RENAMED = "标题：", "标题改好了"
KILL, YANK, OLDER = "\x15", "\x19", "\x1by"
HASTY = """
import sys
from desktop_app.cli import main
from desktop_app.commands import away, talk
from resources.messages import sentence

class Hasty(away.Away):
    def read_line(self, prompt, draft=""):
        self._seconds = 0.3 if prompt == sentence("talk.title") else 600
        return super().read_line(prompt, draft)

talk.Away = Hasty
sys.exit(main(sys.argv[1:]))
"""
"""Nobody is waited for at the prompt for a title."""
SLOW = """
import sys
from pathlib import Path
from desktop_app.cli import main
from desktop_app.engine.process import ChildEngine

start = ChildEngine.start

def start_slowly(self):
    Path(sys.argv[1]).read_text()
    start(self)

ChildEngine.start = start_slowly
sys.exit(main(sys.argv[2:]))
"""
"""The model loads when the pipe that is named first was written to."""


@pytest.fixture
def buses(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test's bus is the system's and the session's."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    return address


def test_text_that_was_cut_does_not_come_back_while_locked(
    model: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        screen.type(DRAFT)
        screen.wait_for(DRAFT)
        screen.type(f"{KILL}/lock\n")
        screen.wait_for(LOCKED)
        screen.type(f"{YANK}\n")
        screen.wait_for(ASKS)
        assert screen.seen.count(DRAFT) == 1


@pytest.mark.skipif("GNU" not in str(readline.__doc__), reason="libedit lets nobody empty it")
def test_nor_when_it_is_unlocked(model: Path, place: list[str | Path]) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        screen.type(DRAFT)
        screen.wait_for(DRAFT)
        screen.type(f"{KILL}/lock\n")
        screen.wait_for(LOCKED)
        unlock(screen)
        screen.wait_for(PROMPT)
        screen.type(YANK + OLDER * ROOM + MESSAGE)
        screen.wait_for(MESSAGE)
        assert screen.seen.count(DRAFT) == 1


@pytest.mark.usefixtures("buses")
@pytest.mark.parametrize("said", ["lock", "sleep", "saver"])
def test_what_the_system_says_locks_at_the_prompt_for_a_title_too(
    login: FakeLogin, model: Path, closed: Path, place: list[str | Path], said: str
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        login.hear("Inhibit")
        say(screen, MESSAGE)
        screen.wait_for(PROMPT)
        screen.type("/rename\n")
        screen.wait_for(TITLE)
        login.say(said)
        screen.wait_for(LOCKED)
        assert not is_open(closed)


def test_nobody_typing_a_title_locks(model: Path, closed: Path, place: list[str | Path]) -> None:
    hasty = (sys.executable, "-c", HASTY)
    arguments = ("--text", "--model", model, *place)
    with terminal(*arguments, talks=True, program=hasty) as (_, screen):
        begin(screen)
        say(screen, MESSAGE)
        screen.wait_for(PROMPT)
        screen.type("/rename\n")
        screen.wait_for(TITLE)
        screen.wait_for(LOCKED)
        assert not is_open(closed)


def test_half_a_title_comes_back_as_a_title(model: Path, place: list[str | Path]) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        say(screen, MESSAGE)
        screen.wait_for(PROMPT)
        screen.type("/rename\n")
        screen.wait_for(TITLE)
        screen.type(DRAFT)
        screen.wait_for(DRAFT)
        leave(process, screen)
        unlock(screen)
        screen.wait_for(f"{PROMPT}/rename {DRAFT}")
        screen.type("\n")
        screen.wait_for(RENAMED)
        screen.type("/sessions\n")
        screen.wait_for(DRAFT)


def test_what_the_system_says_while_it_is_locked_does_not_lock_who_comes_back(
    model: Path, closed: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        leave(process, screen)
        os.kill(process.pid, signal.SIGUSR1)  # the screen was covered, now the machine sleeps
        unlock(screen)
        screen.wait_for(PROMPT)
        assert is_open(closed)


def test_who_leaves_at_the_passphrase_finds_the_line_at_the_next_unlocking(
    model: Path, closed: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        screen.type(DRAFT)
        screen.wait_for(DRAFT)
        leave(process, screen)
        screen.type("\n")
        screen.wait_for(ASKS)
        os.kill(process.pid, signal.SIGUSR1)
        screen.type(PASSPHRASE + "\n")
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        unlock(screen)
        screen.wait_for(DRAFT)


@pytest.mark.usefixtures("buses")
def test_sleep_while_the_model_loads_locks(
    login: FakeLogin,
    tmp_path: Path,
    model: Path,
    closed: Path,
    place: list[str | Path],
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = (sys.executable, "-c", SLOW, str(gate))
    arguments = ("--text", "--model", model, *place)
    with terminal(*arguments, talks=True, program=slow) as (_, screen):
        screen.wait_for(ASKS)
        screen.type(PASSPHRASE + "\n")
        login.hear("Inhibit")
        login.say("sleep")
        gate.write_text("", encoding="ascii")
        screen.wait_for(LOCKED)
        assert not is_open(closed)


def test_sleep_is_heard_and_waits_where_logind_knows_no_session(
    buses: str, model: Path, closed: Path, place: list[str | Path]
) -> None:
    with (
        fake_login(buses, refuses="GetSession") as login,
        terminal("--text", "--model", model, *place, talks=True) as (_, screen),
    ):
        begin(screen)
        login.hear("Inhibit")
        login.say("sleep")
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        login.hear("released")


def test_all_is_heard_where_sleep_may_not_be_held_up(
    buses: str, model: Path, closed: Path, place: list[str | Path]
) -> None:
    with (
        fake_login(buses, refuses="Inhibit") as login,
        terminal("--text", "--model", model, *place, talks=True) as (_, screen),
    ):
        begin(screen)
        login.hear("Inhibit")
        login.say("lock")
        screen.wait_for(LOCKED)
        assert not is_open(closed)


def test_while_it_is_locked_nobody_holds_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[object] = []

    def waits(_prompt: str) -> None:
        held.extend(each for each in gc.get_objects() if isinstance(each, Left) and each.draft)

    monkeypatch.setattr(talk, "read_unedited", waits)
    away: Any = SimpleNamespace(read_line=lambda *_: Left(unwritten("说了", "一半")))
    lock: Any = SimpleNamespace(talk=SimpleNamespace(id="a"), lock=lambda _draft: None)
    unused: Any = None
    assert not talk._talk(lock, away, lambda: None, unused, unused, unused)
    assert held == []


def test_locked_it_says_what_can_be_done_and_shows_the_exercises(
    model: Path, closed: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        screen.type("/lock\n")
        for typed, shown in (
            ("/help", "/exercises　"),
            ("/new", "/exercises　"),
            ("/exercises", "grounding"),
            ("/exercises grounding", "5 样看得见的"),
            ("/exercises nothing", "没有名为"),
        ):
            screen.wait_for(LOCKED)
            screen.type(typed + "\n")
            screen.wait_for(shown)
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        assert ASKS not in screen.seen.rsplit("\x1b[3J", 1)[1]


HASTENED = """
import threading, time
from desktop_app.commands.away import AGAIN_S, Away

away = Away(0, lambda: None)
away._watches = True
with away:
    telling = [threading.Thread(target=lambda: [away.tell() for _ in range(5)]) for _ in range(4)]
    for each in telling:
        each.start()
    while any(each.is_alive() for each in telling):
        sum(range(1000))
print("all were heard")
"""


def test_two_who_tell_at_once_are_both_heard() -> None:
    told = run([sys.executable, "-c", HASTENED], capture_output=True, timeout=60, check=True)

    assert told.stdout == b"all were heard\n"
