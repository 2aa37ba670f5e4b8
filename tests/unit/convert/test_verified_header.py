"""What stands before the tensors: as the sources make it, whatever the file is called now."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from convert.errors import VerificationError
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.verify import Level, verify_file
from tests.support.convert_run import converted, refused, streamed
from tests.support.tiny_base import Shape, write_base

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(layers=1)


def test_another_rotation_is_found_and_named(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    out = streamed(plan)
    verify_file(plan, out, Level.STRUCTURE, 1)
    data = out.read_bytes()
    field = b"qwen2.rope.freq_base" + struct.pack("<I", 6)
    before, after = (field + struct.pack("<f", theta) for theta in (1e4, 5e5))
    assert data.count(before) == 1
    out.write_bytes(data.replace(before, after))
    with pytest.raises(VerificationError) as caught:
        verify_file(plan, out, Level.STRUCTURE, 1)
    assert caught.value.values["field"] == "qwen2.rope.freq_base"


def test_another_token_is_found(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    out = streamed(plan)
    data = out.read_bytes()
    token = struct.pack("<Q", 13) + b"<|endoftext|>"
    out.write_bytes(data.replace(token, token.replace(b"text", b"tent"), 1))
    with pytest.raises(VerificationError) as caught:
        verify_file(plan, out, Level.STRUCTURE, 1)
    assert caught.value.values["field"] == "metadata"


@pytest.mark.parametrize("name", ["a.gguf", "a-name-of-many-letters-and-digits-0123456789.gguf"])
def test_a_renamed_file_verifies(name: str, tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    out.rename(tmp_path / name)
    assert converted("verify", tmp_path / name, base, "--verify", "weights")["weights"]["rows"]


def test_a_renamed_file_with_types_of_its_own_verifies(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    chosen = ("--quant", "Q8_0", "--tensor-type", "ffn_down=F16", "--verify", "none")
    converted("run", base, "--out", out, *chosen)
    out.rename(tmp_path / "other.gguf")
    again = converted("verify", tmp_path / "other.gguf", base, "--verify", "weights")
    assert again["weights"]["rows"]


def test_a_file_of_another_base_is_refused_with_what_to_name(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    other = write_base(tmp_path / "other", SHAPE, seed=1)
    larger = write_base(tmp_path / "larger", Shape(layers=2))
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    (tmp_path / "model.json").unlink()
    for wrong in (other, larger):
        assert "name the base and the adapter" in refused("verify", out, wrong)
