"""Training the guard's small network, with torch on the CPU and the same result every time.

What it computes is `desktop_app.care.guard.network`: shapes and order of sums agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from finetune.guard.cases import AT_RISK, VEILED, Case

BUCKETS: Final = 1 << 15
"""As the app's tokens have."""
PARTS: Final = 6
WIDE: Final = 48
CHANNELS: Final = 96
LOOKS: Final = 4
KINDS: Final = ("none", "history", "emergency", "ideation", "self_harm", "harm_others", "abuse")
"""The labels, told apart by further outputs."""
HARMLESS: Final = 2
"""So many of them, at the beginning, are no risk."""
EPOCHS: Final = 5
BATCH: Final = 64
RATE: Final = 2e-3
WARM: Final = 100
FORGOTTEN: Final = {"token": 0.15, "part": 0.15, "channel": 0.4}
"""Shares left out by chance while it learns, so that it leans on no single word."""
HALF: Final = 0.5
ALIKE: Final = 12
"""Messages whose lengths differ by up to about so many tokens are learnt from together."""
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """A message with what was said before it, as tokens."""

    tokens: npt.NDArray[np.int64]
    """(tokens, PARTS)"""
    before: int


def trained(
    rows: Sequence[Row], cases: Sequence[Case], chosen: npt.NDArray[np.int64], seed: int = 0
) -> Any:
    """Return a network that learnt from the chosen ones."""
    import torch  # noqa: PLC0415 - half a second, for training alone

    from finetune.guard.layers import Layers, losses  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Layers()
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    steps = EPOCHS * (len(chosen) // BATCH + 1)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / WARM) * max(0.02, 1 - step / steps)
    )
    lengths = np.array([len(row.tokens) for row in rows])
    truth = truths(cases)
    for _ in range(EPOCHS):
        net.train()
        order = chosen[np.argsort(lengths[chosen] + rng.uniform(0, ALIKE, len(chosen)))]
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        for place in rng.permutation(len(batches)):
            batch = batches[place]
            loss = losses(net(*padded(rows, batch)), {k: v[batch] for k, v in truth.items()})
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
    return net.eval()


def scored(net: Any, rows: Sequence[Row]) -> Scores:
    """Return the log odds (n, 2) of risk and of an emergency, as the app adds them up."""
    import torch  # noqa: PLC0415

    from finetune.guard.layers import odds  # noqa: PLC0415

    found = np.zeros((len(rows), 2))
    with torch.no_grad():
        for batch in _by_length(rows):
            found[batch] = odds(net(*padded(rows, batch))).numpy()
    return found


def truths(cases: Sequence[Case]) -> dict[str, npt.NDArray[Any]]:
    """Return what is to be learnt, and how much each counts."""
    worth = np.array([HALF if one.unsure or one.hand in VEILED else 1.0 for one in cases])
    over = np.array([one.label == "history" for one in cases])
    return {
        "risk": np.array([one.label in AT_RISK for one in cases], dtype=np.float32),
        "emergency": np.array([one.label == "emergency" for one in cases], dtype=np.float32),
        "kind": np.array([KINDS.index(one.label) for one in cases]),
        "worth": worth.astype(np.float32),
        # What is over, or another person's, is neither risk nor its absence.
        "worth_risk": np.where(over, 0.0, worth).astype(np.float32),
    }


def padded(rows: Sequence[Row], batch: npt.NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Return a batch as tensors: buckets, which are new, which are there."""
    import torch  # noqa: PLC0415

    longest = max(len(rows[number].tokens) for number in batch)
    buckets = np.zeros((len(batch), longest, PARTS), dtype=np.int64)
    new = np.zeros((len(batch), longest), dtype=np.int64)
    there = np.zeros((len(batch), longest), dtype=np.float32)
    for place, number in enumerate(batch):
        row = rows[number]
        buckets[place, : len(row.tokens)] = row.tokens
        new[place, row.before : len(row.tokens)] = 1
        there[place, : len(row.tokens)] = 1
    return torch.from_numpy(buckets), torch.from_numpy(new), torch.from_numpy(there)


def _by_length(rows: Sequence[Row]) -> Iterator[npt.NDArray[np.int64]]:
    order = np.argsort([len(row.tokens) for row in rows], kind="stable")
    yield from (order[start : start + 2 * BATCH] for start in range(0, len(order), 2 * BATCH))
