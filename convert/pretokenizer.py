"""Names llama.cpp's pre-tokenizer for a splitting pattern.

The usual way, a hash over token ids, breaks with every added token (llama.cpp #8649, #9927) and
collides (#7881). What decides is the splitting pattern itself; the tokenizer proof then holds
the choice to thousands of strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from convert.errors import VocabularyError

_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_ONE_DIGIT: Final = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _REST
THREE_DIGITS: Final = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _REST
"""The pattern of Llama 3, of GLM-4 and of the tiktoken files it comes from."""
_WORD_START: Final = r"[^\r\n\p{L}\p{N}]?"
_CAPITALS: Final = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_SMALL: Final = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN: Final = (
    rf"{_WORD_START}{_CAPITALS}*{_SMALL}+|{_WORD_START}{_CAPITALS}+{_SMALL}*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The pattern of Mistral Nemo and Ministral: a word also ends where a capital follows."""

_NAMES: Final = {
    (_ONE_DIGIT, False): "qwen2",
    (THREE_DIGITS, True): "llama-bpe",
    (THREE_DIGITS, False): "chatglm-bpe",
    (TEKKEN, True): "tekken",
}
"""By pattern and whether a whole known word skips its merges, which llama.cpp fixes by name."""


def pre_tokenizer_name(path: Path, tokenizer: Mapping[str, Any]) -> str:
    """Return the value of `tokenizer.ggml.pre` for a byte-level `tokenizer.json`.

    Raises:
        VocabularyError: a splitting pattern llama.cpp has no name for.
    """
    if (tokenizer.get("normalizer") or {}).get("type") not in (None, "NFC"):
        raise VocabularyError("tokenizer_pattern", path=path, part="normalizer")
    pattern = _split_pattern(tokenizer.get("pre_tokenizer") or {})
    if pattern not in {known for known, _ in _NAMES}:
        raise VocabularyError("tokenizer_pattern", path=path, part="pre_tokenizer")
    name = _NAMES.get((pattern, bool(tokenizer["model"].get("ignore_merges"))))
    if name is None:
        raise VocabularyError("tokenizer_pattern", path=path, part="ignore_merges")
    return name


def _split_pattern(pre: Mapping[str, Any]) -> str:
    match pre:
        case {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": str(pattern)},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
            ],
        }:
            return pattern
        case _:
            return ""
