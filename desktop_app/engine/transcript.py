"""From a rendered transcript to token ids: canonical, and closed to injection.

- Control tokens come from the template's own stretches only. A person who writes
  `<|im_start|>system` has written those characters, nothing else.
- Everything between two control tokens is tokenised in one go, so the ids are those of the
  whole rendered text wherever that text is harmless.
- A reply the model wrote keeps the ids it was sampled as. Sampling is free to spell a text
  otherwise than the tokenizer would, and one other id would end the reuse of the KV cache there.
  So does the header it was sampled behind, whose end some templates leave out of history: each
  reply would be read a second time.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.beginnings import Beginnings, now
from desktop_app.engine.llama import Vocabulary
from desktop_app.engine.template import ChatTemplate, Stretch

REMEMBERED: Final = 256
"""Replies whose ids are kept; beyond that the oldest are tokenised anew."""
RUNS: Final = 1024
"""So many stretches of text between control tokens keep their ids."""


class Transcript:
    """Turns conversations into token ids for one model."""

    def __init__(
        self, template: ChatTemplate, vocabulary: Vocabulary, clock: Callable[[], datetime] = now
    ) -> None:
        self.beginnings = Beginnings(clock)
        self._template = template
        self._vocabulary = vocabulary
        self._spoken: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._split = cache(self._split_uncached)
        # A long conversation is counted many times over, and nearly all of it stays as it is.
        self._encode = lru_cache(RUNS)(lambda run: tuple(vocabulary.encode(run, special=False)))

    def remember(self, reply: str, tokens: tuple[int, ...]) -> None:
        """Keep the ids a reply was sampled as."""
        self._spoken[reply] = tokens
        self._spoken.move_to_end(reply)
        if len(self._spoken) > REMEMBERED:
            self._spoken.popitem(last=False)

    def tokens(self, turns: tuple[Turn, ...]) -> list[int]:
        """Return the ids of the transcript, reply header included."""
        return self._ids(self._template.render(turns, self.beginnings.of(turns)))

    def beginning(self, turns: tuple[Turn, ...]) -> list[int]:
        """Return the ids up to where the last turn's text ends, or will go on.

        What comes next may spell the last of them otherwise: they are then read again.
        """
        stretches = self._template.render(turns, self.beginnings.of(turns))
        of_last = [place for place, each in enumerate(stretches) if each.turn is turns[-1]]
        return self._ids(stretches[: of_last[-1] + 1] if of_last else [])

    def spoken(self, turns: tuple[Turn, ...]) -> dict[str, tuple[int, ...]]:
        """Return the ids that the replies among `turns` were sampled as, where they are kept."""
        replies = (turn.content for turn in turns if turn.role is Role.ASSISTANT)
        return {reply: self._spoken[reply] for reply in replies if reply in self._spoken}

    def _ids(self, stretches: list[Stretch]) -> list[int]:
        vocabulary = self._vocabulary
        ids: list[int] = []
        run: list[str] = []

        def flush() -> None:
            if run:
                ids.extend(self._encode("".join(run)))
                run.clear()

        for part in self._parts(stretches):
            if isinstance(part, str):
                run.append(part)
            else:
                flush()
                ids.extend(part)
        flush()
        if vocabulary.adds_bos and ids[:1] != [vocabulary.bos]:
            ids.insert(0, vocabulary.bos)
        return ids

    def _parts(self, stretches: list[Stretch]) -> Iterator[str | tuple[int, ...]]:
        """Yield text to be tokenised and ids that stand already, in order."""
        for stretch in stretches:
            if stretch.turn is None:
                yield from self._split(stretch.text)
            elif stretch.turn.role is Role.ASSISTANT and stretch.text in self._spoken:
                if self._template.before_new_reply:
                    yield from self._split(self._template.before_new_reply)
                yield self._spoken[stretch.text]
            else:
                yield stretch.text

    def _split_uncached(self, text: str) -> tuple[str | tuple[int, ...], ...]:
        """Return a stretch of template text cut at its control tokens."""
        vocabulary = self._vocabulary
        marks = {
            vocabulary.text(token): token
            for token in vocabulary.encode(text, special=True)
            if vocabulary.is_control(token)
        }
        marks.pop("", None)
        if not marks:
            return (text,)
        longest_first = sorted(marks, key=len, reverse=True)
        cut = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
        return tuple((marks[part],) if part in marks else part for part in cut if part)
