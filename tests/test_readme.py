"""The README is tested: every command in it exists, the cheap ones run, both halves agree."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.source_tree import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = {
    "soulchat": "desktop_app",
    "soulchat-convert": "convert",
    "soulchat-finetune": "finetune",
}
SETUP = {".", "git", "cd", "echo", "pip"}  # the shell's own, and what `make` does for a person


def shell_lines(text: str) -> list[str]:
    """Return the commands of the ```sh blocks, continued lines joined, comments left out."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition(" #")[0].strip() for line in lines if line.strip()]


def simple_commands(line: str) -> list[list[str]]:
    """Split a line at its pipes and drop leading NAME=value words."""
    commands: list[list[str]] = [[]]
    for word in shlex.split(line):
        if word in {"|", "&&", ";"}:
            commands.append([])
        elif commands[-1] or not re.fullmatch(r"[A-Z_]+=.*", word):
            commands[-1].append(word)
    return commands


def written_commands() -> list[tuple[str, ...]]:
    found = {
        tuple(command)
        for document in DOCUMENTS
        for line in shell_lines(document.read_text(encoding="utf-8"))
        for command in simple_commands(line)
    }
    return sorted(found)


EVERY_COMMAND = pytest.mark.parametrize("command", written_commands(), ids=" ".join)


@EVERY_COMMAND
def test_a_written_command_exists(command: tuple[str, ...]) -> None:
    program, *arguments = command
    if program == "torchrun":  # torch's launcher; what it launches is one of ours
        module = arguments.index("-m") + 1
        assert arguments[module] == "finetune.cli"
        program, arguments = "soulchat-finetune", arguments[module + 1 :]
    if program == "make":
        dry = ["make", "--dry-run", *arguments]
        subprocess.run(dry, cwd=ROOT, check=True, capture_output=True)
    elif program in COMMANDS:
        parser = importlib.import_module(f"{COMMANDS[program]}.cli")._parser()
        parser.parse_args(arguments)
    else:
        assert program in SETUP


def soulchat(*arguments: str) -> str:
    """Run the installed command and return what it prints."""
    program = Path(sys.executable).with_name("soulchat")
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("region", "numbers"), [("CN", {"12356", "110", "120"}), ("US", {"988", "911"})]
)
def test_the_crisis_card_shows_the_numbers_of_the_readme(
    region: str, numbers: set[str], language: str
) -> None:
    card = soulchat("care", "card", "--region", region, "--lang", language)
    assert numbers - set(re.findall(r"\d+", card)) == set()


def test_the_doctor_answers_in_json() -> None:
    assert "processor" in json.loads(soulchat("doctor", "--json"))


def halves() -> tuple[str, str]:
    chinese, mark, english = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## English\n")
    )
    assert mark
    return chinese, english


def test_both_halves_of_the_readme_have_the_same_commands() -> None:
    chinese, english = (shell_lines(half) for half in halves())
    assert [line.replace("--region CN", "--region US") for line in chinese] == english


def test_both_halves_of_the_readme_have_the_same_shape() -> None:
    def shape(half: str) -> tuple[int, int, list[str]]:
        links = re.findall(r"\]\((?!#)([^)]+)\)", half.replace("screens/zh-", "screens/en-"))
        return half.count("\n## "), half.count("\n|"), links

    chinese, english = halves()
    assert shape(chinese) == shape(english)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_inside_the_project_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / target).exists(), target


def test_a_path_named_in_the_architecture_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in re.findall(r"`([a-z_]+/[a-z_/.]*)`", text):
        if not path.startswith("adapter/"):  # what finetune writes, not a folder of ours
            assert (ROOT / path).exists(), path


BENCH = {
    "model": {"name": "mini", "quantisation": "Q8_0"},
    "processor": {"name": "Some Processor", "physical_cores": 2, "logical_cores": 4},
    "threads": 2,
    "load_ms": 81.25,
    "engine": {"prefill_tokens_per_s": 5123.4, "tokens_per_s": 301.0},
    "raw_llama_cpp": {"prefill_tokens_per_s": 5200.1, "tokens_per_s": 305.2, "load_ms": 80.0},
    "turns": [
        {"prompt_tokens": 20, "evaluated_tokens": 20, "ttft_ms": 9.96},
        {"prompt_tokens": 300, "evaluated_tokens": 24, "ttft_ms": 11.0},
    ],
    "stop_ms": {"prefill": {"worst": 2.25}, "decode": None},
    "peak_rss_bytes": 64 * 1024 * 1024,
    "guard": {"message_ms": {"median": 1.52}},
    "large": None,
    "history": {
        "append_ms": {"ours": 0.34, "plain": 0.25},
        "read_ms": {"ours": 20.0, "plain": 16.0},
        "unlock_ms": 91.0,
    },
    "search": {
        "open_ms": {"ours": 4.0, "plain": 3.2},
        "list_ms": {"ours": 18.0, "plain": None},
        "search_ms": {"ours": 6.0, "plain": 5.0},
    },
    "window": {
        "start_ms": {"ours": 271.3, "empty": 99.6, "ratio": 2.5},
        "cold_start_ms": {"ours": 2713.0, "empty": 1000.0, "ratio": 2.7},
        "start_by_keyring_ms": {"ours": 290.0, "empty": 100.4, "history": 512.0},
        "idle_pss_bytes": {"ours": 83 * 2**20, "with_model": 95 * 2**20, "empty": None},
        "stall_ms": {"worst": 40.0},
        "session": {"open_ms": 131.0, "frame_ms": {"median": 2.4, "worst": 8.5}},
    },
}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that writes the tables."""
    specification = importlib.util.spec_from_file_location("figures", ROOT / "docs" / "figures.py")
    assert specification is not None
    assert specification.loader is not None
    figures = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "figures", figures)  # dataclasses look it up
    specification.loader.exec_module(figures)
    return figures


def test_the_bench_fills_the_tables_of_both_halves(figures: Any) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    once = figures.with_figures(readme, BENCH)
    assert figures.with_figures(once, BENCH) == once
    for half in once.split("\n## English\n"):
        assert "| 5,123 | 5,200 |" in half
        assert "| 300 |" in half
        assert "| 1.5 |" in half
        assert "| 64 |" in half
        assert "| 271 | 100 | 2.50 × |" in half
        assert "| 512 | 100 |" in half
        assert "| 2,713 | 1,000 | 2.70 × |" in half
        assert "| 83 |  |" in half
        assert "| 95 |  |" in half
        assert "| 0.34 | 0.25 | 1.36 × |" in half
        assert "| 18 |  |  |" in half
        assert "| 91 |  |  |" in half


CONVERSION = {
    "threads": 2,
    "conversion": [
        {
            "hidden": 1024,
            "ours": {"seconds": 14.0, "peak_rss_bytes": 125 << 20, "disk_bytes": 1216 << 20},
            "usual": {"seconds": 28.0, "peak_rss_bytes": 1250 << 20, "disk_bytes": 4864 << 20},
            "steps": {"merge": {}, "quantise": {}},
        }
    ],
}


def test_the_figures_of_conversion_say_what_was_verified(figures: Any) -> None:
    """Without verifying as the usual road; verified as by default in rows of their own."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    plain = figures.with_figures(readme, CONVERSION)
    (model,) = CONVERSION["conversion"]
    verified = {"verified": {"seconds": 21.0, "peak_rss_bytes": 250 << 20}}
    whole = figures.with_figures(plain, CONVERSION | {"conversion": [model | verified]})
    assert figures.with_figures(whole, CONVERSION) == plain
    for half, nothing in zip(
        whole.split("\n## English\n"), ("都不检验", "nothing verified"), strict=True
    ):
        assert nothing in half
        assert "| 14 | 28 | 0.50 × |" in half
        assert "| 21 | 28 | 0.75 × |" in half
        assert "| 250 | 1,250 | 0.20 × |" in half
    assert "verified as by default" not in plain


def test_the_readmes_figures_of_conversion_say_that_nothing_was_verified() -> None:
    for half, nothing in zip(halves(), ("都不检验", "nothing verified"), strict=True):
        heads = re.findall(r"^\| Qwen2.*LoRA.*$", half, flags=re.MULTILINE)
        assert len(heads) == 2
        assert all(nothing in head for head in heads)
