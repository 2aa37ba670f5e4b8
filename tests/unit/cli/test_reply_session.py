"""`soulchat reply --session`: one session of the history, continued by a script."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from desktop_app.paths import app_paths
from desktop_app.settings import Settings, write
from tests.support.engine_run import CLI, asking, reply_to, soulchat
from tests.support.talk_run import history, turns
from tests.support.write_ahead_log import wait_for_commits

pytestmark = pytest.mark.usefixtures("passphrase")

SESSION = ("--session", "a1")


def test_a_new_session_is_made_of_message_and_reply(model: Path) -> None:
    reply = reply_to(asking("您"), *SESSION, "--model", model)

    assert reply["reply"] == "你"
    assert turns() == [("user", "您", "complete"), ("assistant", "你", "complete")]
    assert history()[0]["id"] == "a1"


def test_the_sessions_own_history_counts_and_the_requests_does_not(model: Path) -> None:
    first = reply_to(asking("您"), *SESSION, "--model", model)
    second = reply_to(asking("别的", "别的", "您"), *SESSION, "--model", model)
    whole = reply_to(asking("您", "你", "您"), "--model", model)

    assert second["prompt_tokens"] == whole["prompt_tokens"] > first["prompt_tokens"]
    assert [content for _, content, _ in turns()] == ["您", "你", "您", "你"]


def test_each_line_continues_the_session(model: Path) -> None:
    lines = "\n".join([asking("一"), asking("二")])
    done = soulchat("reply", "--jsonl", *SESSION, "--model", model, stdin=lines)

    assert len(done.stdout.splitlines()) == 2
    assert [content for _, content, _ in turns()] == ["一", "你", "二", "你"]


def test_a_reply_that_was_cut_is_kept_as_such(endless: Path) -> None:
    reply_to(asking("您"), *SESSION, "--model", endless, "--max-tokens", "6")

    assert turns()[-1] == ("assistant", "你你", "cut")


def test_ctrl_c_prints_and_keeps_what_came(endless: Path) -> None:
    with subprocess.Popen(
        [*CLI, "reply", "--json", *SESSION, "--model", str(endless)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(asking("您").encode())
            process.stdin.close()
            process.stdin = None
            wait_for_commits(app_paths().vault, 3, process)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()

    reply = json.loads(out)
    assert reply["stop"] == "cancelled"
    assert turns()[-1] == ("assistant", reply["reply"], "stopped")


def test_a_message_is_kept_before_the_model_is_asked(model: Path, no_engine: str) -> None:
    done = soulchat(
        *("reply", "--json", *SESSION, "--model", model), stdin=asking("一"), PYTHONPATH=no_engine
    )

    assert done.returncode == 1
    assert turns() == [("user", "一", "complete")]


def test_a_message_that_found_no_engine_is_answered_with_the_next(
    model: Path, no_engine: str
) -> None:
    command = ("reply", "--json", *SESSION, "--model", model)
    soulchat(*command, stdin=asking("一"), PYTHONPATH=no_engine)
    both = reply_to(asking("二"), *SESSION, "--model", model)
    joined = reply_to(asking("一\n\n二"), "--model", model)

    assert both["prompt_tokens"] == joined["prompt_tokens"]


def test_a_message_the_model_cannot_read_is_refused_unkept(model: Path) -> None:
    reply_to(asking("一"), *SESSION, "--model", model)
    done = soulchat("reply", "--json", *SESSION, "--model", model, stdin=asking("长" * 5000))

    assert done.returncode == 1
    assert "5000" in done.stderr.decode()
    assert [content for _, content, _ in turns()] == ["一", "你"]


@pytest.mark.parametrize(
    ("session", "says"), [("有空格 的", "编号"), ("a" * 65, "编号")], ids=["words", "long"]
)
def test_an_id_that_is_none_is_one_sentence(session: str, says: str, model: Path) -> None:
    done = soulchat("reply", "--json", "--session", session, "--model", model, stdin=asking("您"))

    assert (done.returncode, done.stdout) == (1, b"")
    assert says in done.stderr.decode()


def test_a_session_in_the_trash_is_not_gone_on_with(model: Path) -> None:
    reply_to(asking("您"), *SESSION, "--model", model)
    soulchat("sessions", "delete", "a1")

    done = soulchat("reply", "--json", *SESSION, "--model", model, stdin=asking("您"))

    assert done.returncode == 1
    assert "最近删除" in done.stderr.decode()


def test_without_a_session_no_history_is_made(model: Path, empty_home: Path) -> None:
    reply_to(asking("您"), "--model", model)

    assert list(empty_home.rglob("vault*")) == []


def test_without_a_session_a_damaged_history_is_in_nobodys_way(model: Path, closed: Path) -> None:
    (closed / "vault.json").write_bytes(b"{}")

    reply = reply_to(asking("您"), "--model", model, "--data-dir", closed.parent)

    assert reply["reply"] == "你"


def test_another_process_reads_what_is_new_and_nothing_twice() -> None:
    """T is 10 tokens for the model that ships."""
    said = ("最近总是睡不好，躺下以后脑子里停不下来。", "主要是工作上的事，换了新的组长。")
    alone = [reply_to(asking(text))["prompt_tokens"] for text in said]
    around = reply_to(asking("。"))["prompt_tokens"] - 1

    first = reply_to(asking(said[0]), *SESSION, "--greedy")
    second = reply_to(asking(said[1]), *SESSION, "--greedy")

    assert first["evaluated_tokens"] == first["prompt_tokens"]
    assert second["prompt_tokens"] > alone[0] + alone[1] - around
    assert second["evaluated_tokens"] <= alone[1] - around + 10 + 2


def test_where_no_snapshots_are_wanted_none_is_there(model: Path) -> None:
    paths = app_paths()
    write(paths.settings, Settings(snapshot_mb=0))

    reply_to(asking("您" * 20), *SESSION, "--model", model)
    again = reply_to(asking("您"), *SESSION, "--model", model)

    assert again["evaluated_tokens"] == again["prompt_tokens"]
    assert list((paths.vault / "blobs").glob("*")) == []
