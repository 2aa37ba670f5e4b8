"""Whether a summary that a model wrote may stand for what was said.

A small model invents, asks, advises, falls into loops, and says the opposite. What does not pass is
not mended: the sentences of the person stand in its place (summary.py).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from desktop_app.care.guard.verdict import Action
from desktop_app.conversation.denial import STEM, contradicts
from desktop_app.text import fold
from resources.messages import language_of
from resources.prompting import prompts

SHORTEST: Final = 8
"""Characters."""
GROUNDED: Final = 0.6
"""At least this part of its content has to have been said."""
LOOP: Final = 8
"""So many units in a row, characters of Chinese or words, occur once."""
_NUMBER: Final = re.compile(r"\d+|[〇零一二两三四五六七八九十百千万半]+(?=[岁年月天周号点次])")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_NAME: Final = re.compile(r"(?<![.!?\n] )(?<!^)\b[A-Z][A-Za-z]+", re.MULTILINE)
_UNIT: Final = re.compile(r"[\u3400-\u9fff]|[a-z0-9]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_QUESTION: Final = re.compile(r"[？?]")


def passes(summary: str, said: str) -> bool:
    """Tell whether nothing is wrong with `summary`.

    Args:
        summary: what the model wrote, to its own end.
        said: all that it may rest on: the person's messages, and the summary before.
    """
    if not SHORTEST <= len(summary) < len(said) or _QUESTION.search(summary):
        return False
    if language_of(summary) != language_of(said):
        return False
    return (
        not _invented(summary, said)
        and not _loops(summary)
        and grounding(summary, said) >= GROUNDED
        and not contradicts(summary, said)
        and not _judged(summary)
    )


def grounding(summary: str, said: str) -> float:
    """Return the part of a summary's content that occurs in what was said.

    Content is pairs of Chinese characters, and Latin words by their stem, without those of telling.
    """
    content = _content(summary)
    return len(content & _content(said)) / len(content) if content else 0.0


def _invented(summary: str, said: str) -> bool:
    """Tell whether it names a number, a foreign word, a name or an illness that was not said."""
    named = {*_NUMBER.findall(fold(summary)), *_illness().findall(fold(summary))}
    if language_of(summary) == "zh":
        named |= set(_WORD.findall(fold(summary)))
    else:
        named |= {fold(name) for name in _NAME.findall(summary)} - _common_words()
    heard = fold(said)
    known = {*_NUMBER.findall(heard), *_WORD.findall(heard), *_illness().findall(heard)}
    return not named <= known


def _loops(summary: str) -> bool:
    units = _UNIT.findall(fold(summary))
    runs = [tuple(units[start : start + LOOP]) for start in range(len(units) - LOOP + 1)]
    return len(set(runs)) < len(runs)


def _judged(summary: str) -> bool:
    from desktop_app.care.guard.reply import judge_reply  # noqa: PLC0415 - as in watch

    return judge_reply(summary).action is not Action.NONE


def _content(text: str) -> set[str]:
    folded = fold(text)
    common = prompts("summary")["common"]["characters"]
    pairs = {
        run[at : at + 2]
        for run in _HAN.findall(folded)
        for at in range(len(run) - 1)
        if not {*run[at : at + 2]} & {*common}
    }
    words = {word[:STEM] for word in _WORD.findall(folded) if len(word) > 2}
    return pairs | (words - {word[:STEM] for word in _common_words()})


def _common_words() -> set[str]:
    return set(prompts("summary")["common"]["words"])


@cache
def _illness() -> re.Pattern[str]:
    return re.compile(prompts("summary")["illness"]["words"])
