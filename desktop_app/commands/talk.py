"""`soulchat --text`: the conversation in a terminal, or over a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from desktop_app.commands.away import Away, Left
from desktop_app.commands.environment import Secrets
from desktop_app.commands.lines import read_unedited
from desktop_app.commands.login_signals import login_signals
from desktop_app.commands.open_talk import OpenTalk
from desktop_app.commands.output import speak, tell
from desktop_app.commands.place import PlaceTold
from desktop_app.commands.reminders import Reminders, tell_notice_if_due
from desktop_app.commands.talk_lock import TalkLock
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.commands.unlock import unlocked_or_made
from desktop_app.commands.without_history import show_help
from desktop_app.conversation.opening import counsellor_for
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.protocol import Engine
from desktop_app.errors import EngineError, ModelError
from desktop_app.paths import Paths
from desktop_app.settings import Settings
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from resources.messages import sentence

LOCK: Final = "/lock"
QUIT: Final = "/quit"


def run_talk(
    model: str | None,
    paths: Paths,
    secrets: Secrets,
    settings: Settings,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Talk until the input ends or `/quit`; see `_run_talk`.

    Where no talk is possible it is said how the crisis card comes all the same.
    """
    try:
        _run_talk(model, paths, secrets, settings, clock)
    except (ModelError, EngineError):
        tell(sentence("talk.card_all_the_same"))
        raise


def _run_talk(
    model: str | None,
    paths: Paths,
    secrets: Secrets,
    settings: Settings,
    clock: Callable[[], float],
) -> None:
    """Talk.

    Raises:
        ModelError: there is no usable model.
        VaultError: the history cannot be opened, or something of it not be written at the end.
        InputError: a line of the input is not UTF-8, or nobody can be asked for a passphrase.
    """
    card = TerminalCard(settings, VaultFiles(paths.vault).readable_plan)
    with (
        counsellor_for(
            model or settings.model,
            paths,
            markers=LoadMarkers(paths.load_markers),
            wished=model is not None,
        ) as counsellor,
        TalkLock(counsellor, paths.vault, card, settings.snapshot_mb) as lock,
    ):
        lock.take(unlocked_or_made(paths.vault, secrets))
        with (  # from now on: a model may take its time to load
            Away(60 * settings.lock_minutes, counsellor.engine.cancel) as away,
            login_signals(away.tell) as locked,
        ):
            _begin(lock, counsellor.engine, paths)
            place = PlaceTold(counsellor.engine)
            place.tell()
            if _talk(lock, away, locked, card, Reminders(settings, clock), place):
                lock.talk.close()
        speak(sentence("talk.goodbye"))


def _begin(lock: TalkLock, engine: Engine, paths: Paths) -> None:
    speak(sentence("talk.welcome"))
    tell(sentence("talk.kept"))
    tell(sentence("talk.hint"))
    tell_notice_if_due(paths.settings)
    lock.ask_after()
    try:
        engine.start()
    except EngineError as error:  # it is tried again with each message; the card needs none
        tell(error)
        tell(sentence("talk.without_model"))


def _talk(
    lock: TalkLock,
    away: Away,
    locked: Callable[[], None],
    card: TerminalCard,
    reminders: Reminders,
    place: PlaceTold,
) -> bool:
    """Talk until the end, and tell whether it ended unlocked."""
    draft = ""
    while (line := away.read_line(_prompt(lock.talk), draft)) is not None:
        draft = ""
        left = line if isinstance(line, Left) else None
        text = "" if isinstance(line, Left) else line.strip()
        if text == QUIT:
            break
        if text == LOCK:
            left = Left()
        elif text.startswith("/"):
            left = lock.commands.run(text, away.read_line)
        elif text:
            reminders.note_message()
            lock.talk.answer(text)
            place.tell()
            reminders.tell_due(in_danger=lock.talk.in_danger)
        if left is not None:
            lock.lock(left.draft)
            left = line = None  # while it waits, what stood on the line is sealed and nowhere else
            locked()
            back = _unlocked(lock, away, card)
            if back is None:
                return False
            draft = back
    return True


def _unlocked(lock: TalkLock, away: Away, card: TerminalCard) -> str | None:
    """Wait for whoever unlocks; return what stood on the line, None at the end of the input.

    Raises:
        InputError: nobody can be asked for what opens it.
    """
    while (line := read_unedited(sentence("talk.prompt_locked"))) is not None:
        text = line.strip()
        if text == QUIT:
            break
        if text.startswith("/"):
            if not show_help(text, card):
                speak(sentence("talk.help_locked"))
            continue
        away.back()
        try:
            return lock.unlock()
        except VaultError as error:
            tell(error)
            if lock.is_open:  # all but what was sealed
                return ""
    return None


def _prompt(talk: OpenTalk) -> str:
    return sentence("talk.prompt_private" if talk.id is None else "talk.prompt")
