"""What a check notices about a written file, and what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.errors import AdapterError, VerificationError
from convert.merge import RowMerger
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.runtime import greedy_reply
from convert.update_sizes import measure_updates
from convert.updated_rows import UpdatedRows
from convert.verify import check_structure, check_weights, question_of
from tests.support.bigram_base import WORD, write_bigram_base
from tests.support.convert_run import converted, refused, streamed
from tests.support.tiny_base import Shape, read_json, write_adapter, write_base, write_safetensors
from tests.support.tiny_families import CONFIGS, write_family_base, written_in_f32

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(layers=1)


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_a_model_that_ends_its_reply_says_how_long_it_was(tmp_path: Path) -> None:
    base, out = write_bigram_base(tmp_path / "base", ends=True), tmp_path / "m.gguf"
    run = ("--quant", "F16", "--verify", "full", "--threads", 1)
    parity = converted("run", base, "--out", out, *run)["card"]["parity"]
    assert parity["reply"] == {"tokens": 1}
    assert parity["logits"]["same_top"] == 1.0


def test_a_model_that_never_ends_its_reply_gets_no_name_and_is_not_thrown_away(
    tmp_path: Path,
) -> None:
    base, out = write_bigram_base(tmp_path / "base", ends=False), tmp_path / "m.gguf"
    run = ("run", base, "--out", out, "--quant", "F16", "--threads", 1)
    sentence = refused(*run, "--verify", "full")
    part = tmp_path / "m.gguf.part"
    assert "not ended its reply" in sentence
    assert str(part) in sentence
    assert not out.exists()
    written = part.read_bytes()
    went_on = converted(*run, "--verify", "weights")
    assert went_on["cost"]["bytes_written"] < 10_000, "the header only"
    assert out.read_bytes() == written
    assert not part.exists()


def test_a_reply_ends_at_what_the_file_has_no_room_to_name(tmp_path: Path) -> None:
    base = write_bigram_base(tmp_path / "base", ends=False)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    prompt = question_of(plan)
    assert greedy_reply(streamed(plan), prompt, 8, 1, ()) == (8, False)
    assert greedy_reply(plan.out, prompt, 8, 1, (WORD,)) == (0, True)


def test_a_model_that_can_think_first_is_asked_to_answer_at_once(tmp_path: Path) -> None:
    """As Qwen3's template has it: without the variable the reply begins with long thoughts."""
    base = write_bigram_base(tmp_path / "base", ends=True)
    template = (base / "chat_template.jinja").read_text(encoding="utf-8")
    asked = "{% if enable_thinking is defined and enable_thinking is false %}Yes{% endif %}"
    (base / "chat_template.jinja").write_text(template + asked, encoding="utf-8")
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F32)
    plain = question_of(
        replace(plan, description=replace(plan.description, chat_template=template))
    )
    assert question_of(plan)[: len(plain)] == plain
    assert len(question_of(plan)) > len(plain)


@pytest.mark.parametrize("name", ["gemma 2", "gemma 3"])
def test_float32_of_a_model_with_gelu_passes_its_own_gate(name: str, tmp_path: Path) -> None:
    """llama.cpp looks GELU up in a table of float16 numbers."""
    base = write_family_base(tmp_path / "base", CONFIGS[name])
    run = ("run", base, "--out", tmp_path / "m.gguf", "--quant", "F32", "--threads", 1)
    parity = converted(*run, "--verify", "full")["card"]["parity"]
    assert 1e-9 < parity["logits"]["nmse"] <= 1e-6


@pytest.mark.parametrize("name", CONFIGS)
def test_the_plain_formula_gives_the_rows_of_every_family(name: str, tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS[name])
    plan = written_in_f32(base, None, tmp_path / "m.gguf")
    rows, worst = check_weights(plan.tensors, plan.out)
    assert rows >= len(plan.tensors)
    assert worst <= 1e-6


def test_a_merge_that_forgets_the_order_of_rows_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RowMerger, "_ordered", lambda _, block: block)
    base = write_base(tmp_path / "base", Shape(family="llama", layers=1))
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0)
    with pytest.raises(VerificationError) as caught:
        check_weights(plan.tensors, streamed(plan))
    assert caught.value.values["tensor"] == "blk.0.attn_k.weight"


