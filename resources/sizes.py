"""Sizes of files, as a person reads them."""

from __future__ import annotations


def megabytes(count: int) -> str:
    """Return bytes as a person reads them on a disk: 10⁶, rounded up."""
    return f"{-(-count // 10**6):,}"
