"""`soulchat vault verify|backup|restore` and `sessions export|import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.care.safety_plan import SafetyPlan
from desktop_app.commands.unlock import ATTEMPTS
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.damaged_vault import flip_a_byte
from tests.support.engine_run import soulchat
from tests.support.pictured import pictured
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection

pytestmark = pytest.mark.usefixtures("passphrase")

CODE = RecoveryCode("0123456789ABCDEF" * 2)


@pytest.fixture
def data(closed: Path) -> Path:
    """A data folder with one conversation."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "睡不着。"))
    return closed.parent


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    path = tmp_path / "b.soulchat-backup"
    assert run("vault", "backup", path, data=data)[0] == 0
    return path


def run(*arguments: str | Path, data: Path) -> tuple[int, str, str]:
    done = soulchat(*arguments, "--data-dir", data)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def said_in(data: Path) -> list[str]:
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        return [turn.turn.content for turn in vault.sessions.turns("a")]


def test_verify_says_that_all_is_whole(data: Path) -> None:
    code, out, err = run("vault", "verify", data=data)

    assert (code, err) == (0, "")
    assert "完好" in out


def test_verify_of_a_damaged_history_counts_and_exits_1(data: Path) -> None:
    history = data / "vault" / "history.db"
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "长" * 9000))
    content = bytearray(history.read_bytes())
    content[-5000] ^= 1
    history.write_bytes(content)

    code, out, err = run("vault", "verify", "--json", data=data)

    assert code == 1
    assert json.loads(out)["whole"] is False
    assert "verify --repair" in err.splitlines()[-1]


def test_a_backup_becomes_the_history_of_a_new_computer(backup: Path, tmp_path: Path) -> None:
    code, out, err = run("vault", "restore", backup, "--yes", data=tmp_path / "new")

    assert code == 0
    assert "1 段对话" in out
    assert "恢复好了" in err
    assert said_in(tmp_path / "new") == ["睡不着。"]


