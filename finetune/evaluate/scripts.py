"""Thirty unpicked conversations, written beside the model card for anyone to judge."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from finetune.evaluate.app import converse
from finetune.files import replaced


def write_conversations(model: Path, path: Path) -> None:
    """Hold the scripted conversations with `model` and write every one of them to `path`."""
    source = resources.files("finetune.evaluate").joinpath("scripts.toml")
    scripts: list[list[str]] = tomllib.loads(source.read_text("utf-8"))["scripts"]
    lines = [f"# {path.stem}: {model.name}", ""]
    for number, talk in enumerate(converse(model, scripts), start=1):
        lines += [f"## {number}", ""]
        for message in talk:
            mark = ">" if message.role == "user" else "-"
            lines += [f"{mark} {message.content}", ""]
    with replaced(path) as file:
        file.write("\n".join(lines).encode())
