"""What stays in the KV cache and what is evaluated again, on a real model in this process."""

from __future__ import annotations

from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from desktop_app.engine.context import CancelledError, KvContext, common_prefix
from desktop_app.engine.llama import Llama
from desktop_app.errors import EngineError

PROMPT = list(range(40, 240))


@pytest.fixture
def context(tiny_model: Path) -> KvContext:
    return KvContext(Llama(str(tiny_model), n_ctx=2048, threads=1))


def never() -> bool:
    return False


def logits(context: KvContext) -> np.ndarray:
    pointer = llama_cpp.llama_get_logits_ith(context.llama.context, -1)
    return np.ctypeslib.as_array(pointer, shape=(259,)).copy()


def fresh_logits(model: Path, prompt: list[int]) -> np.ndarray:
    fresh = KvContext(Llama(str(model), n_ctx=2048, threads=1))
    fresh.read(prompt, never)
    return logits(fresh)


def error_of(found: np.ndarray, true: np.ndarray) -> float:
    """Normalised mean squared error."""
    return float(((found - true) ** 2).sum() / (true**2).sum())


@pytest.mark.parametrize(
    ("left", "right", "shared"), [([], [], 0), ([1, 2], [1, 2, 3], 2), ([1, 2, 3], [1, 9, 3], 1)]
)
def test_the_common_prefix_ends_at_the_first_difference(
    left: list[int], right: list[int], shared: int
) -> None:
    assert common_prefix(left, right) == shared


def test_only_what_a_prompt_adds_is_evaluated(context: KvContext) -> None:
    assert context.read(PROMPT, never) == 200
    assert context.read([*PROMPT, 5, 6, 7], never) == 3


def test_the_same_prompt_again_evaluates_one_token_for_its_logits(context: KvContext) -> None:
    context.read(PROMPT, never)

    assert context.read(PROMPT, never) == 1


def test_logits_after_reuse_are_those_of_a_fresh_evaluation(
    context: KvContext, tiny_model: Path
) -> None:
    changed = [*PROMPT[:150], *range(10, 60)]
    context.read(PROMPT, never)
    context.read(changed, never)

    assert error_of(logits(context), fresh_logits(tiny_model, changed)) <= 1e-6


def test_a_prompt_is_broken_off_inside_a_batch(context: KvContext) -> None:
    asked = 0

    def at_the_tenth_graph_node() -> bool:
        nonlocal asked
        asked += 1
        return asked == 10

    with pytest.raises(CancelledError):
        context.read(PROMPT, at_the_tenth_graph_node)

    assert context.tokens == []


def test_whole_batches_read_before_a_cancel_are_not_read_again(
    context: KvContext, tiny_model: Path
) -> None:
    long = PROMPT * 5
    with pytest.raises(CancelledError):
        context.read(long, lambda: len(context.tokens) > 0)

    assert 0 < len(context.tokens) < len(long)
    assert context.read(long, never) == len(long) - 512
    assert error_of(logits(context), fresh_logits(tiny_model, long)) <= 1e-6


def test_a_prompt_without_room_for_a_reply_is_refused(context: KvContext) -> None:
    with pytest.raises(EngineError, match="2048"):
        context.read([1] * 2048, never)


def test_a_slow_token_is_broken_off_inside(context: KvContext) -> None:
    context.read(PROMPT, never)
    context._last_token_s = 1.0

    with pytest.raises(CancelledError):
        context.extend(50, lambda: True)

    assert context.tokens == PROMPT


def test_a_fast_token_asks_nobody(context: KvContext) -> None:
    context.read(PROMPT, never)

    context.extend(50, lambda: pytest.fail("asked"))

    assert context.tokens == [*PROMPT, 50]
