"""Tiny random Qwen2 and Llama checkpoints and LoRA adapters, written without torch.

The files are what transformers 5 and peft write; only the sizes are small. The tokenizer is
trained on a few sentences of our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Array = npt.NDArray[np.float32]

TEXT = (
    "最近总是睡不着，心里很乱，白天也没有精神。",
    "听起来你已经撑了很久，愿意多说一点吗？",
    "和父母吵架以后，我一个人哭了很久，不知道该怎么办。",
    "谢谢你愿意告诉我，这一定很不容易，我们慢慢来。",
    "I can't sleep and I feel alone. It's getting worse.",
    "Thank you for telling me; we'll take it slowly, step by step.",
)
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITS = {"qwen2": _SPLIT % "", "llama": _SPLIT % "{1,3}"}
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a tiny model; rows of 256 weights fit every quantised block."""

    family: str = "qwen2"
    hidden: int = 256
    feed_forward: int = 512
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    vocabulary: int = 512
    tied: bool = True
    dtype: str = "BF16"
    shards: int = 1
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads


def write_base(folder: Path, shape: Shape | None = None, seed: int = 0) -> Path:
    """Write a whole base folder and return it."""
    shape = shape or Shape()
    folder.mkdir(parents=True)
    write_json(folder / "config.json", _config(shape) | shape.config)
    write_json(folder / "generation_config.json", {"eos_token_id": [2, 0], "pad_token_id": 0})
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    write_tokenizer(folder, shape)
    tensors = random_tensors(shape, seed)
    if shape.shards == 1:
        write_safetensors(folder / "model.safetensors", tensors, shape.dtype)
        return folder
    placed: dict[str, str] = {}
    for number in range(shape.shards):
        name = f"model-{number + 1:05}-of-{shape.shards:05}.safetensors"
        part = {key: tensors[key] for key in sorted(tensors)[number :: shape.shards]}
        write_safetensors(folder / name, part, shape.dtype)
        placed |= dict.fromkeys(part, name)
    write_json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": placed})
    return folder


def random_tensors(shape: Shape, seed: int = 0) -> dict[str, Array]:
    """Return weights of the scale transformers initialises with, by their names there."""
    dice = np.random.default_rng(seed)

    def normal(*lengths: int) -> Array:
        return dice.normal(0, 0.05, lengths).astype(np.float32)

    query, key_value = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    tensors = {
        "model.embed_tokens.weight": normal(shape.vocabulary, shape.hidden),
        "model.norm.weight": 1 + normal(shape.hidden),
    }
    if not shape.tied:
        tensors["lm_head.weight"] = normal(shape.vocabulary, shape.hidden)
    for layer in range(shape.layers):
        at = f"model.layers.{layer}."
        tensors |= {
            f"{at}input_layernorm.weight": 1 + normal(shape.hidden),
            f"{at}post_attention_layernorm.weight": 1 + normal(shape.hidden),
            f"{at}self_attn.q_proj.weight": normal(query, shape.hidden),
            f"{at}self_attn.k_proj.weight": normal(key_value, shape.hidden),
            f"{at}self_attn.v_proj.weight": normal(key_value, shape.hidden),
            f"{at}self_attn.o_proj.weight": normal(shape.hidden, query),
            f"{at}mlp.gate_proj.weight": normal(shape.feed_forward, shape.hidden),
            f"{at}mlp.up_proj.weight": normal(shape.feed_forward, shape.hidden),
            f"{at}mlp.down_proj.weight": normal(shape.hidden, shape.feed_forward),
        }
        if shape.family == "qwen2":
            tensors |= {
                f"{at}self_attn.q_proj.bias": normal(query),
                f"{at}self_attn.k_proj.bias": normal(key_value),
                f"{at}self_attn.v_proj.bias": normal(key_value),
            }
    return tensors


def write_adapter(
    folder: Path,
    shape: Shape | None = None,
    modules: Mapping[str, tuple[int, int]] | None = None,
    **config: Any,
) -> Path:
    """Write a trained-looking LoRA adapter and return its folder.

    `modules`: name and weight shape of what it updates, every projection unless told;
    `config` overrides fields of adapter_config.json.
    """
    shape = shape or Shape()
    folder.mkdir(parents=True)
    rank = config.get("r", 4)
    patterns: Mapping[str, int] = config.get("rank_pattern", {})
    dice = np.random.default_rng(7)
    factors: dict[str, Array] = {}
    for module, (rows, columns) in (modules or _projections(shape)).items():
        r = next((r for end, r in patterns.items() if module.endswith(end)), rank)
        at = f"base_model.model.{module}"
        factors[f"{at}.lora_A.weight"] = dice.normal(0, 0.05, (r, columns)).astype(np.float32)
        factors[f"{at}.lora_B.weight"] = dice.normal(0, 0.05, (rows, r)).astype(np.float32)
    write_safetensors(folder / "adapter_model.safetensors", factors, "F32")
    write_json(folder / "adapter_config.json", _ADAPTER_CONFIG | config)
    return folder


def _projections(shape: Shape) -> dict[str, tuple[int, int]]:
    return {
        name.removesuffix(".weight"): (weight.shape[0], weight.shape[1])
        for name, weight in random_tensors(shape).items()
        if name.endswith("_proj.weight")
    }


_ADAPTER_CONFIG: dict[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "r": 4,
    "lora_alpha": 8,
    "bias": "none",
    "use_rslora": False,
    "use_dora": False,
    "init_lora_weights": True,
    "fan_in_fan_out": False,
    "modules_to_save": None,
    "target_modules": [
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    ],
    "rank_pattern": {},
    "alpha_pattern": {},
    "inference_mode": True,
}


def write_safetensors(path: Path, tensors: Mapping[str, Array], dtype: str) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    blobs, offset = [], 0
    for name, values in tensors.items():
        blob = _encoded(values, dtype)
        span = [offset, offset + len(blob)]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": span}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def _encoded(values: Array, dtype: str) -> bytes:
    if dtype == "BF16":
        return (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    return values.astype({"F16": "<f2", "F32": "<f4"}[dtype]).tobytes()


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _config(shape: Shape) -> dict[str, Any]:
    name = {"qwen2": "Qwen2ForCausalLM", "llama": "LlamaForCausalLM"}[shape.family]
    return {
        "architectures": [name],
        "model_type": shape.family,
        "dtype": "bfloat16",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "hidden_act": "silu",
        "tie_word_embeddings": shape.tied,
        "eos_token_id": 2,
        "bos_token_id": None,
    }


def write_tokenizer(folder: Path, shape: Shape) -> None:
    tokenizer = Tokenizer(models.BPE(ignore_merges=shape.family == "llama"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLITS[shape.family]), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT * 2, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2"},
    )
