"""SIGKILL at any moment while a person talks in the window: nothing that was promised is lost,
and nothing that was said before can be read in what is left.

A message is promised when its field is empty; the text of a reply when it has stood on the screen
for a second. Each round talks on in the history that the round before left.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, TurnState
from desktop_app.settings import AgeBand, Settings, write
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.records import StoredTurn
from desktop_app.vault.vault import Vault
from tests.support.driven_window import numbered
from tests.support.engine_fixtures import slow_speaker
from tests.support.vault_disk import traces
from tests.support.vault_fixtures import PASSPHRASE, closed, data_key, folder, made
from tests.support.window_process import DrivenWindow, Seen, driven_window

__all__ = ["closed", "data_key", "folder", "made", "slow_speaker"]

pytestmark = pytest.mark.gui

KILLS = 50
KILLS_SLOW = 1000
EARLY = 5
"""Every so many rounds the program is killed while it starts."""
LOADED = 2
"""Every so many of the others the model is there before anything is said."""
SHIPS = 5
"""Every so many rounds the model that ships answers, at its own pace and in its own words."""
LATEST_S = 2.5
"""After the conversation can be seen; a reply takes up to about so long. On a machine that takes
longer than this to get there, so long again."""
PROMISED_S = 1.0
IN_MOST = "话" * 6
"""In nearly every message; see `numbered`."""


@contextmanager
def talking(data: Path, model: Path | None) -> Iterator[DrivenWindow]:
    """The program at a history that exists, every first question answered.

    Without `model` it takes the one that ships.
    """
    chosen = [] if model is None else ["--model", str(model)]
    answered = Settings(language="zh", age=AgeBand.ADULT, region="CN", notice_confirmed=True)
    write(data / "config" / "settings.json", answered)
    with driven_window("--data-dir", str(data), *chosen) as window:
        window.begin("pass_gate", passphrase=PASSPHRASE)
        yield window


@pytest.mark.parametrize(
    "kills", [pytest.param(KILLS, id="some"), pytest.param(KILLS_SLOW, marks=pytest.mark.slow)]
)
def test_nothing_promised_is_lost(
    closed: Path, data_key: bytes, slow_speaker: Path, kills: int
) -> None:
    moments = random.Random(kills)
    said = 0
    spoke = set()
    for number in range(kills):
        early = number % EARLY == 0
        model = None if number % SHIPS == SHIPS - 1 else slow_speaker
        began = time.monotonic()
        with talking(closed.parent, model) as window:
            if not early:
                window.answer()
                if number % LOADED:
                    window.do("wait_for_model")
            latest = 0.6 if early else max(LATEST_S, time.monotonic() - began)
            window.begin("talk", first=said)
            let_run(window, moments.uniform(0, latest))
            killed_at = window.kill()
            seen = window.read_to_end()

        assert traces(closed.parent, IN_MOST) == []
        said = check_promises(closed, data_key, seen, before=said, killed_at=killed_at)
        spoke |= {model for each in seen if each.get("shown")}
    assert said > kills / 2
    assert spoke == {slow_speaker, None}


def test_a_reply_is_on_the_disk_after_a_second(
    closed: Path, data_key: bytes, slow_speaker: Path
) -> None:
    with talking(closed.parent, slow_speaker) as window:
        window.answer()
        window.do("write", text=numbered(0))
        shown = window.do("wait_for_words", count=1)["shown"]
        let_run(window, PROMISED_S)
        window.kill()
    _, reply = turns(closed, data_key)

    assert shown
    assert reply.turn.content.startswith(shown)
    assert reply.state is TurnState.INTERRUPTED


def let_run(window: DrivenWindow, seconds: float) -> None:
    """Give the program so much time; it does not end by itself."""
    with pytest.raises(subprocess.TimeoutExpired):
        window.process.wait(seconds)


def turns(folder: Path, key: bytes) -> list[StoredTurn]:
    """Open the history as the next start does, and return all of it in the order of writing."""
    files = VaultFiles(folder)
    with ExitStack() as held:
        held.enter_context(locked(files))
        with Vault(files, key, held, clock=lambda: 2e9) as vault:
            every = [
                turn for each in vault.sessions.kept() for turn in vault.sessions.turns(each.id)
            ]
    return sorted(every, key=lambda stored: stored.id)


def check_promises(
    folder: Path, key: bytes, seen: list[Seen], *, before: int, killed_at: float
) -> int:
    """Compare the history with what was promised; return how many messages it holds."""
    stored = turns(folder, key)
    messages = [each.turn.content for each in stored if each.turn.role is Role.USER]
    promised = promises(seen, killed_at)

    assert messages == [numbered(number) for number in range(len(messages))]
    least = max(promised, default=before - 1) + 1
    assert len(messages) in {least, least + 1}  # killed after the disk, before the field
    replies = replies_of(stored)
    assert {each.state for each in replies.values()} <= set(TurnState) - {TurnState.GROWING}
    for number, (shown, ended) in promised.items():
        text = replies[number].turn.content if number in replies else ""
        assert text == shown if ended else text.startswith(shown)
    return len(messages)


def promises(seen: list[Seen], killed_at: float) -> dict[int, tuple[str, bool]]:
    """Return for each acknowledged message how its reply must begin, and if that is all of it."""
    promised: dict[int, tuple[str, bool]] = {}
    talking_of = -1
    for each in seen:
        if "acknowledged" in each:
            talking_of = each["acknowledged"]
            promised[talking_of] = "", False
        elif "ended" in each:
            promised[talking_of] = each["shown"], True
        elif "shown" in each and each["at"] <= killed_at - PROMISED_S:
            promised[talking_of] = each["shown"], False
    return promised


def replies_of(stored: list[StoredTurn]) -> dict[int, StoredTurn]:
    """Return the reply to each message that has one; there is never a second."""
    replies: dict[int, StoredTurn] = {}
    for before, each in pairwise(stored):
        if each.turn.role is Role.ASSISTANT:
            assert before.turn.role is Role.USER
            replies[int(before.turn.content.partition(":")[0])] = each
    return replies
