"""Against transformers and peft: every family they know, merged with a LoRA, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from convert.runtime import logits
from tests.support.tiny_base import read_json, write_json
from tests.support.tiny_families import PROMPT, nmse, write_surroundings, written_in_f32

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.finetune

GELU_TABLE = 1e-6  # llama.cpp looks GELU up in float16
SIZES: dict[str, Any] = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": None,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
    "long_factor": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    "original_max_position_embeddings": 256,
}
GEMMA = {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 8}
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"]
CASES: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "llama 2": ("Llama", {"num_key_value_heads": 4}, PROJECTIONS),
    "llama 3.1": ("Llama", {"rope_parameters": LLAMA3}, PROJECTIONS),
    "mistral": ("Mistral", {"sliding_window": None}, PROJECTIONS),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}, PROJECTIONS),
    "qwen3": ("Qwen3", {"head_dim": 32}, PROJECTIONS),
    "internlm3": ("InternLM3", {"head_dim": 32}, PROJECTIONS),
    "gemma 2": ("Gemma2", GEMMA, PROJECTIONS),
    "gemma 3": ("Gemma3", GEMMA | {"num_hidden_layers": 7}, PROJECTIONS),
    "phi-3": ("Phi3", {}, ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]),
    "phi-3, long context": (
        "Phi3",
        {
            "rope_parameters": LONGROPE,
            "max_position_embeddings": 1024,
            "original_max_position_embeddings": 256,
        },
        ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"],
    ),
    "glm": (
        "Glm",
        {
            "head_dim": 16,
            "attention_bias": True,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "partial_rotary_factor": 0.5,
            },
        },
        FUSED,
    ),
    "glm4": ("Glm4", {"head_dim": 16, "attention_bias": True}, FUSED),
}


def trained(name: str, fields: dict[str, Any], targets: list[str], folder: Path) -> Any:
    """Save a random base and an adapter on it as their libraries do; return both as one model."""
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    config_class = "Gemma3TextConfig" if name == "Gemma3" else f"{name}Config"
    config = getattr(transformers, config_class)(**(SIZES | fields))
    config._attn_implementation = "eager"  # the only one that caps Gemma 2's scores
    model = transformers.AutoModelForCausalLM.from_config(config).float().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder / "base")
    write_surroundings(folder / "base")
    written = read_json(folder / "base" / "config.json")
    # transformers computes InternLM3 with Llama's class and saves that name
    write_json(folder / "base" / "config.json", written | {"architectures": [f"{name}ForCausalLM"]})
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=targets, init_lora_weights=False)
    adapted = get_peft_model(model, lora).eval()
    adapted.save_pretrained(folder / "adapter")
    return adapted


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_decoder_of_a_gemma_that_sees_pictures_is_what_transformers_computes(
    tmp_path: Path,
) -> None:
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    text = SIZES | GEMMA | {"num_hidden_layers": 7}
    sight = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}
    sight |= {"num_attention_heads": 2, "image_size": 28, "patch_size": 14}
    config = transformers.Gemma3Config(
        text_config=text, vision_config=sight, mm_tokens_per_image=4, eos_token_id=2
    )
    config._attn_implementation = "eager"
    model = transformers.Gemma3ForConditionalGeneration(config).float().eval()
    model.save_pretrained(tmp_path / "base")
    write_surroundings(tmp_path / "base")
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=PROJECTIONS, init_lora_weights=False)
    adapted = get_peft_model(model, lora).eval()
    adapted.save_pretrained(tmp_path / "adapter")
    plan = written_in_f32(tmp_path / "base", tmp_path / "adapter", tmp_path / "m.gguf")
    (found,) = logits(plan.out, [PROMPT], 1)
    with torch.no_grad():
        expected = adapted(torch.tensor([PROMPT])).logits[0].numpy()
    assert nmse(found, expected) <= GELU_TABLE
    assert {name.removeprefix("model.").split(".")[0] for name in plan.left_out} == {
        *("vision_tower", "multi_modal_projector")
    }


@pytest.mark.parametrize("case", CASES)
def test_llama_cpp_computes_what_transformers_and_peft_compute(case: str, tmp_path: Path) -> None:
    import torch

    model = trained(*CASES[case], tmp_path)
    plan = written_in_f32(tmp_path / "base", tmp_path / "adapter", tmp_path / "m.gguf")
    (found,) = logits(plan.out, [PROMPT], 1)
    with torch.no_grad():
        expected = model(torch.tensor([PROMPT])).logits[0].numpy()
    assert nmse(found, expected) <= (GELU_TABLE if case.startswith("gemma") else 1e-9)
