"""One declarative file per model family; `family_of` finds it by transformers class name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from convert.arch import llama, qwen2
from convert.arch.spec import Family
from convert.errors import BaseModelError

FAMILIES: Final = (qwen2.FAMILY, llama.FAMILY)


def family_of(architecture: str, path: Path) -> Family:
    """Return the family of a class name such as `Qwen2ForCausalLM`.

    Raises:
        BaseModelError: no family has that name; the sentence lists the known ones.
    """
    for family in FAMILIES:
        if architecture in family.architectures:
            return family
    known = ", ".join(name for family in FAMILIES for name in family.architectures)
    raise BaseModelError("family_unknown", path=path, family=architecture, known=known)
