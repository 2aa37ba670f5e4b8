"""What a GGUF says about itself, for `soulchat-convert inspect`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

import gguf

from convert.errors import VerificationError

_LONGEST_LIST: Final = 16


def describe(path: Path) -> dict[str, Any]:
    """Return size, file type, short metadata values and how many tensors have which type.

    Raises:
        VerificationError: no such file, or no GGUF.
    """
    try:
        size = path.stat().st_size
        reader = gguf.GGUFReader(path)
        metadata = {
            name: field.contents()
            for name, field in reader.fields.items()
            if len(field.data) <= _LONGEST_LIST
        }
        file_type = int(metadata["general.file_type"])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise VerificationError("not_gguf", path=path) from error
    kinds = Counter(tensor.tensor_type.name for tensor in reader.tensors)
    metadata.pop("tokenizer.chat_template", None)
    return {
        "file": path.name,
        "bytes": size,
        "file_type": file_type,
        "tensors": dict(sorted(kinds.items())),
        "metadata": metadata,
    }
