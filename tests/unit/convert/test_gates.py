"""What a file's logits are held to: its types' figures, a person's own choice of types included."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.errors import VerificationError
from convert.gates import check_gates, judged_as
from convert.ggml import TensorType
from convert.mixtures import Mixture, TypeRule
from convert.parity import Parity
from convert.plan import make_plan
from tests.support.convert_run import converted
from tests.support.tiny_base import Shape, read_json, write_base, write_json

SHAPE = Shape(layers=1)
ANCHORS = {
    Mixture.Q8_0: 0.0014,
    Mixture.Q6_K: 0.0055,
    Mixture.Q5_K_M: 0.011,
    Mixture.Q4_K_M: 0.031,
    Mixture.Q4_K_S: 0.043,
    Mixture.IQ4_XS: 0.036,
    Mixture.Q4_0: 0.072,
    Mixture.Q3_K_M: 0.102,
}


@pytest.mark.parametrize("judge", ANCHORS)
def test_a_type_may_diverge_by_twice_its_anchor(judge: Mixture) -> None:
    within, beyond = (Parity(64, 1.0, 2 * ANCHORS[judge] * share, 1.0) for share in (0.999, 1.001))
    check_gates(within, judge, "silu", Path("m.gguf"))
    with pytest.raises(VerificationError) as caught:
        check_gates(beyond, judge, "silu", Path("m.gguf"))
    assert caught.value.values["measure"] == "KLD"


@pytest.mark.parametrize(
    ("judge", "activation", "most"),
    [(Mixture.F32, "silu", 1e-9), (Mixture.F32, "gelu", 1e-6), (Mixture.F16, "silu", 1e-4)],
)
def test_an_unquantised_type_is_held_to_rounding(
    judge: Mixture, activation: str, most: float
) -> None:
    check_gates(Parity(64, 0.999 * most, 9.0, 1.0), judge, activation, Path("m.gguf"))
    for nmse in (1.001 * most, float("nan")):
        with pytest.raises(VerificationError):
            check_gates(Parity(64, nmse, 0.0, 1.0), judge, activation, Path("m.gguf"))


def rules(*pairs: tuple[str, str]) -> list[TypeRule]:
    return [TypeRule(pattern, TensorType[kind]) for pattern, kind in pairs]


@pytest.mark.parametrize(
    ("mixture", "chosen", "expected"),
    [
        pytest.param("Q4_K_M", [], "Q4_K_M", id="nothing chosen"),
        pytest.param("BF16", [], None, id="no figure"),
        pytest.param("Q8_0", [("ffn", "Q4_0")], "Q4_0", id="coarser"),
        pytest.param("Q8_0", [("ffn", "Q4_K")], "Q4_K_S", id="coarser, all of one type"),
        pytest.param("Q4_K_M", [("ffn", "Q8_0")], "Q4_K_M", id="finer in part"),
        pytest.param("Q4_K_M", [(".", "Q8_0")], "Q8_0", id="finer throughout"),
        pytest.param("Q4_K_M", [("ffn", "F16"), (".", "Q6_K")], "Q6_K", id="two kinds"),
        pytest.param("F32", [("ffn", "F16")], "F16", id="rounding only"),
        pytest.param("Q8_0", [("_norm", "Q4_0")], "Q8_0", id="norms follow no rule"),
        pytest.param("Q4_K_M", [("ffn", "Q5_0")], "Q4_K_M", id="no figure, and finer"),
        pytest.param("Q8_0", [("ffn", "Q5_0")], None, id="no figure, and coarser"),
        pytest.param("Q3_K_M", [("ffn", "Q3_K")], None, id="no figure for all of it"),
        pytest.param("F16", [("ffn", "BF16")], None, id="no figure, equally large"),
    ],
)
def test_a_file_is_judged_by_the_most_lenient_of_its_types(
    mixture: str, chosen: list[tuple[str, str]], expected: str | None, tmp_path: Path
) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture[mixture], rules(*chosen))
    judge = judged_as(plan.tensors, plan.mixture, plan.rules)
    assert (judge and judge.name) == expected


def test_a_type_that_rows_do_not_fill_is_judged_as_what_is_written(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1, hidden=192))
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0, rules(("attn", "Q4_K")))
    assert judged_as(plan.tensors, plan.mixture, plan.rules) is None, "Q5_0, which has no figure"


def test_the_card_keeps_the_rules_in_their_order_and_says_what_the_file_was_held_to(
    tmp_path: Path,
) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    chosen = ["attn_v=Q6_K", "ffn=Q4_0", "attn_v=Q8_0"]
    words = [word for rule in chosen for word in ("--tensor-type", rule)]
    run = ("run", base, "--out", out, "--quant", "Q8_0", "--verify", "full", "--threads", 1)
    card = converted(*run, *words)["card"]
    assert card["tensor_types"] == [rule.split("=") for rule in chosen]
    assert card["parity"]["logits"]["judged_as"] == "Q4_0"
    assert converted("verify", out, base)["structure"]["hashes"] == len(card["tensors"])


def test_a_card_that_holds_the_rules_as_an_object_is_still_read(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    converted(
        *("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none"),
        *("--tensor-type", "ffn=Q4_0"),
    )
    card = read_json(tmp_path / "model.json")
    write_json(tmp_path / "model.json", card | {"tensor_types": {"ffn": "Q4_0"}})
    assert converted("verify", out, base)["structure"]["hashes"] == len(card["tensors"])
