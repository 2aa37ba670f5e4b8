"""`soulchat doctor`: this machine and this installation as data. No content of any conversation."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from desktop_app.conversation.opening import checked_model, engine_for
from desktop_app.engine.threads import physical_cores
from desktop_app.errors import KnownError
from desktop_app.paths import Paths

Facts = dict[str, Any]


def examine(model: str | None, paths: Paths) -> Facts:
    """Return what is known about processor, memory, engine, model, paths and versions."""
    return {
        "versions": _versions(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": {
            "name": _first("/proc/cpuinfo", "model name") or platform.processor(),
            "logical_cores": os.cpu_count(),
            "physical_cores": physical_cores(),
        },
        "memory_bytes": {
            "total": _kibibytes("/proc/meminfo", "MemTotal"),
            "available": _kibibytes("/proc/meminfo", "MemAvailable"),
        },
        **_model_and_engine(model, paths),
        "paths": {"data": str(paths.data), "cache": str(paths.cache)},
        "guard": None,
    }


def peak_memory(pid: int) -> int | None:
    """Return the largest resident size process `pid` has had, in bytes; None if unknown."""
    return _kibibytes(f"/proc/{pid}/status", "VmHWM")


def _versions() -> Facts:
    names = ("soulchat-desktop", "llama-cpp-python", "PySide6-Essentials")
    return {name: metadata.version(name) for name in names} | {"python": sys.version.split()[0]}


def _model_and_engine(name: str | None, paths: Paths) -> Facts:
    """Return the model's facts and the engine's; what fails says so by the error's key."""
    try:
        model = checked_model(name, paths)
    except KnownError as error:
        return {"model": {"error": error.key}, "engine": None}
    facts: Facts = {
        "model": {
            "name": model.manifest.name,
            "path": str(model.path),
            "bytes": model.path.stat().st_size,
            "quantisation": model.manifest.quantisation,
            "licence": model.manifest.licence,
        }
    }
    try:
        with engine_for(model, paths) as engine:
            return facts | {"engine": engine.describe()}
    except KnownError as error:
        return facts | {"engine": {"error": error.key}}


def _first(path: str, name: str) -> str | None:
    """Return the value of the first `name: value` line of a /proc file."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _kibibytes(path: str, name: str) -> int | None:
    value = _first(path, name)
    return None if value is None else 1024 * int(value.split()[0])
