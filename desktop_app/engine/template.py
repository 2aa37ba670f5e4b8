"""The model's own chat template, rendered so that what a person wrote stays apart.

The template is Jinja code from a file of unknown origin: it runs in the immutable sandbox and
sees place holders instead of messages. So it can neither reach anything nor mix a person's text
into its marks; `Rendered` says which stretch came from where.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NoReturn

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from desktop_app.dialogue import Turn
from desktop_app.errors import EngineError

# Private-use characters: no template and no tokenizer gives them a meaning.
PLACE: Final = re.compile("\ue000([0-9]+)\ue001")


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
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
        )
        environment.globals.update(raise_exception=_refuse, strftime_now=_now)
        self._names = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise EngineError("engine.template_broken") from error

    def render(self, turns: tuple[Turn, ...]) -> list[Stretch]:
        """Return the transcript up to and including the header of the next reply.

        Raises:
            EngineError: the template refuses this order of roles.
        """
        messages = [
            {"role": turn.role.value, "content": f"\ue000{number}\ue001"}
            for number, turn in enumerate(turns)
        ]
        try:
            text = self._template.render(
                messages=messages, add_generation_prompt=True, **self._names
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


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)
