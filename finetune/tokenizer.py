"""A byte-level BPE tokenizer with Qwen2's pre-tokenizer, trained on the corpus itself.

The split pattern is Qwen2's (transformers `tokenization_qwen2`), so llama.cpp reads the result
with its `qwen2` pre-tokenizer. The ChatML marks are special tokens; `user`, `assistant` and
`system` become single tokens because every turn of the training text names one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from finetune.corpus.dialogue import Dialogue
from finetune.errors import RecipeError
from finetune.labels import PHASE_WORDS, STRATEGY_WORDS

END_OF_TEXT: Final = "<|endoftext|>"
TURN_START: Final = "<|im_start|>"
TURN_END: Final = "<|im_end|>"
ROLE_NAMES: Final = ("user", "assistant", "system")
SAMPLE: Final = 6000  # dialogues the merges are learned from
# The template travels in tokenizer_config.json, then inside the GGUF.
CHAT_TEMPLATE: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_QWEN2_SPLIT: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(dialogues: Sequence[Dialogue], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a tokenizer of `vocabulary` tokens (256 bytes and 3 marks included).

    Raises:
        RecipeError: the corpus is too small to fill the vocabulary or to join the role names.
    """
    core = Tokenizer(models.BPE())
    core.normalizer = normalizers.NFC()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN2_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT, TURN_START, TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_training_text(dialogues), trainer)
    if core.get_vocab_size() != vocabulary or any(
        len(core.encode(name).ids) != 1 for name in ROLE_NAMES
    ):
        raise RecipeError("recipe.vocabulary_too_large", vocabulary=vocabulary)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def _training_text(dialogues: Sequence[Dialogue]) -> Iterator[str]:
    control = [f"{p}：{s}" for p in PHASE_WORDS.values() for s in STRATEGY_WORDS.values()]
    # Chinese has no spaces: a "word" of BPE training is a phrase, nearly all distinct, and time
    # and memory grow with their number. An even sample finds the same merges.
    for number, dialogue in enumerate(dialogues[:: max(1, len(dialogues) // SAMPLE)]):
        for message in dialogue.messages:
            yield from (message.role, "\n", message.content)
        yield from ("system", control[number % len(control)])
    # Also in a corpus of a few dialogues the role names must win their merges.
    for _ in range(1000):
        yield from ROLE_NAMES


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Load a saved tokenizer."""
    return PreTrainedTokenizerFast.from_pretrained(folder)
