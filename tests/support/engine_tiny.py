"""A random Qwen2 model of any size as a GGUF file: real to llama.cpp, made in milliseconds.

Its tokens are the 256 bytes and the marks of ChatML, so each byte of a text is one token and
every reply it samples is legal.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THOUGHTFUL = (
    "{%- for message in messages %}"
    "{%- set content = message.content %}"
    "{%- if message.role == 'assistant' and '</think>' in content %}"
    "{%- set content = content.split('</think>')[-1].lstrip('\\n') %}"
    "{%- endif %}"
    "{{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}"
    "{{- '<think>\\n\\n</think>\\n\\n' }}"
    "{%- endif %}"
    "{%- endif %}"
)
"""What Qwen3 has published, but for its tools: the switch stands behind the reply's header."""
DATED = "{{ strftime_now('Today Date: %d %b %Y') }}\n" + CHATML
"""As Llama 3.2's begins."""
MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
NORMAL, CONTROL = 1, 3


@dataclass(frozen=True, slots=True)
class Shape:
    hidden: int = 64
    layers: int = 2
    heads: int = 2
    ffn: int = 128
    context: int = 4096


def byte_tokens() -> list[str]:
    """The 256 bytes as GPT-2 writes them: printable ones as themselves, the rest from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    names, spare = {}, 0
    for byte in range(256):
        if byte in printable:
            names[byte] = chr(byte)
        else:
            names[byte], spare = chr(0x100 + spare), spare + 1
    return [names[byte] for byte in range(256)]


def write_tiny_model(
    folder: Path,
    shape: Shape = Shape(),
    *,
    template: str | None = CHATML,
    says: str | tuple[str, ...] | None = None,
    ends: bool | str = True,
    turn_ends_with: str | None = None,
    seed: int = 1,
) -> Path:
    """Write `tiny.gguf` and its `model.json` into `folder`; return the GGUF's path.

    Args:
        folder: made when missing.
        shape: sizes of the model.
        template: the chat template, None for none.
        says: what it answers to anything when the most likely token is picked; no byte may
            occur twice in it. A tuple's texts are a token each, none of them twice. None leaves
            the answer to chance.
        ends: whether the answer ends there, or begins again without end; or the token it ends
            with, one of the marks or of `says`.
        turn_ends_with: one of `says` that the file calls its end of a turn; it is no mark.
        seed: of the random weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.gguf"
    words = says if isinstance(says, tuple) else ()
    tokens = [*byte_tokens(), *MARKS, *map(_as_bytes, words)]
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([NORMAL] * 256 + [CONTROL] * len(MARKS) + [NORMAL] * len(words))
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(258)
    if turn_ends_with is not None:
        writer.add_eot_token_id(tokens.index(_as_bytes(turn_ends_with)))
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    for name, tensor in _tensors(shape, len(tokens), successions(says, ends=ends), seed):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_manifest(path, template)
    return path


def _as_bytes(text: str) -> str:
    names = byte_tokens()
    return "".join(names[byte] for byte in text.encode())


def successions(says: str | tuple[str, ...] | None, *, ends: bool | str) -> list[tuple[int, int]]:
    """Pairs of tokens: after the first comes the second. The reply header ends in a newline."""
    if says is None:
        return []
    if isinstance(says, tuple):
        spoken = [256 + len(MARKS) + number for number in range(len(says))]
    else:
        spoken = list(says.encode())
    assert len({*spoken, ord("\n")}) == len(spoken) + 1, "a byte occurs twice"
    mark = "<|im_end|>" if ends is True else ends
    after_all = 256 + MARKS.index(mark) if mark in MARKS else spoken[0]
    return list(zip([ord("\n"), *spoken], [*spoken, after_all], strict=True))


def write_manifest(path: Path, template: str | None, **changes: object) -> None:
    manifest = {
        "format": 1,
        "name": path.stem,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "licence": "Apache-2.0",
        "languages": ["zh"],
        "context": None,
        "template_sha256": template and hashlib.sha256(template.encode()).hexdigest(),
        "system": None,
        "sampling": {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "dry_multiplier": 0.0},
        "quantisation": "F32",
    }
    text = json.dumps(manifest | changes, ensure_ascii=False)
    (path.parent / "model.json").write_text(text, encoding="utf-8")


def _tensors(
    shape: Shape, vocabulary: int, after: list[tuple[int, int]], seed: int
) -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(seed)

    def random(*size: int) -> np.ndarray:
        return rng.normal(0, 0.05, size).astype(np.float32)

    ones = np.ones(shape.hidden, np.float32)
    zeros = np.zeros(shape.hidden, np.float32)
    head = random(vocabulary, shape.hidden)
    # Dimension 0 of every hidden state is made large and positive, so column 0 of the head acts
    # as a bias on the logits. Forbid what no test wants sampled by itself: the marks.
    head[:, 0] = 0
    head[256:, 0] = -4
    embedding = random(vocabulary, shape.hidden)
    embedding[:, 0] = 8
    # A dimension for each pair: the first token lights it, the second is what it speaks for.
    for dimension, (first, second) in enumerate(after, start=1):
        embedding[:, dimension] = head[:, dimension] = 0
        embedding[first, dimension] = 8
        head[second, dimension] = 32
    tensors = [
        ("token_embd.weight", embedding),
        ("output_norm.weight", ones),
        ("output.weight", head),
    ]
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        tensors += [
            (block + "attn_norm.weight", ones),
            (block + "ffn_norm.weight", ones),
            (block + "attn_q.weight", random(shape.hidden, shape.hidden)),
            (block + "attn_k.weight", random(shape.hidden, shape.hidden)),
            (block + "attn_v.weight", random(shape.hidden, shape.hidden)),
            (block + "attn_output.weight", random(shape.hidden, shape.hidden)),
            (block + "attn_q.bias", zeros),
            (block + "attn_k.bias", zeros),
            (block + "attn_v.bias", zeros),
            (block + "ffn_gate.weight", random(shape.ffn, shape.hidden)),
            (block + "ffn_up.weight", random(shape.ffn, shape.hidden)),
            (block + "ffn_down.weight", random(shape.hidden, shape.ffn)),
        ]
    return tensors
