"""Check a model before the engine sees it: what is cheap always, the whole hash when small.

A damaged file should be a sentence that names it, not a crash inside llama.cpp.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal

from desktop_app.errors import ModelError
from desktop_app.models.header import Header, HeaderError, read_header
from desktop_app.models.library import Model

HASHED_AT_LOAD: Final = 256 * 2**20
"""Bytes. Up to this size the SHA-256 is compared at every load (about 0.1 s)."""

Whole = Literal["whole", "unknown"]


def verify_before_load(model: Model) -> Header:
    """Check that the file is there, whole, a GGUF, and the one its manifest describes.

    Returns its header.

    Raises:
        ModelError: one sentence for the first thing that is wrong.
    """
    path, manifest = model.path, model.manifest
    try:
        size = path.stat().st_size
        header = read_header(path)
    except HeaderError as error:
        raise ModelError("model.not_gguf", file=path.name) from error
    except FileNotFoundError as error:
        raise ModelError("model.missing", path=path) from error
    except OSError as error:
        raise ModelError("model.unreadable", file=path.name) from error
    expected = max(header.end, manifest.bytes or 0)
    if size < expected:
        raise ModelError("model.truncated", file=path.name, size=size, expected=expected)
    if manifest.sha256 is not None and size <= HASHED_AT_LOAD:
        verify_hash(path, manifest.sha256)
    if header.template is None:
        raise ModelError("model.no_template", file=path.name)
    template = hashlib.sha256(header.template.encode("utf-8")).hexdigest()
    if manifest.template_sha256 not in (None, template):
        raise ModelError("model.other_template", file=path.name)
    return header


def verify_whole(model: Model) -> Whole:
    """Check all of a model's bytes against its manifest, however long that takes.

    Returns:
        `whole`, or `unknown` where no manifest says what the bytes should be.

    Raises:
        ModelError: one sentence for the first thing that is wrong.
    """
    verify_before_load(model)
    if model.manifest.sha256 is None:
        return "unknown"
    verify_hash(model.path, model.manifest.sha256)
    return "whole"


def verify_hash(path: Path, expected: str) -> None:
    """Compare the SHA-256 of a file with what its manifest says.

    Raises:
        ModelError: they differ, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError("model.unreadable", file=path.name) from error
    if found != expected:
        raise ModelError("model.damaged", file=path.name)
