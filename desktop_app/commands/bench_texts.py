"""What the benchmarks of the history say and look for: varied, and the same on every machine.

Made of the project's own words alone: the messages of `resources/prompts/bench.toml` and both
sentence catalogues, cut into clauses and put together anew, with some characters exchanged, so
that there are common words and rare ones, Chinese, English and both in one message.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

from resources.messages import catalogue

SEED: Final = 20_260_101
CLAUSE: Final = re.compile(r"[^\n，。；：！？、,.;:!?{}]{2,}[，。；！？,.;!?]?")
LONGEST: Final = 60
"""Characters a message has at least, where chance wants most; what is said in a breath."""
EXCHANGED: Final = 0.05
"""So many of the Chinese characters stand where another one stood."""
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
LATIN: Final = re.compile("[A-Za-z]{3,}")
LENGTHS: Final = (1, 2, 3, 4)


def varied(messages: tuple[str, ...], count: int) -> Iterator[str]:
    """Yield `count` messages of 10 to 100 characters.

    Args:
        messages: the project's own dialogue.
        count: how many.
    """
    chance = random.Random(SEED)  # noqa: S311 - no secret, and the same each time
    said = "\n".join(messages) + "\n" + "\n".join(catalogue("zh").values())
    clauses = [CLAUSE.findall(said), CLAUSE.findall("\n".join(catalogue("en").values()))]
    characters = CHINESE.findall(said)
    for _ in range(count):
        length = chance.randint(10, LONGEST)
        text = ""
        while len(text) < length:
            clause = chance.choice(clauses[chance.random() < 1 / 5])
            if len(clause) <= LONGEST:
                text += clause
        yield CHINESE.sub(
            lambda own: chance.choice(characters) if chance.random() < EXCHANGED else own.group(),
            text,
        )


def words(texts: list[str], each: int) -> Iterator[str]:
    """Yield what is looked for: `each` words of every length, and as many of two scripts.

    They are cut out of the texts, so what is said often is looked for often.
    """
    chance = random.Random(SEED + 1)  # noqa: S311 - see above
    for length in LENGTHS:
        for _ in range(each):
            yield _part(chance, texts, re.compile(f"{CHINESE.pattern}{{{length}}}"))
    for _ in range(each):
        yield f"{_part(chance, texts, LATIN)} {_part(chance, texts, CHINESE)}"


def _part(chance: random.Random, texts: list[str], kind: re.Pattern[str]) -> str:
    while True:
        found = kind.findall(chance.choice(texts))
        if found:
            return str(chance.choice(found))
