"""`soulchat sessions`: the history without a window. Ids are opaque; titles come on stdin."""

from __future__ import annotations

import argparse
from typing import Any, Final

from desktop_app.commands.environment import Secrets
from desktop_app.commands.lines import read_line
from desktop_app.commands.listing import row, transcript
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.commands.terminal import ask, has_terminal
from desktop_app.commands.unlock import unlocked
from desktop_app.errors import InputError
from desktop_app.paths import Paths
from desktop_app.vault.errors import VaultError
from desktop_app.vault.records import StoredSession, StoredTurn
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.set_aside import remove_set_aside, set_aside
from desktop_app.vault.vault import Vault
from resources.messages import sentence

CONFIRMED: Final = "yes"


def run_sessions(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Do what `soulchat sessions …` asks for.

    Raises:
        VaultError: the history cannot be opened, or there is no such conversation.
        InputError: a title is not UTF-8, a removal for good was not confirmed, or one was asked for
            where there is a trash.
    """
    title = _title() if arguments.sessions == "rename" else ""
    with unlocked(paths.vault, secrets) as vault:
        sessions = vault.sessions
        match arguments.sessions:
            case "list":
                _list(sessions, trashed=arguments.trash, as_json=arguments.json)
            case "show":
                _show(sessions, arguments.id, as_json=arguments.json)
            case "rename":
                sessions.rename(arguments.id, title)
                tell(sentence("talk.renamed"))
            case "delete":
                _delete(vault, arguments)
            case "restore":
                sessions.restore(arguments.id)
                tell(sentence("sessions.restored"))
            case "purge":
                _purge(vault, arguments)


def _title() -> str:
    line = read_line(sentence("talk.title"))
    if line is None:
        raise InputError("input.no_title")
    return line


def _list(sessions: Sessions, *, trashed: bool, as_json: bool) -> None:
    found = sessions.trashed() if trashed else sessions.kept()
    if as_json:
        print_json({"sessions": [_plain_session(stored) for stored in found]})
        return
    for stored in found:
        speak(row(stored))
    if not found:
        tell(sentence("sessions.trash_empty" if trashed else "talk.none_yet"))


def _show(sessions: Sessions, session: str, *, as_json: bool) -> None:
    turns = sessions.turns(session)
    if as_json:
        (stored,) = (each for each in sessions.kept() if each.id == session)
        plain = _plain_session(stored) | {"turns": [_plain_turn(turn) for turn in turns]}
        print_json(plain)
    else:
        speak(transcript(turns))


def _delete(vault: Vault, arguments: argparse.Namespace) -> None:
    """Put it into the trash; without one, where closing would remove it, ask and remove it."""
    vault.sessions.require(arguments.id)  # nobody is asked about what is not there
    if vault.trash.kept:
        if arguments.set_aside:
            raise InputError("input.set_aside_with_trash", option="--set-aside", id=arguments.id)
        vault.sessions.delete(arguments.id)
        tell(sentence("sessions.deleted", id=arguments.id))
    elif _is_sure(arguments, "sessions.delete_for_good", "input.delete_not_confirmed"):
        vault.sessions.delete(arguments.id)
        _remove_for_good(vault, arguments)


def _purge(vault: Vault, arguments: argparse.Namespace) -> None:
    vault.sessions.require(arguments.id, deleted=True)
    if _is_sure(arguments, "sessions.purge", "input.not_confirmed"):
        _remove_for_good(vault, arguments)


def _is_sure(arguments: argparse.Namespace, asks: str, refused: str) -> bool:
    """Ask with one of the catalogue's keys; raise the other where nobody can be asked."""
    if arguments.yes:
        return True
    if not has_terminal():
        raise InputError(refused, option="--yes")
    if ask(sentence(asks, word=CONFIRMED)) == CONFIRMED:
        return True
    tell(sentence("sessions.not_purged"))
    return False


def _remove_for_good(vault: Vault, arguments: argparse.Namespace) -> None:
    vault.sessions.purge(arguments.id)
    clean = False
    try:
        vault.backups.renew()
        clean = not vault.backups.clear_stuck()
    except VaultError as error:
        tell(error)
    if clean:
        tell(sentence("sessions.purged"))
    else:
        tell(sentence("sessions.purged_not_copies", folder=vault.files.backups))
    _settle_aside(vault, asks=not arguments.yes, removes=arguments.set_aside)


def _settle_aside(vault: Vault, *, asks: bool, removes: bool) -> None:
    """Say which damaged histories may still hold what was purged; remove them if that is wanted."""
    found = set_aside(vault.files)
    for each in found:
        tell(sentence("sessions.purged_aside", path=each.path))
    if found and not removes and asks:
        removes = ask(sentence("sessions.remove_aside", word=CONFIRMED)) == CONFIRMED
    elif found and not removes:
        tell(sentence("sessions.aside_option", option="--set-aside"))
    if found and removes:
        remove_set_aside(vault.files)
        tell(sentence("sessions.aside_removed"))


def _plain_session(stored: StoredSession) -> dict[str, Any]:
    return {
        "id": stored.id,
        "title": stored.title,
        "opening": stored.opening,
        "turn_count": stored.turns,
        "created": stored.created.isoformat(),
        "updated": stored.updated.isoformat(),
        "deleted": stored.deleted and stored.deleted.isoformat(),
    }


def _plain_turn(stored: StoredTurn) -> dict[str, Any]:
    return {
        "role": stored.turn.role,
        "content": stored.turn.content,
        "state": stored.state,
        "created": stored.created.isoformat(),
    }
