"""The model's own chat template, rendered so that what a person wrote stays apart.

The template is Jinja code from a file of unknown origin: it runs in the immutable sandbox and
sees place holders instead of messages. So it can neither reach anything nor mix a person's text
into its marks; each stretch of it says where it came from.

Some families know two speakers and no system (Gemma 2, the first Mistrals). There its text stands
before the first message, in the same turn: the person's words after a summary would have no other
place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import jinja2

from desktop_app.dialogue import Role, Turn
from desktop_app.errors import EngineError
from resources.chat_templates import chat_environment

# Private-use characters: no template and no tokenizer gives them a meaning.
PLACE: Final = re.compile("\ue000([0-9]+)\ue001")
TRIAL: Final = (Turn(Role.SYSTEM, ""), Turn(Role.USER, ""))
"""Tells whether a template takes a system text, or refuses it, or leaves it out."""
ANSWERED: Final = (Turn(Role.USER, ""), Turn(Role.ASSISTANT, ""), Turn(Role.USER, ""))
"""Tells what stands before a reply that is to come and not before one that was given."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a rendered transcript."""

    text: str = field(repr=False)
    turn: Turn | None
    """The turn whose content this is; None for the template's own text."""


class ChatTemplate:
    """A compiled chat template."""

    def __init__(self, source: str, *, bos: str, eos: str) -> None:
        """Compile `source`, the text of `tokenizer.chat_template`.

        Raises:
            EngineError: the template is not Jinja that compiles.
        """
        self._names = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = chat_environment().from_string(source)
        except jinja2.TemplateError as error:
            raise EngineError("engine.template_broken") from error
        self._takes_system = True
        try:
            self._takes_system = any(each.turn is TRIAL[0] for each in self.render(TRIAL))
        except EngineError:
            self._takes_system = False
        self.before_new_reply = self._only_before_new_reply()
        """What ends the header of a reply that is to come, and is left out of history; mostly
        nothing. Qwen3 switches its thoughts off there."""

    def render(self, turns: tuple[Turn, ...], began: datetime | None = None) -> list[Stretch]:
        """Return the transcript up to and including the header of the next reply.

        A template that prints a date prints that of `began`, or of today.

        Raises:
            EngineError: the template refuses this order of roles.
        """
        try:
            text = self._template.render(
                messages=self._messages(turns),
                add_generation_prompt=True,
                enable_thinking=False,  # thoughts would take all the tokens that a reply may have
                **({"strftime_now": began.strftime} if began else {}),
                **self._names,
            )
        except Exception as error:  # foreign code raises what it likes
            raise EngineError("engine.template_refused") from error
        stretches = []
        for number, part in enumerate(PLACE.split(text)):
            if number % 2:
                turn = turns[int(part)]
                stretches.append(Stretch(turn.content, turn))
            elif part:
                stretches.append(Stretch(part, None))
        return stretches

    def _only_before_new_reply(self) -> str:
        try:
            stretches = self.render(ANSWERED)
        except EngineError:
            return ""
        given = next((at for at, each in enumerate(stretches) if each.turn is ANSWERED[1]), 0)
        if not given:
            return ""
        before, header = stretches[given - 1], stretches[-1]
        goes_on = before.turn is None and header.turn is None
        if not (goes_on and header.text.startswith(before.text)):
            return ""
        return header.text.removeprefix(before.text)

    def _messages(self, turns: tuple[Turn, ...]) -> list[dict[str, str]]:
        """Return what the template sees: a place holder for each turn's text."""
        messages = [
            {"role": turn.role.value, "content": f"\ue000{number}\ue001"}
            for number, turn in enumerate(turns)
        ]
        if turns and turns[0].role is Role.SYSTEM and not self._takes_system:
            told = messages.pop(0)["content"]
            if turns[1:] and turns[1].role is Role.USER:
                told += "\n\n" + messages.pop(0)["content"]
            messages.insert(0, {"role": Role.USER.value, "content": told})
        return messages
