"""From folders to a file that llama.cpp reads as the source says."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.sources import TensorReader, read_header
from convert.writer import plan_digest
from tests.support.convert_run import convert, converted, refused_usage, streamed, tensor_bytes
from tests.support.tiny_base import (
    CHAT_TEMPLATE,
    Shape,
    read_json,
    write_adapter,
    write_base,
    write_json,
)
from tests.support.torch_shards import write_shard

if TYPE_CHECKING:
    from pathlib import Path

# llama.cpp's threads wait for each other by spinning: on a busy machine one is fastest.
ONE_THREAD = ("--threads", 1)
CHECKS = {"tokenizer", "structure", "weights", "logits", "reply"}

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
MODELS = {
    "qwen2 tied": Shape(),
    "qwen2 untied, float16, three shards": Shape(tied=False, dtype="F16", shards=3),
    "qwen2, old rope field": Shape(config={"rope_parameters": None, "rope_theta": 1e6}),
    "qwen2, linear rope": Shape(
        config={"rope_parameters": {"rope_theta": 1e4, "rope_type": "linear", "factor": 4.0}}
    ),
    "llama": Shape(family="llama"),
    "llama 3.1 rope": Shape(family="llama", config={"rope_parameters": LLAMA3_ROPE}),
    "llama, as many key heads as query heads": Shape(family="llama", kv_heads=4, tied=False),
}


@pytest.mark.parametrize("shape", MODELS.values(), ids=MODELS)
def test_float32_logits_are_those_of_the_reference(shape: Shape, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape)
    out = tmp_path / "m.gguf"
    answer = converted(
        *("run", base, "--adapter", adapter, "--out", out),
        *("--quant", "F32", "--verify", "full", *ONE_THREAD),
    )
    parity = answer["card"]["parity"]
    assert parity["logits"]["nmse"] <= 1e-9
    assert parity["logits"]["tokens"] >= 64
    assert parity["tokenizer"]["strings"] >= 5000


QUICK = ("F16", "Q8_0", "Q4_K_M")


@pytest.mark.parametrize(
    "quant",
    [
        pytest.param(one.name, marks=() if one.name in QUICK else pytest.mark.slow)
        for one in Mixture
    ],
)
def test_a_quantised_file_passes_every_gate(quant: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    answer = converted(
        *("run", base, "--out", tmp_path / "m.gguf"),
        *("--quant", quant, "--verify", "full", *ONE_THREAD),
    )
    assert answer["card"]["parity"].keys() == CHECKS


def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1, vocabulary=9000))
    hashes = {
        converted(
            *("run", base, "--out", tmp_path / "m.gguf", "--quant", "Q4_K_M"),
            *("--verify", "none", "--threads", threads),
        )["card"]["sha256"]
        for threads in (1, 2, 5)
    }
    assert len(hashes) == 1


def test_the_card_says_what_the_run_said(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    adapter = write_adapter(tmp_path / "adapter", Shape(layers=1))
    run = {
        "name": "soulchat-mini",
        "licence": "CC0-1.0",
        "languages": ["zh"],
        "system": "你好",
        "sampling": {"temperature": 0.7},
        "recipe": {"epochs": 1},
    }
    write_json(adapter / "run.json", run)
    out = tmp_path / "mini.gguf"
    converted("run", base, "--adapter", adapter, "--out", out, "--quant", "Q8_0")
    card = read_json(tmp_path / "model.json")
    parity = card.pop("parity")
    assert parity["tokenizer"]["equal"] is True
    assert card.pop("tensors").keys() == tensor_bytes(out).keys()
    assert card == {
        "format": 1,
        "name": "mini",
        "file": "mini.gguf",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "bytes": out.stat().st_size,
        "licence": "CC0-1.0",
        "languages": ["zh"],
        "context": 512,
        "template_sha256": hashlib.sha256(CHAT_TEMPLATE.encode()).hexdigest(),
        "system": "你好",
        "sampling": {"temperature": 0.7},
        "quantisation": "Q8_0",
        "tensor_types": None,
        "fallbacks": [],
        "left_out": None,
        "other_base": None,
        "strips_right": False,
        "normalises": True,
        "run": run,
    }


@pytest.mark.parametrize(
    ("named", "other"),
    [
        pytest.param("Qwen/Some-Other-7B", True, id="another"),
        pytest.param("owner/BASE", False, id="the folder's name"),
        pytest.param("D:\\models\\base\\", False, id="a folder of Windows"),
        pytest.param("owner/Own-Name", False, id="what the base calls itself"),
        pytest.param("owner/cached-1B", False, id="the hub's cache"),
        pytest.param("unsloth/Base-bnb-4bit", False, id="bitsandbytes"),
        pytest.param("unsloth/own-name-unsloth-bnb-4bit", False, id="bitsandbytes of unsloth"),
        pytest.param("unsloth/Another-bnb-4bit", True, id="another, of bitsandbytes"),
        pytest.param(None, False, id="unnamed"),
    ],
)
def test_an_adapter_that_names_another_base_is_said_everywhere_and_not_refused(
    named: str | None, other: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "models--owner--cached-1B" / "snapshots" / "base"
    base = write_base(folder, Shape(layers=1, config={"_name_or_path": "x/own-name"}))
    fields = {"base_model_name_or_path": named}
    adapter = write_adapter(tmp_path / "adapter", Shape(layers=1), **fields)
    given = (base, "--adapter", adapter, "--out", tmp_path / "m.gguf", "--quant", "Q8_0")
    expected = named if other else None
    assert converted("plan", *given)["other_base"] == expected
    assert (str(named) in convert("plan", *given, "--lang", "en").stdout) == other
    said = convert("run", *given, "--verify", "none", "--lang", "en").stdout
    assert (str(named) in said) == other
    assert read_json(tmp_path / "model.json")["other_base"] == expected


def test_rows_that_fill_no_block_are_said_everywhere(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(hidden=192, layers=1))
    given = (base, "--out", tmp_path / "m.gguf", "--quant", "Q4_K_M")
    planned = convert("plan", *given, "--lang", "en").stdout
    said = convert("run", *given, "--verify", "none", "--lang", "en").stdout
    fallbacks = read_json(tmp_path / "model.json")["fallbacks"]
    assert {"tensor": "blk.0.attn_q.weight", "wanted": "Q4_K", "got": "Q5_0"} in fallbacks
    assert len(fallbacks) > 2
    for text in (planned, said):
        assert f"{len(fallbacks)} tensors" in text
        assert "Q4_K → Q5_0: " in text


def test_an_adapter_saved_by_torch_becomes_the_same_file(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    adapter = write_adapter(tmp_path / "adapter", Shape(layers=1))
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    expected, digest = streamed(plan).read_bytes(), plan_digest(plan)
    weights = adapter / "adapter_model.safetensors"
    with TensorReader() as reader:
        tensors = {name: reader.whole(one) for name, one in read_header(weights).items()}
    weights.unlink()
    write_shard(adapter / "adapter_model.bin", tensors)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    before = plan_digest(plan)
    assert before != digest
    assert streamed(plan).read_bytes() == expected
    os.utime(adapter / "adapter_model.bin", (1, 1))
    assert plan_digest(plan) != before


def test_the_adapters_template_wins(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    adapter = write_adapter(tmp_path / "adapter", Shape(layers=1))
    template = "{# mine #}" + CHAT_TEMPLATE
    (adapter / "chat_template.jinja").write_text(template, encoding="utf-8")
    out = tmp_path / "m.gguf"
    converted("run", base, "--adapter", adapter, "--out", out, "--quant", "Q8_0")
    card = read_json(tmp_path / "model.json")
    assert card["template_sha256"] == hashlib.sha256(template.encode()).hexdigest()


def test_the_plan_knows_the_exact_size(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=2))
    out = tmp_path / "m.gguf"
    planned = converted("plan", base, "--out", out, "--quant", "Q4_K_M")["bytes"]
    assert not out.exists()
    converted("run", base, "--out", out, "--quant", "Q4_K_M", "--verify", "none")
    assert out.stat().st_size == planned


def test_every_end_token_ends_a_reply(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    answer = converted("run", base, "--out", tmp_path / "m.gguf", "--quant", "Q8_0")
    assert answer["card"]["parity"]["tokenizer"]["end_ids"] == [0, 2]


def test_a_written_file_is_verified_again(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    out = tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    figures = converted("verify", out, base, "--verify", "full", *ONE_THREAD)
    assert figures.keys() == CHECKS


def test_a_run_that_verifies_nothing_says_so(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", Shape(layers=1)), tmp_path / "m.gguf"
    run = ("run", base, "--out", out, "--quant", "Q8_0", "--lang", "en")
    assert "Nothing was checked" in convert(*run, "--verify", "none").stdout
    assert read_json(tmp_path / "model.json")["parity"] == {}
    assert "Nothing was checked" not in convert(*run).stdout


def test_verifying_nothing_is_wrong_usage(tmp_path: Path) -> None:
    assert "none" in refused_usage("verify", "m.gguf", tmp_path, "--verify", "none")


def test_inspect_counts_tensors_by_type(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    out = tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    assert converted("inspect", out)["tensors"] == {"F32": 6, "Q8_0": 8}
