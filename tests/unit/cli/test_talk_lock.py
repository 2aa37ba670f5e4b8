"""`soulchat --text` locks: by a command, when nobody types, and when the system says so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app.commands import talk_lock
from desktop_app.commands.environment import PASSPHRASE as VARIABLE
from desktop_app.commands.open_talk import OpenTalk
from desktop_app.commands.talk_lock import TalkLock
from desktop_app.conversation.continuity import Continuity
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.vault import open_with_passphrase
from tests.support.engine_run import soulchat
from tests.support.fake_login import FakeLogin
from tests.support.locking import DRAFT, MESSAGE, is_open
from tests.support.processes import family
from tests.support.talk_run import turns
from tests.support.talk_terminal import (
    ASKS,
    LOCKED,
    PRIVATE,
    PROMPT,
    REPLY,
    WIPED,
    begin,
    place,
    say,
    unlock,
)
from tests.support.terminal import Terminal, terminal
from tests.support.vault_fixtures import PASSPHRASE

__all__ = ["place"]


def test_the_history_is_closed_and_the_child_gone(
    model: Path, closed: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        say(screen, MESSAGE)
        assert is_open(closed)
        assert len(family(process.pid)) == 2
        screen.type("/lock\n")
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        assert len(family(process.pid)) == 1
        _, after = screen.seen.rsplit(WIPED, 1)
        assert MESSAGE not in after
        assert screen.seen.count(MESSAGE) == 1  # an arrow brings nothing back
        screen.type("\x1b[A\n")
        screen.wait_for(ASKS)
        assert screen.seen.count(MESSAGE) == 1


def test_unlocking_goes_on_with_the_same_conversation(
    model: Path, closed: Path, place: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        say(screen, MESSAGE)
        screen.type("/lock\n")
        screen.wait_for(LOCKED)
        unlock(screen)
        screen.wait_for(PROMPT)
        assert is_open(closed)
        say(screen, DRAFT)
        screen.type("/quit\n")
        screen.read_to_end()
        assert process.wait() == 0
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    assert [content for _, content, _ in turns(*place)] == [MESSAGE, "你", DRAFT, "你"]


def test_what_is_off_the_record_comes_back_and_is_never_kept(
    model: Path, place: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (process, screen):
        begin(screen)
        screen.type("/private\n")
        screen.wait_for(PRIVATE)
        say(screen, MESSAGE)
        screen.type("/lock\n")
        screen.wait_for(LOCKED)
        unlock(screen)
        screen.wait_for(PRIVATE)
        screen.type("/quit\n")
        screen.read_to_end()
        assert process.wait() == 0
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    assert b'"sessions": []' in soulchat("sessions", "list", "--json", *place).stdout


def test_the_card_is_shown_while_locked_and_a_wrong_passphrase_keeps_it_so(
    model: Path, closed: Path, place: list[str | Path]
) -> None:
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        screen.type("/lock\n")
        screen.wait_for(LOCKED)
        screen.type("/card\n")
        screen.wait_for(LOCKED)
        assert "12356" in screen.seen
        screen.type("\n")
        for _ in range(3):
            screen.wait_for(ASKS)
            screen.type("not this one\n")
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        unlock(screen)
        screen.wait_for(PROMPT)


@pytest.mark.parametrize("said", ["lock", "hint", "inactive", "sleep", "saver"])
def test_what_the_system_says_locks_and_the_line_comes_back(
    address: str,
    login: FakeLogin,
    monkeypatch: pytest.MonkeyPatch,
    model: Path,
    closed: Path,
    place: list[str | Path],
    said: str,
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with terminal("--text", "--model", model, *place, talks=True) as (_, screen):
        begin(screen)
        login.hear("Inhibit")
        screen.type(DRAFT)
        screen.wait_for(DRAFT)
        login.say(said)
        screen.wait_for(LOCKED)
        assert not is_open(closed)
        if said == "sleep":
            login.hear("released")
        unlock(screen)
        screen.wait_for(DRAFT)


def test_a_reply_being_written_is_stopped_and_kept(
    address: str,
    login: FakeLogin,
    monkeypatch: pytest.MonkeyPatch,
    endless: Path,
    closed: Path,
    place: list[str | Path],
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    with terminal("--text", "--model", endless, *place, talks=True) as (_, screen):
        begin(screen)
        login.hear("Inhibit")
        screen.type(MESSAGE + "\n")
        screen.wait_for("你你你")
        login.say("sleep")
        screen.wait_for(LOCKED)
        assert not is_open(closed)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    (said, reply) = turns(*place)
    assert said[1] == MESSAGE
    assert reply[2] == "stopped"


READS = """
from desktop_app.commands.away import Away, Left
with Away(0.3, lambda: None) as away:
    print("reads", flush=True)
    print(away.read_line(""), flush=True)
"""


def test_a_line_that_nobody_types_on_is_left() -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", READS], stdin=follower, stdout=follower) as child:
        os.close(follower)
        screen = Terminal(leader)
        screen.wait_for("reads")
        screen.type("half")
        screen.wait_for("Left(")
        assert child.wait() == 0
    os.close(leader)


def test_where_nobody_can_be_asked_locking_ends_it(
    model: Path, place: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    done = soulchat("--text", "--model", model, *place, stdin="/lock\n您\n")
    assert done.returncode == 1
    assert REPLY not in done.stdout.decode()


def test_a_line_comes_back_though_its_conversation_cannot_be_read(
    closed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = DiskFullError("vault.disk_full", folder=closed)

    def unreadable(*_: object) -> None:
        raise error

    monkeypatch.setattr(talk_lock, "unlocked", lambda *_: open_with_passphrase(closed, PASSPHRASE))
    monkeypatch.setattr(OpenTalk, "come_back_to", unreadable)
    engine: Any = SimpleNamespace(close=lambda: None)
    counsellor: Any = SimpleNamespace(engine=engine, continuity=Continuity(engine))
    card: Any = SimpleNamespace(documents=None)
    with TalkLock(counsellor, closed, card, 0) as held:
        held.take(open_with_passphrase(closed, PASSPHRASE))
        held.lock(DRAFT)
        assert held.unlock() == DRAFT
        assert held.is_open
    assert error.in_terminal() in capsys.readouterr().err
