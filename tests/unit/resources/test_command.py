"""What the three command lines do alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import convert.cli
import desktop_app.cli
import finetune.cli
from convert.errors import OutputError
from resources.command import run_command
from resources.errors import BugError

PRIVATE = "what a person wrote"
SPOKEN = {  # a command of each program, and what its help says
    "soulchat": (desktop_app.cli.main, ["care", "card"], "region (two letters", "地区"),
    "convert": (convert.cli.main, ["plan"], "folder of the base model", "基座模型"),
    "finetune": (finetune.cli.main, ["corpus", "stats"], "count what is in", "统计"),
}


def ended(error: BaseException) -> int:
    def command(_: list[str]) -> int:
        raise error

    return run_command(command, [], interrupted="cli.interrupted")


@pytest.mark.parametrize("words", [["--lang", "en"], ["--lang=en"]], ids=" ".join)
@pytest.mark.parametrize("program", SPOKEN)
def test_the_language_may_stand_anywhere(
    program: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main, command, english, _ = SPOKEN[program]
    for place in range(len(command) + 1):
        with pytest.raises(SystemExit) as left:
            main([*command[:place], *words, *command[place:], "--help"])

        assert left.value.code == 0
        assert english in capsys.readouterr().out


@pytest.mark.parametrize("program", SPOKEN)
def test_without_it_the_locale_speaks(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    main, command, _, chinese = SPOKEN[program]
    with pytest.raises(SystemExit):
        main([*command, "--help"])

    assert chinese in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--lang", "fr"], ["--lang"], ["--lan", "en"]], ids=" ".join)
@pytest.mark.parametrize("program", SPOKEN)
def test_a_language_it_does_not_speak_is_wrong_usage(program: str, words: list[str]) -> None:
    main: Callable[[list[str]], int] = SPOKEN[program][0]
    with pytest.raises(SystemExit) as left:
        main([*words, *SPOKEN[program][1]])

    assert left.value.code == 2


def test_the_worlds_fault_is_its_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(OutputError("not_gguf", path="m.gguf")) == 1

    assert capsys.readouterr().err == str(OutputError("not_gguf", path="m.gguf")) + "\n"


def test_an_interrupt_is_a_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyboardInterrupt()) == 1

    assert capsys.readouterr().err == "已中断。\n"


@pytest.mark.parametrize("error", [ValueError(PRIVATE), BugError(PRIVATE)], ids=str)
def test_a_bug_is_its_type_and_place_and_status_70(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(error) == 70

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{type(error).__name__} test_command.py:" in said
    assert PRIVATE not in said


def test_a_bug_of_a_worker_is_named_by_its_own_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(BugError("in a worker", "ValueError merge.py:7")) == 70

    assert "ValueError merge.py:7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("program", "wrong", "range_said"),
    [
        ("soulchat", ["reply", "--json", "--seed", "-1"], "0 到 4294967294"),
        ("soulchat", ["reply", "--json", "--max-tokens", "many"], "最小为 1"),
        ("convert", ["verify", "m.gguf", "base", "--threads", "0"], "最小为 1"),
    ],
)
def test_a_number_out_of_range_is_told_the_range(
    program: str, wrong: list[str], range_said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        SPOKEN[program][0](wrong)

    said = capsys.readouterr().err
    assert left.value.code == 2
    assert range_said in said
    assert "invalid" not in said
