"""What a GGUF says about itself, for `soulchat-convert inspect`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from gguf import GGMLQuantizationType

from convert.errors import VerificationError
from convert.gguf_header import read_gguf_header


def describe(path: Path) -> dict[str, Any]:
    """Return size, file type, short metadata values and how many tensors have which type.

    Raises:
        VerificationError: no such file, or no GGUF.
    """
    header = read_gguf_header(path)
    metadata = dict(header.metadata)
    try:
        file_type = int(metadata["general.file_type"])
        kinds = Counter(GGMLQuantizationType(one.kind).name for one in header.tensors.values())
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError("not_gguf", path=path) from error
    metadata.pop("tokenizer.chat_template", None)
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "file_type": file_type,
        "tensors": dict(sorted(kinds.items())),
        "metadata": metadata,
    }
