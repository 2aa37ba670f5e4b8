"""`soulchat doctor`: this machine and this installation as data. No content of any conversation."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from desktop_app.conversation.opening import checked_model, engine_for, engine_without_model
from desktop_app.engine.process import ChildEngine
from desktop_app.errors import KnownError
from desktop_app.paths import Paths
from desktop_app.vault.errors import VaultError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import slots
from resources.host_memory import available_memory
from resources.processor import fast_cores, physical_cores

Facts = dict[str, Any]


def examine(model: str | None, paths: Paths) -> Facts:
    """Return what is known about processor, memory, engine, model, keyring, history and paths."""
    return {
        "versions": _versions(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": {
            "name": _first("/proc/cpuinfo", "model name") or platform.processor(),
            "logical_cores": os.cpu_count(),
            "physical_cores": physical_cores(),
            "fast_cores": fast_cores(),
        },
        "memory_bytes": {
            "total": _kibibytes("/proc/meminfo", "MemTotal"),
            "available": available_memory(),
        },
        **_model_and_engine(model, paths),
        "keyring": _keyring(),
        "vault": _vault(paths.vault),
        "paths": {
            "data": str(paths.data),
            "cache": str(paths.cache),
            "config": str(paths.config),
            "vault": str(paths.vault),
        },
    }


def peak_memory(pid: int) -> int | None:
    """Return the largest resident size process `pid` has had, in bytes; None if unknown."""
    return _kibibytes(f"/proc/{pid}/status", "VmHWM")


def _versions() -> Facts:
    names = (
        "soulchat-desktop",
        "llama-cpp-python",
        "PySide6-Essentials",
        "apsw-sqlite3mc",
        "cryptography",
        "keyring",
    )
    return {name: metadata.version(name) for name in names} | {"python": sys.version.split()[0]}


def _keyring() -> Facts:
    keychain = Keychain()
    return {"backend": keychain.name, "reachable": keychain.reachable}


def _vault(folder: Path) -> Facts:
    """Return what opens the history, without opening it; nothing where there is none."""
    try:
        return {"slots": sorted(slots(folder))}
    except VaultError as error:
        return {"error": error.key}


def _model_and_engine(name: str | None, paths: Paths) -> Facts:
    """Return the model's facts and the engine's; what fails says so by the error's key."""
    try:
        model = checked_model(name, paths)
    except KnownError as error:
        return {"model": {"error": error.key}, "engine": _engine_alone(paths)}
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
            return facts | {"engine": engine.describe() | {"placement": _placement(engine)}}
    except KnownError as error:
        return facts | {"engine": {"error": error.key}}


def _engine_alone(paths: Paths) -> Facts:
    """Return what can be said of the engine where there is no model for it."""
    try:
        with engine_without_model(paths) as engine:
            return engine.describe()
    except KnownError as error:
        return {"error": error.key}


def _placement(engine: ChildEngine) -> Facts:
    """Return where the model would be loaded, and the sentence that says so."""
    try:
        why = engine.plan()
    except KnownError as error:
        return {"error": error.key, "sentence": error.sentence()}
    return {} if why is None else {"why": why.key, "sentence": why.sentence()}


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
