"""Bare llama.cpp, which the engine is measured against, computes where the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.engine.baseline import bare_llama
from desktop_app.engine.placement import ON_PROCESSOR, Placement
from desktop_app.engine.process import Settings
from desktop_app.engine.protocol import Loaded
from desktop_app.errors import EngineError


def measured(model: Path, workdir: Path, placement: Placement) -> tuple[float, float]:
    loaded = Loaded(512, 1, 0.0, 0, placement)
    with bare_llama(Settings(model, workdir), loaded) as baseline:
        return baseline.measure(8, 2)


def test_it_reads_and_writes_where_it_is_told_to(tiny_model: Path, tmp_path: Path) -> None:
    for placement in (ON_PROCESSOR, Placement(cache="q8_0")):
        assert min(measured(tiny_model, tmp_path, placement)) > 0


def test_it_computes_nowhere_else_than_the_engine_does(tiny_model: Path, tmp_path: Path) -> None:
    nowhere = Placement(device="CUDA77", layers=1)

    with pytest.raises(EngineError):
        measured(tiny_model, tmp_path, nowhere)
