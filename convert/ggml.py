"""The one seam to libggml: tensor types and their quantisers, through ctypes.

The library is `libggml-base` of llama-cpp-python, so a file is quantised by the very code that
will run it. An abort inside it ends the process; callers run it in a child.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from convert.sources import Float32
from resources.errors import BugError


class TensorType(IntEnum):
    """`enum ggml_type` of ggml.h, those this program writes."""

    F32 = 0
    F16 = 1
    Q4_0 = 2
    Q5_0 = 6
    Q5_1 = 7
    Q8_0 = 8
    Q3_K = 11
    Q4_K = 12
    Q5_K = 13
    Q6_K = 14
    IQ4_NL = 20
    IQ4_XS = 23
    BF16 = 30


BLOCKS: Final = {
    TensorType.F32: (1, 4),
    TensorType.F16: (1, 2),
    TensorType.Q4_0: (32, 18),
    TensorType.Q5_0: (32, 22),
    TensorType.Q5_1: (32, 24),
    TensorType.Q8_0: (32, 34),
    TensorType.Q3_K: (256, 110),
    TensorType.Q4_K: (256, 144),
    TensorType.Q5_K: (256, 176),
    TensorType.Q6_K: (256, 210),
    TensorType.IQ4_NL: (32, 18),
    TensorType.IQ4_XS: (256, 136),
    TensorType.BF16: (1, 2),
}
"""(weights, bytes) of one block; `Ggml` compares them with the library when it loads it."""


def row_bytes(kind: TensorType, columns: int) -> int:
    """Return the bytes of one row of `columns` weights, a multiple of the block."""
    weights, size = BLOCKS[kind]
    assert columns % weights == 0
    return columns // weights * size


@dataclass(frozen=True, slots=True)
class Ggml:
    """The loaded library."""

    library: ctypes.CDLL

    def quantise(self, kind: TensorType, block: Float32) -> npt.NDArray[np.uint8]:
        """Return `block` (rows, columns) as bytes of `kind`, (rows · row_bytes,).

        Raises:
            BugError: the library wrote another number of bytes, or rejects its own output
                (non-finite scales); finite input never does either.
        """
        assert block.dtype == np.float32
        assert block.flags.c_contiguous
        rows, columns = block.shape
        out = np.empty(rows * row_bytes(kind, columns), np.uint8)
        written = self.library.ggml_quantize_chunk(
            int(kind), block.ctypes.data, out.ctypes.data, 0, rows, columns, None
        )
        if written != out.size:
            raise BugError(f"{kind.name}: {written} bytes quantised, {out.size} expected")
        if not self.library.ggml_validate_row_data(int(kind), out.ctypes.data, out.size):
            raise BugError(f"{kind.name}: invalid quantised rows")
        return out


@cache
def load() -> Ggml:
    """Load libggml-base and check that its types are laid out as this file says.

    Raises:
        BugError: the library is not there or has another layout: the pinned
            llama-cpp-python was replaced.
    """
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        raise BugError("llama-cpp-python is not installed")
    name = {"win32": "ggml-base.dll", "darwin": "libggml-base.dylib"}.get(
        sys.platform, "libggml-base.so"
    )
    library = ctypes.CDLL(str(Path(spec.submodule_search_locations[0]) / "lib" / name))
    library.ggml_blck_size.argtypes = [ctypes.c_int]
    library.ggml_blck_size.restype = ctypes.c_int64
    library.ggml_type_size.argtypes = [ctypes.c_int]
    library.ggml_type_size.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_validate_row_data.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    library.ggml_validate_row_data.restype = ctypes.c_bool
    for kind, layout in BLOCKS.items():
        found = (library.ggml_blck_size(kind), library.ggml_type_size(kind))
        if found != layout:
            raise BugError(f"{kind.name}: libggml has blocks of {found}, expected {layout}")
    return Ggml(library)
