"""What opens the history without a window, in which order, and what is said where nothing does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.commands.environment import PASSPHRASE as VARIABLE
from desktop_app.commands.environment import RECOVERY_CODE
from desktop_app.commands.unlock import ATTEMPTS
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.keychain import SERVICE, Keychain, system_backend
from desktop_app.vault.passphrase import LEAST_CHARACTERS
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import open_with_passphrase, slots
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection


@pytest.fixture(autouse=True)
def no_keyring_but_the_tests_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")


def listed(folder: Path, **environment: str) -> tuple[int, str]:
    """Open the history once; return the status and what was said."""
    done = soulchat("sessions", "list", "--data-dir", folder.parent, **environment)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode()


def talk_once(folder: Path, model: Path, **environment: str) -> tuple[int, str]:
    done = soulchat(
        *("--text", "--model", model, "--data-dir", folder.parent), stdin="您\n", **environment
    )
    return done.returncode, done.stderr.decode()


OPENED = (0, "还没有保存过的对话。\n")


def test_the_variable_opens_it(closed: Path) -> None:
    assert listed(closed, SOULCHAT_PASSPHRASE=PASSPHRASE) == OPENED


def test_a_wrong_one_is_one_sentence_and_changes_nothing(closed: Path) -> None:
    before = contents(closed)
    code, said = listed(closed, SOULCHAT_PASSPHRASE="wrong")

    assert code == 1
    assert said.startswith("口令不对")
    assert said.count("\n") == 1
    assert contents(closed) == before


def test_without_variable_and_terminal_the_variable_is_named(closed: Path) -> None:
    code, said = listed(closed)

    assert code == 1
    assert VARIABLE in said
    assert said.count("\n") == 1


def test_the_keyring_opens_it(folder: Path, secret_service: Keychain) -> None:
    create(folder, keychain=secret_service).close()

    assert listed(folder) == OPENED


def test_the_variable_goes_before_the_keyring(folder: Path, secret_service: Keychain) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()

    assert listed(folder, SOULCHAT_PASSPHRASE=PASSPHRASE) == OPENED
    assert listed(folder, SOULCHAT_PASSPHRASE="wrong")[1].startswith("口令不对")


@pytest.mark.usefixtures("silent_keyring")
def test_a_keyring_that_never_answers_is_not_asked_where_there_is_the_variable(
    folder: Path, model: Path
) -> None:
    assert talk_once(folder, model, SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0
    assert talk_once(folder, model, SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0


def test_a_variable_is_of_no_use_where_there_is_no_passphrase(
    folder: Path, secret_service: Keychain
) -> None:
    create(folder, keychain=secret_service).close()

    assert listed(folder, SOULCHAT_PASSPHRASE="whatever") == OPENED


def test_a_keyring_that_lost_the_key_is_one_sentence(
    folder: Path, secret_service: Keychain
) -> None:
    create(folder, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)
    code, said = listed(folder)

    assert code == 1
    assert "密钥环" in said
    assert said.count("\n") == 1


Spoil = Callable[[Keychain, str, pytest.MonkeyPatch], None]


def lose_key(keyring: Keychain, vault: str, _: pytest.MonkeyPatch) -> None:
    keyring.delete(vault)


def change_key(keyring: Keychain, vault: str, _: pytest.MonkeyPatch) -> None:
    keyring.store(vault, new_key())


def spoil_key(_: Keychain, vault: str, _patch: pytest.MonkeyPatch) -> None:
    system_backend().set_password(SERVICE, vault, "no key")


def lock_keyring(_: Keychain, _vault: str, _patch: pytest.MonkeyPatch) -> None:
    lock_default_collection()


def lose_keyring(_: Keychain, _vault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")


@pytest.mark.parametrize("by_code", [False, True], ids=["passphrase", "code"])
@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lose_key, "absent"),
        (change_key, "changed"),
        (spoil_key, "changed"),
        (lock_keyring, "locked"),
        (lose_keyring, "unavailable"),
    ],
)
def test_without_a_terminal_it_is_said_why_the_keyring_does_not_open_it_and_what_else_does(
    folder: Path,
    secret_service: Keychain,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoil,
    state: str,
    *,
    by_code: bool,
) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        if by_code:
            vault.keys.set_recovery(RecoveryCode.new())
            vault.keys.remove(SlotKind.PASSPHRASE)
        name = vault.keys.envelope().vault
    spoil(secret_service, name, monkeypatch)

    code, said = listed(folder)

    asked = ("no_recovery_code", RECOVERY_CODE) if by_code else ("no_passphrase", VARIABLE)
    assert code == 1
    assert said.splitlines() == [
        sentence(f"error.vault.keyring_{state}", keyring=secret_service.name),
        sentence(f"error.input.{asked[0]}", variable=asked[1]),
    ]


def test_a_locked_keyring_on_a_terminal_leads_to_the_passphrase(
    folder: Path, secret_service: Keychain
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    lock_default_collection()

    with terminal("sessions", "list", "--data-dir", folder.parent) as (process, screen):
        screen.wait_for("口令：")
        screen.type(f"{PASSPHRASE}\n")
        _, said = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "锁着" in said.decode().splitlines()[0]


def test_a_passphrase_is_asked_on_the_terminal_and_not_shown(closed: Path) -> None:
    with terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen):
        screen.wait_for("口令：")
        screen.type(f"{PASSPHRASE}\n")
        process.communicate(timeout=60)
        screen.read_to_end()

    assert process.returncode == 0
    assert PASSPHRASE not in screen.seen


def test_standard_input_is_no_passphrase(closed: Path, model: Path) -> None:
    arguments = ("--text", "--model", model, "--data-dir", closed.parent)
    with terminal(*arguments) as (process, screen):
        screen.wait_for("口令：")
        screen.type(f"{PASSPHRASE}\n")
        out, _ = process.communicate(f"{PASSPHRASE}\n".encode(), timeout=60)

    assert process.returncode == 0
    assert "回复：你" in out.decode()


def test_a_keyring_that_strange_copies_alone_name_does_not_keep_the_passphrase_out(
    closed: Path,
) -> None:
    copy = Path(shutil.copytree(closed, closed.with_name("vault.backups") / "000001"))
    theirs = Envelope().with_keyring(new_key(), new_key(), "SecretService")
    write_envelope(copy / "vault.json", theirs)
    assert SlotKind.KEYRING in slots(closed)

    with terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen):
        screen.wait_for("口令：")
        screen.type(f"{PASSPHRASE}\n")
        process.communicate(timeout=60)

    assert process.returncode == 0


def test_a_mistyped_passphrase_may_be_typed_again(closed: Path) -> None:
    with terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen):
        for typed in ["wrong"] * (ATTEMPTS - 1) + [PASSPHRASE]:
            screen.wait_for("口令：")
            screen.type(f"{typed}\n")
        _, said = process.communicate(timeout=60)

    assert process.returncode == 0
    assert said.decode().count("口令不对") == ATTEMPTS - 1


def test_typed_wrong_too_often_it_ends(closed: Path) -> None:
    with terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen):
        for _ in range(ATTEMPTS):
            screen.wait_for("口令：")
            screen.type("wrong\n")
        process.communicate(timeout=60)

    assert process.returncode == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_nobody_has_to_answer(key: str, closed: Path) -> None:
    with terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen):
        screen.wait_for("口令：")
        screen.type(key)
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said.decode()) == (1, "已中断。\n")


def test_a_history_in_use_is_said_before_a_passphrase_is_asked_for(closed: Path) -> None:
    with (
        open_with_passphrase(closed, PASSPHRASE),
        terminal("sessions", "list", "--data-dir", closed.parent) as (process, screen),
    ):
        _, said = process.communicate(timeout=60)
        screen.read_to_end()

    assert process.returncode == 1
    assert "正被另一个窗口或程序使用" in said.decode()
    assert screen.seen == ""


def test_a_new_history_is_made_with_the_variable(folder: Path, model: Path) -> None:
    assert talk_once(folder, model, SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0

    assert slots(folder) == {SlotKind.PASSPHRASE}
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert vault.sessions.kept()[0].opening == "您"


@pytest.mark.usefixtures("secret_service")
def test_a_new_history_is_made_with_the_keyring(folder: Path, model: Path) -> None:
    assert talk_once(folder, model)[0] == 0
    assert slots(folder) == {SlotKind.KEYRING}
    assert talk_once(folder, model)[0] == 0


def test_an_empty_variable_makes_no_history(folder: Path, model: Path) -> None:
    code, said = talk_once(folder, model, SOULCHAT_PASSPHRASE="")

    assert code == 1
    assert "口令是空的" in said
    assert slots(folder) == frozenset()


def test_a_short_variable_makes_no_history(folder: Path, model: Path) -> None:
    code, said = talk_once(folder, model, SOULCHAT_PASSPHRASE="x" * (LEAST_CHARACTERS - 1))

    assert code == 1
    assert said == sentence("error.vault.passphrase_short", least=LEAST_CHARACTERS) + "\n"
    assert slots(folder) == frozenset()


def test_without_keyring_variable_and_terminal_no_history_is_made(
    folder: Path, model: Path
) -> None:
    code, said = talk_once(folder, model)

    assert code == 1
    assert said.splitlines() == [
        sentence("error.vault.keyring_unavailable", keyring=Keychain().name),
        sentence("error.input.no_passphrase", variable=VARIABLE),
    ]
    assert slots(folder) == frozenset()


def test_a_new_passphrase_is_asked_for_twice(folder: Path, model: Path) -> None:
    short = "x" * (LEAST_CHARACTERS - 1)
    arguments = ("--text", "--model", model, "--data-dir", folder.parent)
    with terminal(*arguments) as (process, screen):
        for prompt, typed in (
            ("新口令：", short),
            ("新口令：", PASSPHRASE),
            ("再输入一次：", f"{PASSPHRASE}x"),
            ("新口令：", PASSPHRASE),
            ("再输入一次：", PASSPHRASE),
        ):
            screen.wait_for(prompt)
            screen.type(f"{typed}\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    open_with_passphrase(folder, PASSPHRASE).close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_history_tells_of_the_copies_of_the_one_before(
    closed: Path, tiny_model: Path
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.backups.make()
    shutil.rmtree(closed)
    kept = sentence("terminal.kept_copies")

    code, said = talk_once(closed, tiny_model, SOULCHAT_PASSPHRASE=PASSPHRASE)
    assert (code, kept in said.splitlines()) == (0, True)

    _, said = talk_once(closed, tiny_model, SOULCHAT_PASSPHRASE=PASSPHRASE)
    assert kept not in said.splitlines()
