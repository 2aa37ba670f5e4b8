"""The parts of `soulchat bench` that start windows: by a keyring, or cold; not how fast that is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.commands import bench_window
from desktop_app.commands.bench_window import _cold_starts, _files, _opened_by_keyring, _starts
from desktop_app.paths import Paths, app_paths
from desktop_app.settings import AgeBand, Settings, write
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import KeyringAbsentError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from tests.support.vault_fixtures import PASSPHRASE


@pytest.fixture
def history(tmp_path: Path) -> Paths:
    """A history that PASSPHRASE opens, and every question answered."""
    paths = app_paths(tmp_path / "data")
    create(paths.vault, passphrase=PASSPHRASE).close()
    answers = Settings(language="zh", age=AgeBand.UNSAID, region="CN", notice_confirmed=True)
    write(paths.settings, answers)
    return paths


def test_the_keyring_opens_it_meanwhile_and_keeps_nothing(
    history: Paths, secret_service: Keychain
) -> None:
    vault = read_envelope(VaultFiles(history.vault).envelope).vault
    with _opened_by_keyring(history, PASSPHRASE) as opens:
        assert opens
        assert VaultFiles(history.vault).names_keyring()

    assert not VaultFiles(history.vault).names_keyring()
    with pytest.raises(KeyringAbsentError):
        secret_service.read(vault)


def test_without_a_keyring_nothing_is_measured(
    history: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    with _opened_by_keyring(history, PASSPHRASE) as opens:
        assert not opens


@pytest.mark.usefixtures("secret_service")
def test_one_can_write_before_the_conversation_is_there(
    history: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_window, "PAIRS", 1)
    with _opened_by_keyring(history, PASSPHRASE):
        folder = ("--data-dir", str(history.data), "--model", "none.gguf")
        figures, platform = _starts(("desktop_app.bench_window", "start_by_keyring", *folder))

    assert platform == "offscreen"
    assert figures["history"] >= figures["ours"] > 0
    assert figures["empty"] > 0


def test_where_the_system_keeps_its_cache_no_start_is_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fadvise", raising=False)

    assert _cold_starts(("desktop_app.bench_window", "start")) is None


def test_each_file_the_windows_read_is_dropped_once(tmp_path: Path) -> None:
    program, python = tmp_path / "program", tmp_path / "python"
    environment = program / ".venv"
    for folder in (python, environment, program / ".git" / "objects"):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    (program / "app.py").touch()

    found = [Path(each) for each in _files((environment, python, program))]

    assert sorted(found) == sorted([environment / "file", program / "app.py", python / "file"])
