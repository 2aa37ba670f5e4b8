"""What a model is told beside what is said: the data of `prompts/`, in the language of that."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from resources.messages import Language, language_of


@cache
def prompts(name: str) -> dict[str, Any]:
    """Return the tables of `prompts/<name>.toml`."""
    path = resources.files("resources").joinpath("prompts", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def introduced(summary: str) -> str:
    """Return a summary under the sentence that says what it is; nothing for an empty one."""
    if not summary:
        return ""
    introduction: str = prompts("summary")["introduction"][language_of(summary)]
    return f"{introduction}\n{summary}"


def summary_asked_for(of: Language) -> str:
    """Return how a model is asked for a summary."""
    asked: str = prompts("summary")["instruction"][of]
    return asked
