"""The door to PEFT: torch is loaded by whoever calls these, and by nobody else.

PEFT and torch cost half a gigabyte of memory and seconds; plain LoRA needs neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from convert.sources import Float32
from convert.updates import Foreign


def check_parts(
    folder: Path, modules: Sequence[tuple[str, tuple[int, int], Mapping[str, tuple[int, ...]]]]
) -> None:
    """Hold an adapter's tensors to those PEFT expects; see `peft_container.check_parts`."""
    from convert import peft_container

    peft_container.check_parts(folder, modules)


def merged(foreign: Foreign, parts: Mapping[str, Float32], start: Float32) -> Float32:
    """Return a weight or bias after the adapter; see `peft_container.merged_by_peft`."""
    from convert import peft_container

    return peft_container.merged_by_peft(foreign, parts, start)
