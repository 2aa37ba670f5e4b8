"""`soulchat sessions export|import`: conversations out into a plain file, and in from one."""

from __future__ import annotations

import argparse
from typing import Final

from desktop_app.commands.environment import Secrets
from desktop_app.commands.output import tell
from desktop_app.commands.unlock import unlocked, unlocked_or_made
from desktop_app.paths import Paths
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, carried_session, carried_sessions
from desktop_app.vault.errors import SessionMissingError
from desktop_app.vault.export import Form, exported, write_export
from desktop_app.vault.import_file import read_conversations
from desktop_app.vault.vault import Vault
from resources.messages import sentence

PDF: Final = "pdf"


def run_transfer(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Do what `soulchat sessions export|import` asks for.

    Raises:
        TransferError: the file is there already, or is none that can be imported.
        VaultError: the history cannot be opened, or there is no such conversation.
    """
    if arguments.sessions == "import":
        _import(arguments, paths, secrets)
    else:
        _export(arguments, paths, secrets)


def _export(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    with unlocked(paths.vault, secrets) as vault:
        sessions = _asked_for(vault, arguments.ids)
    if not sessions:
        tell(sentence("export.nothing"))
        return
    if arguments.form == PDF:
        from desktop_app.views.export_pdf import pdf  # noqa: PLC0415 - the one form that needs Qt

        content = pdf(sessions)
    else:
        content = exported(sessions, Form(arguments.form)).encode()
    write_export(arguments.out, content)
    tell(sentence("export.written", path=arguments.out, count=len(sessions)))


def _asked_for(vault: Vault, ids: list[str]) -> list[CarriedSession]:
    if not ids:
        return list(carried_sessions(vault.database))
    found = [carried_session(vault.database, each) for each in ids]
    if None in found:
        raise SessionMissingError("vault.session_missing")
    return [session for session in found if session is not None]


def _import(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    found = read_conversations(arguments.file)
    with unlocked_or_made(paths.vault, secrets) as vault:
        gain = bring_in(vault, found)
    tell(gain.told("export.imported", "export.nothing_new"))
    for remark in found.remarks():
        tell(remark)
