"""`soulchat reply --jsonl` whose engine fails at one line: the others are answered all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.paths import app_paths
from tests.support.engine_run import asking, soulchat
from tests.support.engine_tiny import CHATML, write_tiny_model
from tests.support.faults import order, with_faults

LINES = "\n".join(map(asking, ("一直在想白天没做完的事", "二", "三")))


@pytest.mark.parametrize("session", [(), ("--session", "a1")], ids=["alone", "kept"])
@pytest.mark.usefixtures("passphrase")
def test_a_line_the_model_died_at_says_so_in_its_place_and_the_next_ones_are_answered(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: tuple[str, ...]
) -> None:
    with_faults(monkeypatch)
    order(app_paths(tmp_path).engine_workdir(), "prefill", "kill")
    asked = ("--greedy", "--model", tiny_model, "--data-dir", tmp_path, *session)

    done = soulchat("reply", "--jsonl", *asked, stdin=LINES)

    failed, *answered = map(json.loads, done.stdout.splitlines())
    assert failed == {"error": "engine.died_killed"}
    assert [each["reply"] for each in answered] == ["你", "你"]
    assert done.returncode == 1
    of_it, at_the_end = done.stderr.decode().splitlines()
    assert "（SIGKILL）" in of_it
    assert at_the_end.startswith("有 1 个请求")


def test_an_order_of_speakers_that_a_model_refuses_keeps_no_other_request_from_its_reply(
    tmp_path: Path,
) -> None:
    refuses = (
        "{% for message in messages if message.role == 'assistant' %}"
        "{{ raise_exception('no') }}{% endfor %}"
    )
    model = write_tiny_model(tmp_path, template=refuses + CHATML, says="你")
    lines = "\n".join([asking("一"), asking("一", "你", "二"), asking("三")])

    done = soulchat("reply", "--jsonl", "--greedy", "--model", model, stdin=lines)

    first, second, third = map(json.loads, done.stdout.splitlines())
    assert (first["reply"], third["reply"]) == ("你", "你")
    assert second == {"error": "engine.template_refused"}
    assert done.returncode == 1


def test_a_single_request_fails_with_one_sentence_and_no_object(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_faults(monkeypatch)
    order(app_paths(tmp_path).engine_workdir(), "prefill", "kill")

    done = soulchat(
        *("reply", "--json", "--greedy", "--model", tiny_model, "--data-dir", tmp_path),
        stdin=LINES.splitlines()[0],
    )

    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.decode().splitlines()) == 1
