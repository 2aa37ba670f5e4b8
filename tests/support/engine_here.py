"""An engine without a child: a real model in this process, whose cache and logits can be seen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import llama_cpp
import numpy as np

from desktop_app.dialogue import Turn
from desktop_app.engine.context import KvContext
from desktop_app.engine.llama import Llama
from desktop_app.engine.protocol import Finished, Loaded, Piece, Request, always
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from desktop_app.engine.writer import write_reply


def never() -> bool:
    return False


class EngineHere:
    """Keeps the promise of `Engine`, but for snapshots: there is nothing that would outlive it."""

    def __init__(self, model: Path, n_ctx: int) -> None:
        self._model, self._n_ctx = str(model), n_ctx
        self.context = self._made()
        vocabulary = self.context.llama.vocabulary
        source = self.context.llama.chat_template()
        assert source is not None
        bos, eos = vocabulary.text(vocabulary.bos), vocabulary.text(vocabulary.eos)
        self.transcript = Transcript(ChatTemplate(source, bos=bos, eos=eos), vocabulary)
        self.asked: Callable[[Request], None] = lambda _: None
        """Called when a prompt has been read, before a token of the reply is sampled."""
        self._fresh: KvContext | None = None

    @property
    def loaded(self) -> Loaded:
        return Loaded(self._n_ctx, 1, 0.0, os.getpid())

    def start(self) -> Loaded:
        return self.loaded

    def count(self, turns: tuple[Turn, ...]) -> int:
        return len(self.transcript.tokens(turns))

    def reply(
        self, request: Request, wanted: Callable[[], bool] = always
    ) -> Iterator[Piece | Finished]:
        assert wanted()
        evaluated = self.context.read(self.transcript.tokens(request.turns), never)
        self.asked(request)
        for event in write_reply(
            request,
            transcript=self.transcript,
            context=self.context,
            cancelled=never,
            arrived=time.perf_counter(),
        ):
            if isinstance(event, Finished):
                yield replace(event, evaluated_tokens=evaluated)
            else:
                yield event

    def read(self, turns: tuple[Turn, ...], wanted: Callable[[], bool]) -> int:
        return self.context.read_ahead(self.transcript.beginning(turns), lambda: not wanted())

    def snapshot(self, turns: tuple[Turn, ...], *, at_most: int, patience: float) -> bytes:
        del turns, at_most, patience
        return b""

    def restore(self, snapshot: bytes) -> bool:
        del snapshot
        return False

    def cancel(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def close(self) -> None:
        pass

    def error_of_logits(self) -> float:
        """Normalised mean squared error of the last logits against those of a fresh evaluation."""
        self._fresh = self._fresh or self._made()
        self._fresh.keep(0)
        self._fresh.read(self.context.tokens, never)
        found, true = _logits(self.context), _logits(self._fresh)
        return float(((found - true) ** 2).sum() / (true**2).sum())

    def error_with_wrong_token(self, tokens: list[int], *, at: int | None) -> float:
        """The same where the cache holds another token than it says; None is none.

        All but the last of `tokens` is reused, as behind a reply.
        """
        cached = list(tokens)
        if at is not None:
            cached[at] += 1
        self.context.keep(0)
        self.context.read(cached, never)
        self.context.tokens[:] = tokens
        self.context.read(tokens, never)
        return self.error_of_logits()

    def _made(self) -> KvContext:
        return KvContext(Llama(self._model, n_ctx=self._n_ctx, threads=1))


def _logits(context: KvContext) -> np.ndarray:
    pointer = llama_cpp.llama_get_logits_ith(context.llama.context, -1)
    size = llama_cpp.llama_vocab_n_tokens(context.llama.vocabulary.handle)
    return np.ctypeslib.as_array(pointer, shape=(size,)).astype(np.float64)
