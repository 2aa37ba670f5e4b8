"""Neither a passphrase nor a word of a conversation is where another process could read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.commands.environment import Secrets
from tests.support.engine_run import asking, reply_to, soulchat
from tests.support.processes import SHOWN_TO_ROOT, family, look_into
from tests.support.talk_run import talking
from tests.support.vault_disk import MARKER, forms, traces
from tests.support.vault_fixtures import PASSPHRASE

VARIABLES = {
    "SOULCHAT_PASSPHRASE": PASSPHRASE,
    "SOULCHAT_NEW_PASSPHRASE": "一句新的口令",
    "SOULCHAT_RECOVERY_CODE": "ABCD-EFGH",
}


def test_the_variables_are_taken_out_of_the_environment() -> None:
    environment = {**VARIABLES, "PATH": "/bin"}
    secrets = Secrets.taken_from(environment)

    assert environment == {"PATH": "/bin"}
    assert (secrets.passphrase, secrets.new_passphrase, secrets.recovery_code) == tuple(
        VARIABLES.values()
    )


def test_what_was_not_set_is_none() -> None:
    assert Secrets.taken_from({}) == Secrets(None, None, None)


def test_no_secret_shows_in_a_representation() -> None:
    shown = repr(Secrets.taken_from(dict(VARIABLES)))

    assert not any(value in shown for value in VARIABLES.values())


@SHOWN_TO_ROOT
def test_no_process_shows_a_secret_or_a_word(
    endless: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with talking("--model", endless, "--data-dir", tmp_path / "data") as talk:
        talk.say(MARKER)
        talk.hear("你你")
        parent, *children = map(look_into, family(talk.process.pid))
        for each in (parent, *children):
            shown = each.arguments + each.environment
            assert not any(value.encode() in shown for value in VARIABLES.values())
        for child in children:
            assert not any(name.encode() in child.environment for name in VARIABLES)
            assert not any("vault" in handle for handle in child.handles)
        everything = b"".join(each.arguments + each.environment for each in (parent, *children))
        assert children
        assert not any(form in everything for form in forms(MARKER).values())


def test_what_was_said_is_in_no_file_and_on_no_stream_but_the_conversations(
    model: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", PASSPHRASE)
    lines = (MARKER, "/rename", MARKER, "/new", MARKER, "/delete", "/undo", "/open 7", f"/{MARKER}")
    done = soulchat("--text", "--model", model, stdin="\n".join(lines))
    reply_to(asking(MARKER), "--session", "a1", "--model", model)
    wrong = soulchat("reply", "--json", "--session", "a1", "--model", model, stdin=MARKER)
    name = soulchat("sessions", "rename", "nobody", stdin=MARKER)

    assert done.returncode == 0
    assert traces(empty_home) == []
    assert MARKER.encode() not in done.stderr + wrong.stderr + wrong.stdout + name.stderr


def test_what_a_running_talk_wrote_is_not_readable_either(
    endless: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", PASSPHRASE)
    with talking("--model", endless) as talk:
        talk.say(MARKER)
        talk.hear("你你")

        assert traces(empty_home) == []
    assert traces(empty_home) == []
