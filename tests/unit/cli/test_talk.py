"""`soulchat --text` over a pipe and on a terminal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.processes import family
from tests.support.talk_run import talking
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("answered", "passphrase")


def yesterday() -> float:
    return time.time() - 24 * 3600


def said(model: Path, *lines: str) -> tuple[str, str]:
    """What stands on both streams after a talk of these lines."""
    done = soulchat("--text", "--model", model, stdin="".join(f"{line}\n" for line in lines))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def test_it_says_first_what_it_is_and_that_what_is_said_is_kept_encrypted(model: Path) -> None:
    out, err = said(model)

    assert "电脑程序" in out.splitlines()[0]
    assert "加密保存" in err.splitlines()[0]


def test_the_end_of_the_input_ends_it_cleanly(model: Path) -> None:
    assert said(model)[0].endswith("再见，照顾好自己。\n")


def test_a_line_is_answered(model: Path) -> None:
    assert "回复：你\n" in said(model, "您")[0]


def test_standard_output_carries_the_conversation_alone(model: Path) -> None:
    out, _ = said(model, "您", "/new", "/private", "/nonsense", "/delete", "/undo")

    assert out.splitlines()[1:-1] == ["回复：你"]


def test_a_line_without_its_end_is_answered_too(model: Path) -> None:
    assert "回复：你\n" in soulchat("--text", "--model", model, stdin="您").stdout.decode()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/help", "/private"),
        ("/help", "/exercises"),
        ("/card", "12356"),
        ("/exercises", "breathing"),
        ("/exercises breathing", "用鼻子慢慢吸气"),
        ("/exercises nothing", "没有名为"),
        ("/new", "新的对话"),
        ("/nonsense", "/help"),
    ],
)
def test_a_command_does_what_it_says(command: str, says: str, model: Path) -> None:
    assert says in "".join(said(model, command))


def test_quit_leaves_the_rest_of_the_input_unread(model: Path) -> None:
    assert "回复：" not in said(model, "/quit", "您")[0]


def test_a_message_that_cannot_be_answered_does_not_end_the_talk(model: Path) -> None:
    out, err = said(model, "长" * 100_000, "您")

    assert "100000" in err
    assert "回复：你\n" in out


def test_bytes_that_are_no_text_are_one_sentence(model: Path) -> None:
    done = soulchat("--text", "--model", model, stdin=b"\xff\xfe\n")

    assert done.returncode == 1
    assert "UTF-8" in done.stderr.decode()


def test_a_model_that_is_missing_is_told_before_a_history_is_made(empty_home: Path) -> None:
    before = set(empty_home.rglob("*"))
    done = soulchat("--text", "--model", "/no/such.gguf")

    assert done.returncode == 1
    assert {path for path in empty_home.rglob("*") if path.is_file()} <= before


def test_what_a_terminal_would_obey_is_not_sent_to_it(model: Path) -> None:
    out, _ = said(model, "您\x1b[2J", "/sessions")

    assert "\x1b" not in out
    assert "您[2J" in out


def test_ctrl_c_stops_the_reply_and_the_talk_goes_on(endless: Path) -> None:
    with talking("--model", endless) as talk:
        talk.say("您")
        talk.hear("你你")
        talk.process.send_signal(signal.SIGINT)
        talk.hear("（已停止）")
        talk.say("/help")
        out, _ = talk.end()

    assert talk.process.returncode == 0
    assert "/quit" in out


def test_a_child_killed_mid_reply_is_one_sentence_and_the_talk_goes_on(endless: Path) -> None:
    with talking("--model", endless) as talk:
        talk.say("您")
        talk.hear("你你")
        _, child, *_ = family(talk.process.pid)
        os.kill(child, signal.SIGKILL)
        talk.hear("（中途断了）")
        talk.say("/help")
        out, err = talk.end()

    assert talk.process.returncode == 0
    assert err.count("从外面被结束") == err.count("（SIGKILL）") == 1
    assert "/quit" in out


def test_words_written_beforehand_say_so_there_and_in_the_history(model: Path) -> None:
    quiet = "（依据公开指引撰写，尚未经临床工作者审阅）"
    out, _ = said(model, "我活着没什么意思", "没有", "今天中午吃了什么好呢，我想做番茄炒蛋")
    assert out.count(quiet) == 2
    assert f"{quiet}\n回复：你\n" in out

    again, _ = said(model, "/open 1")
    assert again.count(quiet) >= 1


def test_who_answers_in_danger_hears_the_next_fixed_words_not_the_model(model: Path) -> None:
    out, _ = said(model, "我想自杀", "想好了", "今晚", "别劝我了")

    assert "回复：你\n" not in out
    replies = [line for line in out.splitlines() if line.startswith("回复：")]
    assert len(set(replies)) == len(replies) == 4
    assert out.index("12356") < out.index("回复：")


def test_a_message_in_danger_is_answered_however_long_it_is(model: Path) -> None:
    out, err = said(model, "我想自杀。" + "我很累。" * 2000)

    assert "12356" in out
    assert "太长" not in err
    assert "依据公开指引撰写" in out


def test_without_an_engine_the_talk_goes_on_and_danger_is_answered(
    model: Path, no_engine: str
) -> None:
    lines = "我想自杀\n想好了\n"
    done = soulchat("--text", "--model", model, stdin=lines, PYTHONPATH=no_engine)

    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().count("回复：") == 2
    assert "/card" in done.stderr.decode()


def test_in_an_emergency_the_whole_card_comes_once_and_then_two_numbers_of_it(model: Path) -> None:
    out, _ = said(model, "我刚把药全吃了", "没有人在", "我把药都吃了，好困")

    assert out.count(sentence("card.title")) == 1
    assert out.count(sentence("card.step_nobody")) == 1
    assert out.count("120") >= 2


@pytest.mark.usefixtures("empty_home")
def test_without_a_model_the_way_to_the_card_is_named() -> None:
    done = soulchat("--text", "--model", "/no/such.gguf")

    assert "soulchat care card" in done.stderr.decode()


def test_after_a_talk_in_danger_the_next_talk_asks_once_how_the_person_is(
    model: Path, closed: Path
) -> None:
    with open_with_passphrase(closed, PASSPHRASE, yesterday) as vault:
        vault.sessions.add("before", Turn(Role.USER, "我想自杀"))
    asked = "上次你说到很难熬的事"

    first, again = (
        soulchat("--text", "--model", model, "--data-dir", closed.parent).stdout.decode()
        for _ in range(2)
    )

    assert asked in first
    assert asked not in again


def test_on_a_terminal_it_prompts_and_ctrl_d_ends(model: Path) -> None:
    with terminal("--text", "--model", model, talks=True) as (process, screen):
        screen.wait_for("你：")
        screen.type("您\r")
        screen.wait_for("回复：你")
        screen.wait_for("你：")
        screen.type("\x04")
        screen.wait_for("再见")
        process.wait(60)

    assert process.returncode == 0


def test_on_a_terminal_the_prompt_shows_that_nothing_is_kept(model: Path) -> None:
    with terminal("--text", "--model", model, talks=True) as (_, screen):
        screen.wait_for("你：")
        screen.type("/private\r")
        screen.wait_for("你（不留记录）：")
