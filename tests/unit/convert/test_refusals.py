"""Bad input is one sentence with the file, the name and both numbers; nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.sources import TensorReader, read_header
from resources.messages import catalogue
from tests.support.convert_run import convert, converted, refused
from tests.support.tiny_base import (
    Shape,
    random_tensors,
    read_json,
    write_adapter,
    write_base,
    write_json,
    write_safetensors,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = Shape(layers=1)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_base(tmp_path / "base", SHAPE)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return write_adapter(tmp_path / "adapter", SHAPE)


def changed(path: Path, **fields: Any) -> None:
    write_json(path, read_json(path) | fields)


def truncate(base: Path) -> None:
    path = base / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def tensors(base: Path, **changes: np.ndarray | None) -> None:
    kept = {**random_tensors(SHAPE), **changes}
    present = {name: values for name, values in kept.items() if values is not None}
    write_safetensors(base / "model.safetensors", present, "F32")


def change_tokenizer(base: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = base / "tokenizer.json"
    tokenizer = read_json(path)
    change(tokenizer)
    write_json(path, tokenizer)


NORM = "model.norm.weight"
HALF_INFINITE = np.r_[np.ones(255, np.float32), np.float32("inf")]

DAMAGED_BASES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "no config": (lambda base: (base / "config.json").unlink(), ["config.json"]),
    "config is no JSON": (lambda base: (base / "config.json").write_text("{"), ["config.json"]),
    "config field missing": (
        lambda base: changed(base / "config.json", hidden_size=None),
        ["config.json"],
    ),
    "unknown family": (
        lambda base: changed(base / "config.json", architectures=["RWKV5"]),
        ["RWKV5", "Qwen2ForCausalLM", "LlamaForCausalLM"],
    ),
    "unknown rope": (
        lambda base: changed(base / "config.json", rope_parameters={"rope_type": "yarn"}),
        ["rope_type", "yarn"],
    ),
    "no weights": (
        lambda base: (base / "model.safetensors").unlink(),
        ["model.safetensors"],
    ),
    "truncated weights": (truncate, ["model.safetensors", "should end at byte"]),
    "weights of another program": (
        lambda base: (base / "model.safetensors").write_bytes(b"PK\x03\x04 not this"),
        ["model.safetensors", "header"],
    ),
    "tensor missing": (lambda base: tensors(base, **{NORM: None}), [NORM]),
    "tensor unknown": (
        lambda base: tensors(base, **{"model.extra.weight": np.ones(3, np.float32)}),
        ["model.extra.weight"],
    ),
    "tensor of another shape": (
        lambda base: tensors(base, **{NORM: np.ones(128, np.float32)}),
        [NORM, "[128]", "[256]"],
    ),
    "infinite weight": (
        lambda base: tensors(base, **{NORM: HALF_INFINITE}),
        ["model.safetensors", f"Row 255 of tensor {NORM}", "256 values 1"],
    ),
    "weight beyond float16": (
        lambda base: tensors(
            base, **{"model.embed_tokens.weight": np.full((512, 256), 1e6, np.float32)}
        ),
        ["model.embed_tokens.weight", "token_embd.weight", "1000000", "65504"],
    ),
    "no tokenizer": (
        lambda base: (base / "tokenizer.json").unlink(),
        ["tokenizer.json", "tokenizer.model"],
    ),
    "tokenizer its own library cannot read": (
        lambda base: change_tokenizer(base, lambda t: t.update(decoder={"type": "None such"})),
        ["tokenizer.json"],
    ),
    "tokenizer without merges": (
        lambda base: change_tokenizer(base, lambda t: t["model"].pop("merges")),
        ["tokenizer.json"],
    ),
    "a tokenizer that is no BPE": (
        lambda base: change_tokenizer(base, lambda t: t["model"].update(type="Unigram")),
        ["tokenizer.json", "Unigram"],
    ),
    "pieces whose text is changed first": (
        lambda base: change_tokenizer(base, lambda t: t["model"].update(byte_fallback=True)),
        ["tokenizer.json", "normalizer"],
    ),
    "unknown splitting": (
        lambda base: change_tokenizer(base, lambda t: t["pre_tokenizer"]["pretokenizers"].pop(0)),
        ["pre_tokenizer"],
    ),
    "more tokens than rows": (
        lambda base: change_tokenizer(base, lambda t: t["model"]["vocab"].update({"zzzz": 600})),
        ["601", "512"],
    ),
    "no chat template": (
        lambda base: (base / "chat_template.jinja").unlink(),
        ["chat_template.jinja"],
    ),
    "broken chat template": (
        lambda base: (base / "chat_template.jinja").write_text("\n{% for %}"),
        ["line 2"],
    ),
}


NF4 = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param(NF4, "bitsandbytes", id="NF4"),
        pytest.param({"quant_method": "gptq", "bits": 4}, "gptq", id="GPTQ"),
        pytest.param({"bits": 4}, "quantization_config", id="of no name"),
    ],
)
def test_a_quantised_base_is_refused_by_name_with_what_to_use_instead(
    settings: dict[str, Any], named: str, base: Path
) -> None:
    changed(base / "config.json", quantization_config=settings)
    out = base.parent / "m.gguf"
    sentence = refused("plan", base, "--out", out, "--quant", "Q8_0")
    assert all(part in sentence for part in (f"({named})", "config.json", "unquantised")), sentence


@pytest.mark.parametrize(("damage", "named"), DAMAGED_BASES.values(), ids=DAMAGED_BASES)
def test_a_damaged_base_is_refused(
    base: Path, damage: Callable[[Path], object], named: list[str]
) -> None:
    damage(base)
    out = base.parent / "m.gguf"
    sentence = refused("run", base, "--out", out, "--quant", "Q8_0")
    assert all(name in sentence for name in named), sentence
    assert sorted(path.name for path in base.parent.iterdir()) == ["base"]


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1, shards=3))
    (base / "model-00002-of-00003.safetensors").unlink()
    sentence = refused("plan", base, "--out", tmp_path / "m.gguf", "--quant", "Q8_0")
    assert "model-00002-of-00003.safetensors" in sentence


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"peft_type": "VERA"}, "VERA", id="a method nobody merges"),
        pytest.param({"peft_type": "LOHA"}, "lora_A.weight", id="keys of another method"),
        pytest.param({"use_dora": True}, "self_attn.q_proj", id="DoRA without its magnitudes"),
        pytest.param({"modules_to_save": ["norm"]}, "model.norm", id="a whole module missing"),
        pytest.param({"init_lora_weights": "corda"}, "corda", id="a start nobody can repeat"),
        pytest.param({"ensure_weight_tying": True}, "ensure_weight_tying", id="unknown part"),
        pytest.param(
            {"target_modules": ["q_proj"]}, "self_attn.k_proj", id="an update of no target"
        ),
        pytest.param({"target_modules": r".*_(proj|tokens)"}, "embed_tokens", id="a lost target"),
        pytest.param({"r": 16}, "16", id="another rank"),
        pytest.param({"rank_pattern": {"(": 4}}, "adapter_config.json", id="broken pattern"),
    ],
)
def test_an_adapter_that_would_merge_wrongly_is_refused(
    base: Path, adapter: Path, fields: dict[str, Any], named: str
) -> None:
    changed(adapter / "adapter_config.json", **fields)
    out = base.parent / "m.gguf"
    assert named in refused("run", base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert not out.exists()


@pytest.mark.parametrize(
    ("key", "saved"),
    [
        pytest.param("model.norm.modules_to_save.weight", [], id="of no whole module"),
        pytest.param("lm_head.modules_to_save.weight", ["lm_head"], id="without its plain key"),
        pytest.param("model.norm.original_module.weight", [], id="of nothing"),
        pytest.param(
            "model.embed_tokens.token_adapter.trainable_tokens_original", [], id="of no tokens"
        ),
    ],
)
def test_a_copy_in_an_adapter_of_what_is_not_there_is_refused(
    key: str, saved: list[str], base: Path, adapter: Path
) -> None:
    """It would be the only place where training left something."""
    weights = adapter / "adapter_model.safetensors"
    with TensorReader() as reader:
        kept = {name: reader.whole(one) for name, one in read_header(weights).items()}
    lost = {f"base_model.model.{key}": np.ones((2, 256), np.float32)}
    write_safetensors(weights, kept | lost, "F32")
    changed(adapter / "adapter_config.json", modules_to_save=saved or None)
    out = base.parent / "m.gguf"
    sentence = refused("run", base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert key in sentence
    assert {path.name for path in base.parent.iterdir()} == {"base", "adapter"}


def test_an_adapter_of_a_deeper_base_is_refused_with_both_numbers(
    base: Path, tmp_path: Path
) -> None:
    adapter = write_adapter(tmp_path / "deep", Shape(layers=3))
    out = tmp_path / "m.gguf"
    sentence = refused("plan", base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert "14 of the 21" in sentence
    assert "model.layers.1" in sentence


def test_an_adapter_of_a_wider_base_is_refused_with_both_shapes(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "wide", Shape(layers=1, hidden=512))
    out = tmp_path / "m.gguf"
    sentence = refused("plan", base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert "512" in sentence
    assert "256" in sentence


def test_an_untrained_adapter_is_refused(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "idle", SHAPE, target_modules=["up_proj"])
    module = "base_model.model.model.layers.0.mlp.up_proj"
    factors = {
        f"{module}.lora_A.weight": np.ones((4, 256), np.float32),
        f"{module}.lora_B.weight": np.zeros((512, 4), np.float32),
    }
    write_safetensors(adapter / "adapter_model.safetensors", factors, "F32")
    out = tmp_path / "m.gguf"
    sentence = refused("run", base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert "model.layers.0.mlp.up_proj" in sentence


def test_a_bfloat16_weight_that_float16_cannot_hold_is_refused_for_f16_alone(
    tmp_path: Path,
) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    big = random_tensors(SHAPE)
    big["model.layers.0.mlp.up_proj.weight"][3, 5] = 98304.0
    write_safetensors(base / "model.safetensors", big, "BF16")
    out = tmp_path / "m.gguf"
    sentence = refused("run", base, "--out", out, "--quant", "F16", "--verify", "none")
    assert all(part in sentence for part in ("blk.0.ffn_up.weight", "98304", "65504", "BF16"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base"]
    converted("run", base, "--out", out, "--quant", "BF16", "--verify", "weights")


def test_the_sentence_comes_in_chinese_too(tmp_path: Path) -> None:
    done = convert("plan", tmp_path / "none", "--out", tmp_path / "m", "--quant", "F16")
    assert done.returncode == 1
    assert "找不到基座模型文件夹" in done.stderr


def test_an_output_in_no_folder_is_refused(base: Path) -> None:
    out = base.parent / "nowhere" / "m.gguf"
    assert str(out) in refused("run", base, "--out", out, "--quant", "F16")


REFUSALS = sorted(key for key in catalogue("en") if key.startswith("error.convert."))


@pytest.mark.parametrize("key", REFUSALS)
def test_every_refusal_says_what_to_do(key: str) -> None:
    remedies = {"en": ("lease ", "run the same command again"), "zh": ("请", "再运行同样的命令")}
    for language, words in remedies.items():
        assert any(word in catalogue(language)[key] for word in words), catalogue(language)[key]


@pytest.mark.parametrize("rule", ["fnn=Q8_0", "attn_norm=Q8_0", "^ffn_down=Q4_K"])
def test_a_type_rule_that_matches_no_matrix_is_refused_by_name(base: Path, rule: str) -> None:
    out = base.parent / "m.gguf"
    rules = ("--tensor-type", "ffn_up=Q8_0", "--tensor-type", rule)
    sentence = refused("run", base, "--out", out, "--quant", "Q8_0", *rules)
    assert rule.partition("=")[0] in sentence
    assert "blk.0.ffn_down.weight" in sentence
    assert not out.exists()


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    assert convert("run", tmp_path, "--quant", "Q8_0").returncode == 2


def test_a_broken_corpus_line_is_named_by_number_only(base: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    good = json.dumps({"messages": [{"role": "user", "content": "安静的秘密"}]})
    corpus.write_text(f"{good}\n安静的秘密\n", encoding="utf-8")
    out = tmp_path / "m.gguf"
    sentence = refused("run", base, "--out", out, "--quant", "F16", "--calibration", corpus)
    assert "Line 2" in sentence
    assert "秘密" not in sentence
    assert not out.exists()
