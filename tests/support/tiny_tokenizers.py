"""Small tokenizers of every form a checkpoint ships, trained on a few sentences of our own."""

from __future__ import annotations

import base64
import io
import itertools
from typing import TYPE_CHECKING, Any

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from convert.pretokenizer import THREE_DIGITS
from convert.rank_merges import written
from tests.support.tiny_base import TEXT, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPACE = "\u2581"
ROWS = 800


def train_pieces(folder: Path, *, dummy_prefix: bool = True, reserved: Sequence[str] = ()) -> Any:
    """Write a SentencePiece BPE `tokenizer.model` with byte fallback and return its processor."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 4),
        model_writer=model,
        model_type="bpe",
        vocab_size=600 + len(reserved),
        byte_fallback=True,
        character_coverage=0.99,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=dummy_prefix,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        user_defined_symbols=list(reserved),
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def pieces_as_json(processor: Any, scheme: str) -> Tokenizer:
    """Return a SentencePiece model as transformers converts it: every split of a piece a merge.

    `scheme`: where a space is put before a text: "prepend" (each part), "first" or "never".
    """
    count = processor.vocab_size()
    vocabulary = {processor.id_to_piece(i): i for i in range(count)}
    ordered = sorted(
        (i for i in range(count) if not processor.is_byte(i) and not processor.is_control(i)),
        key=lambda i: -processor.get_score(i),
    )
    merges = [
        (piece[:cut], piece[cut:])
        for piece in map(processor.id_to_piece, ordered)
        for cut in range(1, len(piece))
        if piece[:cut] in vocabulary and piece[cut:] in vocabulary
    ]
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    if scheme == "first":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
            replacement=SPACE, prepend_scheme="first", split=False
        )
    else:
        spaces = normalizers.Replace(" ", SPACE)
        prefix = [normalizers.Prepend(SPACE)] if scheme == "prepend" else []
        tokenizer.normalizer = normalizers.Sequence([*prefix, spaces])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def write_ranks(folder: Path) -> None:
    """Write GLM-4's form: a tiktoken list of ranks, special tokens in tokenizer_config.json."""
    ranks = trained_ranks(300)
    lines = [base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(ranks)]
    (folder / "tokenizer.model").write_bytes(b"\n".join(lines) + b"\n")
    special = ["<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>"]
    special += ["<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"]
    decoder = {
        str(len(ranks) + i): {"content": text, "special": True} for i, text in enumerate(special)
    }
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "ChatGLM4Tokenizer",
            "added_tokens_decoder": decoder,
            "eos_token": "<|endoftext|>",
        },
    )


def trained_ranks(merges: int) -> list[bytes]:
    """Return the 256 bytes and what merging the commonest pair again and again makes."""
    cut = pre_tokenizers.Split(Regex(THREE_DIGITS), "isolated")
    words = [
        [bytes([byte]) for byte in word.encode()]
        for text in TEXT
        for word, _ in cut.pre_tokenize_str(text)
    ]
    ranks = [bytes([byte]) for byte in range(256)]
    for _ in range(merges):
        counts: dict[tuple[bytes, bytes], int] = {}
        for word in words:
            for pair in itertools.pairwise(word):
                counts[pair] = counts.get(pair, 0) + 1
        new = [pair for pair in counts if pair[0] + pair[1] not in ranks]
        if not new:
            break
        left, right = max(new, key=lambda pair: (counts[pair], written(pair[0] + pair[1])))
        ranks.append(left + right)
        for word in words:
            at = 0
            while at < len(word) - 1:
                if (word[at], word[at + 1]) == (left, right):
                    word[at : at + 2] = [left + right]
                at += 1
    return ranks
