"""`soulchat reply` as a script sees it: bytes in, bytes out, a status."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.commands.reply import _sampling
from desktop_app.engine.sampling import Sampling, sampling_from
from tests.support.engine_run import asking, reply_to, soulchat
from tests.support.engine_tiny import write_tiny_model

FIELDS = {
    "reply",
    "stop",
    "prompt_tokens",
    "evaluated_tokens",
    "reply_tokens",
    "ttft_ms",
    "tokens_per_s",
    "guard",
}


def test_a_request_gives_one_object_with_the_agreed_fields(tiny_model: Path) -> None:
    reply = reply_to(asking("您"), "--model", tiny_model, "--greedy")

    assert reply.keys() == FIELDS
    assert (reply["reply"], reply["stop"]) == ("你", "end")
    assert reply["guard"] == {"level": "none", "categories": [], "action": "none"}


def test_the_history_in_the_request_is_read(tiny_model: Path) -> None:
    short = reply_to(asking("您"), "--model", tiny_model, "--greedy")
    long = reply_to(asking("您", "嗯", "您"), "--model", tiny_model, "--greedy")

    assert long["prompt_tokens"] > short["prompt_tokens"]


def test_many_requests_share_one_process_and_its_cache(tiny_model: Path) -> None:
    lines = "\n".join([asking("您"), "", asking("您", "你", "您")])

    done = soulchat("reply", "--jsonl", "--greedy", "--model", tiny_model, stdin=lines)

    first, second = map(json.loads, done.stdout.splitlines())
    assert first["evaluated_tokens"] == first["prompt_tokens"]
    assert second["evaluated_tokens"] == second["prompt_tokens"] - first["prompt_tokens"] - 3


def test_max_tokens_bounds_the_reply(endless_model: Path) -> None:
    reply = reply_to(asking("您"), "--model", endless_model, "--greedy", "--max-tokens", "6")

    assert (reply["reply"], reply["stop"], reply["reply_tokens"]) == ("你你", "length", 6)


def test_the_papers_preset_and_a_seed_give_the_same_reply_twice(tmp_path: Path) -> None:
    chance = write_tiny_model(tmp_path)
    lines = "\n".join([asking("您")] * 2)

    done = soulchat(
        *("reply", "--jsonl", "--preset", "paper", "--seed", "7", "--max-tokens", "24"),
        *("--model", chance),
        stdin=lines,
    )

    first, second = (json.loads(line)["reply"] for line in done.stdout.splitlines())
    assert first == second
    assert (
        first
        != reply_to(asking("您"), "--greedy", "--max-tokens", "24", "--model", chance)["reply"]
    )


def test_the_papers_preset_is_top_p_and_temperature_and_nothing_of_the_models_own() -> None:
    arguments = Namespace(preset="paper", greedy=False, seed=None)

    assert _sampling(arguments, Sampling(top_k=7, dry_multiplier=9.0)) == replace(
        sampling_from({}), temperature=0.95, top_k=0, top_p=0.75
    )


def test_flags_may_stand_before_the_command(tiny_model: Path, tmp_path: Path) -> None:
    done = soulchat(
        "--data-dir", tmp_path / "d", "--model", tiny_model, "reply", "--json", stdin=asking("您")
    )

    assert done.returncode == 0
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[]", "messages"),
        (b'{"messages": {}}', "messages"),
        (b'{"messages": [1]}', "messages[0]"),
        (b'{"messages": [{"role": "god", "content": ""}]}', "messages[0].role"),
        (b'{"messages": [{"role": "user"}]}', "messages[0].content"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "messages[0].content"),
        (b'{"messages": [{"role": ["user"], "content": ""}]}', "messages[0].role"),
        (b'{"messages": []}', "user"),
        (b'{"messages": [{"role": "assistant", "content": "a"}]}', "user"),
        (asking("   ").encode(), "空"),
        (asking("长" * 100_000).encode(), "100000"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_input_that_cannot_be_used_is_one_sentence(
    stdin: bytes, says: str, tiny_model: Path
) -> None:
    done = soulchat("reply", "--json", "--model", tiny_model, stdin=stdin)

    assert (done.returncode, done.stdout) == (1, b"")
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_wrong_line_is_named_and_the_replies_before_it_stand(tiny_model: Path) -> None:
    done = soulchat(
        "reply", "--jsonl", "--model", tiny_model, stdin=asking("您") + "\n{\n" + asking("您")
    )

    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert "2" in done.stderr.decode()


def test_a_system_message_in_the_middle_is_one_sentence(tiny_model: Path) -> None:
    messages = [{"role": role, "content": "x"} for role in ("user", "system", "user")]

    done = soulchat(
        "reply", "--json", "--model", tiny_model, stdin=json.dumps({"messages": messages})
    )

    assert done.returncode == 1
    assert "system" in done.stderr.decode()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_missing_model_is_one_sentence_in_either_language(lang: str) -> None:
    done = soulchat(
        "reply", "--json", "--model", "/no/such.gguf", "--lang", lang, stdin=asking("您")
    )

    assert done.returncode == 1
    assert ("找不到" if lang == "zh" else "no model file") in done.stderr.decode()


def test_what_was_written_is_in_no_file_and_no_error(tiny_model: Path, empty_home: Path) -> None:
    marker = "紫色犀牛7391"
    done = soulchat("reply", "--json", "--model", tiny_model, stdin=asking(marker))
    wrong = soulchat("reply", "--json", "--model", tiny_model, stdin=marker)

    files = [path for path in empty_home.rglob("*") if path.is_file()]
    assert not [path for path in files if marker.encode() in path.read_bytes()]
    assert marker.encode() not in done.stderr + wrong.stderr + wrong.stdout
