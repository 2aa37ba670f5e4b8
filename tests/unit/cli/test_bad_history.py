"""A history that cannot be used: one sentence, status 1, and every byte as it was."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope_file import _with_check
from desktop_app.vault.vault import open_with_passphrase
from tests.support.engine_run import asking, soulchat
from tests.support.small_disk import ONLY_ROOT, fill, make_read_only
from tests.support.talk_run import Talk, talking, turns
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("passphrase")

EVERY_COMMAND = pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (["--text"], "您\n"),
        (["reply", "--json", "--session", "a1"], asking("您")),
        (["sessions", "list"], ""),
        (["sessions", "delete", "a1"], ""),
    ],
    ids=["text", "reply", "list", "delete"],
)


def damaged_envelope(folder: Path, _key: bytes) -> None:
    envelope = folder / "vault.json"
    envelope.write_bytes(envelope.read_bytes()[:-40])


def missing_envelope(folder: Path, _key: bytes) -> None:
    (folder / "vault.json").unlink()


def newer_envelope(folder: Path, _key: bytes) -> None:
    envelope = folder / "vault.json"
    plain = json.loads(envelope.read_bytes()) | {"format": 2}
    envelope.write_bytes(_with_check({key: plain[key] for key in plain.keys() - {"check"}}))


def damaged_history(folder: Path, _key: bytes) -> None:
    history = folder / "history.db"
    content = bytearray(history.read_bytes())
    content[100] ^= 1
    history.write_bytes(content)


def missing_history(folder: Path, _key: bytes) -> None:
    (folder / "history.db").unlink()


def newer_history(folder: Path, key: bytes) -> None:
    with Database(folder / "history.db", key) as database:
        database.rows(f"PRAGMA user_version={99 << 16}")


@EVERY_COMMAND
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (damaged_envelope, "密钥文件"),
        (missing_envelope, "找不到密钥文件"),
        (newer_envelope, "更新版本"),
        (damaged_history, "已损坏"),
        (missing_history, "找不到对话记录"),
        (newer_history, "更新版本"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_it_is_one_sentence_and_nothing_is_touched(
    command: list[str],
    stdin: str,
    spoil: Callable[[Path, bytes], None],
    says: str,
    closed: Path,
    data_key: bytes,
    model: Path,
) -> None:
    spoil(closed, data_key)
    before = contents(closed)

    done = soulchat(*command, "--model", model, "--data-dir", closed.parent, stdin=stdin)

    assert (done.returncode, done.stdout) == (1, b"")
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert contents(closed) == before


@EVERY_COMMAND
def test_one_that_is_open_elsewhere_is_left_alone(
    command: list[str], stdin: str, closed: Path, model: Path
) -> None:
    with open_with_passphrase(closed, PASSPHRASE):
        before = contents(closed)
        done = soulchat(*command, "--model", model, "--data-dir", closed.parent, stdin=stdin)

        assert contents(closed) == before
    assert done.returncode == 1
    assert done.stderr.decode() == "对话记录正被另一个窗口或程序使用；请先关掉那一个，再试一次。\n"


def test_two_talks_at_once_are_one(model: Path) -> None:
    with talking("--model", model) as talk:
        talk.say("您")
        talk.hear("回复：你")
        second = soulchat("--text", "--model", model, stdin="还有我\n")
        talk.end()

    assert second.returncode == 1
    assert "另一个窗口或程序" in second.stderr.decode()
    assert [content for _, content, _ in turns()] == ["您", "你"]


@ONLY_ROOT
@EVERY_COMMAND
def test_a_folder_that_may_not_be_written_is_one_sentence(
    command: list[str], stdin: str, small_disk: Path, model: Path
) -> None:
    data = small_disk / "data"
    data.mkdir()
    (data / "cache" / "engine").mkdir(parents=True)
    with create(data / "vault", passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a1", Turn(Role.USER, "您"))
    before = contents(data / "vault")
    make_read_only(small_disk)

    done = soulchat(*command, "--model", model, "--data-dir", data, stdin=stdin)

    assert (done.returncode, done.stdout) == (1, b"")
    assert str(data) in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert contents(data / "vault") == before


@ONLY_ROOT
def test_a_message_a_full_disk_refuses_is_neither_kept_nor_sent(
    small_disk: Path, model: Path
) -> None:
    with talking("--model", model, "--data-dir", small_disk) as talk:
        talk.say("一")
        talk.hear("回复：你\n")
        filler = fill(small_disk)
        talk.say("二")
        talk.say("/help")
        talk.hear("/quit")
        filler.unlink()
        talk.say("三")
        out, err = talk.end()

    assert talk.process.returncode == 0
    assert err.count("磁盘满了") == err.count("没有保存，也没有发给模型") == 1
    assert out.count("回复：") == 2
    assert [said for _, said, _ in turns("--data-dir", small_disk)] == ["一", "你", "三", "你"]


@ONLY_ROOT
def test_a_reply_a_full_disk_refuses_is_kept_when_there_is_space_again(
    small_disk: Path, endless: Path
) -> None:
    with talking("--model", endless, "--data-dir", small_disk) as talk:
        filler = stopped_with_a_full_disk(talk, small_disk)
        filler.unlink()
        out, err = talk.end()

    shown = out.partition("回复：")[2].partition("\n")[0]
    assert talk.process.returncode == 0
    assert "还没有全部保存" in err
    assert turns("--data-dir", small_disk)[-1] == ("assistant", shown, "stopped")


@ONLY_ROOT
def test_a_reply_that_is_not_kept_at_the_end_is_said(small_disk: Path, endless: Path) -> None:
    with talking("--model", endless, "--data-dir", small_disk) as talk:
        stopped_with_a_full_disk(talk, small_disk)
        _, err = talk.end()

    assert talk.process.returncode == 1
    assert err.splitlines()[-1].startswith("磁盘满了")


def stopped_with_a_full_disk(talk: Talk, disk: Path) -> Path:
    """Fill the disk while a reply is being written, then stop the reply."""
    talk.say("您")
    talk.hear("回复：你")
    filler = fill(disk)
    talk.hear("你你")
    talk.process.send_signal(signal.SIGINT)
    talk.say("/help")
    talk.hear("/quit")
    return filler


@ONLY_ROOT
def test_a_disk_too_full_for_a_new_history_is_one_sentence(small_disk: Path, model: Path) -> None:
    filler = fill(small_disk, leave=8192)

    done = soulchat("--text", "--model", model, "--data-dir", small_disk, stdin="您\n")

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    assert {path.name for path in small_disk.iterdir()} <= {filler.name, "cache", "vault.lock"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
