"""`soulchat guard --jsonl` as a script sees it: a message a line in, a verdict a line out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine_run import soulchat

DIRE = {"text": "我今晚就要自杀"}
CALM = {"text": "今天吃了火锅"}


def lines(*requests: object) -> str:
    return "".join(json.dumps(request) + "\n" for request in requests)


def verdicts(stdout: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in stdout.decode().splitlines()]


def test_each_line_gets_a_verdict_in_order() -> None:
    done = soulchat("guard", "--jsonl", stdin=lines(DIRE, CALM))

    assert verdicts(done.stdout) == [
        {"level": "emergency", "categories": ["suicide"], "action": "card_first"},
        {"level": "none", "categories": [], "action": "none"},
    ]


def test_the_history_counts() -> None:
    request = {"text": "算了，我开玩笑的", "history": [DIRE["text"]]}

    (verdict,) = verdicts(soulchat("guard", "--jsonl", stdin=lines(request)).stdout)

    assert verdict["level"] == "high"


def test_an_empty_line_is_passed_over() -> None:
    done = soulchat("guard", "--jsonl", stdin="\n" + lines(CALM) + "\n")

    assert len(verdicts(done.stdout)) == 1


MARKER = "not-a-request-zq81"


@pytest.mark.parametrize(
    "bad",
    [
        MARKER,
        f'["{MARKER}"]',
        f'{{"text": ["{MARKER}"]}}',
        f'{{"text": "{MARKER}", "history": [1]}}',
    ],
)
def test_a_bad_line_ends_it_with_one_sentence_naming_the_line(bad: str) -> None:
    done = soulchat("guard", "--jsonl", "--lang", "en", stdin=f"{lines(CALM)}{bad}\n{lines(CALM)}")

    assert done.returncode == 1
    assert len(verdicts(done.stdout)) == 1
    (said,) = done.stderr.decode().splitlines()
    assert said.startswith("Line 2 is not")
    assert MARKER not in said


def test_a_verdict_comes_before_the_next_line_is_written() -> None:
    command = [sys.executable, "-m", "desktop_app.cli", "guard", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for request, level in ((DIRE, "emergency"), (CALM, "none")):
            child.stdin.write(lines(request).encode())
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["level"] == level


def test_neither_window_nor_model_nor_history_is_loaded(tmp_path: Path) -> None:
    for name in ("PySide6", "llama_cpp", "torch", "apsw", "cryptography", "keyring"):
        (tmp_path / f"{name}.py").write_text("raise ImportError", encoding="utf-8")

    done = soulchat("guard", "--jsonl", stdin=lines(CALM), PYTHONPATH=str(tmp_path))

    assert len(verdicts(done.stdout)) == 1
