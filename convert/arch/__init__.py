"""One declarative file per model family; `family_of` finds it by transformers class name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from convert.arch import (
    baichuan,
    chatglm,
    gemma2,
    gemma3,
    glm,
    glm4,
    internlm2,
    internlm3,
    llama,
    mistral,
    phi3,
    qwen2,
    qwen3,
)
from convert.arch.spec import Family
from convert.errors import BaseModelError

FAMILIES: Final = (
    *(qwen2.FAMILY, qwen3.FAMILY, llama.FAMILY, mistral.FAMILY),
    *(internlm2.FAMILY, internlm3.FAMILY, baichuan.FAMILY),
    *(chatglm.FAMILY, glm.FAMILY, glm4.FAMILY),
    *(gemma2.FAMILY, gemma3.FAMILY, phi3.FAMILY),
)


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
