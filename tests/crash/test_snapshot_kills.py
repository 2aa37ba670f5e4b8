"""Killed while a snapshot is sealed, the history has the one before or the new one, never half."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.conversation.snapshots import Snapshots
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.creation import create
from desktop_app.vault.vault import open_with_passphrase
from tests.support.crash_points import killed_at
from tests.support.history_changes import ARMED, SNAPSHOTS
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

SEAL = "tests.support.history_changes:seal"
OLD, NEW = SNAPSHOTS
AT_RANDOM = [f"{ARMED}+{microseconds}" for microseconds in (300, 2_000, 5_000, 9_000, 20_000)]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with one conversation, whose snapshot is OLD."""
    folder = tmp_path_factory.mktemp("old") / "vault"
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "在吗"))
        Snapshots(vault.blobs, 1024).put("a", OLD)
    return folder


@pytest.mark.parametrize(
    ("point", "left"),
    [
        (ARMED, {OLD}),
        ("blobs.written", {OLD}),
        ("database.changed", {OLD}),
        ("database.committed", {NEW}),
        ("blobs.named", {NEW}),
        *((moment, {OLD, NEW}) for moment in AT_RANDOM),
    ],
)
def test_it_is_the_one_before_or_the_new_one(
    old: Path, tmp_path: Path, point: str, left: set[bytes]
) -> None:
    folder = shutil.copytree(old, tmp_path / "vault")

    assert killed_at(point, SEAL, folder) or point in AT_RANDOM

    assert traces(folder, MARKER) == []
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert vault.blobs.get("a", "kv") in left
        assert len(list((folder / "blobs").iterdir())) == 1
