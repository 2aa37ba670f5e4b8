"""Machines that are not here: devices, memory, files of the kernel; and a laptop's facts."""

from __future__ import annotations

from pathlib import Path

from desktop_app.engine.devices import Device
from desktop_app.engine.memory_estimate import ModelShape, shape_of
from desktop_app.models.header import read_header

GIB = 2**30


def shape_in(path: Path) -> ModelShape:
    header = read_header(path)
    shape = shape_of(header.numbers, header.sizes)
    assert shape is not None
    return shape


def processor(total: int = 16 * GIB) -> Device:
    return Device("CPU", "Some processor", "cpu", "CPU", total, total)


def card(free: int, name: str = "CUDA0", kind: str = "gpu") -> Device:
    return Device(name, f"Card {name}", kind, name[:-1], free, free)  # type: ignore[arg-type]


def seven_billion() -> ModelShape:
    """Qwen2.5-7B at Q4_K_M, in round numbers of the same size."""
    return ModelShape(
        layers=(145 * 10**6,) * 28,
        input=306 * 10**6,
        output=447 * 10**6,
        context=32768,
        cache_elements=(1024,) * 28,
        heads=28,
        row=152064,
        small_caches=True,
    )
