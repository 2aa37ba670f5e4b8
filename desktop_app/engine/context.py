"""The KV cache and what stands in it: evaluate only what a transcript adds.

Between two turns of a conversation the transcripts share everything but the last message. The
longest common prefix with the cached ids stays, the rest of the cache is dropped, the rest of
the transcript is evaluated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from desktop_app.engine.llama import ABORTED, Llama
from desktop_app.engine.placement import BATCH
from desktop_app.errors import BugError, EngineError

AHEAD_BATCH: Final = 64
"""Tokens read ahead at a time: so much is lost at most where a person is quicker."""
WORTH_ASKING_S: Final = 0.05
"""When a token takes longer, cancelling must act inside it; below, asking would cost too much."""


class CancelledError(Exception):
    """The parent asked to stop while tokens were being evaluated."""


class KvContext:
    """The cache of one `Llama`, and the ids it holds in order."""

    def __init__(self, llama: Llama) -> None:
        self.llama = llama
        self.tokens: list[int] = []
        self._last_token_s = 0.0

    def read(self, prompt: list[int], cancelled: Callable[[], bool]) -> int:
        """Bring the cache to hold exactly `prompt`; return how many tokens that took.

        The logits of the last token are ready afterwards.

        Raises:
            EngineError: the prompt leaves no place for a reply.
            CancelledError: `cancelled` said so; what was evaluated stays for the next time.
        """
        if len(prompt) >= self.llama.n_ctx:
            raise EngineError("engine.context_full", tokens=len(prompt), context=self.llama.n_ctx)
        # The last token is evaluated even when cached: its logits start the reply.
        shared = min(common_prefix(self.tokens, prompt), len(prompt) - 1)
        return self._bring_to(prompt, shared, cancelled)

    def read_ahead(self, prompt: list[int], cancelled: Callable[[], bool]) -> int:
        """Bring the cache to hold exactly `prompt`, the beginning of one that is still to come.

        Returns how many tokens that took. What leaves no place for more is not read; what was
        evaluated before `cancelled` said so stays.
        """
        if len(prompt) >= self.llama.n_ctx or cancelled():
            return 0
        shared = common_prefix(self.tokens, prompt)
        try:
            return self._bring_to(prompt, shared, cancelled, batch=AHEAD_BATCH)
        except CancelledError:
            return max(0, len(self.tokens) - shared)

    def extend(self, token: int, cancelled: Callable[[], bool]) -> None:
        """Evaluate one sampled token.

        Raises:
            CancelledError: `cancelled` said so, and tokens take so long that it was asked.
        """
        self.llama.abort_when(cancelled if self._last_token_s > WORTH_ASKING_S else None)
        began = time.perf_counter()
        self._evaluate([token])
        self._last_token_s = time.perf_counter() - began

    @property
    def full(self) -> bool:
        """Tell whether no further token fits."""
        return len(self.tokens) >= self.llama.n_ctx

    def keep(self, count: int) -> None:
        """Drop all but the first `count` tokens; all of them where a model cannot drop some."""
        if count == len(self.tokens):
            return
        if not self.llama.keep(count):
            # Recurrent and sliding-window caches cannot be cut in the middle.
            self.llama.clear()
            count = 0
        del self.tokens[count:]

    def hold(self, tokens: list[int], state: memoryview) -> bool:
        """Hold `tokens`, which cost `state` to read; False, and nothing is held, where it fits not.

        `state` comes from `Llama.state` of a context like this one.
        """
        self.llama.clear()
        fits = self.llama.take_state(state) and self.llama.cached() == len(tokens)
        if not fits:
            self.llama.clear()
        self.tokens = list(tokens) if fits else []
        return fits

    def _bring_to(
        self, prompt: list[int], shared: int, cancelled: Callable[[], bool], *, batch: int = BATCH
    ) -> int:
        """Keep the first `shared` tokens and evaluate the rest; return how many those were."""
        self.keep(shared)
        shared = len(self.tokens)
        self.llama.abort_when(cancelled)
        try:
            for start in range(shared, len(prompt), batch):
                self._evaluate(prompt[start : start + batch])
                if cancelled():
                    raise CancelledError
        finally:
            self.llama.abort_when(None)
        return len(prompt) - shared

    def _evaluate(self, tokens: list[int]) -> None:
        status = self.llama.decode(tokens)
        if status == 0:
            self.tokens.extend(tokens)
            return
        # Physical batches that were complete stay in the cache (llama.h, llama_decode).
        self.tokens = (self.tokens + tokens)[: self.llama.cached()]
        if status == ABORTED:
            raise CancelledError
        raise BugError(f"llama_decode returned {status}")


def common_prefix(left: list[int], right: list[int]) -> int:
    """Return how many leading ids two lists share."""
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return position
    return min(len(left), len(right))
