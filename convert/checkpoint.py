"""All tensors of a base folder, whichever form its files have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from convert.errors import BaseModelError
from convert.json_file import read_object
from convert.sources import SourceTensor, read_header
from convert.torch_files import read_torch_header

_FORMS: Final[tuple[tuple[str, Callable[[Path], dict[str, SourceTensor]]], ...]] = (
    ("model.safetensors", read_header),
    ("pytorch_model.bin", read_torch_header),
)


def open_checkpoint(folder: Path) -> dict[str, SourceTensor]:
    """Return all tensors of a base folder: one file, or shards and their index.

    Where both forms lie there, safetensors is read.

    Raises:
        BaseModelError: no weights, a shard the index names is missing, or a tensor is in none.
    """
    for name, read in _FORMS:
        index = folder / f"{name}.index.json"
        if index.exists():
            return _sharded(folder, index, read)
        if (folder / name).exists():
            return read(folder / name)
    raise BaseModelError("file_missing", path=folder / _FORMS[0][0])


def _sharded(
    folder: Path, index: Path, read: Callable[[Path], dict[str, SourceTensor]]
) -> dict[str, SourceTensor]:
    placed = read_object(index).get("weight_map")
    if not isinstance(placed, dict):
        raise BaseModelError("json_damaged", path=index)
    tensors: dict[str, SourceTensor] = {}
    for shard in sorted({str(name) for name in placed.values()}):
        tensors |= read(folder / Path(shard).name)
    for name, shard in placed.items():
        if name not in tensors:
            raise BaseModelError("tensor_missing", path=folder / str(shard), tensor=name)
    return tensors
