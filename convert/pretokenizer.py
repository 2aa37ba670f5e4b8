"""Names llama.cpp's pre-tokenizer for a `tokenizer.json`, from its structure.

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
_PATTERNS: Final = {
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _REST: "qwen2",
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _REST: "llama-bpe",
}
_IGNORES_MERGES: Final = {"qwen2": False, "llama-bpe": True}
"""llama.cpp fixes by name whether a whole known word skips its merges."""


def pre_tokenizer_name(path: Path, tokenizer: Mapping[str, Any]) -> str:
    """Return the value of `tokenizer.ggml.pre`.

    Raises:
        VocabularyError: not byte-level BPE, or a splitting pattern llama.cpp has no name for.
    """
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise VocabularyError("tokenizer_kind", path=path, kind=_kind(model))
    if (tokenizer.get("normalizer") or {}).get("type") not in (None, "NFC"):
        raise VocabularyError("tokenizer_pattern", path=path, part="normalizer")
    name = _split_name(tokenizer.get("pre_tokenizer") or {})
    if name is None:
        raise VocabularyError("tokenizer_pattern", path=path, part="pre_tokenizer")
    if bool(model.get("ignore_merges")) != _IGNORES_MERGES[name]:
        raise VocabularyError("tokenizer_pattern", path=path, part="ignore_merges")
    return name


def _kind(model: Mapping[str, Any]) -> str:
    kind = str(model.get("type"))
    return f"{kind} (byte_fallback)" if model.get("byte_fallback") else kind


def _split_name(pre: Mapping[str, Any]) -> str | None:
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
            return _PATTERNS.get(pattern)
        case _:
            return None
