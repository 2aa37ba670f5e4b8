"""What memory a conversion will take, told from the plan alone; a test holds it to the peaks."""

from __future__ import annotations

from collections import Counter
from typing import Final

from convert.plan import Plan
from convert.stream import SLAB_WEIGHTS
from convert.token_table import TokenType
from convert.updates import Update
from convert.verify import LONGEST_PROMPT, LONGEST_REPLY

_INTERPRETER: Final = 75 * 1024 * 1024
_SLAB_BYTES_PER_WEIGHT: Final = 14
"""What is read, as float32, its check and what becomes of it; those in flight and those done."""
_PEFT: Final = 600 * 1024 * 1024
_PROOF: Final = 35 * 1024 * 1024
_PROOF_BYTES_PER_TOKEN: Final = 1200
"""In llama.cpp and in the source's own library, as text and merges: fitted to what was seen with
40,000 and 150,000 tokens."""
_FLOAT: Final = 4
_PROMPTS: Final = 2


def memory_of_pass(plan: Plan, threads: int) -> int:
    """Return the bytes of the streaming process."""
    slabs = (threads + 2) * SLAB_WEIGHTS * _SLAB_BYTES_PER_WEIGHT
    return _INTERPRETER + slabs + _largest_update(plan)


def memory_of_proof(plan: Plan) -> int:
    """Return the bytes of the process that proves the tokenizer: it holds the vocabulary twice."""
    tokens = sum(kind is not TokenType.UNUSED for kind in plan.vocabulary.types)
    return _INTERPRETER + _PROOF + tokens * _PROOF_BYTES_PER_TOKEN


def memory_of_full(plan: Plan) -> int:
    """Return the bytes of whichever process of `--verify full` takes most, and who waits for it.

    One is the reference, a layer of float32 at a time; the other is llama.cpp with the file.
    """
    logits = _FLOAT * _PROMPTS * LONGEST_PROMPT * plan.parameters.vocabulary
    reference = max(_layer(plan) + _largest_update(plan), 2 * logits)
    return _INTERPRETER + max(reference, plan.size + _llama_buffers(plan)) + 2 * logits


def _layer(plan: Plan) -> int:
    """Bytes of the largest layer as float32, and of one of its weights while it is put in order."""
    layers: Counter[str] = Counter()
    largest = 0
    for tensor in plan.tensors:
        first, _, rest = tensor.merged.name.partition(".")
        if first == "blk":
            layers[rest.partition(".")[0]] += tensor.merged.weights
            largest = max(largest, tensor.merged.weights)
    return _FLOAT * (max(layers.values(), default=0) + largest)


def _llama_buffers(plan: Plan) -> int:
    """Bytes llama.cpp takes beside the file for the longest reply: fitted to what it was seen to.

    Logits stand twice, in the graph and behind it; keys and values are float32.
    """
    sizes = plan.parameters
    tokens = min(LONGEST_PROMPT + LONGEST_REPLY, sizes.context)
    graph = 2 * sizes.vocabulary + 3 * sizes.feed_forward + 8 * sizes.hidden + sizes.heads * tokens
    cache = 2 * sizes.layers * sizes.kv_heads * sizes.head_size
    return _FLOAT * tokens * (graph + cache)


def _largest_update(plan: Plan) -> int:
    return max(
        (
            _update_bytes(tensor.merged.update, tensor.merged.weights)
            for tensor in plan.tensors
            if tensor.merged.update is not None
        ),
        default=0,
    )


def _update_bytes(update: Update, weights: int) -> int:
    """Bytes of memory one parameter's update takes: its factors, or the whole weight twice."""
    if update.foreign is not None:
        return _PEFT + 3 * _FLOAT * weights  # the weight, its update and the sum
    if update.low_rank is None:
        return 0
    rank = update.low_rank.left.shape[0 if update.low_rank.embedding else 1]
    return 2 * _FLOAT * rank * sum(update.low_rank.shape)
