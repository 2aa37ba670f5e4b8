"""Conversions made to be killed: in one process, whose every moment has a name."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest import mock

from convert.mixtures import Mixture
from convert.plan import Plan, make_plan
from convert.run import run
from convert.stream import stream
from convert.verify import Level

SLAB_WEIGHTS = 1 << 14
"""So small that a tiny model has many."""


def plan_in(folder: Path) -> Plan:
    """Return the plan for `folder/base` and `folder/adapter`, written beside them."""
    out = folder / "out" / "m.gguf"
    return make_plan(folder / "base", folder / "adapter", out, Mixture.Q4_K_M)


def convert_here(folder: str) -> None:
    """Convert without a child, in small slabs."""
    small = partial(stream, slab_weights=SLAB_WEIGHTS)
    direct = mock.patch("convert.run.reporting_child", lambda *given: given[-1]())
    with direct, mock.patch("convert.run.stream", small):
        run(plan_in(Path(folder)), Level.NONE, 2, None)