def test_what_would_be_the_history_is_shown_before_that_is_confirmed(
    backup: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    code, out, err = run("vault", "restore", backup, data=new)
    assert (code, "--yes" in err) == (1, True)
    assert "1 段对话" in out
    assert not (new / "vault").exists()

    with terminal("vault", "restore", backup, "--data-dir", new) as (process, screen):
        screen.wait_for("yes")
        screen.type("no\n")
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert not (new / "vault").exists()

    with terminal("vault", "restore", backup, "--data-dir", new) as (process, screen):
        screen.wait_for("yes")
        screen.type("yes\n")
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert said_in(new) == ["睡不着。"]


def test_a_program_reads_what_became_the_history(backup: Path, tmp_path: Path) -> None:
    code, out, _ = run("vault", "restore", backup, "--yes", "--json", data=tmp_path / "new")

    assert code == 0
    assert (json.loads(out)["sessions"], json.loads(out)["new_turns"]) == (1, 1)
    assert said_in(tmp_path / "new") == ["睡不着。"]


def test_restore_shows_what_it_would_add_and_asks(backup: Path, data: Path) -> None:
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.sessions.delete("a")
        vault.sessions.purge("a")
    with terminal("vault", "restore", backup, "--data-dir", data) as (process, screen):
        screen.wait_for("yes")
        screen.type("yes\n")
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "1 段新的对话" in out.decode()
    assert said_in(data) == ["睡不着。"]


def test_restore_without_a_terminal_wants_yes(backup: Path, data: Path) -> None:
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.sessions.delete("a")
        vault.sessions.purge("a")

    code, _, err = run("vault", "restore", backup, data=data)
    assert code == 1
    assert "--yes" in err

    assert run("vault", "restore", backup, "--yes", data=data)[0] == 0
    assert said_in(data) == ["睡不着。"]


def test_a_history_that_does_not_open_is_replaced_and_kept(backup: Path, data: Path) -> None:
    (data / "vault" / "history.db").write_bytes(b"damaged")

    code, out, err = run("vault", "restore", backup, "--yes", data=data)

    assert code == 0
    assert "1 段对话" in out
    assert "vault.damaged-1" in err
    assert said_in(data) == ["睡不着。"]


def test_what_would_take_its_place_is_shown_before_that_is_confirmed(
    backup: Path, data: Path
) -> None:
    (data / "vault" / "history.db").write_bytes(b"damaged")

    code, out, err = run("vault", "restore", backup, data=data)

    assert (code, "--yes" in err) == (1, True)
    assert out.splitlines() == [line for line in out.splitlines() if "1 段对话" in line] != []
    assert not (data / "vault.damaged-1").exists()


def test_a_passphrase_is_asked_once_for_looking_and_restoring(
    backup: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOULCHAT_PASSPHRASE")
    (data / "vault" / "history.db").write_bytes(b"damaged")

    with terminal("vault", "restore", backup, "--data-dir", data) as (process, screen):
        for _ in ("the history's", "the backup's"):
            screen.wait_for("口令")
            screen.type(f"{PASSPHRASE}\n")
        screen.wait_for("yes")
        screen.type("yes\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert said_in(data) == ["睡不着。"]


def test_a_history_whose_only_keyring_lost_its_key_is_replaced_and_kept(
    backup: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    folder = tmp_path / "lost" / "vault"
    create(folder, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)

    code, _, err = run("vault", "restore", backup, "--yes", data=folder.parent)

    assert (code, "vault.damaged-1" in err) == (0, True)
    assert said_in(folder.parent) == ["睡不着。"]


@pytest.fixture
def forgotten(tmp_path: Path) -> Path:
    """The data folder of a history of which nobody knows the passphrase any more."""
    create(tmp_path / "forgotten" / "vault", passphrase="nobody knows this one").close()
    return tmp_path / "forgotten"


@pytest.fixture
def by_code(data: Path, tmp_path: Path) -> Path:
    """A backup that a recovery code opens too."""
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.keys.set_recovery(CODE)
        write_backup(vault, tmp_path / "c.soulchat-backup")
    return tmp_path / "c.soulchat-backup"


@pytest.mark.parametrize("typed", [[PASSPHRASE], ["", CODE.text()]])
def test_a_forgotten_passphrase_gives_way_to_a_backup_that_opens_with_another_way(
    by_code: Path, forgotten: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str]
) -> None:
    monkeypatch.delenv("SOULCHAT_PASSPHRASE")
    command = ("vault", "restore", by_code, "--yes", "--data-dir", forgotten)
    with terminal(*command) as (process, screen):
        for _ in range(ATTEMPTS):
            screen.wait_for("口令：")
            screen.type("what was it\n")
        for each, asked in zip(typed, ("备份的口令", "备份的恢复码："), strict=False):
            screen.wait_for(asked)
            screen.type(f"{each}\n")
        screen.wait_for("yes")  # though it was said before: what was forgotten may come back
        screen.type("yes\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert said_in(forgotten) == ["睡不着。"]
    open_with_passphrase(forgotten / "vault.damaged-1", "nobody knows this one").close()


def test_a_backup_that_opens_as_the_history_here_does_takes_no_place(
    backup: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is older; what was typed before was a slip."""
    monkeypatch.delenv("SOULCHAT_PASSPHRASE")
    with terminal("vault", "restore", backup, "--yes", "--data-dir", data) as (process, screen):
        for _ in range(ATTEMPTS):
            screen.wait_for("口令：")
            screen.type("a slip\n")
        screen.wait_for("备份的口令")
        screen.type(f"{PASSPHRASE}\n")
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.decode().splitlines()[-1] == sentence("error.backup.opens_here")
    assert not (data / "vault.damaged-1").exists()


def test_a_backup_that_the_code_in_the_environment_opens_takes_no_place_where_that_opens_too(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The passphrase there is a slip, and is what the history here is opened with."""
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.keys.set_recovery(CODE)
        write_backup(vault, tmp_path / "b")
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", "a slip")
    monkeypatch.setenv("SOULCHAT_RECOVERY_CODE", CODE.text())
    with terminal("vault", "restore", tmp_path / "b", "--yes", "--data-dir", data) as (process, _):
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.decode().splitlines()[-1] == sentence("error.backup.opens_here")
    assert not (data / "vault.damaged-1").exists()


def test_a_keyring_that_stays_locked_gives_way_to_a_backup_when_a_person_says_so(
    backup: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    data = tmp_path / "locked"
    create(data / "vault", keychain=secret_service).close()
    lock_default_collection()

    with terminal("vault", "restore", backup, "--yes", "--data-dir", data) as (process, screen):
        screen.wait_for("yes")  # though it was said before: it may be unlocked again
        screen.type("yes\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert said_in(data) == ["睡不着。"]


def test_a_wrong_passphrase_that_nobody_can_be_asked_about_replaces_nothing(
    backup: Path, forgotten: Path
) -> None:
    code, out, err = run("vault", "restore", backup, "--yes", data=forgotten)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert not (forgotten / "vault.damaged-1").exists()


def test_a_history_that_was_set_aside_is_looked_into_and_brought_back(
    backup: Path, data: Path
) -> None:
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "后来说的"))
    flip_a_byte(data / "vault" / "history.db", page=1)
    assert run("vault", "restore", backup, "--yes", data=data)[0] == 0

    code, out, _ = run("vault", "restore", data / "vault.damaged-1", "--yes", "--json", data=data)

    assert (code, json.loads(out)["lost_turns"], json.loads(out)["new_turns"]) == (0, 0, 1)
    assert said_in(data) == ["睡不着。", "后来说的"]


def test_a_locked_keyring_is_no_reason_to_replace_anything(
    backup: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    folder = tmp_path / "locked" / "vault"
    create(folder, keychain=secret_service).close()
    lock_default_collection()

    code, _, _ = run("vault", "restore", backup, "--yes", data=folder.parent)

    assert code == 1
    assert not folder.with_name("vault.damaged-1").exists()


def test_what_was_restored_already_is_said(backup: Path, data: Path) -> None:
    code, out, _ = run("vault", "restore", backup, data=data)

    assert code == 0
    assert sentence("backup.nothing_new") in out


@pytest.mark.parametrize("action", ["backup", "restore"])
def test_a_file_that_is_in_the_way_or_not_there_is_one_sentence(
    action: str, data: Path, backup: Path
) -> None:
    path = backup if action == "backup" else backup.with_name("none")
    code, out, err = run("vault", action, path, data=data)

    assert (code, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("form", ["md", "json", "html", "pdf"])
def test_export_writes_a_file_and_says_that_it_is_not_encrypted(
    form: str, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"e.{form}"
    code, out, err = run("sessions", "export", "a", "--form", form, "--out", path, data=data)

    assert (code, out) == (0, "")
    assert "没有加密" in err
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size > 100


def test_what_was_exported_can_be_imported_elsewhere(data: Path, tmp_path: Path) -> None:
    run("sessions", "export", "--form", "json", "--out", tmp_path / "e", data=data)

    code, _, err = run("sessions", "import", tmp_path / "e", data=tmp_path / "new")

    assert code == 0
    assert "1 段新的对话" in err
    assert said_in(tmp_path / "new") == ["睡不着。"]


def test_where_a_picture_was_looked_at_last_its_words_are_listed_and_exported(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "conversations.json").write_text(json.dumps([pictured()]))
    run("sessions", "import", tmp_path / "conversations.json", data=data)

    code, listed, err = run("sessions", "list", data=data)
    run("sessions", "export", "--form", "md", "--out", tmp_path / "e.md", data=data)

    assert (code, err) == (0, "")
    assert "画一只猫" in listed
    assert "画一只猫" in (tmp_path / "e.md").read_text("utf-8")


def test_a_file_of_another_kind_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "e").write_text("随便什么")

    code, _, err = run("sessions", "import", tmp_path / "e", data=tmp_path / "new")

    assert (code, err.count("\n")) == (1, 1)
    assert not (tmp_path / "new").exists()


def test_a_restored_plan_comes_to_the_copy_that_is_read_while_locked(
    data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "with-a-plan"
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.documents.write("safety_plan", SafetyPlan(signs="从备份来的").as_json())
        write_backup(vault, path)
        vault.database.rows("DELETE FROM document")
    copy = data / "safety-plan.json"
    copy.write_text(SafetyPlan(signs="以前的").as_json(), encoding="utf-8")

    code, out, _ = run("vault", "restore", "--yes", path, data=data)

    assert code == 0
    assert "安全计划" in out
    assert "从备份来的" in copy.read_text(encoding="utf-8")
