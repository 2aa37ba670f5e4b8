"""`model.json`: what a model says about itself, written by the converter beside the GGUF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from desktop_app.errors import ModelError

MANIFEST: Final = "model.json"
FORMAT: Final = 1
MAX_SEED: Final = 2**32 - 2
"""The one above it is llama.cpp's "draw one" (LLAMA_DEFAULT_SEED)."""
MOST_CONTEXT: Final = 2**31 - 1
"""Tokens; llama.cpp counts them in 32 bits, and takes one below zero for billions."""
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "temperature": (0, 10),
    "top_k": (-1, 2**20),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 10),
    "repeat_last_n": (-1, 2**16),
    "dry_multiplier": (0, 100),
    "dry_base": (0, 100),
    "dry_allowed_length": (0, 2**16),
    "seed": (0, MAX_SEED),
}
"""Least and most of each value of `sampling`: wide enough for any model's, and nothing that
llama.cpp would take minutes or all memory for. Zero or less than that switches a link off."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The fields of `model.json` the app acts upon; unknown ones are left alone."""

    name: str
    file: str
    sha256: str | None = None
    bytes: int | None = None
    licence: str | None = None
    languages: tuple[str, ...] = ()
    context: int | None = None
    """Tokens the model was trained to use."""
    template_sha256: str | None = None
    """SHA-256 of the chat template's UTF-8 text, as it stands in the GGUF."""
    system: str | None = field(default=None, repr=False)
    """System text the model was trained with."""
    sampling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    quantisation: str | None = None
    repository: str | None = None
    """Where it was downloaded from: owner/name on the hub."""
    revision: str | None = None
    """Which commit of that."""


def read_manifest(path: Path) -> Manifest:
    """Return the manifest at `path`.

    Raises:
        ModelError: it is not readable, not JSON, of another format, or a field has another type
            or is out of its range.
    """
    return _manifest(_parsed(path), path)


def manifest_beside(model: Path) -> Manifest | None:
    """Return what lies beside a person's own file about it; None where nothing does.

    Other programs have a `model.json` too (TensorFlow.js has). One of ours says its format and
    names the file; of one that is no JSON at all nobody can tell whose it was.

    Raises:
        ModelError: it is about that file and cannot be used, see `read_manifest`, or is no JSON.
    """
    path = model.parent / MANIFEST
    if not path.is_file():
        return None
    plain = _parsed(path)
    ours = isinstance(plain, dict) and "format" in plain and plain.get("file") == model.name
    return _manifest(plain, path) if ours else None


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError("model.manifest_broken", file=_shown(path)) from error


def _shown(path: Path) -> str:
    """Return which `model.json` it is: each model has one."""
    return Path(*path.parts[-2:]).as_posix()


def _manifest(plain: Any, path: Path) -> Manifest:
    try:
        if plain["format"] != FORMAT:
            raise ModelError("model.manifest_format", file=_shown(path))
        return Manifest(
            name=_typed(plain, "name", str) or path.parent.name,
            file=_required(plain, "file", str),
            sha256=_typed(plain, "sha256", str),
            bytes=_typed(plain, "bytes", int),
            licence=_typed(plain, "licence", str),
            languages=tuple(map(str, _typed(plain, "languages", list) or ())),
            context=_context(plain),
            template_sha256=_typed(plain, "template_sha256", str),
            system=_typed(plain, "system", str),
            sampling=_sampling(plain),
            quantisation=_typed(plain, "quantisation", str),
            repository=_typed(plain, "repository", str),
            revision=_typed(plain, "revision", str),
        )
    except (ValueError, TypeError, LookupError) as error:
        raise ModelError("model.manifest_broken", file=_shown(path)) from error


def _typed(plain: dict[str, Any], key: str, kind: type[T]) -> T | None:
    value = plain.get(key)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(key)
    return value


def _required(plain: dict[str, Any], key: str, kind: type[T]) -> T:
    value = _typed(plain, key, kind)
    if value is None:
        raise KeyError(key)
    return value


def _context(plain: dict[str, Any]) -> int | None:
    value = _typed(plain, "context", int)
    if value is not None and not 1 <= value <= MOST_CONTEXT:
        raise ValueError("context")
    return value


def _sampling(plain: dict[str, Any]) -> Mapping[str, float]:
    table = _typed(plain, "sampling", dict) or {}
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(key)
        least, most = RANGES.get(key, (-inf, inf))
        if not least <= value <= most:  # no number (NaN) neither
            raise ValueError(key)
    return MappingProxyType(table)
