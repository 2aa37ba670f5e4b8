"""The weights of a GGUF file in this process, for what the app does not offer.

transformers reads the file back, dequantised, so likelihoods and steered replies are those of
the weights that ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.corpus.dialogue import Message
from finetune.errors import EvaluationError
from finetune.template import Template
from finetune.tokenizer import TURN_END


class LocalModel:
    """A loaded GGUF file that speaks ChatML, as every model this project trains."""

    def __init__(self, path: Path) -> None:
        try:
            tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
            self._model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name)
        except (ValueError, OSError, KeyError) as error:
            raise EvaluationError("evaluation.no_model", path=path) from error
        if tokenizer.convert_tokens_to_ids(TURN_END) in {None, tokenizer.unk_token_id}:
            raise EvaluationError("evaluation.no_marks", mark=TURN_END)
        self._model.eval()
        self._tokenizer = tokenizer
        self._template = Template(tokenizer)
        self._end: int = tokenizer.convert_tokens_to_ids(TURN_END)
        self._context: int = self._model.config.max_position_embeddings

    @torch.no_grad()
    def log_likelihood(self, history: Sequence[Message], reply: str) -> float:
        """Return the sum of log probabilities of the reply and its end mark (natural log)."""
        wanted = [*self._template.text(reply), self._end]
        prompt = self._prompt(history, room=len(wanted))
        ids = torch.tensor([[*prompt, *wanted[:-1]]])  # (1, T)
        logits = self._model(ids, logits_to_keep=len(wanted), use_cache=False).logits[0]  # (R, V)
        return float(log_softmax(logits.float(), 1)[range(len(wanted)), wanted].sum())

    @torch.no_grad()
    def reply(self, history: Sequence[Message], most: int = 128) -> str:
        """Return the most likely reply, token by token, up to `most` tokens."""
        prompt = torch.tensor([self._prompt(history, room=most)])
        said = self._model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=most,
            do_sample=False,
            eos_token_id=self._end,
            pad_token_id=self._end,
        )[0, prompt.shape[1] :]
        text: str = self._tokenizer.decode(said[said != self._end])
        return text

    def tokens(self, text: str) -> int:
        """Return the number of tokens of plain text."""
        return len(self._template.text(text))

    def _prompt(self, history: Sequence[Message], room: int) -> list[int]:
        return self._template.prompt(tuple(history))[-(self._context - room) :]
