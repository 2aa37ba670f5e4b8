"""`soulchat vault verify|backup|restore`: is it whole, keep it elsewhere, bring it back."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any, Final

from desktop_app.care.kept_plan import KeptPlan
from desktop_app.commands.environment import Secrets
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.commands.terminal import ask, has_terminal
from desktop_app.commands.unlock import unlocked
from desktop_app.commands.unlock_backup import WhatThereIs
from desktop_app.paths import Paths
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.errors import (
    BackupError,
    DamagedEnvelopeError,
    DamagedHistoryError,
    KeyringAbsentError,
    KeyringChangedError,
    KeyringLockedError,
    KeyringUnavailableError,
    RecoveryCodeSlipError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.restore import Preview, become, opened_backup
from desktop_app.vault.rotation import Unsealing
from desktop_app.vault.vault import Vault, open_rescued, opens
from desktop_app.vault.verify import Findings, verify
from resources.messages import sentence

CONFIRMED: Final = "yes"
FORGOTTEN: Final = (
    WrongPassphraseError,
    WrongRecoveryCodeError,
    RecoveryCodeSlipError,
    KeyringLockedError,
)
"""A slip, or what a person knew is forgotten for good; of a keyring where nothing else opens it."""
DOES_NOT_OPEN: Final = (
    DamagedHistoryError,
    DamagedEnvelopeError,
    KeyringAbsentError,
    KeyringChangedError,
    KeyringUnavailableError,
    *FORGOTTEN,
)
"""What a backup may take the place of a history for: no way of opening it is left here."""


def run_vault_backup(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Do what `soulchat vault verify|backup|restore` asks for; see below."""
    match arguments.vault:
        case "verify":
            _verify(arguments, paths, secrets)
        case "backup":
            _backup(arguments.file, paths, secrets)
        case _:
            _restore(arguments, paths, secrets)


