"""What a person meets on a bad day is one sentence in the window: what happened, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desktop_app.errors import EngineError, KnownError
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from resources.messages import LANGUAGES, Language, catalogue, choose_language

WHOLE = ("download.", "engine.", "message.", "model.", "settings.")
"""Every error of these is said in the window."""
ON_A_BAD_DAY = [
    "path.not_writable",
    "vault.beyond_rescue",
    "vault.busy",
    "vault.clock_backwards",
    "vault.blob_damaged",
    "vault.disk_failed",
    "vault.disk_full",
    "vault.envelope_damaged",
    "vault.envelope_missing",
    "vault.envelope_others",
    "vault.history_damaged",
    "vault.history_missing",
    "vault.given_up",
    "vault.keyring_absent",
    "vault.keyring_changed",
    "vault.keyring_locked",
    "vault.keyring_unavailable",
    "vault.newer",
    "vault.no_memory",
    "vault.partly_damaged",
    "vault.read_only",
    "vault.wrong_passphrase",
    "window.already_open",
]
ON_A_BAD_DAY += [
    key.removeprefix("error.")
    for key in catalogue("en")
    if key.startswith(tuple(f"error.{each}" for each in WHOLE))
]
FULL_STOP = re.compile(r"[。！？]|[.!?](?=\s|$)")
COMMAND = re.compile(r"soulchat |--\w")
ADDED = {key for key in catalogue("en") if key.startswith("in_terminal.")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ON_A_BAD_DAY)
def test_it_is_one_sentence_without_a_command(key: str, language: Language) -> None:
    said = catalogue(language)[f"error.{key}"]
    assert [found.end() for found in FULL_STOP.finditer(said)] == [len(said)]
    assert not COMMAND.search(said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(ADDED))
def test_what_a_terminal_adds_belongs_to_an_error_that_ends_with_a_full_stop(
    key: str, language: Language
) -> None:
    said = catalogue(language)[key.replace("in_terminal.", "error.")]
    assert FULL_STOP.match(said[-1])


@pytest.mark.parametrize(
    ("error", "added"),
    [
        (
            DamagedHistoryError("vault.history_damaged", path=Path("/h")),
            {
                "zh": "（soulchat vault verify --repair）。",
                "en": " (soulchat vault verify --repair).",
            },
        ),
        (EngineError("engine.died", cause="SIGKILL"), {"zh": "（SIGKILL）。", "en": " (SIGKILL)."}),
    ],
)
def test_a_terminal_names_the_command_or_the_cause_before_the_full_stop(
    error: KnownError, added: dict[Language, str]
) -> None:
    try:
        for language, end in added.items():
            choose_language(language)
            assert error.in_terminal().endswith(end)
            assert end not in error.sentence()
            assert FULL_STOP.sub("", error.in_terminal()) == error.in_terminal()[:-1]
    finally:
        choose_language(None)


def test_a_terminal_says_what_the_window_says_where_there_is_nothing_to_add() -> None:
    error = VaultError("vault.busy")
    assert error.in_terminal() == error.sentence()
