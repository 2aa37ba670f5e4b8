"""A damaged history at a terminal: what the sentences advise is done, word by word, and helps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.damaged_vault import damage_overflow, flip_a_byte
from tests.support.engine_run import soulchat
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("passphrase")

ADVICE = re.compile(r"soulchat ((?:[a-z]+ ?)+(?:--[a-z-]+)?)")
LONG = "长" * 9000
SAID = ["睡不着。", LONG, "还在吗"]


@pytest.fixture
def data(closed: Path) -> Path:
    """A data folder with one conversation, of which a backup lies beside it."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for text in SAID:
            vault.sessions.add("a", Turn(Role.USER, text))
    assert run("vault", "backup", closed.parent / "b", data=closed.parent)[0] == 0
    return closed.parent


@pytest.fixture
def damaged(data: Path) -> Path:
    """The same with one message that cannot be read."""
    damage_overflow(open_with_passphrase(data / "vault", PASSPHRASE))
    return data


def run(*arguments: str | Path, data: Path, stdin: str = "") -> tuple[int, str, str]:
    done = soulchat(*arguments, "--data-dir", data, stdin=stdin)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def advised(said: str) -> list[str]:
    """Return the command that a sentence gives."""
    (command,) = set(ADVICE.findall(said))
    return str(command).split()


def said_in(data: Path) -> list[str]:
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        return [turn.turn.content for turn in vault.sessions.turns("a")]


def test_verify_names_another_historys_key_file_that_was_kept(data: Path) -> None:
    (data / "vault" / "vault.other-1.json").write_bytes(b"{}")

    code, out, _ = run("vault", "verify", data=data)

    assert code == 0
    assert sentence("backup.finding_other_keys", count=1) in out


@pytest.mark.parametrize(
    "arguments", [["vault", "verify"], ["vault", "backup", "c"], ["vault", "restore", "b", "--yes"]]
)
def test_what_cannot_be_done_with_damage_says_how_it_can(
    damaged: Path, arguments: list[str]
) -> None:
    arguments = [str(damaged / part) if part in {"b", "c"} else part for part in arguments]
    code, _, err = run(*arguments, data=damaged)
    assert code == 1

    assert run(*advised(err.splitlines()[-1]), data=damaged)[0] == 0

    assert run(*arguments, data=damaged)[0] == 0


def test_repaired_and_restored_nothing_is_missing(damaged: Path) -> None:
    code, out, err = run("vault", "verify", "--repair", data=damaged)
    assert code == 0
    assert "现在没有损坏的地方" in out
    assert said_in(damaged) == ["睡不着。", "", "还在吗"]
    command = advised(out)
    assert command == ["vault", "restore"]

    assert run(*command, damaged / "b", "--yes", data=damaged)[0] == 0

    assert said_in(damaged) == SAID
    (aside,) = (damaged / "vault").glob("history.damaged-*.db")
    assert str(aside) in err
    assert run(*advised(err), "--yes", data=damaged)[0] == 0
    assert not aside.exists()


def test_a_history_that_does_not_open_is_repaired_too(data: Path) -> None:
    flip_a_byte(data / "vault" / "history.db", page=1)
    code, _, err = run("vault", "unlock-test", data=data)
    assert code == 1

    assert run(*advised(err), data=data)[0] == 0

    assert said_in(data) == SAID


def test_one_of_which_nothing_can_be_read_is_restored(data: Path) -> None:
    (data / "vault" / "history.db").write_bytes(b"?" * 8192)
    code, _, err = run("vault", "verify", "--repair", data=data)
    assert code == 1

    assert run(*advised(err), data / "b", "--yes", data=data)[0] == 0

    assert said_in(data) == SAID


def test_a_whole_history_is_not_repaired(data: Path) -> None:
    before = (data / "vault" / "history.db").read_bytes()

    code, out, err = run("vault", "verify", "--repair", "--json", data=data)

    assert (code, err) == (0, "")
    assert json.loads(out)["lost_turns"] == 0
    assert (data / "vault" / "history.db").read_bytes() == before


def test_search_says_how_many_hits_cannot_be_read(damaged: Path) -> None:
    code, _, err = run("sessions", "search", data=damaged, stdin="长\n")

    assert code == 0
    assert "还有 1 条" in err
