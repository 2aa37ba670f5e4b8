"""The devices a model can compute on, as llama.cpp's own registry names them (ggml-backend.h)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["cpu", "gpu", "igpu", "accel"]
KINDS: Final[tuple[Kind, ...]] = ("cpu", "gpu", "igpu", "accel")
"""enum ggml_backend_dev_type, in its order."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device; memory in bytes, as it was when the device was asked."""

    name: str
    """What a load names it by: CUDA0, Vulkan0, MTL0, CPU."""
    description: str
    """What a person knows it by."""
    kind: Kind
    backend: str
    free: int
    total: int


def graphics(devices: Iterable[Device]) -> list[Device]:
    """Return the graphics processors, the one to try first in front.

    One with memory of its own goes before one that shares the processor's.
    """
    found = [device for device in devices if device.kind in {"gpu", "igpu"}]
    return sorted(found, key=lambda device: (device.kind == "igpu", -device.free))


def devices_in(plain: list[dict[str, Any]]) -> tuple[Device, ...]:
    """Return devices from plain objects."""
    return tuple(Device(**each) for each in plain)