def _verify(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Check all of the history and, where that is asked for, rescue it.

    Raises:
        BackupError: something is damaged.
        VaultError: it cannot be opened.
    """
    with unlocked(paths.vault, secrets, rescues=arguments.repair) as vault:
        findings, dek, envelope = verify(vault), vault.keys.dek, vault.keys.envelope()
    if arguments.repair and not findings.history_whole:
        with open_rescued(paths.vault, dek, envelope) as vault:
            for notice in vault.notices:
                tell(notice)
            findings = verify(vault)
    if arguments.json:
        print_json(dataclasses.asdict(findings) | {"whole": findings.whole})
    else:
        speak("\n".join(_found(findings)))
    if not findings.undamaged:
        raise BackupError("backup.not_whole")


def _backup(file: Path, paths: Paths, secrets: Secrets) -> None:
    """Write a backup.

    Raises:
        BackupError: it could only be opened on this computer, or the file is there.
        VaultError: the history cannot be opened, or the disk is full.
    """
    with unlocked(paths.vault, secrets) as vault:
        write_backup(vault, file)
    tell(sentence("backup.written", path=file))


def _restore(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Show what a backup holds and would add and, when that is confirmed, add it.

    Raises:
        BackupError: it is no backup, or the restoring was not confirmed.
        VaultError: see restore.py; nothing was changed.
    """
    unsealed = WhatThereIs(secrets)
    if not vault_in(paths.vault).exist():
        _take_the_place(arguments, paths.vault, unsealed, "backup.confirm", sure=arguments.yes)
        return
    try:
        vault = unlocked(paths.vault, secrets)
    except DOES_NOT_OPEN as error:
        if isinstance(error, FORGOTTEN) and not has_terminal():
            raise
        tell(error)
        # A keyring that cannot be asked may be there again in another terminal, and what was
        # forgotten may come back: ask the person.
        sure = arguments.yes and not isinstance(error, (KeyringUnavailableError, *FORGOTTEN))
        _take_the_place(arguments, paths.vault, unsealed, "backup.confirm_replace", sure=sure)
        return
    with vault:
        _merge(arguments, vault, unsealed)


def _take_the_place(
    arguments: argparse.Namespace, folder: Path, unsealed: WhatThereIs, question: str, *, sure: bool
) -> None:
    """Show what a backup holds and, when that is confirmed, make it the history in `folder`.

    Raises:
        BackupError: the history there opens by what opens the backup; or it was not confirmed.
        VaultError: see restore.py; nothing was changed.
    """
    with opened_backup(arguments.file, folder, unsealed) as backup:
        preview = backup.preview()
    if opens(folder, unsealed.again):
        raise BackupError("backup.opens_here")
    _show(preview, as_json=arguments.json)
    if _confirmed(question, sure=sure):
        _become(arguments.file, folder, unsealed)


def _merge(arguments: argparse.Namespace, vault: Vault, unsealed: Unsealing) -> None:
    file, folder = arguments.file, vault.files.folder
    with opened_backup(file, folder, unsealed, lambda: vault.keys.dek) as backup:
        preview = backup.preview(vault)
        _show(preview, as_json=arguments.json)
        if preview.gain and _confirmed("backup.confirm", sure=arguments.yes):
            gain = backup.merge_into(vault)
            tell(gain.told("backup.restored", "backup.nothing_new"))
            KeptPlan(vault.files.readable_plan, vault.documents).settle()


def _show(preview: Preview, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(preview))
    else:
        speak("\n".join(preview.sentences()))


def _become(file: Path, folder: Path, unsealed: Unsealing) -> None:
    became = become(file, folder, unsealed)
    tell(sentence("backup.became", sessions=became.sessions, turns=became.turns))
    if became.aside is not None:
        tell(sentence("backup.aside", path=became.aside))


def _confirmed(question: str, *, sure: bool) -> bool:
    if sure:
        return True
    if not has_terminal():
        raise BackupError("backup.not_confirmed", option="--yes")
    if ask(sentence(question, word=CONFIRMED)) == CONFIRMED:
        return True
    tell(sentence("backup.not_restored"))
    return False


def _found(findings: Findings) -> list[str]:
    lines = []
    if findings.undamaged:
        lines.append(
            sentence(
                "backup.whole" if findings.whole else "backup.undamaged",
                sessions=findings.sessions,
                turns=findings.turns,
                pages=findings.pages,
            )
        )
    if not findings.pages_whole:
        lines.append(sentence("backup.finding_pages"))
    for key, count in (
        ("backup.finding_lost", findings.lost_turns),
        ("backup.finding_lost_sessions", findings.lost_sessions),
        ("backup.finding_lost_documents", findings.lost_documents),
        ("backup.finding_unreadable", findings.unreadable_turns),
        ("backup.finding_sessions", findings.unreadable_sessions),
        ("backup.finding_unfound", findings.unfound_turns),
        ("backup.finding_documents", findings.unreadable_documents),
    ):
        if count:
            lines.append(sentence(key, count=count))
    if not findings.index_whole:
        lines.append(sentence("backup.finding_index"))
    for key, well in (
        ("backup.finding_envelope", findings.envelope_whole),
        ("backup.finding_envelope_other", findings.envelope_own or not findings.history_there),
        ("backup.finding_place", findings.history_there),
    ):
        if not well:
            lines.append(sentence(key))
    if findings.other_envelopes:
        lines.append(sentence("backup.finding_other_keys", count=findings.other_envelopes))
    return lines


def _plain(preview: Preview) -> dict[str, Any]:
    return {
        "sessions": preview.sessions,
        "turns": preview.turns,
        "first": preview.first and preview.first.isoformat(),
        "last": preview.last and preview.last.isoformat(),
        "new_sessions": preview.gain.new_sessions,
        "trashed_sessions": preview.gain.trashed_sessions,
        "continued_sessions": preview.gain.continued_sessions,
        "new_turns": preview.gain.new_turns,
        "newer_documents": preview.gain.newer_documents,
        "completed_turns": preview.gain.completed_turns,
        "regained_sessions": preview.gain.regained_sessions,
        "titled_sessions": preview.gain.titled_sessions,
        "lost_turns": preview.lost_turns,
    }
