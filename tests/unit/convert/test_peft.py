"""What PEFT trains and saves, against what we make of the saved folder.

The oracle is the adapted model's own forward, before any merge: PEFT's merge itself is wrong for
tied heads and repeated layers.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.errors import AdapterError
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.reference import reference_logits
from convert.verify import check_weights
from tests.support.convert_run import converted, refused, streamed
from tests.support.tiny_base import Shape, read_json, write_base, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.finetune

SHAPE = Shape(dtype="F32", layers=2, vocabulary=448, tied=False)
TIED = Shape(dtype="F32", layers=2, vocabulary=448)
PROMPT = [5, 9, 100, 200, 3, 4, 5, 6, 7, *range(300, 340)]
ATTENTION = ["q_proj", "v_proj"]
EVERYTHING = [*ATTENTION, "k_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def lora(**fields: Any) -> Any:
    import peft

    fields = {"r": 4, "lora_alpha": 8, "target_modules": ATTENTION} | fields
    return peft.LoraConfig(**fields)


def other(name: str, **fields: Any) -> Any:
    import peft

    return getattr(peft, name)(**{"target_modules": EVERYTHING} | fields)


CASES: dict[str, tuple[Shape, Callable[[], Any]]] = {
    "LoRA": (SHAPE, lambda: lora(target_modules=EVERYTHING)),
    "rsLoRA": (SHAPE, lambda: lora(use_rslora=True)),
    "DoRA": (SHAPE, lambda: lora(use_dora=True, target_modules=EVERYTHING)),
    "DoRA of embedding and head": (
        SHAPE,
        lambda: lora(use_dora=True, target_modules=["embed_tokens", "lm_head"]),
    ),
    "patterns": (
        SHAPE,
        lambda: lora(
            target_modules=EVERYTHING,
            rank_pattern={r"layers.1.self_attn.q_proj": 2, "mlp.down_proj": 8, "q_proj": 3},
            alpha_pattern={"q_proj": 3, r".*\.0\.mlp\.up_proj": 5, "_proj": 99},
        ),
    ),
    "bias of LoRA": (SHAPE, lambda: lora(lora_bias=True)),
    "embedding and head": (SHAPE, lambda: lora(target_modules=["embed_tokens", "lm_head"])),
    "tied head": (TIED, lambda: lora(target_modules=["q_proj", "lm_head"])),
    "tied embedding": (TIED, lambda: lora(target_modules=["q_proj", "embed_tokens"])),
    "whole modules": (
        SHAPE,
        lambda: lora(modules_to_save=["lm_head", "embed_tokens", "norm", "layers.1.mlp.up_proj"]),
    ),
    "whole tied embedding": (TIED, lambda: lora(modules_to_save=["embed_tokens"])),
    "trained tokens": (SHAPE, lambda: lora(trainable_token_indices=[5, 100, 339])),
    "trained tokens, tied": (TIED, lambda: lora(trainable_token_indices=[5, 100, 339])),
    "trained tokens and a tied head": (
        TIED,
        lambda: lora(trainable_token_indices=[5, 9], target_modules=["q_proj", "lm_head"]),
    ),
    "trained tokens of two layers": (
        SHAPE,
        lambda: lora(trainable_token_indices={"embed_tokens": [5, 9], "lm_head": [7]}),
    ),
    "trained tokens alone": (
        SHAPE,
        lambda: other(
            "TrainableTokensConfig", token_indices=[9, 5], target_modules=["embed_tokens"]
        ),
    ),
    "all biases": (SHAPE, lambda: lora(bias="all")),
    "biases of LoRA's modules": (SHAPE, lambda: lora(bias="lora_only")),
    "some layers": (SHAPE, lambda: lora(layers_to_transform=[1], layers_pattern="layers")),
    "targets by pattern": (
        SHAPE,
        lambda: lora(target_modules=r".*\.(q|up)_proj", exclude_modules=r".*\.0\.mlp\..*"),
    ),
    "all linear": (SHAPE, lambda: lora(target_modules="all-linear")),
    "repeated layers": (SHAPE, lambda: lora(layer_replication=[[0, 2], [0, 1], [1, 2]])),
    "PiSSA": (SHAPE, lambda: lora(init_lora_weights="pissa")),
    "OLoRA": (SHAPE, lambda: lora(init_lora_weights="olora", use_rslora=True)),
    "LoHa": (SHAPE, lambda: other("LoHaConfig", r=4, alpha=8, alpha_pattern={"q_proj": 2})),
    "LoKr": (SHAPE, lambda: other("LoKrConfig", r=4, decompose_factor=4)),
    "IA³": (SHAPE, lambda: other("IA3Config", feedforward_modules=["down_proj"])),
    "OFT": (SHAPE, lambda: other("OFTConfig", oft_block_size=32)),
}


def trained(base: Path, config: Any, *, tokens: int = 0) -> Any:
    """A PEFT model whose every trainable weight has moved."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if tokens:
        model.resize_token_embeddings(tokens, mean_resizing=False)
    torch.manual_seed(1)
    model = peft.get_peft_model(model, config).eval()
    model.config.layer_types = ["full_attention"] * model.config.num_hidden_layers
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight.add_(torch.randn_like(weight) * 0.05)
    return model


