"""PyTorch's `.bin` shards, without torch and without obeying the pickle inside.

Since torch 1.6 a shard is a zip archive of stored members: `data.pkl` describes the tensors, and
each storage is one member, read where it lies. A pickle may name any function of any module and
have it called; here only the few names that rebuild tensors are known, as plain data.
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from convert.errors import BaseModelError
from convert.sources import BYTES_PER_WEIGHT, SourceTensor
from resources.errors import KnownError
from resources.system_errors import reason_of

_DTYPES: Final = {"FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16"}
_LARGEST_PICKLE: Final = 100_000_000
"""As for a safetensors header; real ones have some kilobytes for each hundred tensors."""
_LOCAL_HEADER: Final = 30


@dataclass(frozen=True, slots=True)
class _Storage:
    """One member of the archive, by key, and the type of its elements."""

    dtype: str
    key: str


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor: a view of a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch_header(path: Path) -> dict[str, SourceTensor]:
    """Return the tensors of one shard by name, without reading any weight.

    Raises:
        BaseModelError: missing, damaged or truncated; a pickle that asks for anything but
            tensors; a dtype other than float32, float16, bfloat16.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return dict(_tensors(path, file, archive))
    except KnownError:
        raise
    except FileNotFoundError:
        raise BaseModelError("file_missing", path=path) from None
    except OSError as error:
        raise BaseModelError("file_unreadable", path=path, reason=reason_of(error)) from error
    except zipfile.BadZipFile as error:
        raise BaseModelError("bin_not_zip", path=path) from error
    except Exception as error:  # a hostile pickle can make the unpickler raise anything
        raise BaseModelError("tensors_damaged", path=path) from error


def _tensors(
    path: Path, file: BinaryIO, archive: zipfile.ZipFile
) -> Iterator[tuple[str, SourceTensor]]:
    described = _member(path, archive, lambda name: name.endswith("/data.pkl"))
    prefix = described.filename.removesuffix("data.pkl")
    if described.file_size > _LARGEST_PICKLE:
        raise BaseModelError("tensors_damaged", path=path)
    with archive.open(described) as pickled:
        views = _Unpickler(path, pickled).load()
    if not isinstance(views, Mapping):
        raise BaseModelError("tensors_damaged", path=path)
    for name, view in views.items():
        yield str(name), _placed(path, file, archive, prefix, str(name), view)


class _Unpickler(pickle.Unpickler):
    """Knows the names that rebuild tensors, and refuses every other one."""

    def __init__(self, path: Path, file: Any) -> None:
        super().__init__(file)
        self._path = path

    def find_class(self, module: str, name: str, /) -> Any:
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        if module == "torch" and name.endswith("Storage"):
            return _DTYPES.get(name, name)
        raise BaseModelError("pickle_forbidden", path=self._path, name=f"{module}.{name}")

    def persistent_load(self, identity: Any, /) -> _Storage:
        kind, dtype, key = identity[:3]
        if kind != "storage" or not isinstance(dtype, str):
            raise BaseModelError("tensors_damaged", path=self._path)
        return _Storage(dtype, str(key))


def _rebuild_tensor(storage: _Storage, offset: int, size: Any, stride: Any, *_: Any) -> _View:
    return _View(storage, int(offset), tuple(map(int, size)), tuple(map(int, stride)))


def _rebuild_parameter(view: _View, *_: Any) -> _View:
    return view


_KNOWN: Final[dict[tuple[str, str], Callable[..., Any]]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
}


def _placed(
    path: Path, file: BinaryIO, archive: zipfile.ZipFile, prefix: str, name: str, view: Any
) -> SourceTensor:
    """Return where a view's weights lie in the shard."""
    if not isinstance(view, _View) or not isinstance(view.storage, _Storage):
        raise BaseModelError("tensors_damaged", path=path)
    dtype = view.storage.dtype
    if dtype not in BYTES_PER_WEIGHT:
        known = ", ".join(BYTES_PER_WEIGHT)
        raise BaseModelError("dtype_unknown", path=path, tensor=name, dtype=dtype, known=known)
    wanted = f"{prefix}data/{view.storage.key}"
    member = _member(path, archive, lambda filename: filename == wanted)
    width, start = BYTES_PER_WEIGHT[dtype], _data_offset(path, file, member)
    if len(view.shape) != len(view.strides) or min((0, view.offset, *view.shape, *view.strides)):
        raise BaseModelError("tensors_damaged", path=path)
    last = sum((n - 1) * stride for n, stride in zip(view.shape, view.strides, strict=True))
    end = (view.offset + last + 1) * width
    if math.prod(view.shape) and end > member.file_size:
        raise BaseModelError(
            "file_truncated",
            path=path,
            tensor=name,
            expected=start + end,
            found=start + member.file_size,
        )
    plain = _row_major(view.shape)
    strides = None if view.strides == plain else view.strides
    if strides is not None and len(strides) > 2:
        raise BaseModelError("tensors_damaged", path=path)
    return SourceTensor(name, path, dtype, view.shape, start + view.offset * width, strides)


def _member(path: Path, archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> zipfile.ZipInfo:
    for member in archive.infolist():
        if wanted(member.filename):
            if member.compress_type != zipfile.ZIP_STORED:
                break
            return member
    raise BaseModelError("tensors_damaged", path=path)


def _data_offset(path: Path, file: BinaryIO, member: zipfile.ZipInfo) -> int:
    """Return where a member's bytes begin; its local header repeats name and extra field."""
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) != _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise BaseModelError("tensors_damaged", path=path)
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return member.header_offset + _LOCAL_HEADER + lengths


def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
