"""The command line around the commands: status, language, display, secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.engine_run import CLI, asking, soulchat
from tests.support.engine_tiny import Shape, write_tiny_model
from tests.support.training_stack import without_training_stack


def test_without_a_display_it_offers_the_terminal() -> None:
    done = soulchat(DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")

    assert done.returncode == 1
    assert "soulchat --text" in done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["reply"], ["reply", "--json", "--max-tokens", "0"], ["care"], ["--lang"]],
    ids=str,
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert soulchat(*arguments).returncode == 2


def test_help_speaks_the_language_that_was_asked_for() -> None:
    assert "显示这段说明" in soulchat("--help").stdout.decode()
    assert "show this help" in soulchat("--lang", "en", "--help").stdout.decode()


def test_the_version_is_the_packages() -> None:
    assert soulchat("--version").stdout.decode().strip() == metadata.version("soulchat-desktop")


def test_the_card_needs_no_model_and_takes_a_region() -> None:
    done = soulchat("care", "card", "--region", "US", "--lang", "en")

    assert done.returncode == 0
    assert "988" in done.stdout.decode()


def test_the_doctor_names_versions_processor_engine_and_paths(tiny_model: Path) -> None:
    done = soulchat("doctor", "--json", "--model", tiny_model)

    facts = json.loads(done.stdout)
    assert facts["versions"]["llama-cpp-python"] == metadata.version("llama-cpp-python")
    assert facts["processor"]["physical_cores"] >= 1
    assert "CPU" in facts["engine"]["features"]
    assert facts["paths"]["data"]


def test_the_doctor_sees_what_is_wrong_with_a_model() -> None:
    done = soulchat("doctor", "--json", "--model", "/no/such.gguf")

    assert done.returncode == 0
    assert json.loads(done.stdout)["model"] == {"error": "model.missing"}


def test_bench_sets_the_engine_beside_bare_llama_cpp(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path, Shape(context=640))
    done = soulchat("bench", "--json", "--model", model)

    figures = json.loads(done.stdout)
    assert (
        figures["engine"].keys()
        < figures["raw_llama_cpp"].keys()
        < figures.keys() | figures["engine"].keys()
    )
    first, *later = figures["turns"]
    assert first["evaluated_tokens"] == first["prompt_tokens"]
    assert all(turn["evaluated_tokens"] < turn["prompt_tokens"] for turn in later)


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [*CLI, "care", "card"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()

    assert (process.returncode, complaint) == (0, b"")


def test_a_terminal_without_chinese_shows_question_marks() -> None:
    done = soulchat("care", "card", PYTHONIOENCODING="ascii", LANG="C.UTF-8")

    assert done.returncode == 0
    assert b"12356" in done.stdout


def test_it_starts_where_the_training_stack_cannot_be_imported(
    tiny_model: Path, tmp_path: Path
) -> None:
    bare = without_training_stack(tmp_path)

    reply = soulchat(
        *("reply", "--json", "--greedy", "--model", tiny_model),
        stdin=asking("您"),
        PYTHONPATH=bare.pythonpath,
    )
    talk = soulchat("--text", "--model", tiny_model, stdin="您\n", PYTHONPATH=bare.pythonpath)

    assert json.loads(reply.stdout)["reply"] == "你"
    assert talk.returncode == 0
    assert bare.tried() == set()


def test_the_poison_is_noticed(tmp_path: Path) -> None:
    bare = without_training_stack(tmp_path)
    environment = {**os.environ, "PYTHONPATH": bare.pythonpath}

    command = [sys.executable, "-c", "import torch"]
    subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=False)

    assert bare.tried() == {"torch"}