def differ(base: Path, adapter: Path, model: Any) -> float:
    """NMSE between what the model computes and what our reading of its folder does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_pretrained(adapter)
    return differ_as_saved(base, adapter, model)


def differ_as_saved(base: Path, adapter: Path, model: Any) -> float:
    """The same for a folder that is there already."""
    import torch

    plan = make_plan(base, adapter, adapter / "m.gguf", Mixture.F32)
    check_weights(plan.tensors, streamed(plan))  # the plain formula knows every part as well
    merged = [tensor.merged for tensor in plan.tensors]
    (found,) = reference_logits(plan.parameters, merged, [PROMPT])
    with torch.no_grad():
        expected = model(torch.tensor([PROMPT])).logits[0].numpy()
    return float(np.square(found - expected).sum() / np.square(expected).sum())


# PEFT warns of what it cannot merge, and of what it saves along.
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(("shape", "config"), CASES.values(), ids=CASES)
def test_an_adapter_does_what_it_did_in_training(
    shape: Shape, config: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # torch is loaded here already; the child that asks PEFT has a test of its own.
    monkeypatch.setattr("convert.adapted.in_child", lambda _, function, *given: function(*given))
    base = write_base(tmp_path / "base", shape)
    model = trained(base, config())
    assert differ(base, tmp_path / "adapter", model) <= 1e-11


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        pytest.param(SHAPE, {}, id="attention"),
        pytest.param(TIED, {}, id="attention, tied"),
        pytest.param(TIED, {"target_modules": ["q_proj", "embed_tokens"]}, id="embedding, tied"),
        pytest.param(SHAPE, {"modules_to_save": ["embed_tokens", "lm_head"]}, id="whole modules"),
        pytest.param(SHAPE, {"trainable_token_indices": [5, 449]}, id="trained tokens"),
        pytest.param(TIED, {"trainable_token_indices": [5, 449]}, id="trained tokens, tied"),
    ],
)
def test_a_vocabulary_that_grew_comes_with_the_adapter(
    shape: Shape, fields: dict[str, Any], tmp_path: Path
) -> None:
    base = write_base(tmp_path / "base", shape)
    model = trained(base, lora(**fields), tokens=452)
    assert differ(base, tmp_path / "adapter", model) <= 1e-11


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fan_in_fan_out_turns_no_linear_layer_round(tmp_path: Path) -> None:
    """PEFT puts the field back to false where a layer is no Conv1D, as all of ours."""
    base = write_base(tmp_path / "base", SHAPE)
    model = trained(base, lora(fan_in_fan_out=True))
    assert differ(base, tmp_path / "adapter", model) <= 1e-11
    file = tmp_path / "adapter" / "adapter_config.json"
    assert read_json(file)["fan_in_fan_out"] is False
    write_json(file, read_json(file) | {"fan_in_fan_out": True})
    assert differ_as_saved(base, tmp_path / "adapter", model) <= 1e-11
    assert differ_as_saved(base, tmp_path / "adapter", loaded(base, tmp_path / "adapter")) <= 1e-11


def loaded(base: Path, adapter: Path) -> Any:
    """The saved folder as PEFT itself reads it."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return peft.PeftModel.from_pretrained(model, adapter).eval()


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_a_grown_head_that_peft_did_not_save_is_missed(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    model = trained(base, lora(target_modules=["embed_tokens"]), tokens=452)
    with pytest.raises(AdapterError) as caught:
        differ(base, tmp_path / "adapter", model)
    assert (caught.value.values["rows"], caught.value.values["head"]) == (452, 448)


def test_an_adapter_only_peft_can_merge_becomes_a_file(tmp_path: Path) -> None:
    """In the converter's own processes, where torch is loaded for it."""
    base = write_base(tmp_path / "base", SHAPE)
    trained(base, other("IA3Config", feedforward_modules=["down_proj"])).save_pretrained(
        tmp_path / "adapter"
    )
    adapter, out = tmp_path / "adapter", tmp_path / "m.gguf"
    answer = converted(
        *("run", base, "--adapter", adapter, "--out", out),
        *("--quant", "F32", "--verify", "full", "--threads", 1),
    )
    assert answer["card"]["parity"]["logits"]["nmse"] <= 1e-9


def test_a_part_peft_does_not_expect_is_refused(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    adapter = tmp_path / "adapter"
    trained(base, other("LoHaConfig", r=4)).save_pretrained(adapter)
    write_json(
        adapter / "adapter_config.json", read_json(adapter / "adapter_config.json") | {"r": 8}
    )
    sentence = refused(
        "plan", base, "--adapter", adapter, "--out", tmp_path / "m", "--quant", "F16"
    )
    assert "hada_w1_a" in sentence
