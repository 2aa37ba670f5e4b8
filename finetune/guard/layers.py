"""The layers of the guard's small network, for torch; imported only where it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from finetune.guard.network import (
    BUCKETS,
    CHANNELS,
    FORGOTTEN,
    HARMLESS,
    KINDS,
    LOOKS,
    WIDE,
)


class Layers(nn.Module):  # type: ignore[misc]  # torch is seen without its types
    """Tokens, two convolutions, and what stands out of them."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(BUCKETS, WIDE, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.segment = nn.Embedding(2, WIDE)
        nn.init.normal_(self.segment.weight, std=0.05)
        self.near = nn.Conv1d(WIDE, CHANNELS, 3, padding=1)
        self.far = nn.Conv1d(CHANNELS, CHANNELS, 3, padding=2, dilation=2)
        self.attention = nn.Linear(CHANNELS, LOOKS)
        self.out = nn.Linear(4 * CHANNELS, 2 + len(KINDS))
        self.forget = nn.Dropout(FORGOTTEN["channel"])

    def forward(self, buckets: Tensor, new: Tensor, there: Tensor) -> Tensor:
        """Return (messages, 2 + kinds): the log odds of both heads, then a score for each label."""
        held = (buckets > 0).sum(-1, keepdim=True).clamp_min(1)
        if self.training:
            buckets = buckets * (torch.rand(buckets.shape) > FORGOTTEN["part"])
        inner = functional.embedding_bag(
            buckets.flatten(0, 1), self.embedding.weight, mode="sum", padding_idx=0
        ).view(*buckets.shape[:2], -1)
        inner = inner / held.sqrt() + self.segment(new)
        if self.training:
            inner = inner * (torch.rand(inner.shape[:2]) > FORGOTTEN["token"]).unsqueeze(-1)
        mask = there.unsqueeze(1)
        said = torch.relu(self.near(inner.transpose(1, 2) * mask)) * mask
        said = said + torch.relu(self.far(self.forget(said))) * mask  # (messages, channels, tokens)
        return self.out(self.forget(self._pooled(said, new.unsqueeze(1) == 1, mask)))

    def _pooled(self, said: Tensor, new: Tensor, mask: Tensor) -> Tensor:
        looked = self.attention(said.transpose(1, 2))
        looked = looked.masked_fill(mask.transpose(1, 2) == 0, -1e9).softmax(1)
        share = CHANNELS // LOOKS
        pools = [
            (said[:, look * share : (look + 1) * share] * looked[:, None, :, look]).sum(2)
            for look in range(LOOKS)
        ]
        latest = said.masked_fill(~new, 0).amax(2)
        mean = said.sum(2) / mask.sum(2).sqrt()
        return torch.cat([*pools, latest, said.amax(2), mean], 1)

    def stored(self) -> dict[str, Any]:
        """Return the arrays that the app computes with, by name."""
        embedding = self.embedding.weight.detach().numpy()
        scale = np.abs(embedding).max(0) / 127
        plain = {
            "segment": self.segment.weight,
            "near": self.near.weight.permute(2, 1, 0),
            "near_bias": self.near.bias,
            "far": self.far.weight.permute(2, 1, 0),
            "far_bias": self.far.bias,
            "attention": self.attention.weight.T,
            "attention_bias": self.attention.bias,
            "out": self.out.weight.T,
            "out_bias": self.out.bias,
        }
        arrays = {
            k: v.detach().numpy().astype(np.float16) for k, v in plain.items() if v is not None
        }
        arrays["embedding"] = np.rint(embedding / scale).astype(np.int8)
        arrays["embedding_scale"] = scale.astype(np.float32)
        return arrays


def odds(found: Tensor) -> Tensor:
    """Return (messages, 2): what is known of risk and of an emergency, kinds included."""
    kinds = found[:, 2:]
    others = [number for number, kind in enumerate(KINDS) if kind != "emergency"]
    risk = kinds[:, HARMLESS:].logsumexp(1) - kinds[:, :HARMLESS].logsumexp(1)
    emergency = kinds[:, KINDS.index("emergency")] - kinds[:, others].logsumexp(1)
    return found[:, :2] + torch.stack([risk, emergency], 1)


def losses(found: Tensor, truth: Mapping[str, Any]) -> Tensor:
    """Return what a batch misses: each head, and half as much for telling the labels apart."""
    of = {name: torch.from_numpy(values) for name, values in truth.items()}
    apart = functional.binary_cross_entropy_with_logits
    risk = apart(found[:, 0], of["risk"], reduction="none") * of["worth_risk"]
    emergency = apart(found[:, 1], of["emergency"], reduction="none") * of["worth"]
    kind = functional.cross_entropy(found[:, 2:], of["kind"], reduction="none") * of["worth"]
    return risk.mean() + emergency.mean() + kind.mean() / 2
