"""What `soulchat --text` keeps, what it does not, and the commands around that."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from desktop_app.commands.slash import RECENT
from desktop_app.paths import app_paths
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import asking, soulchat
from tests.support.talk_run import history, talking, turns
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("passphrase")

MODEL_SAYS = ("assistant", "你", "complete")


def talk(model: Path, *lines: str) -> tuple[str, str]:
    done = soulchat("--text", "--model", model, stdin="".join(f"{line}\n" for line in lines))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def contents(conversations: Sequence[dict[str, object]]) -> list[object]:
    return [each["opening"] for each in conversations]


def test_what_was_said_and_answered_is_there_afterwards(model: Path) -> None:
    talk(model, "睡不着。")

    assert turns() == [("user", "睡不着。", "complete"), MODEL_SAYS]


def test_a_talk_in_which_nothing_was_said_leaves_no_conversation(model: Path) -> None:
    talk(model, "/new", "/help")

    assert history() == []


def test_a_reply_that_was_stopped_is_kept_as_such(endless: Path) -> None:
    with talking("--model", endless) as running:
        running.say("您")
        running.hear("你你")
        running.process.send_signal(signal.SIGINT)
        out, _ = running.end()

    shown = out.splitlines()[1].removeprefix("回复：").removesuffix("（已停止）")
    assert turns() == [("user", "您", "complete"), ("assistant", shown, "stopped")]


def test_a_second_ctrl_c_ends_the_program_and_keeps_what_came(endless: Path) -> None:
    with talking("--model", endless) as running:
        running.say("您")
        running.hear("你你")
        while running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
        running.end()

    (_, reply) = turns()
    assert reply[1].startswith("你你")
    assert reply[2] == "stopped"


def test_rename_takes_its_title_from_the_next_line(model: Path) -> None:
    talk(model, "一", "/rename", " 睡不着的  夜 ", "二")

    (only,) = history()
    assert only["title"] == "睡不着的 夜"
    assert len(only["turns"]) == 4


def test_sessions_lists_the_latest_first_with_title_or_opening_and_day(model: Path) -> None:
    out, _ = talk(model, "一", "/rename", "睡不着的夜", "/new", "二\t2", "/sessions")

    first, second = out.splitlines()[-3:-1]
    days = [each["updated"][:10] for each in history()]
    assert first.split() == ["1", days[0], "二", "2"]
    assert second.split() == ["2", days[1], "睡不着的夜"]


def test_sessions_lists_so_many_at_most(model: Path) -> None:
    lines = [line for number in range(RECENT + 2) for line in (f"第{number}段", "/new")]
    out, _ = talk(model, *lines, "/sessions")

    numbered = [line for line in out.splitlines() if "第" in line]
    assert len(numbered) == RECENT


def test_open_goes_on_with_one_and_shows_its_end(model: Path) -> None:
    talk(model, "一", "二", "三")
    out, _ = talk(model, "别的", "/sessions", "/open 2", "四")

    (gone_on, other) = history()
    assert [turn["content"] for turn in gone_on["turns"]] == list("一你二你三你四你")
    assert contents([other]) == ["别的"]
    shown = out.partition("/")[0].rpartition("一\n")[2]
    assert [line for line in shown.splitlines() if line.startswith("你：")] == ["你：二", "你：三"]


def test_open_needs_no_list_before_it(model: Path) -> None:
    talk(model, "一")
    talk(model, "/open 1", "二")

    assert [content for _, content, _ in turns()] == list("一你二你")


@pytest.mark.parametrize("command", ["/open", "/open 0", "/open 2", "/open x", "/open -1"])
def test_open_says_what_it_takes(command: str, model: Path) -> None:
    _, err = talk(model, "一", command)

    assert "编号" in err


def test_off_the_record_nothing_is_kept_until_a_new_conversation_begins(model: Path) -> None:
    _, err = talk(model, "/private", "别记。", "/new", "可以记。")

    assert "不留记录" in err
    assert contents(history()) == ["可以记。"]


@pytest.mark.parametrize("command", ["/rename", "/delete"])
@pytest.mark.parametrize("before", [["/private", "别记。"], []], ids=["private", "empty"])
def test_what_is_not_in_the_history_can_be_neither_renamed_nor_deleted(
    before: list[str], command: str, model: Path
) -> None:
    _, err = talk(model, *before, command)

    assert "不在对话记录里" in err


def test_delete_puts_into_the_trash_and_begins_a_new_conversation(model: Path) -> None:
    _, err = talk(model, "一", "/delete", "二")

    assert contents(history()) == ["二"]
    trashed = soulchat("sessions", "list", "--trash").stdout.decode()
    assert trashed.split()[-1] == "一"
    assert f"soulchat sessions restore {trashed.split()[0]}" in err


@pytest.mark.parametrize("undone", [[], ["/undo"]], ids=["deleted", "and undone"])
def test_without_a_trash_delete_offers_undo_alone_and_only_until_the_end(
    model: Path, undone: list[str]
) -> None:
    talk(model, "一")
    with open_with_passphrase(app_paths().vault, PASSPHRASE) as vault:
        vault.trash.keep(False)

    _, err = talk(model, "/open 1", "/delete", *undone)

    assert sentence("talk.deleted_until_closed") in err
    assert "restore" not in err
    assert contents(history()) == (["一"] if undone else [])


def test_undo_brings_back_what_was_deleted_and_goes_on_with_it(model: Path) -> None:
    talk(model, "一", "/delete", "/undo", "二")

    assert [content for _, content, _ in turns()] == list("一你二你")


def test_undo_without_a_deletion_says_so(model: Path) -> None:
    assert "没有删除过" in talk(model, "一", "/undo")[1]


def test_a_message_without_a_reply_is_answered_together_with_the_next(
    model: Path, no_engine: str
) -> None:
    request = asking("一")
    soulchat(
        *("reply", "--json", "--session", "a", "--model", model),
        stdin=request,
        PYTHONPATH=no_engine,
    )
    _, err = talk(model, "/open 1", "二")

    assert "会和下一句一起回答" in err
    assert [content for _, content, _ in turns()] == ["一", "二", "你"]
