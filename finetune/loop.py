"""The training loop both trainings share: packed rows in, a trained model out, resumable.

Accelerate owns devices and processes: `torchrun --nproc-per-node N -m finetune.cli …` spreads the
rows over N GPUs, or over N cores with one thread each, which beats one process of N threads
because a thread that waits for its turn then holds up only itself. On a CPU bfloat16 autocast and
torch.compile matter most; matrices are trained with Muon (momentum,
orthogonalised; RMS-matched to AdamW, Liu et al. 2025), vectors and embeddings with AdamW.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from finetune.checkpoint import Checkpoint
from finetune.errors import TrainingError
from finetune.files import disk_error
from finetune.pack import Packed
from finetune.recipe import Schedule

CHECKPOINT_SECONDS = 300.0
VALIDATE_EVERY = 200  # steps
WORTH_COMPILING = 100  # steps; compiling costs a minute
Say = Callable[[dict[str, float]], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a finished training reports."""

    steps: int
    tokens: int
    """Real ones; padding does not count."""
    seconds: float
    loss: float
    held_out_loss: float
    device: str
    """What it ran on: cpu or cuda."""


def row_loss(model: nn.Module, row: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the summed loss over one row's chosen positions and the sum of their weights."""
    logits = model(
        input_ids=row["ids"],  # (1, T)
        position_ids=row["position"],  # (1, T)
        segment=row["segment"],  # (T,)
        logits_to_keep=row["chosen"],  # (K,)
        use_cache=False,
    ).logits[0]  # (K, V)
    losses = nn.functional.cross_entropy(logits.float(), row["next"], reduction="none")  # (K,)
    return (losses * row["weight"]).sum(), row["weight"].sum()


def fit(
    model: nn.Module,
    train: Packed,
    held_out: Packed,
    schedule: Schedule,
    checkpoint: Checkpoint,
    say: Say,
) -> Fitted:
    """Train `model` in place; go on from the checkpoint when there is one.

    Args:
        model: a causal language model of transformers, on any device accelerate knows.
        train: rows to learn from, visited in order, again from the start when they run out.
        held_out: rows to measure on.
        schedule: steps, rates and weights.
        checkpoint: where the state is kept; the caller removes it once the model is saved.
        say: called with figures every 20 steps.

    Raises:
        TrainingError: the disk is full, the checkpoint belongs to another run, the loss is NaN.
    """
    low_precision = torch.cuda.is_available() or _cpu_has_bf16()
    accelerator = Accelerator(
        mixed_precision="bf16" if low_precision else "no",
        # Said outright: without a GPU, accelerate otherwise overlooks torchrun's processes.
        cpu=not torch.cuda.is_available(),
    )
    model.to(accelerator.device)
    optimizers = _optimizers(model, schedule)
    per_step = schedule.batch_rows * schedule.row_tokens
    steps = max(1, round(schedule.tokens / per_step))
    loss_of = torch.compile(row_loss, dynamic=False) if steps >= WORTH_COMPILING else row_loss
    step, seconds = checkpoint.load(model, optimizers)
    began = saved = time.monotonic()
    loss = math.nan
    while step < steps:
        for group in (g for o in optimizers for g in o.param_groups):
            group["lr"] = schedule.learning_rate * rate(step, steps, schedule)
        total, weights = 0.0, 0.0
        for row in _rows_of(step, train, schedule, accelerator):
            with accelerator.autocast():
                summed, weight = loss_of(model, row)
            (summed / per_step).backward()
            total, weights = total + summed.item(), weights + weight.item()
        total, weights = _sum_over_processes(model, total, weights, accelerator)
        loss = total / max(1.0, weights)
        if not math.isfinite(loss):
            raise TrainingError("training.diverged", step=step)
        _rescale(model, per_step / max(1.0, weights))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        step += 1
        spent = seconds + time.monotonic() - began
        if accelerator.is_main_process and (step % 20 == 0 or step == steps):
            figures = {"step": step, "of": steps, "loss": loss, "seconds": spent}
            if step % VALIDATE_EVERY == 0:
                figures["held_out_loss"] = measure(model, held_out, accelerator)
            say(figures)
        due = time.monotonic() - saved > CHECKPOINT_SECONDS or step == steps
        if accelerator.is_main_process and due:
            checkpoint.save(model, optimizers, step, spent)
            saved = time.monotonic()
    held = measure(model, held_out, accelerator)
    spent = seconds + time.monotonic() - began
    tokens = train.tokens_of(steps * schedule.batch_rows)
    return Fitted(steps, tokens, round(spent, 1), loss, held, accelerator.device.type)


def rate(step: int, steps: int, schedule: Schedule) -> float:
    """Warm-up, stable, linear decay to zero (Hu et al. 2024, MiniCPM)."""
    decay = max(1, round(steps * schedule.decay_share))
    up = (step + 1) / max(1, schedule.warmup_steps)
    return min(1.0, up, (steps - step) / decay)


@torch.no_grad()
def measure(model: nn.Module, rows: Packed, accelerator: Accelerator) -> float:
    """Return the mean loss on counsellor tokens of held-out rows."""
    model.eval()
    total, weights = 0.0, 0.0
    for index in range(len(rows)):
        row = _tensors(rows, index, 0, accelerator.device, clients=False)
        with accelerator.autocast():
            summed, weight = row_loss(model, row)
        total, weights = total + summed.item(), weights + weight.item()
    model.train()
    return total / max(1.0, weights)


def _cpu_has_bf16() -> bool:
    return bool(torch.backends.mkldnn.is_available()) and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001  # the only public probe
    )


