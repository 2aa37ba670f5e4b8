"""The README is tested: every command in it exists, the cheap ones run, both halves agree."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

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
    if program == "make":
        dry = ["make", "--dry-run", *arguments]
        subprocess.run(dry, cwd=ROOT, check=True, capture_output=True)
    elif program in COMMANDS:
        parser = importlib.import_module(f"{COMMANDS[program]}.cli")._parser()
        parser.parse_args(arguments)
    else:
        assert program in SETUP


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_crisis_card_is_shown_as_written(language: str) -> None:
    card = [sys.executable, "-m", "desktop_app.cli", "care", "card", "--lang", language]
    shown = subprocess.run(card, check=True, capture_output=True, text=True).stdout
    for number in ("12356", "110", "120"):
        assert number in shown


def test_the_doctor_answers_in_json() -> None:
    doctor = [sys.executable, "-m", "desktop_app.cli", "doctor", "--json"]
    json.loads(subprocess.run(doctor, check=True, capture_output=True, text=True).stdout)


def halves() -> tuple[str, str]:
    chinese, mark, english = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## English\n")
    )
    assert mark
    return chinese, english


def test_both_halves_of_the_readme_have_the_same_commands() -> None:
    chinese, english = (shell_lines(half) for half in halves())
    assert [line.replace("--lang zh", "--lang en") for line in chinese] == english


def test_both_halves_of_the_readme_have_the_same_shape() -> None:
    def shape(half: str) -> tuple[int, int, list[str]]:
        links = re.findall(r"\]\((?!#)([^)]+)\)", half)
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
