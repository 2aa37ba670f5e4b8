"""torch's `.bin` shards: read by rows, and never obeyed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from convert.checkpoint import open_checkpoint
from convert.errors import BaseModelError
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.sources import TensorReader
from convert.torch_files import read_torch_header
from tests.support.tiny_base import write_json
from tests.support.tiny_families import (
    CONFIGS,
    family_tensors,
    write_family_base,
    written_in_f32,
)
from tests.support.torch_shards import call, encoded, state_dict, write_shard

if TYPE_CHECKING:
    from pathlib import Path

DICE = np.random.default_rng(5)
TENSORS = {
    "matrix": DICE.normal(size=(7, 5)).astype(np.float32),
    "vector": DICE.normal(size=11).astype(np.float32),
}
BIGGEST_ERROR = {"F32": 0.0, "F16": 0.002, "BF16": 0.02}


@pytest.mark.parametrize("dtype", BIGGEST_ERROR)
@pytest.mark.parametrize("transposed", [frozenset(), frozenset({"matrix"})], ids=["rows", "turned"])
def test_every_slab_of_rows_is_what_was_saved(
    dtype: str, transposed: frozenset[str], tmp_path: Path
) -> None:
    path = tmp_path / "pytorch_model.bin"
    write_shard(path, TENSORS, dtype, transposed=transposed)
    found = read_torch_header(path)
    assert {name: tensor.shape for name, tensor in found.items()} == {
        "matrix": (7, 5),
        "vector": (11,),
    }
    with TensorReader() as reader:
        for first, last in ((0, 7), (2, 3), (3, 7)):
            rows = reader.rows(found["matrix"], first, last)
            expected = TENSORS["matrix"][first:last]
            np.testing.assert_allclose(rows, expected, atol=BIGGEST_ERROR[dtype])
        vector = reader.whole(found["vector"])
        np.testing.assert_allclose(vector, TENSORS["vector"], atol=BIGGEST_ERROR[dtype])


def test_a_base_of_shards_becomes_the_same_file_as_one_of_safetensors(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["internlm2"])
    expected = written_in_f32(base, None, tmp_path / "a.gguf").out.read_bytes()
    tensors = family_tensors(base)
    (base / "model.safetensors").unlink()
    placed = {name: f"pytorch_model-0000{i % 2 + 1}.bin" for i, name in enumerate(tensors)}
    for shard in set(placed.values()):
        part = {name: tensors[name] for name in tensors if placed[name] == shard}
        turned = frozenset(name for name in part if name.endswith(("w1.weight", "wqkv.weight")))
        write_shard(base / shard, part, transposed=turned)
    write_json(base / "pytorch_model.bin.index.json", {"metadata": {}, "weight_map": placed})
    (tmp_path / "a.gguf").unlink()
    assert written_in_f32(base, None, tmp_path / "a.gguf").out.read_bytes() == expected


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("torch.hub", "load"),
        ("collections", "UserDict"),
        ("torch", "load"),
    ],
)
def test_a_pickle_that_asks_for_anything_else_is_refused_by_name(
    module: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "pytorch_model.bin"
    mark = tmp_path / "ran"
    raw = f"touch {mark}".encode()
    argument = b"(X" + len(raw).to_bytes(4, "little") + raw + b"t"
    write_shard(path, TENSORS, pickled=b"\x80\x02" + call(module, name, argument) + b".")
    with pytest.raises(BaseModelError) as caught:
        read_torch_header(path)
    assert caught.value.values == {"path": path, "name": f"{module}.{name}"}
    assert f"{module}.{name}" in caught.value.sentence("en")
    assert not mark.exists()


@pytest.mark.parametrize(
    "pickled",
    [
        pytest.param(b"\x80\x02K\x01.", id="a number"),
        pytest.param(b"\x80\x02", id="cut off"),
        pytest.param(b"\x80\x02]X\x01\x00\x00\x00aR.", id="a list called"),
    ],
)
def test_a_damaged_pickle_is_an_error_and_no_crash(pickled: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    write_shard(path, TENSORS, pickled=pickled)
    with pytest.raises(BaseModelError) as caught:
        read_torch_header(path)
    assert caught.value.key == "convert.tensors_damaged"


def test_a_shard_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    write_shard(path, TENSORS)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BaseModelError) as caught:
        read_torch_header(path)
    assert caught.value.key == "convert.bin_not_zip"


def test_a_tensor_longer_than_its_storage_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", state_dict(TENSORS, "F32"))
        archive.writestr("m/data/0", encoded(TENSORS["matrix"][:6], "F32"))
        archive.writestr("m/data/1", encoded(TENSORS["vector"], "F32"))
    with pytest.raises(BaseModelError) as caught:
        read_torch_header(path)
    assert caught.value.values["tensor"] == "matrix"
    assert caught.value.values["expected"] - caught.value.values["found"] == 5 * 4


def test_a_compressed_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    write_shard(path, TENSORS, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(BaseModelError):
        read_torch_header(path)


def test_safetensors_are_read_where_both_forms_lie(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["llama 2"])
    write_shard(base / "pytorch_model.bin", TENSORS)
    assert all(tensor.path.name == "model.safetensors" for tensor in open_checkpoint(base).values())


def test_a_shard_without_torch_in_sight_is_planned_by_its_header(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["llama 2"])
    write_shard(base / "pytorch_model.bin", family_tensors(base), "F16")
    (base / "model.safetensors").unlink()
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert plan.weights == sum(values.size for values in family_tensors(base).values())


@pytest.mark.finetune
def test_what_torch_itself_saves_is_read(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(1)
    shared = torch.randn(4, 6)
    saved = {
        "float": torch.randn(3, 8),
        "half": torch.randn(3, 8).half(),
        "bfloat16": torch.randn(3, 8).bfloat16(),
        "parameter": torch.nn.Parameter(torch.randn(5)),
        "transposed": torch.randn(8, 3).T,
        "one part of a storage": shared[1:],
        "every other column": shared[:, ::2],
    }
    module = torch.nn.Linear(2, 2)
    torch.save(saved, tmp_path / "a.bin")
    torch.save(module.state_dict(), tmp_path / "b.bin")
    found = read_torch_header(tmp_path / "a.bin")
    with TensorReader() as reader:
        for name, tensor in saved.items():
            expected = tensor.detach().float().numpy()
            np.testing.assert_array_equal(reader.whole(found[name]), expected, err_msg=name)
        linear = read_torch_header(tmp_path / "b.bin")
        weight = reader.whole(linear["weight"])
        np.testing.assert_array_equal(weight, module.weight.detach().numpy())
