"""The header of a GGUF: metadata and tensor positions, as bytes.

Format: ggml/docs/gguf.md. The header is made in memory, so its size, and with it the size of
the whole file, is known before anything is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import gguf
import numpy as np

from convert.arch.spec import Family
from convert.ggml import TensorType, row_bytes
from convert.hyperparameters import Hyperparameters, Rope
from convert.merge import MergedTensor
from convert.mixtures import Mixture
from convert.token_table import Kind, SpacePrefix
from convert.vocab import Vocabulary

ALIGNMENT: Final = 32
_QUANTISATION_VERSION: Final = 2
_STRIPPING_NAME: Final = re.compile("phi-?3", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A merged tensor, its type in the file, and where its bytes begin after the header.

    `wanted` is the mixture's choice; it differs from `kind` where the row length forbids it.
    """

    merged: MergedTensor
    kind: TensorType
    wanted: TensorType
    offset: int

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return row_bytes(self.kind, self.merged.columns)

    @property
    def bytes(self) -> int:
        """Bytes of the tensor, padding not counted."""
        return self.merged.rows * self.row_bytes


@dataclass(frozen=True, slots=True)
class Description:
    """What a model says about itself in its metadata."""

    name: str
    licence: str | None
    languages: tuple[str, ...]
    chat_template: str


def padded(size: int) -> int:
    """Return `size` rounded up to the alignment of tensor data."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def header_bytes(
    family: Family,
    parameters: Hyperparameters,
    vocabulary: Vocabulary,
    description: Description,
    mixture: Mixture,
    tensors: Sequence[PlannedTensor],
) -> bytes:
    """Return everything before the tensor data, padded to the alignment."""
    writer = gguf.GGUFWriter(None, family.name)
    _describe(writer, description, vocabulary, mixture)
    _add_hyperparameters(writer, family, parameters)
    _add_vocabulary(writer, vocabulary)
    writer.add_chat_template(description.chat_template)
    for tensor in tensors:
        writer.add_tensor_info(
            tensor.merged.name,
            tensor.merged.shape,
            np.dtype(np.float32),
            tensor.bytes,
            raw_dtype=gguf.GGMLQuantizationType(int(tensor.kind)),
        )
    buffer = io.BytesIO()
    writer.fout, writer.state = [buffer], gguf.WriterState.EMPTY
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    header = buffer.getvalue()
    return header.ljust(padded(len(header)), b"\0")


def _describe(
    writer: gguf.GGUFWriter, description: Description, vocabulary: Vocabulary, mixture: Mixture
) -> None:
    writer.add_type("model")
    writer.add_name(_shown_name(description.name, vocabulary))
    if description.licence:
        writer.add_license(description.licence)
    if description.languages:
        writer.add_languages(list(description.languages))
    writer.add_quantization_version(_QUANTISATION_VERSION)
    writer.add_file_type(int(mixture))


def _shown_name(name: str, vocabulary: Vocabulary) -> str:
    """Return a name by which llama.cpp strips white space behind special tokens, or does not.

    It has no field for that: it looks for "phi-3" or "phi3" in the name (`llama-vocab.cpp`).
    """
    stripped = _STRIPPING_NAME.search(name) is not None
    if vocabulary.strips_right and not stripped:
        return f"{name} (phi-3)"
    return name if vocabulary.strips_right else _STRIPPING_NAME.sub("phi 3", name)


def _add_hyperparameters(
    writer: gguf.GGUFWriter, family: Family, parameters: Hyperparameters
) -> None:
    writer.add_vocab_size(parameters.vocabulary)
    writer.add_context_length(parameters.context)
    writer.add_embedding_length(parameters.hidden)
    writer.add_block_count(parameters.layers)
    writer.add_feed_forward_length(parameters.feed_forward)
    writer.add_head_count(parameters.heads)
    writer.add_head_count_kv(parameters.kv_heads)
    writer.add_key_length(parameters.head_size)
    writer.add_value_length(parameters.head_size)
    writer.add_layer_norm_rms_eps(parameters.norm_epsilon)
    _add_rope(writer, parameters.rope)
    attention = parameters.attention
    if attention.cap is not None:
        writer.add_attn_logit_softcapping(attention.cap)
    if parameters.logit_cap is not None:
        writer.add_final_logit_softcapping(parameters.logit_cap)
    if family.windows and attention.window is not None:
        writer.add_sliding_window(attention.window)
        writer.add_sliding_window_pattern(attention.windowed)


def _add_rope(writer: gguf.GGUFWriter, rope: Rope) -> None:
    writer.add_rope_freq_base(rope.theta)
    writer.add_rope_dimension_count(rope.size)
    if rope.local_theta is not None:
        writer.add_rope_freq_base_swa(rope.local_theta)
    if rope.kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope.factor)
    if rope.kind == "longrope":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(rope.original_context)
        writer.add_rope_scaling_attn_factors(rope.attention_factor)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.kind.value)
    writer.add_tokenizer_pre(vocabulary.pre_tokenizer)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types([int(kind) for kind in vocabulary.types])
    if vocabulary.kind is Kind.PIECES:
        writer.add_token_scores(list(vocabulary.scores))
        writer.add_add_space_prefix(vocabulary.space_prefix is SpacePrefix.ALWAYS)
    else:
        writer.add_token_merges(vocabulary.merges)
    if vocabulary.unknown_id is not None:
        writer.add_unk_token_id(vocabulary.unknown_id)
    if vocabulary.begin_id is not None:
        writer.add_bos_token_id(vocabulary.begin_id)
    if vocabulary.padding_id is not None:
        writer.add_pad_token_id(vocabulary.padding_id)
    setters = (writer.add_eos_token_id, writer.add_eot_token_id, writer.add_eom_token_id)
    for add, id_ in zip(setters, vocabulary.end_ids, strict=False):
        add(id_)
    assert vocabulary.begin_id is not None or not vocabulary.adds_begin  # or llama.cpp aborts
    writer.add_add_bos_token(vocabulary.adds_begin)
    writer.add_add_eos_token(vocabulary.adds_end)
