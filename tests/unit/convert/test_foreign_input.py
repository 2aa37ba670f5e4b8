"""Files of other programs hold anything: each is refused in one sentence that names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gguf
import pytest

from tests.support.convert_run import converted, refused
from tests.support.tiny_base import Shape, read_json, write_adapter, write_base, write_json

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(layers=1)
HUGE = 10**30
DEEP = "(" * 5000 + ")" * 5000


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_base(tmp_path / "base", SHAPE)


def changed(path: Path, **fields: Any) -> None:
    write_json(path, read_json(path) | fields)


def plan_refused(base: Path, *more: object) -> str:
    return refused("plan", base, "--out", base.parent / "m.gguf", "--quant", "Q8_0", *more)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_hidden_layers", HUGE),
        ("num_hidden_layers", 0),
        ("num_hidden_layers", float("inf")),
        ("num_attention_heads", 0),
        ("num_attention_heads", [4]),
        ("hidden_size", -256),
        ("intermediate_size", HUGE),
        ("vocab_size", 10**9),
        ("num_key_value_heads", -1),
        ("max_position_embeddings", -1),
        ("max_position_embeddings", HUGE),
        ("partial_rotary_factor", -1),
        ("partial_rotary_factor", 2),
        ("rms_norm_eps", 1e300),
        ("rms_norm_eps", "small"),
        ("original_max_position_embeddings", -1),
    ],
)
def test_a_number_no_model_has_is_refused_by_its_field(base: Path, field: str, value: Any) -> None:
    changed(base / "config.json", **{field: value})
    sentence = plan_refused(base)
    assert field in sentence
    assert "config.json" in sentence


@pytest.mark.parametrize(
    "values",
    [
        {"rope_theta": 1e300},
        {"rope_theta": -1.0},
        {"rope_type": "linear", "factor": float("nan")},
        {"rope_type": "llama3", "low_freq_factor": 4.0, "high_freq_factor": 4.0},
    ],
    ids=str,
)
def test_a_rotation_that_divides_by_nothing_is_refused(base: Path, values: dict[str, Any]) -> None:
    changed(base / "config.json", rope_parameters=values)
    assert "rope_parameters" in plan_refused(base)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_modules", 5),
        ("target_modules", ["q_proj", 5]),
        ("target_modules", "(q_proj"),
        ("target_modules", DEEP),
        ("target_modules", "q{99999999999999999999}"),
        ("modules_to_save", "norm"),
        ("modules_to_save", [1]),
        ("modules_to_save", ["(norm"]),
        ("exclude_modules", 5),
        ("exclude_modules", "(q_proj"),
        ("layers_to_transform", "0"),
        ("layers_to_transform", ["0"]),
        ("layers_to_transform", {"0": 1}),
        ("layers_pattern", 5),
        ("layers_pattern", ["(layers"]),
        ("layers_pattern", "(layers|h)"),
        ("layer_replication", [[0, 10**10]]),
        ("layer_replication", [[0, float("inf")]]),
        ("layer_replication", 5),
        ("rank_pattern", {DEEP: 4}),
        ("r", float("inf")),
    ],
)
def test_a_field_of_an_adapter_that_cannot_be_matched_is_refused(
    base: Path, tmp_path: Path, field: str, value: Any
) -> None:
    adapter = write_adapter(tmp_path / "adapter", SHAPE)
    changed(adapter / "adapter_config.json", **{field: value})
    sentence = plan_refused(base, "--adapter", adapter)
    assert "adapter_config.json" in sentence
    assert field in sentence.partition(" in ")[0] or field in ("r", "rank_pattern")


@pytest.mark.parametrize(
    "targets",
    [r".*layers\.(\d+)\.(self_attn|mlp)\.\w+_proj", "all-linear", None],
    ids=["a pattern of many groups", "all", "as saved"],
)
def test_a_pattern_that_peft_matches_is_not_refused(
    base: Path, tmp_path: Path, targets: str | None
) -> None:
    more = {} if targets is None else {"target_modules": targets}
    adapter = write_adapter(tmp_path / "adapter", SHAPE, **more)
    changed(adapter / "adapter_config.json", layers_to_transform=[], layers_pattern=None)
    run = ("plan", base, "--adapter", adapter, "--out", tmp_path / "m.gguf", "--quant", "Q8_0")
    assert converted(*run)["tensors"] > 0


TEMPLATES = {
    "divides by zero": ("{{ 1 / 0 }}", "ZeroDivisionError"),
    "calls itself": ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "Recursion"),
    "counts too far": ("{% for i in range(10**6) %}{% endfor %}", "OverflowError"),
    "asks for what is not there": ("{{ messages[0].content[9] }}{{ {}.popitem() }}", "Error"),
    "nested too deep to read": ("{{ " + "(" * 5000 + ")" * 5000 + " }}", ""),
    "nested too deep to compile": ("{% if true %}" * 150 + "{% endif %}" * 150, ""),
}


@pytest.mark.parametrize(("template", "reason"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_that_breaks_is_refused_with_the_reason(
    base: Path, template: str, reason: str
) -> None:
    (base / "chat_template.jinja").write_text(template, encoding="utf-8")
    sentence = plan_refused(base)
    assert "chat template" in sentence
    assert reason in sentence


@pytest.mark.parametrize("listed", [[1], ["{{ messages }}"], [None]], ids=str)
def test_templates_in_a_list_that_have_no_names_are_refused(base: Path, listed: list[Any]) -> None:
    (base / "chat_template.jinja").unlink()
    changed(base / "tokenizer_config.json", chat_template=listed)
    sentence = plan_refused(base)
    assert "chat_template" in sentence
    assert "tokenizer_config.json" in sentence


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize("out", ["", "/"])
def test_an_output_without_a_name_is_refused(base: Path, command: str, out: str) -> None:
    assert "cannot be written" in refused(command, base, "--out", out, "--quant", "Q8_0")


def test_a_file_of_a_type_this_program_does_not_write_is_refused_by_number(
    base: Path, tmp_path: Path
) -> None:
    file = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(file, "qwen2")
    writer.add_file_type(10)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    sentence = refused("verify", file, base)
    assert "type 10" in sentence
    assert "Q4_K_M" in sentence


@pytest.mark.parametrize(
    "types",
    ["x", 5, [["ffn", "Q99"]], [["ffn"]], [[1, "Q8_0"]], [["(", "Q8_0"]], {"ffn": []}],
    ids=str,
)
def test_a_card_whose_types_are_none_is_refused_by_name(
    base: Path, tmp_path: Path, types: Any
) -> None:
    out = tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    changed(tmp_path / "model.json", tensor_types=types)
    sentence = refused("verify", out, base)
    assert "tensor_types" in sentence
    assert "model.json" in sentence
