"""A full disk and a read-only folder, real ones: one sentence, and nothing stored is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.errors import KnownError
from desktop_app.vault.creation import create
from desktop_app.vault.errors import DiskFullError, ReadOnlyVaultError
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE

NOBODY = 65534


@ONLY_ROOT
def test_a_disk_that_fills_up_keeps_every_acknowledged_turn(small_disk: Path) -> None:
    folder = small_disk / "vault"
    kept: list[str] = []

    def talk_on(vault: Vault) -> None:
        for number in range(2000):
            vault.sessions.add("a", Turn(Role.USER, f"{number} " * 300))
            kept.append(f"{number} " * 300)

    with create(folder, passphrase=PASSPHRASE) as vault:
        with pytest.raises(DiskFullError):
            talk_on(vault)
        assert kept
        assert [t.turn.content for t in vault.sessions.turns("a")] == kept

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert [t.turn.content for t in vault.sessions.turns("a")] == kept


@ONLY_ROOT
def test_writing_goes_on_when_there_is_space_again(small_disk: Path) -> None:
    with create(small_disk / "vault", passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        filler = fill(small_disk)
        with pytest.raises(DiskFullError):
            vault.sessions.add("a", Turn(Role.USER, "二" * 9000))
        filler.unlink()

        vault.sessions.add("a", Turn(Role.USER, "三"))

        assert [t.turn.content for t in vault.sessions.turns("a")] == ["一", "三"]


@ONLY_ROOT
def test_a_reply_that_no_longer_fits_keeps_what_did(small_disk: Path) -> None:
    with create(small_disk / "vault", passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        reply = vault.sessions.begin_reply("a")
        vault.sessions.extend(reply, "开头")
        fill(small_disk)
        with pytest.raises(DiskFullError):
            vault.sessions.extend(reply, "长" * 9000)

        assert vault.sessions.turns("a")[-1].turn.content == "开头"


@ONLY_ROOT
def test_a_full_disk_does_not_keep_closed_what_a_kill_left_unfinished(small_disk: Path) -> None:
    folder = small_disk / "vault"
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        vault.sessions.extend(vault.sessions.begin_reply("a"), "开头")
        vault.sessions.add("b", Turn(Role.USER, "二"))
        vault.sessions.begin_reply("b")
    filler = fill(small_disk)

    def states(vault: Vault, session: str) -> list[tuple[str, TurnState]]:
        return [(each.turn.content, each.state) for each in vault.sessions.turns(session)]

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert vault.sessions._database.rows("SELECT count(*) FROM turn WHERE state = 'growing'")
        assert states(vault, "a")[1:] == [("开头", TurnState.INTERRUPTED)]
        assert states(vault, "b") == [("二", TurnState.COMPLETE)]
    filler.unlink()
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert vault.search.find("开头")
        assert states(vault, "b") == [("二", TurnState.COMPLETE)]


@ONLY_ROOT
@pytest.mark.parametrize("space", [0, 4096, 16384, 32768, 57344])
def test_a_disk_too_small_for_a_vault_leaves_none(small_disk: Path, space: int) -> None:
    filler = fill(small_disk, leave=space)
    folder = small_disk / "vault"
    try:
        create(folder, passphrase=PASSPHRASE).close()
    except DiskFullError:
        assert [p.name for p in small_disk.iterdir() if p != filler] in ([], ["vault.lock"])
        filler.unlink()
        create(folder, passphrase=PASSPHRASE).close()
    filler.unlink(missing_ok=True)

    open_with_passphrase(folder, PASSPHRASE).close()


OPEN = """
import os, sys
from pathlib import Path
from desktop_app.vault import errors
from desktop_app.vault.vault import open_with_passphrase
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_with_passphrase(Path(sys.argv[1]), sys.stdin.read())
except errors.VaultError as error:
    print(type(error).__name__)
"""


def opened_without_rights(folder: Path) -> str:
    """Open the vault as a user whom the modes of the files bind, and return what came of it."""
    run = subprocess.run(
        [sys.executable, "-c", OPEN, str(folder)],
        input=PASSPHRASE,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize("what", ["all", "folder", "file", "hidden"])
def test_a_vault_that_may_not_be_used_is_one_sentence(
    closed: Path, tmp_path: Path, what: str
) -> None:
    open_to_nobody(tmp_path)
    everything = [closed.parent, *closed.parent.rglob("*")]
    refused = {
        "all": everything,
        "folder": [closed],
        "file": [closed / "history.db"],
        "hidden": [closed],
    }[what]
    before = (closed / "history.db").read_bytes()
    for path in refused:
        path.chmod(0 if what == "hidden" else 0o555 if path.is_dir() else 0o444)

    assert opened_without_rights(closed) == ReadOnlyVaultError.__name__

    for path in refused:
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert (closed / "history.db").read_bytes() == before
    open_with_passphrase(closed, PASSPHRASE).close()


def open_to_nobody(tmp_path: Path) -> None:
    """Hand the test's folder to the user without rights, and let it be reached."""
    if os.geteuid() != 0:
        return
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    for above in tmp_path.parents:
        if above.stat().st_mode & 0o001 == 0:
            above.chmod(above.stat().st_mode | 0o111)


def test_a_place_for_a_new_vault_that_may_not_be_written_is_one_sentence() -> None:
    with pytest.raises(KnownError, match="没法创建"):
        create(Path("/proc/none/vault"), passphrase=PASSPHRASE)
