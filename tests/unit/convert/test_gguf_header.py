"""What stands before the tensors' bytes of a written file, read without its long lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gguf
import pytest

from convert.errors import VerificationError
from convert.gguf_header import read_gguf_header
from convert.mixtures import Mixture
from convert.plan import Plan, make_plan
from tests.support.convert_run import streamed
from tests.support.tiny_base import Shape, write_base

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    base = write_base(tmp_path / "base", Shape(family="llama", layers=1))
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q4_K_M)
    streamed(plan)
    return plan


def test_the_header_says_what_ggufs_own_reader_finds(plan: Plan) -> None:
    header, reader = read_gguf_header(plan.out), gguf.GGUFReader(plan.out)
    assert header.data == len(plan.header) == reader.data_offset
    for tensor in reader.tensors:
        ours = header.tensors[tensor.name]
        assert ours.kind == int(tensor.tensor_type)
        assert ours.shape == tuple(tensor.shape)[::-1]
        assert header.data + ours.offset == tensor.data_offset
    assert len(header.tensors) == len(reader.tensors)
    for name, value in header.metadata.items():
        assert reader.fields[name].contents() == value
    left_out = set(reader.fields) - set(header.metadata)
    assert {name for name in left_out if not name.startswith("GGUF.")} == {
        *("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges")
    }


def test_a_header_cut_off_anywhere_is_a_sentence(plan: Plan, tmp_path: Path) -> None:
    whole, cut = plan.out.read_bytes(), tmp_path / "cut.gguf"
    step = max(1, len(plan.header) // 97)
    last = len(plan.header) - 64  # what pads it says nothing
    for length in range(0, last, step):
        cut.write_bytes(whole[:length])
        with pytest.raises(VerificationError) as caught:
            read_gguf_header(cut)
        assert caught.value.values["path"] == cut


@pytest.mark.parametrize("place", range(24))
def test_a_damaged_count_is_a_sentence(place: int, plan: Plan) -> None:
    data = bytearray(plan.out.read_bytes())
    data[place] ^= 0xFF
    plan.out.write_bytes(data)
    with pytest.raises(VerificationError):
        read_gguf_header(plan.out)
