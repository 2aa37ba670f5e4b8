"""What a tensor's values become on the way, row by row, after the adapter is added."""

from __future__ import annotations

from enum import Enum

import numpy as np

from convert.sources import Float32


class ValueForm(Enum):
    """The forms, each local to a row.

    PLUS_ONE: Gemma's norms store their weight minus one. UNIT_ROWS: Baichuan 2 normalises its
    head at every call (`torch.nn.functional.normalize`); llama.cpp does not.
    """

    AS_IS = "as is"
    PLUS_ONE = "plus one"
    UNIT_ROWS = "unit rows"

    def of(self, block: Float32) -> Float32:
        """Return `block` (rows, columns) in this form."""
        if self is ValueForm.PLUS_ONE:
            return block + np.float32(1)
        if self is ValueForm.UNIT_ROWS:
            lengths = np.linalg.norm(block, axis=1, keepdims=True)
            unit: Float32 = block / np.maximum(lengths, np.float32(1e-12))
            return unit
        return block
