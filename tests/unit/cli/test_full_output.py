"""What a command prints goes to a disk that is full: one sentence, and no bug of ours."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from resources.system_errors import SystemReason
from tests.support.engine_run import CLI
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = [
    pytest.mark.usefixtures("passphrase"),
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here"),
]


def into_full(*arguments: str, stdin: str = "") -> tuple[int, list[str]]:
    """Run a command whose output nothing takes; return its status and what it says of that."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*CLI, *arguments],
            input=stdin.encode(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    return done.returncode, done.stderr.decode().splitlines()


REFUSED = sentence("error.output.refused", lang="zh", reason=SystemReason(errno.ENOSPC))


@pytest.mark.parametrize(
    "arguments",
    [
        ("sessions", "list"),
        ("sessions", "list", "--json"),
        ("sessions", "show", "old"),
        ("sessions", "show", "old", "--json"),
        ("care", "card"),
        ("care", "exercises"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_it_is_one_sentence_with_the_reason(closed: Path, arguments: tuple[str, ...]) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("old", Turn(Role.USER, "睡不着。"))

    code, said = into_full(*arguments, "--data-dir", str(closed.parent), "--lang", "zh")

    assert code == 1
    assert said == [REFUSED]


def test_a_conversation_in_the_terminal_ends_with_it(closed: Path, model: Path) -> None:
    into = ("--text", "--model", str(model), "--data-dir", str(closed.parent), "--lang", "zh")

    code, said = into_full(*into, stdin="你好\n")

    assert (code, said[-1]) == (1, REFUSED)