def _optimizers(model: nn.Module, schedule: Schedule) -> list[torch.optim.Optimizer]:
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    matrices = [p for n, p in trained if p.ndim == 2 and "embed" not in n and "lora" not in n]
    chosen = {id(p) for p in matrices}
    rest = [p for _, p in trained if id(p) not in chosen]
    made: list[torch.optim.Optimizer] = []
    rate_and_decay = {"lr": schedule.learning_rate, "weight_decay": schedule.weight_decay}
    if matrices:
        made.append(torch.optim.Muon(matrices, adjust_lr_fn="match_rms_adamw", **rate_and_decay))
    if rest:
        made.append(torch.optim.AdamW(rest, betas=(0.9, 0.95), **rate_and_decay))
    return made


def _rows_of(
    step: int, rows: Packed, schedule: Schedule, accelerator: Accelerator
) -> Iterator[dict[str, Tensor]]:
    """Yield this process's share of the rows of one step, one row a forward pass."""
    first = step * schedule.batch_rows + accelerator.process_index
    for number in range(first, (step + 1) * schedule.batch_rows, accelerator.num_processes):
        index = number % len(rows)
        yield _tensors(rows, index, number, accelerator.device, clients=schedule.clients)


def _tensors(
    rows: Packed, index: int, draw: int, device: torch.device, *, clients: bool
) -> dict[str, Tensor]:
    chosen, weight = rows.loss_positions(index, draw, clients=clients)
    ids = torch.from_numpy(rows.ids[index]).long()
    picked = torch.from_numpy(chosen)
    row = {
        "ids": ids[None],
        "position": torch.from_numpy(rows.position[index]).long()[None],
        "segment": torch.from_numpy(rows.segment[index]).int(),
        "chosen": picked,
        "next": ids[picked + 1],
        "weight": torch.from_numpy(weight),
    }
    return {name: tensor.to(device) for name, tensor in row.items()}


def _sum_over_processes(
    model: nn.Module, total: float, weights: float, accelerator: Accelerator
) -> tuple[float, float]:
    """Add up gradients and counts; once a step, as every process holds the whole model."""
    if accelerator.num_processes == 1:
        return total, weights
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad = accelerator.reduce(parameter.grad, "sum")
    both = torch.tensor([total, weights], dtype=torch.float64, device=accelerator.device)
    total, weights = accelerator.reduce(both, "sum").tolist()
    return total, weights


def _rescale(model: nn.Module, factor: float) -> None:
    """Turn summed gradients into means, once the weights of the step are known."""
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    torch._foreach_mul_(grads, factor)  # as torch's own optimizers do


def log_to(path: Path) -> Say:
    """Return a `say` that appends figures as JSON lines to `path`; raises TrainingError."""

    def say(figures: dict[str, float]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as log:
                log.write(json.dumps({k: round(v, 4) for k, v in figures.items()}) + "\n")
        except OSError as error:
            raise disk_error(error, path) from error

    return say
