"""`soulchat vault copies`: what lies beside the history, and what of it may go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.damaged_vault import opened
from tests.support.engine_run import soulchat
from tests.support.terminal import terminal
from tests.support.two_histories import go_back
from tests.support.vault_fixtures import PASSPHRASE

REMOVE = "--remove-set-aside"


@pytest.fixture(autouse=True)
def no_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")


@pytest.fixture
def copy(closed: Path) -> Path:
    """One made by itself."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        return vault.backups.make().files.folder


@pytest.fixture
def aside(closed: Path, copy: Path) -> list[Path]:
    """What two repairs left: a damaged history, one that was replaced, and copies."""
    rescued = closed / "history.damaged-2026-08-21.db"
    rescued.write_bytes(bytes(3_000_000))
    replaced = closed.with_name("vault.damaged-1")
    shutil.copytree(closed, replaced)
    copies = closed.with_name("vault.backups-1")
    shutil.copytree(copy.parent, copies)
    return [rescued, replaced, copies]


def copies(closed: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    done = soulchat("vault", "copies", *arguments, "--data-dir", closed.parent, **environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_each_is_named_with_its_size_and_nothing_is_opened(
    closed: Path, copy: Path, aside: list[Path]
) -> None:
    code, out, err = copies(closed)

    assert code == 0
    first, *others = out.splitlines()
    assert str(copy) in first
    assert sorted(str(path) in line for path in aside for line in others).count(True) == len(aside)
    assert next(line for line in others if str(aside[0]) in line).endswith("（3 MB）")
    assert REMOVE in err


def test_where_there_are_none_that_is_said(closed: Path) -> None:
    code, out, err = copies(closed)

    assert (code, out.strip()) == (0, sentence("copies.none"))
    assert err.strip() == sentence("copies.none_aside")


def test_what_was_set_aside_is_removed_and_nothing_else(
    closed: Path, copy: Path, aside: list[Path]
) -> None:
    code, _, err = copies(closed, REMOVE, "--yes", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 0
    assert sentence("sessions.aside_removed") in err
    assert not any(path.exists() for path in aside)
    assert copy.exists()
    open_with_passphrase(closed, PASSPHRASE).close()


def test_unasked_nothing_is_removed(closed: Path, aside: list[Path]) -> None:
    code, _, err = copies(closed, REMOVE, SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 1
    assert "--yes" in err
    assert all(path.exists() for path in aside)


@pytest.mark.parametrize("given", [PASSPHRASE, "another one"])
def test_beside_a_history_that_does_not_open_nothing_is_removed(
    closed: Path, aside: list[Path], given: str
) -> None:
    if given == PASSPHRASE:
        (closed / "history.db").write_bytes(b"?" * 8192)

    code, _, _ = copies(closed, REMOVE, "--yes", SOULCHAT_PASSPHRASE=given)

    assert code == 1
    assert all(path.exists() for path in aside)


@pytest.mark.parametrize(("typed", "left"), [("yes", 0), ("no", 3)])
def test_a_terminal_is_asked(
    closed: Path, aside: list[Path], monkeypatch: pytest.MonkeyPatch, typed: str, left: int
) -> None:
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", PASSPHRASE)
    with terminal("vault", "copies", REMOVE, "--data-dir", closed.parent) as (child, screen):
        screen.wait_for("找不回")
        screen.type(f"{typed}\n")
        assert child.wait(timeout=60) == 0

    assert len([path for path in aside if path.exists()]) == left


def test_a_history_that_went_back_is_told_of_with_the_commands(
    closed: Path, data_key: bytes, tmp_path: Path
) -> None:
    with opened(closed, data_key) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        folder = go_back(vault, tmp_path)

    environment = {"SOULCHAT_PASSPHRASE": PASSPHRASE}
    done = soulchat("sessions", "list", "--data-dir", folder.parent, **environment)

    (told,) = done.stderr.decode().splitlines()
    assert str(folder.with_name("vault.backups-1")) in told
    assert sentence("in_terminal.vault.strange_copies_aside") in told
