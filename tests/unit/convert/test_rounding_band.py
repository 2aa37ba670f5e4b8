"""The error a type explains: every right row passes, a wrong one does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from convert import ggml
from convert.errors import VerificationError
from convert.ggml import TensorType
from convert.metadata import PlannedTensor
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.rounding_band import root_mean_square, storing_band
from convert.verify import check_weights
from tests.support.convert_run import streamed
from tests.support.tiny_base import Shape, random_tensors, write_base, write_safetensors

if TYPE_CHECKING:
    from pathlib import Path

    from convert.sources import Float32

KINDS = [kind for kind in TensorType if kind is not TensorType.F32]


def rows(size: float, spike: float | None = None, shape: str = "normal") -> Float32:
    dice = np.random.default_rng(3)
    values = dice.standard_normal((16, 512))
    if shape == "even":
        values = np.sign(values)
    if spike is not None:
        values[:, 5] = spike
    return (size * values).astype(np.float32)


def stored(kind: TensorType, weights: Float32) -> Float32:
    data = ggml.load().quantise(kind, weights).reshape(len(weights), -1)
    values: Float32 = dequantize(data, GGMLQuantizationType(int(kind)))
    return values


def passes(kind: TensorType, found: Float32, expected: Float32) -> list[bool]:
    return [
        root_mean_square(one.astype(np.float64) - row) <= storing_band(kind, row[None])
        for one, row in zip(found, expected, strict=True)
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("size", [0.02, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-9, 1e-18, 1e-40, 0.0])
def test_rows_of_any_size_pass_as_libggml_stores_them(kind: TensorType, size: float) -> None:
    weights = rows(size)
    assert all(passes(kind, stored(kind, weights), weights))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("shape", ["normal", "even"])
@pytest.mark.parametrize("spike", [20, 80, 84.67, 100, 120, 254, 1000])
def test_rows_with_one_large_weight_pass(kind: TensorType, shape: str, spike: float) -> None:
    weights = rows(0.02, spike, shape)
    assert all(passes(kind, stored(kind, weights), weights))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("size", [0.02, 1e-4])
def test_another_row_or_none_does_not_pass(kind: TensorType, size: float) -> None:
    weights = rows(size)
    found = stored(kind, weights)
    assert not any(passes(kind, np.roll(found, 1, axis=0), weights))
    assert not any(passes(kind, np.zeros_like(found), weights))


@pytest.mark.parametrize("kind", [TensorType.F16, TensorType.Q8_0, TensorType.BF16])
def test_a_row_that_is_a_twentieth_too_large_does_not_pass_where_the_type_is_fine(
    kind: TensorType,
) -> None:
    weights = rows(0.02)
    assert not any(passes(kind, stored(kind, weights) * np.float32(1.05), weights))


def planned(folder: Path, mixture: Mixture) -> tuple[PlannedTensor, Path]:
    """Return a written tensor whose rows are of every kind, and its file."""
    base = write_base(folder / "base", Shape(layers=1, dtype="F32"))
    tensors = random_tensors(Shape(layers=1))
    tiny = tensors["model.embed_tokens.weight"]
    tiny[0::4] *= 20 * 1e-4
    tiny[1::4] *= 20 * 1e-9
    tiny[2::4] *= 20 * 1e-18
    tiny[3::4, 7] = 100 * 0.05
    write_safetensors(base / "model.safetensors", tensors, "F32")
    plan = make_plan(base, None, folder / "m.gguf", mixture)
    out = streamed(plan)
    found = next(one for one in plan.tensors if one.merged.name == "token_embd.weight")
    return found, out


@pytest.mark.parametrize(
    "mixture", [Mixture.Q8_0, Mixture.Q6_K, Mixture.Q4_K_M, Mixture.Q4_0, Mixture.IQ4_XS]
)
def test_a_file_with_untrained_tokens_verifies(mixture: Mixture, tmp_path: Path) -> None:
    tensor, out = planned(tmp_path, mixture)
    rows_compared, worst = check_weights([tensor], out)
    assert rows_compared > 0
    assert worst <= 1.0


def test_a_file_whose_rows_are_shifted_by_one_does_not_verify(tmp_path: Path) -> None:
    tensor, out = planned(tmp_path, Mixture.Q8_0)
    data = bytearray(out.read_bytes())
    plan = make_plan(tmp_path / "base", None, out, Mixture.Q8_0)
    start = len(plan.header) + tensor.offset
    block = data[start : start + tensor.bytes]
    data[start : start + tensor.bytes] = block[tensor.row_bytes :] + block[: tensor.row_bytes]
    out.write_bytes(data)
    with pytest.raises(VerificationError):
        check_weights([tensor], out)