@pytest.mark.parametrize("mixture", [Mixture.Q8_0, Mixture.Q3_K_M])
def test_an_update_that_is_added_twice_is_found_however_coarse_the_type(
    mixture: Mixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = UpdatedRows._add

    def twice(self: UpdatedRows, *given: Any) -> None:
        add(self, *given)
        add(self, *given)

    monkeypatch.setattr(UpdatedRows, "_add", twice)
    base = write_base(tmp_path / "base", SHAPE)
    adapter = write_adapter(tmp_path / "adapter", SHAPE, lora_alpha=1)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", mixture)
    with pytest.raises(VerificationError):
        check_weights(plan.tensors, streamed(plan))


def test_random_weights_are_asked_for_no_reply(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    run = ("--quant", "Q8_0", "--verify", "full", "--threads", 1)
    parity = converted("run", base, "--out", out, *run)["card"]["parity"]
    assert parity["reply"] is None
    assert parity["structure"]["hashes"] == parity["structure"]["tensors"]


def test_a_file_that_is_not_its_cards_is_refused_with_both_hashes(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    flip(out, out.stat().st_size - 100)
    sentence = refused("verify", out, base)
    assert hashlib.sha256(out.read_bytes()).hexdigest() in sentence
    assert read_json(tmp_path / "model.json")["sha256"] in sentence


def test_a_changed_byte_is_found_in_its_tensor(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0)
    out = streamed(plan)
    tensor = next(one for one in plan.tensors if one.merged.name == "blk.0.ffn_up.weight")
    place = len(plan.header) + tensor.offset
    data = out.read_bytes()[place : place + tensor.bytes]
    hashes = {tensor.merged.name: hashlib.sha256(data).hexdigest()}
    check_structure(plan.tensors, out, plan.size, hashes)
    flip(out, place + 5)
    with pytest.raises(VerificationError) as caught:
        check_structure(plan.tensors, out, plan.size, hashes)
    assert caught.value.values["tensor"] == "blk.0.ffn_up.weight"


def test_another_template_is_found(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    out = streamed(plan)
    check_structure(plan.tensors, out, plan.size, template=plan.description.chat_template)
    with pytest.raises(VerificationError):
        check_structure(plan.tensors, out, plan.size, template="another")


def test_what_an_adapter_changes_is_measured(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    adapter = write_adapter(tmp_path / "adapter", SHAPE)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    sizes = measure_updates([tensor.merged for tensor in plan.tensors])
    assert sizes.parameters == 7
    assert 0.01 < sizes.smallest <= sizes.largest < 1


def test_factors_whose_product_is_nothing_are_an_untrained_module(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    adapter = write_adapter(tmp_path / "adapter", SHAPE, target_modules=["up_proj"])
    left, right = np.zeros((512, 4), np.float32), np.zeros((4, 256), np.float32)
    left[:, 0], right[1] = 1, 1
    at = "base_model.model.model.layers.0.mlp.up_proj"
    factors = {f"{at}.lora_A.weight": right, f"{at}.lora_B.weight": left}
    write_safetensors(adapter / "adapter_model.safetensors", factors, "F32")
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    with pytest.raises(AdapterError) as caught:
        measure_updates([tensor.merged for tensor in plan.tensors])
    assert caught.value.values["module"] == "model.layers.0.mlp.up_proj"


def test_diff_names_what_two_files_do_not_share(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    adapter = write_adapter(tmp_path / "adapter", SHAPE, target_modules=["up_proj"])
    factors = {
        f"base_model.model.model.layers.0.mlp.up_proj.lora_{name}.weight": np.ones(shape, "f4")
        for name, shape in {"A": (4, 256), "B": (512, 4)}.items()
    }
    write_safetensors(adapter / "adapter_model.safetensors", factors, "F32")
    files = [
        streamed(make_plan(base, None, tmp_path / "a.gguf", Mixture.F16)),
        streamed(make_plan(base, None, tmp_path / "b.gguf", Mixture.Q8_0)),
        streamed(make_plan(base, adapter, tmp_path / "c.gguf", Mixture.F16)),
    ]
    quantised, adapted = (converted("diff", files[0], other) for other in files[1:])
    assert {"key": "general.file_type", "first": 1, "second": 7} in quantised["metadata"]
    assert quantised["equal_tensors"] == 6
    first = quantised["differing_tensors"][0]
    assert (first["first"], first["second"]) == ("F16", "Q8_0")
    assert 0 < first["nmse"] < 1e-4
    assert [one["tensor"] for one in adapted["differing_tensors"]] == ["blk.0.ffn_up.weight"]
    assert json.dumps(adapted)


def test_a_file_does_not_differ_from_itself(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    out = streamed(make_plan(base, None, tmp_path / "a.gguf", Mixture.Q8_0))
    found = converted("diff", out, out)
    assert not any((found["metadata"], found["differing_tensors"], found["only_in_first"]))
