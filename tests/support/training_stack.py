"""A Python in which the training stack cannot be imported, and which tells whether it was tried."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

STACK = (
    *("accelerate", "convert", "datasets", "finetune", "jieba", "nltk", "peft", "rouge_chinese"),
    *("sacrebleu", "torch", "transformers"),
)
POISON = """
import pathlib
pathlib.Path(__file__).with_suffix(".tried").touch()
raise ImportError(__name__)
"""


@dataclass(frozen=True, slots=True)
class WithoutTrainingStack:
    """A folder of modules that stand before the installed ones."""

    folder: Path

    @property
    def pythonpath(self) -> str:
        """PYTHONPATH of a program that shall run without the stack."""
        return os.pathsep.join([str(self.folder), os.environ.get("PYTHONPATH", "")])

    def tried(self) -> set[str]:
        """Return what any process, whatever became of it, tried to import."""
        return {path.stem for path in self.folder.glob("*.tried")}


def without_training_stack(folder: Path) -> WithoutTrainingStack:
    """Write the modules into `folder`, an empty one."""
    for name in STACK:
        (folder / f"{name}.py").write_text(POISON, encoding="utf-8")
    return WithoutTrainingStack(folder)
