"""Against transformers and peft: the merge, and what the merged model computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.reference import reference_logits
from convert.run import run
from convert.sources import SourceTensor
from convert.verify import Level
from tests.support.convert_run import tensor_values
from tests.support.tiny_base import Shape, write_adapter, write_base

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.finetune

PROMPT = [5, 9, 100, 200, 3, 4, *range(300, 340)]
CASES = {
    "qwen2": (Shape(dtype="F32"), {}),
    "qwen2, rsLoRA": (Shape(dtype="F32", layers=2), {"use_rslora": True}),
    "qwen2, patterns": (
        Shape(dtype="F32", layers=2),
        {
            "rank_pattern": {"layers.1.self_attn.q_proj": 2, "mlp.down_proj": 8},
            "alpha_pattern": {"q_proj": 3, "layers.0.mlp.up_proj": 5},
        },
    ),
    "qwen2, adapted tied head": (
        Shape(dtype="F32", layers=1),
        {"modules": {"lm_head": (512, 256)}, "target_modules": ["lm_head"]},
    ),
    "llama": (Shape(family="llama", dtype="F32", tied=False), {}),
    "llama 3.1": (
        Shape(
            family="llama",
            dtype="F32",
            config={
                "rope_parameters": {
                    "rope_type": "llama3",
                    "rope_theta": 500000.0,
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 64,
                }
            },
        ),
        {},
    ),
}


def with_peft(base: Path, adapter: Path) -> Any:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, adapter).eval()


# peft warns that a tied layer is hard to convert; that it comes out right is the point.
@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`:UserWarning")
@pytest.mark.parametrize(("shape", "config"), CASES.values(), ids=CASES)
def test_the_reference_computes_what_transformers_and_peft_compute(
    shape: Shape, config: dict[str, Any], tmp_path: Path
) -> None:
    import torch

    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape, **config)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F32)
    tensors = [tensor.merged for tensor in plan.tensors]
    (found,) = reference_logits(plan.parameters, tensors, [PROMPT])
    with torch.no_grad():
        logits = with_peft(base, adapter)(torch.tensor([PROMPT])).logits[0].numpy()
    assert np.square(found - logits).sum() / np.square(logits).sum() <= 1e-11


def test_the_written_weights_are_those_peft_merges(tmp_path: Path) -> None:
    shape = Shape(dtype="F32", layers=2)
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F32)
    run(plan, Level.NONE, 1, None)
    expected = dict(with_peft(base, adapter).merge_and_unload().named_parameters())
    found = tensor_values(plan.out)
    for planned in plan.tensors:
        merged = planned.merged
        assert isinstance(merged.source, SourceTensor)
        theirs = expected[merged.source.name].detach().numpy()
        np.testing.assert_allclose(found[merged.name], theirs, atol=2e-7, err_msg=merged.name)
