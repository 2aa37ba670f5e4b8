"""llama.cpp's source tree, where one is at hand: real vocabularies and what they split texts into.

`LLAMA_CPP_TREE` names it; it lies in llama-cpp-python's source distribution as
`vendor/llama.cpp`. It is read in place.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tests.support.tiny_base import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE = os.environ.get("LLAMA_CPP_TREE")
REASON = "LLAMA_CPP_TREE names no source tree of llama.cpp"
SPACE = "\u2581"


def vocabulary_file(name: str) -> Path:
    return Path(str(TREE)) / "models" / f"ggml-vocab-{name}.gguf"


def cases(name: str) -> Iterator[tuple[str, list[int]]]:
    """Yield texts and the ids the original tokenizers gave for them."""
    file = vocabulary_file(name)
    texts = file.with_name(f"{file.name}.inp").read_text(encoding="utf-8")
    answers = file.with_name(f"{file.name}.out").read_text(encoding="utf-8")
    split = texts.split("\n__ggml_vocab_test__\n")
    for text, answer in zip(split, answers.splitlines(), strict=False):
        yield text, [int(id_) for id_ in answer.split()]


def tokenizer_json(name: str) -> Tokenizer:
    """Rebuild the source's `tokenizer.json` from a vocabulary."""
    values = {
        key: field.contents()
        for key, field in gguf.GGUFReader(vocabulary_file(name)).fields.items()
        if key.startswith("tokenizer.ggml.")
    }
    if values["tokenizer.ggml.model"] == "gpt2":
        tokenizer = _byte_level(values, SPLITS["qwen2" if name == "qwen2" else "llama"])
    else:
        tokenizer = _pieces(values)
    kinds = zip(values["tokenizer.ggml.tokens"], values["tokenizer.ggml.token_type"], strict=True)
    strips = name == "phi-3"
    for text, kind in kinds:
        if kind == gguf.TokenType.CONTROL:
            kept = text in ("<unk>", "<s>", "<|endoftext|>") or not strips
            tokenizer.add_special_tokens([AddedToken(text, rstrip=not kept, normalized=False)])
        elif kind == gguf.TokenType.USER_DEFINED:
            tokenizer.add_tokens([AddedToken(text, rstrip=strips, normalized=False)])
    return tokenizer


def write_tokenizer_model(name: str, path: Path, *, dummy_prefix: bool) -> int:
    """Rebuild SentencePiece's file from a vocabulary of pieces and return how many those are."""
    fields = gguf.GGUFReader(vocabulary_file(name)).fields
    texts, scores, kinds = (
        fields[f"tokenizer.ggml.{part}"].contents() for part in ("tokens", "scores", "token_type")
    )
    pieces = (
        _record(
            1, _record(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18%c" % kind
        )
        for text, score, kind in zip(texts, scores, kinds, strict=True)
    )
    by_merges = _record(2, b"\x18\x02" + b"\x98\x02\x01")  # model_type BPE, byte_fallback
    plain = _record(3, b"\x18%c" % dummy_prefix + b"\x20\x00" + b"\x28\x01")
    path.write_bytes(b"".join(pieces) + by_merges + plain)
    return len(texts)


def _record(number: int, data: bytes) -> bytes:
    """A field of a protocol buffer that holds bytes, fewer than 2^14."""
    length = (
        bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    )
    return bytes([number << 3 | 2]) + length + data


def _byte_level(values: dict[str, Any], pattern: str) -> Tokenizer:
    tokens = values["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in values["tokenizer.ggml.merges"]]
    model = models.BPE(
        {text: id_ for id_, text in enumerate(tokens)},
        merges,
        ignore_merges=pattern == SPLITS["llama"],
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC() if pattern == SPLITS["qwen2"] else None
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _pieces(values: dict[str, Any]) -> Tokenizer:
    tokens, scores = values["tokenizer.ggml.tokens"], values["tokenizer.ggml.scores"]
    vocabulary = {text: id_ for id_, text in enumerate(tokens)}
    normal = [
        id_
        for id_, kind in enumerate(values["tokenizer.ggml.token_type"])
        if kind == gguf.TokenType.NORMAL
    ]
    merges = [
        (text[:cut], text[cut:])
        for text in (tokens[id_] for id_ in sorted(normal, key=lambda id_: -scores[id_]))
        for cut in range(1, len(text))
        if text[:cut] in vocabulary and text[cut:] in vocabulary
    ]
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    return tokenizer
