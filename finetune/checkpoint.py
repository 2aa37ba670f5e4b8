"""One file that a training can go on from, replaced whole, kept until the model is saved."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path
from typing import Any

import torch
from torch import nn

from finetune.errors import TrainingError
from finetune.files import replaced


class Checkpoint:
    """The state of one run: trained weights, optimizers, step and seconds."""

    def __init__(self, folder: Path, identity: str) -> None:
        """Take the run's folder and the hash that names it; another run's file is refused."""
        self._file = folder / "checkpoint.pt"
        self._identity = identity

    def save(self, model: nn.Module, optimizers: list[Any], step: int, seconds: float) -> None:
        """Write the state; the old checkpoint stays until the new one is whole.

        Raises:
            TrainingError: no space, or the folder cannot be written.
        """
        state = {
            "identity": self._identity,
            "step": step,
            "seconds": seconds,
            "model": {n: p.detach() for n, p in model.named_parameters() if p.requires_grad},
            "optimizers": [o.state_dict() for o in optimizers],
        }
        # Through memory, because torch's own writer hides what the system said of a full disk.
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with replaced(self._file) as file:
            file.write(buffer.getbuffer())

    def load(self, model: nn.Module, optimizers: list[Any]) -> tuple[int, float]:
        """Restore a checkpoint; return its `(step, seconds)`, or zeros without one.

        Raises:
            TrainingError: it is damaged, or of another recipe or corpus.
        """
        if not self._file.is_file():
            return 0, 0.0
        try:
            state = torch.load(self._file, weights_only=True)
            if state["identity"] != self._identity:
                raise TrainingError("training.other_run", path=self._file)
            model.load_state_dict(state["model"], strict=False)
            for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            return int(state["step"]), float(state["seconds"])
        except (
            *(OSError, EOFError, RuntimeError, pickle.UnpicklingError, struct.error),
            *(KeyError, TypeError, ValueError, AttributeError),
        ) as error:
            raise TrainingError("training.checkpoint_damaged", path=self._file) from error

    def done(self) -> None:
        """Remove the checkpoint of a run whose model is saved."""
        self._file.unlink(missing_ok=True)
