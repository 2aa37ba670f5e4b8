r"""A dialogue as token ids with a loss mask, in ChatML.

    <|im_start|>user\n…<|im_end|>\n
    <|im_start|>system\n探索：提问<|im_end|>\n          (control line, on half of the turns)
    <|im_start|>assistant\n…<|im_end|>\n

The mask marks every counsellor reply with its end mark, in one pass over the dialogue: a
dialogue of n replies is n training targets, not n copies of its history.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from finetune.corpus.dialogue import Dialogue, Message
from finetune.labels import control_line, phase_of, strategy_of
from finetune.tokenizer import TURN_END, TURN_START

CONTROL_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """One dialogue as tokens.

    Attributes:
        ids: token ids (T,).
        target: 1 where the token is part of a counsellor reply or its end mark (T,).
    """

    ids: list[int]
    target: list[int]


def with_control_lines(dialogue: Dialogue) -> tuple[Message, ...]:
    """Return the messages with a control line before half of the counsellor replies.

    Which half is drawn from the dialogue's id, so the same corpus gives the same tokens.
    """
    turns = sum(m.role == "assistant" for m in dialogue.messages)
    messages: list[Message] = []
    turn = 0
    for message in dialogue.messages:
        if message.role == "assistant":
            draw = zlib.crc32(f"{dialogue.id}/{turn}".encode()) / 2**32
            if draw < CONTROL_SHARE:
                strategy = strategy_of(message.content)
                line = control_line(strategy, phase_of(strategy, turn, turns))
                messages.append(Message("system", line))
            turn += 1
        messages.append(message)
    return tuple(messages)


class Template:
    """Renders messages to token ids; message text never becomes a control token."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        # A copy: the flag below belongs to the tokenizer, and others render with it too.
        self._tokenizer = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._tokenizer.encode_special_tokens = True
        marks = tokenizer.convert_tokens_to_ids([TURN_START, TURN_END])
        self._start, self._end = marks
        self._newline = self.text("\n")

    def text(self, text: str) -> list[int]:
        """Return the ids of plain text; a written-out mark stays text."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def render(self, messages: tuple[Message, ...], limit: int) -> Example:
        """Return the longest run of whole turns that fits into `limit` tokens."""
        ids: list[int] = []
        target: list[int] = []
        whole = 0
        for message in messages:
            head = [self._start, *self.text(message.role), *self._newline]
            body = [*self.text(message.content), self._end]
            ids += head + body + self._newline
            learn = int(message.role == "assistant")
            target += [0] * len(head) + [learn] * len(body) + [0] * len(self._newline)
            if len(ids) > limit:
                break
            if message.role == "assistant":
                whole = len(ids)
        return Example(ids[:whole], target[:whole])

    def prompt(self, messages: tuple[Message, ...]) -> list[int]:
        """Return the ids of messages up to where the counsellor speaks."""
        ids: list[int] = []
        for message in messages:
            ids += [self._start, *self.text(message.role), *self._newline]
            ids += [*self.text(message.content), self._end, *self._newline]
        return [*ids, self._start, *self.text("assistant"), *self._newline]
